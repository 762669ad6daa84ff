"""Coordinates of models become pixels of the original image, or one typed error."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from planning.native_ops import stand_in
from qwen_embodied.errors import GroundingParseError
from qwen_embodied.planning import (
    GEMINI_ER,
    QWEN3_VL,
    QWEN25_VL,
    RYNNBRAIN,
    read_grounding,
)
from qwen_embodied.planning.grounding import resized

W, H = 640, 480
POINT = '[{"point_2d": [925, 618], "label": "point_1"}]'
BOX = '[{"bbox_2d": [100, 250, 300, 750], "label": "cup"}]'


def only(reply, convention=QWEN3_VL, width=W, height=H):
    (found,) = read_grounding(reply, convention, width, height)
    return found


def test_a_thousand_is_the_side_of_the_original_image():
    assert only(POINT).pixel == pytest.approx((0.925 * W, 0.618 * H))
    assert only(POINT, width=1920, height=200).pixel == pytest.approx((1776.0, 123.6))
    assert only(POINT).label == 'point_1'


def test_a_box_has_its_centre_as_pixel():
    found = only(BOX)
    assert found.box == pytest.approx((64.0, 120.0, 192.0, 360.0))
    assert found.pixel == pytest.approx((128.0, 240.0))


def test_gemini_says_y_first():
    found = only('[{"point": [618, 925], "label": "a"}]', GEMINI_ER)
    assert found.pixel == pytest.approx((0.925 * W, 0.618 * H))
    box = only('{"box_2d": [250, 100, 750, 300]}', GEMINI_ER).box
    assert box == pytest.approx((64.0, 120.0, 192.0, 360.0))


def test_qwen25_counts_pixels_of_what_its_processor_made():
    assert resized(640, 480, QWEN25_VL) == (644, 476)
    found = only('[{"point_2d": [322, 238], "label": "middle"}]', QWEN25_VL)
    assert found.pixel == pytest.approx((320.0, 240.0))


@pytest.mark.parametrize(('width', 'height'), [(640, 480), (4000, 3000), (30, 20), (5000, 5000)])
def test_resizing_agrees_with_transformers(width, height):
    pytest.importorskip('torch')
    stand_in()
    theirs = importlib.import_module('transformers.models.qwen2_vl.image_processing_qwen2_vl')
    tall, wide = theirs.smart_resize(height, width, 28, *QWEN25_VL.pixels)
    assert resized(width, height, QWEN25_VL) == (wide, tall)


def test_rynnbrain_writes_tags():
    reply = (
        '<frame 1>: <affordance> (500, 250) </affordance>'
        '<object> (100, 250), (300, 750) </object>'
        '<area> (0, 0), (500, 0), (500, 500), (0, 500) </area>'
        '<trajectory> (10, 10), (500, 500) </trajectory>'
    )
    place, thing, area, way = read_grounding(reply, RYNNBRAIN, W, H)
    assert place.pixel == pytest.approx((320, 120))
    assert thing.box == pytest.approx((64, 120, 192, 360))
    assert area.pixel == pytest.approx((160, 120))
    assert way.pixel == pytest.approx((320, 240))


@pytest.mark.parametrize(
    'around',
    [
        '```json\n%s\n```',
        '```\n%s',
        'The cup [see there] is here: %s and nothing else {really}.',
        '<think>maybe {"point_2d": [1, 1]}?</think>\n%s',
        'leaked thoughts {"point_2d": [1, 1]} </think> %s',
        '{"answer": %s}',
    ],
)
def test_what_stands_around_the_answer_is_skipped(around):
    assert only(around % POINT).pixel == pytest.approx((592.0, 296.64))


def test_of_a_reply_that_is_cut_off_whole_entries_count():
    whole = f'{POINT[:-1]}, {{"point_2d": [10, 20], "label": "b"}}]'
    lengths = [len(read_or_nothing(whole[:end])) for end in range(len(whole) + 1)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == 2


def read_or_nothing(reply, convention=QWEN3_VL):
    try:
        return read_grounding(reply, convention, W, H)
    except GroundingParseError as error:
        return () if error.reply == reply else None


def test_swapped_corners_are_put_in_order():
    swapped = '[{"bbox_2d": [300, 750, 100, 250], "label": "cup"}]'
    assert only(swapped).box == only(BOX).box


@pytest.mark.parametrize('value', [1001, 1020, -20])
def test_a_value_hardly_out_of_range_is_clamped(value):
    x, _ = only(f'{{"point_2d": [{value}, 5]}}').pixel
    assert 0 <= x < W


@pytest.mark.parametrize(
    ('reply', 'word'),
    [
        ('', 'no coordinates'),
        ('I see a cup.', 'no coordinates'),
        ('{"label": "cup"}', 'no coordinates'),
        ('{"point_2d": [1021, 5]}', '1021'),
        ('{"point_2d": [5, -21]}', '-21'),
        ('{"point_2d": [NaN, 5]}', 'NaN'),
        ('{"point_2d": [1e999, 5]}', 'finite'),
        ('{"point_2d": [1' + '0' * 400 + ', 5]}', 'numbers'),
        ('{"point_2d": [true, 5]}', 'numbers'),
        ('{"point_2d": ["5", 5]}', 'numbers'),
        ('{"point_2d": [1, 2, 3]}', 'numbers'),
        ('{"point_2d": {"x": 1}}', 'no coordinates'),
        ('{"bbox_2d": [5, 5, 5, 9]}', 'empty'),
        ('{"point_2d": [1, 2], "point_2d": [3, 4]}', 'twice'),
        ('{"point_2d": [1, 2', 'no coordinates'),
        ('{point_2d: [1, 2]}', 'cannot be read'),
        ('<think> hmm {"point_2d": [1, 2]}', 'thinking'),
        ('[' * 60000, 'no coordinates'),
        ('x' * 70000, '70000'),
        ('{"point_2d": [1, 2]}' * 300, '300'),
    ],
)
def test_what_cannot_be_meant_is_one_typed_error(reply, word):
    with pytest.raises(GroundingParseError, match=word) as caught:
        read_grounding(reply, QWEN3_VL, W, H)
    assert caught.value.reply == reply


def test_a_key_that_repeats_itself_is_no_fault():
    assert only('{"point_2d": [1, 2], "point_2d": [1, 2]}').pixel == pytest.approx((0.64, 0.96))


SEEDS = {
    'qwen3': (QWEN3_VL, f'```json\n{POINT[:-1]}, {BOX[1:]}\n```'),
    'qwen25': (QWEN25_VL, '[{"bbox_2d": [10, 20, 300, 400], "label": "cup"}]'),
    'gemini': (GEMINI_ER, '[{"point": [618, 925], "label": "a"}, {"box_2d": [1, 2, 300, 400]}]'),
    'rynnbrain': (RYNNBRAIN, '<object> (1, 2), (300, 400) </object><area> (1, 1), (9, 9) </area>'),
}
BITS = [
    *'{}[]()",:.-+eE0123456789 \n\\<>/', '1e309', 'NaN', 'null', 'true',
    '</think>', '```', '"bbox_2d"', '-1',
    '\ud800', '\0', '文', '<object>', '9' * 400,
]  # fmt: skip


def mutated(reply, rng):
    """Cut, double, swap and insert pieces, one to eight times."""
    text = reply
    for _ in range(rng.integers(1, 9)):
        a, b = sorted(int(v) for v in rng.integers(0, len(text) + 1, 2))
        piece = BITS[rng.integers(len(BITS))]
        text = (
            text[:a] + text[b:], text[:b] + text[a:], text[:a] + piece + text[a:],
            text[:a] + piece + text[a + 1 :], text[b:] + text[:a], text[:b],
        )[rng.integers(6)]  # fmt: skip
    return text


@pytest.mark.parametrize('name', SEEDS)
def test_mutated_replies_give_pixels_of_the_image_or_the_typed_error(name, rng):
    convention, seed = SEEDS[name]
    read = 0
    for _ in range(2500):
        reply = mutated(seed, rng)
        found = read_or_nothing(reply, convention)
        assert found is not None
        read += bool(found)
        for one in found:
            assert 0 <= one.pixel[0] < W
            assert 0 <= one.pixel[1] < H
            if one.box is not None:
                x0, y0, x1, y1 = one.box
                assert 0 <= x0 <= x1 <= W
                assert 0 <= y0 <= y1 <= H
    assert read > 100  # the mutations leave something to read


def test_every_point_of_the_range_comes_back(rng):
    for x, y in rng.integers(0, 1001, (200, 2)).tolist():
        reply = json.dumps([{'point_2d': [x, y]}])
        assert np.allclose(only(reply).pixel, (x / 1000 * W, y / 1000 * H), atol=1e-5)
