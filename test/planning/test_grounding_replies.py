"""Replies of many model families: the right pixels or the typed error, never other pixels."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from qwen_embodied.errors import ContractError, GroundingParseError
from qwen_embodied.planning import GEMINI_ER, QWEN3_VL, QWEN25_VL, RYNNBRAIN, read_grounding
from qwen_embodied.planning.grounding import resized

W, H = 1280, 720
POINT, BOX = (0.6, 0.25), (0.1, 0.2, 0.3, 0.8)  # shares of the sides


def numbers(name, shares):
    """Write shares of the sides as a family does."""
    wide, tall = resized(W, H, QWEN25_VL) if name == 'qwen25' else (1000, 1000)
    scaled = [share * (wide, tall)[at % 2] for at, share in enumerate(shares)]
    if name == 'gemini':
        scaled = [scaled[at ^ 1] for at in range(len(scaled))]
    return [round(one) for one in scaled]


FAMILIES = {'qwen3': QWEN3_VL, 'qwen25': QWEN25_VL, 'gemini': GEMINI_ER, 'rynnbrain': RYNNBRAIN}
KEYS = {'gemini': ('point', 'box_2d')}
FORMS = (
    '[{"%s": %s, "label": "cup"}]', '{"%s": %s}', '{"label": "a, b", "%s": %s}',
    '{"answer": {"%s": %s}}', '{"%s": %s, "about": {"colour": "red"}}',
    "[{'%s': %s, 'label': 'cup'}]", '[{"%s": %s,},]', '{"%s": [%s]}',
    '｛“%s”：%s，“label”：“杯子”｝',
)  # fmt: skip
AROUND = (
    '%s', '```json\n%s\n```', '```\n%s', 'Sure! Here it is:\n\n%s\n\nAnything else?',
    '<think>first [1, 2], no</think>\n%s', '<thinking>{"point": [1, 2]}</thinking>%s',
    'so it is at {"bbox_2d": [1, 2, 3, 4]}\n</think>\n\n%s', '好的，位置如下：\n%s\n希望有帮助。',
    '<|channel|>analysis<|message|>{"point": [9, 9]}<|channel|>final<|message|>%s', '\ufeff%s\x00',
)  # fmt: skip


def read(reply, name):
    (found,) = read_grounding(reply, FAMILIES[name], W, H)
    return found


@pytest.mark.parametrize('name', FAMILIES)
@pytest.mark.parametrize('around', AROUND)
def test_points_and_boxes_in_every_dress_are_read(name, around):
    point_key, box_key = KEYS.get(name, ('point_2d', 'bbox_2d'))
    for form in FORMS:
        point = read(around % (form % (point_key, numbers(name, POINT))), name)
        assert point.pixel == pytest.approx((768, 180), abs=1.0), form
        assert point.box is None
        box = read(around % (form % (box_key, numbers(name, BOX))), name)
        assert box.box == pytest.approx((128, 144, 384, 576), abs=1.0), form


@pytest.mark.parametrize('name', FAMILIES)
def test_numbers_in_quotes_and_numbers_alone_are_read(name):
    key = KEYS.get(name, ('point_2d',))[0]
    x, y = numbers(name, POINT)
    for reply in (
        f'{{"{key}": ["{x}", "{y}"]}}', f'{{"{key}": "{x}, {y}"}}', f'{{"{key}": "({x}, {y})"}}',
        f'[{x}, {y}]', f'({x},{y})', f'```json\n[{x}, {y}]\n```', f'{{"{key}": [{x}.0, {y}.0]}}',
    ):  # fmt: skip
        assert read(reply, name).pixel == pytest.approx((768, 180), abs=1.0), reply


@pytest.mark.parametrize('name', FAMILIES)
def test_named_sides_need_no_order(name):
    x0, y0, x1, y1 = numbers('qwen25' if name == 'qwen25' else 'qwen3', BOX)
    named = f'{{"x1": {x0}, "y1": {y0}, "x2": {x1}, "y2": {y1}, "name": "cup"}}'
    assert read(named, name).box == pytest.approx((128, 144, 384, 576), abs=1.0)
    assert read(named, name).label == 'cup'
    x, y = numbers('qwen25' if name == 'qwen25' else 'qwen3', POINT)
    key = KEYS.get(name, ('point_2d',))[0]
    for reply in (f'{{"y": {y}, "x": {x}}}', f'[{{"{key}": {{"x": {x}, "y": {y}}}}}]'):
        assert read(reply, name).pixel == pytest.approx((768, 180), abs=1.0)


@pytest.mark.parametrize('name', FAMILIES)
def test_lists_of_several_places_keep_their_order(name):
    point_key, box_key = KEYS.get(name, ('point_2d', 'bbox_2d'))
    one, two = numbers(name, (0.1, 0.2)), numbers(name, (0.5, 0.5))
    listed = f'{{"{point_key}": [{one}, {two}], "label": "cups"}}'
    apart = f'[{{"{point_key}": {one}}}, {{"{point_key}": {two}}}]'
    lines = f'{{"{point_key}": {one}}}\n{{"{point_key}": {two}}}'
    for reply in (listed, apart, lines):
        found = read_grounding(reply, FAMILIES[name], W, H)
        assert [place.pixel for place in found] == [
            pytest.approx((128, 144), abs=1.0), pytest.approx((640, 360), abs=1.0),
        ]  # fmt: skip
    x0, y0, x1, y1 = numbers(name, BOX)
    corners = f'{{"{box_key}": [[{x0}, {y0}], [{x1}, {y1}]]}}'
    assert read(corners, name).box == pytest.approx((128, 144, 384, 576), abs=1.0)


@pytest.mark.parametrize('name', FAMILIES)
@pytest.mark.parametrize(
    'value',
    ['[0.6, 0.25]', '["60%", "25%"]', '[600]', '[600, 250, 3]', '[null, 250]', 'null', '"here"',
     '[600, Infinity]', '[[600, [250]]]', '[600, -250]', '[60000, 250]', '{}', '[]', '[[]]',
     '"600"', '["x", "y"]', '[600, "25o"]', 'true', '[true, false]', '[600, 250'],
)  # fmt: skip
def test_what_cannot_be_meant_is_the_typed_error(name, value):
    key = KEYS.get(name, ('point_2d',))[0]
    reply = f'{{"{key}": {value}, "label": "cup"}}'
    with pytest.raises(GroundingParseError) as caught:
        read_grounding(reply, FAMILIES[name], W, H)
    assert caught.value.reply == reply


@pytest.mark.parametrize('name', ['qwen3', 'qwen25', 'rynnbrain'])
def test_a_key_of_a_family_that_says_y_first_is_not_guessed_at(name):
    with pytest.raises(GroundingParseError, match='no coordinates'):
        read_grounding('[{"box_2d": [250, 100, 750, 300]}]', FAMILIES[name], W, H)


@pytest.mark.parametrize(
    ('reply', 'pixel'),
    [
        ('<affordance>(600,250)</affordance>', (768, 180)),
        ('<affordance> （600，250） </affordance>', (768, 180)),
        ('<AFFORDANCE> (600, 250) </AFFORDANCE>', (768, 180)),
        ('It is here: <affordance> (600, 250)', (768, 180)),
        ('<object> <frame 0>: (100, 200), (300, 800) </object>', (256, 360)),
        ('<object>（100，200）、（300，800）</object>', (256, 360)),
        ('<think>a <area> (1, 1) </area></think><area> (500, 500) </area>', (640, 360)),
        ('<trajectory> (1, 1), (600, 250) </trajectory>', (768, 180)),
    ],
)
def test_tags_in_every_dress_are_read(reply, pixel):
    assert read(reply, 'rynnbrain').pixel == pytest.approx(pixel, abs=1.0)


@pytest.mark.parametrize(
    'reply',
    [
        '<trajectory> (1, 1), (600, 25', '<area> (0, 0), (500, 0), (500, 5',
        '<object> (100, 200), (300, 8', '<affordance> (600, 2', '<affordance> 6 5 </affordance>',
        '<object> (100, 200) </object>', '<affordance> (0.6, 0.25) </affordance>', '<object>',
    ],
)  # fmt: skip
def test_tags_that_are_cut_off_or_wrong_give_no_place(reply):
    with pytest.raises(GroundingParseError):
        read_grounding(reply, RYNNBRAIN, W, H)


@pytest.mark.parametrize('name', FAMILIES)
def test_of_a_list_cut_off_anywhere_only_whole_places_are_read(name):
    key = KEYS.get(name, ('point_2d',))[0]
    places = [{key: numbers(name, (0.1 * n, 0.05 * n)), 'label': f'cup {n}'} for n in range(2, 9)]
    whole = json.dumps(places)
    full = [place.pixel for place in read_grounding(whole, FAMILIES[name], W, H)]
    for end in range(len(whole)):
        try:
            found = read_grounding(whole[:end], FAMILIES[name], W, H)
        except GroundingParseError:
            continue
        assert [place.pixel for place in found] == full[: len(found)]


@pytest.mark.parametrize('size', [(0, 480), (640, 0), (-1, 5)])
def test_an_image_without_a_size_is_refused(size):
    for convention in FAMILIES.values():
        with pytest.raises(ContractError, match='image size'):
            read_grounding('[5, 5]', convention, *size)


@pytest.mark.parametrize(
    'text',
    [
        '{' * 60000,
        '[{' * 30000,
        '{"a":' * 12000,
        '<think>' * 9000,
        '{}' * 30000,
        ',' * 60000,
        '{"a": 1' + ', ' * 30000,
        '(' * 65000,
    ],
)
def test_hostile_replies_end_in_the_typed_error(text):
    for convention in FAMILIES.values():
        with pytest.raises(GroundingParseError):
            read_grounding(text, convention, W, H)
