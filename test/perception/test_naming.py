"""Laws of names: coloured tables and light, mirrored lamps, veils, what a name is worth."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import cv2
import numpy as np
import pytest

from perception.drawn import OBLIQUE, PAINT, Take, cube, draw
from perception.lamps import Lamp
from qwen_embodied.errors import ContractError
from qwen_embodied.perception import LightingCorrection, PerceptionParameters, SceneEstimator
from qwen_embodied.perception.colours import linear
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.grounds import find_grounds
from qwen_embodied.perception.illuminants import planckian
from qwen_embodied.perception.naming import name_patches
from qwen_embodied.perception.patches import Light
from qwen_embodied.perception.sides import visible_sides
from qwen_embodied.perception.surface import look
from qwen_embodied.perception.window import cut

LEAST = PerceptionParameters().name_confidence
# Lacquers and bricks, named as their makers name them.
CATALOGUE = {
    'black': [(27, 30, 34), (20, 20, 20)], 'white': [(242, 243, 242), (236, 236, 231)],
    'grey': [(163, 162, 164), (99, 95, 97)], 'red': [(196, 40, 27), (187, 30, 16)],
    'orange': [(222, 83, 7), (245, 125, 30)], 'yellow': [(245, 205, 47), (250, 230, 60)],
    'green': [(40, 127, 70), (75, 151, 74)], 'blue': [(13, 105, 171), (40, 90, 200)],
    'purple': [(107, 50, 123), (95, 45, 150)], 'pink': [(228, 150, 185), (250, 160, 180)],
    'brown': [(105, 64, 39), (89, 53, 31)],
}  # fmt: skip


def some(colours):
    """Stand cubes of these colours on the table."""
    places = [(0.45, 0.2), (0.62, 0.15), (0.48, 0.05), (0.64, -0.02), (0.47, -0.1), (0.6, -0.2)]
    return [cube(colour, *place) for colour, place in zip(colours, places, strict=False)]


def names_of(frame, items):
    """Name things in a corrected frame, in the order of the things."""
    scene = SceneEstimator()(LightingCorrection()(frame.rgb).frame(frame))
    return [
        min(scene.objects, key=lambda one: np.linalg.norm(one.position - item.position)).colour
        for item in items
    ]


def assert_named(names, items):
    wrong = [
        (item.colour, name)
        for name, item in zip(names, items, strict=True)
        if name not in (item.colour, 'unknown')
    ]
    assert wrong == []
    assert names.count('unknown') <= 1


@pytest.mark.parametrize('table', [(150, 95, 50), (200, 40, 40), (40, 130, 60), (40, 70, 160),
                                   (225, 190, 60)])  # fmt: skip
def test_a_coloured_table_leaves_names_alone(table):
    items = some(['white', 'red', 'blue', 'yellow', 'grey', 'green'])
    assert_named(names_of(draw(items, Take(lamp=Lamp(), table_paint=table)), items), items)


@pytest.mark.parametrize('table', [(190, 130, 75), (150, 85, 40), (205, 150, 95)])
@pytest.mark.parametrize('others', [('brown', 'orange', 'pink'), ('green', 'brown', 'pink')])
def test_wood_without_a_white_thing_on_it_is_not_taken_for_warm_light(table, others):
    items = some(['grey', 'red', 'black', *others])
    frame = draw(items, Take(lamp=Lamp(), table_paint=table))
    assert_named(names_of(frame, items), items)
    gains = LightingCorrection()(frame.rgb).gains
    assert max(gains) < 2.6 * min(gains)


@pytest.mark.parametrize('light', [(1.35, 0.97, 0.5), (0.85, 1.0, 1.3), (0.98, 1.06, 0.85)])
def test_coloured_light_on_a_grey_table_leaves_names_alone(light):
    items = some(['white', 'red', 'blue', 'yellow', 'grey', 'green'])
    frame = draw(items, Take(lamp=Lamp(0.7, colour=light), table_paint=(150, 150, 150)))
    assert_named(names_of(frame, items), items)


def test_names_do_not_depend_on_the_white_balance_of_the_picture():
    items = some(['white', 'red', 'blue', 'orange', 'grey', 'pink'])
    frame = draw(items, Take(lamp=Lamp(), table_paint=(150, 95, 50)))
    tinted = np.clip(frame.rgb * [0.8, 1.0, 1.2], 0, 255).astype(np.uint8)
    seen = [SceneEstimator()(one).objects for one in (frame, replace(
        frame, rgb=tinted, uncorrected=frame.rgb))]  # fmt: skip
    assert [one.colour for one in seen[0]] == [one.colour for one in seen[1]]


def test_a_corrected_frame_keeps_what_the_camera_gave():
    frame = draw(some(['red']), Take(lamp=Lamp(0.1)))
    once = LightingCorrection()(frame.rgb).frame(frame)
    twice = LightingCorrection()(once.rgb).frame(once)
    assert (once.rgb != frame.rgb).any()
    assert (once.raw == frame.rgb).all()
    assert (twice.raw == frame.rgb).all()
    with pytest.raises(ContractError, match='uncorrected'):
        replace(frame, uncorrected=frame.rgb[:4])


def patch(rgb, rest=None, veil=0.0):
    """Make a patch of linear light."""
    rgb = np.array(rgb) + veil
    rest = None if rest is None else np.array(rest) + veil
    return Patch(
        rgb, 0.03 * rgb + 5e-4, np.zeros(3, bool), rest,
        None if rest is None else 0.03 * rest + 5e-4, 0.3,
    )  # fmt: skip


def words(patches, table, least=LEAST):
    return [name.word for name in name_patches(patches, table, least)]


LIT, SHADED = 0.8, 0.3
PLAIN = [patch(LIT * linear(PAINT[one]), SHADED * linear(PAINT[one]))
         for one in ('white', 'blue', 'yellow', 'green')]  # fmt: skip
GREY_TABLE = patch(LIT * linear((150, 150, 150)))


@pytest.mark.parametrize('colour', ['black', 'red', 'brown', 'purple'])
@pytest.mark.parametrize('mirrored', [0.05, 0.12, 0.25])
def test_a_mirrored_lamp_does_not_name_what_lies_under_it(colour, mirrored):
    paint = linear(PAINT[colour])
    glossy = patch(LIT * paint + mirrored, SHADED * paint)
    assert words([*PLAIN, glossy], GREY_TABLE)[-1] in (colour, 'unknown')


@pytest.mark.parametrize('colour', ['grey', 'pink', 'black', 'red', 'brown'])
def test_sides_in_the_same_shade_as_others_keep_the_name_of_the_face(colour):
    paint = linear(PAINT[colour])
    matt = patch(LIT * paint, SHADED * paint)
    assert words([*PLAIN, matt], GREY_TABLE)[-1] == colour


@pytest.mark.parametrize('veil', [0.0, 0.05, 0.1])
def test_a_veil_over_everything_is_looked_through(veil):
    colours = ['white', 'blue', 'yellow', 'green', 'red', 'black']
    patches = [patch(0.7 * linear(PAINT[one]), veil=veil) for one in colours]
    seen = None if veil == 0.0 else np.full(3, 1.05 * veil)
    table = replace(patch(0.7 * linear((150, 150, 150)), veil=veil), veil=seen)
    assert words(patches, table) == colours


def test_a_cloth_of_two_paints_is_measured_paint_by_paint():
    rng = np.random.default_rng(0)
    paints = np.array([(60, 140, 70), (235, 230, 225)])
    which = rng.random(3000) < 0.4
    pixels = np.clip(paints[which.astype(int)] + rng.normal(0, 4, (3000, 3)), 0, 255)
    grounds = find_grounds(pixels.astype(np.uint8))
    assert len(grounds.hues) == 2
    found = grounds.indices(pixels.astype(np.uint8))
    assert min((found == which).mean(), (found != which).mean()) < 0.01


@pytest.mark.parametrize('shade', [0.15, 0.4, 0.8])
def test_shadows_and_noise_are_no_second_paint(shade):
    rng = np.random.default_rng(1)
    light = linear((150, 110, 80)) * np.where(rng.random(3000) < 0.4, shade, 1.0)[:, None]
    level = 255.0 * light ** (1 / 2.2) + rng.normal(0, 4, (3000, 3))
    assert len(find_grounds(np.clip(level, 0, 255).astype(np.uint8)).hues) == 1


def test_things_on_a_chequered_cloth_keep_their_names():
    def cloth(points):
        odd = (np.floor(points[..., 0] / 0.05) + np.floor(points[..., 1] / 0.05)) % 2 > 0
        return np.where(odd[..., None], [0.1, 0.5, 0.12], [0.85, 0.84, 0.8])

    items = some(['white', 'red', 'blue', 'yellow', 'grey', 'purple'])
    take = Take(lamp=Lamp(), table_paint=(255, 255, 255), texture=cloth)
    assert_named(names_of(draw(items, take), items), items)


def test_sides_are_where_the_picture_shows_them():
    item = cube('red', 0.55, 0.0, 0.4, side=0.06)
    frame = draw([item], Take(OBLIQUE, depth_noise=0.0))
    surface = look(frame, PerceptionParameters())
    _, labels = cv2.connectedComponents(surface.raised.astype(np.uint8))
    window = cut(surface, labels, 1, (slice(0, 480), slice(0, 640)))
    top = 0.06
    face = window.raised & (window.points[..., 2] > top - 0.004)
    sides = visible_sides(face, window, top)
    red = frame.rgb[..., 0] > 1.6 * frame.rgb[..., 1].astype(float)
    shown = red & ~(cv2.dilate(face.astype(np.uint8), np.ones((3, 3))) > 0)
    assert sides.sum() > 0.3 * shown.sum() > 50
    assert (sides & red).sum() > 0.9 * sides.sum()
    assert not (sides & face).any()


def test_the_light_on_a_table_is_that_of_its_paint():
    frame = draw(some(['red', 'blue']), Take(lamp=Lamp(), table_paint=(60, 120, 200)))
    table = Light(look(frame, PerceptionParameters())).table
    wanted = linear((60, 120, 200))
    assert np.abs(table.rgb / table.rgb.sum() - wanted / wanted.sum()).max() < 0.04


def drawn_set(count, seed=5):
    """Give names and true colours of catalogue paints in random lights on random tables."""
    rng, told = np.random.default_rng(seed), []
    for _ in range(count):
        lamp = planckian(1e6 / rng.uniform(110, 330)) ** rng.choice([0.0, 0.3, 0.6])
        lamp = lamp / lamp[1] * np.exp(rng.uniform(-1.6, 0.0))
        table = patch(lamp * linear(rng.uniform(20, 235, 3)))
        colours = rng.choice(list(CATALOGUE), rng.integers(2, 8))
        paints = [linear(CATALOGUE[one][rng.integers(2)]) for one in colours]
        patches = [patch(lamp * one * np.exp(rng.normal(0, 0.04, 3))) for one in paints]
        told += zip(name_patches(patches, table, LEAST), colours, strict=True)
    return told


def test_a_name_is_worth_its_confidence():
    told = [(name.confidence, name.likeliest == true) for name, true in drawn_set(120)]
    confidence, right = np.array(told).T
    sure, unsure = right[confidence >= 0.8], right[confidence < 0.8]
    assert len(sure) > 0.8 * len(right)
    assert sure.mean() >= 0.95
    assert right[confidence >= 0.95].mean() >= sure.mean()
    assert unsure.mean() < sure.mean()
