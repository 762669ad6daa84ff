"""Laws of names in hard shadows and under lamps that many faces mirror."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from perception.drawn import PAINT, Take, cube, draw
from perception.lamps import Lamp
from qwen_embodied.geometry import pose
from qwen_embodied.messages import SceneObject
from qwen_embodied.perception import LightingCorrection, PerceptionParameters, SceneEstimator
from qwen_embodied.perception.beside import beside
from qwen_embodied.perception.cast import find_cast
from qwen_embodied.perception.colours import linear
from qwen_embodied.perception.covering import doubted
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.naming import name_patches
from qwen_embodied.perception.pixels import luma_of
from qwen_embodied.perception.tracking import Sighting

LEAST = PerceptionParameters().name_confidence


def levels(light, rng, noise=2.0):
    """Give grey pixels (N, 3) of linear light (N,), with noise of some levels."""
    value = 255.0 * np.asarray(light) ** (1 / 2.2)
    pixels = value[:, None] + rng.normal(0, noise, (len(value), 3))
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def patch(rgb, rest=None):
    """Make a patch of linear light."""
    rgb = np.array(rgb)
    rest = None if rest is None else np.array(rest)
    error = None if rest is None else 0.03 * rest + 5e-4
    return Patch(rgb, 0.03 * rgb + 5e-4, np.zeros(3, bool), rest, error, 0.3)


TABLE = patch(0.8 * linear((150, 150, 150)))


def names(patches):
    return [one.word for one in name_patches(patches, TABLE, LEAST)]


@pytest.mark.parametrize('left', [0.03, 0.1, 0.4])
@pytest.mark.parametrize('share', [0.2, 0.5, 0.8])
def test_a_shadow_parts_pixels_in_two(left, share):
    rng = np.random.default_rng(3)
    is_lit = rng.random(2000) < share
    cast = find_cast(luma_of(levels(np.where(is_lit, 0.5, 0.5 * left), rng)))
    assert cast is not None
    assert (cast.lit == is_lit).mean() > 0.98
    assert cast.share == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize('darkest', [0.05, 0.2, 0.9])
def test_a_slope_of_light_is_no_shadow(darkest):
    rng = np.random.default_rng(4)
    light = 0.6 * np.exp(rng.uniform(np.log(darkest), 0.0, 2000))
    assert find_cast(luma_of(levels(light, rng))) is None


def test_noise_is_no_shadow():
    rng = np.random.default_rng(5)
    assert find_cast(luma_of(levels(np.full(2000, 0.01), rng, 6.0))) is None


def test_the_light_beside_a_thing_is_that_of_its_lit_side():
    rng = np.random.default_rng(6)
    places = np.divmod(np.arange(900), 30)
    is_lit = places[1] >= 18
    found = beside(
        levels(np.where(is_lit, 0.3, 0.03), rng), places, np.full(3, 0.3), deepest_shadow=0.1
    )
    assert found.light == pytest.approx(np.ones(3), abs=0.1)
    assert found.other == pytest.approx(10.0, rel=0.2)
    assert found.falls[0] < -10
    assert abs(found.falls[1]) < 1


def test_another_paint_of_the_table_is_no_other_light():
    rng = np.random.default_rng(7)
    pixels = np.clip(np.array([200, 40, 60]) + rng.normal(0, 2, (400, 3)), 0, 255)
    places = np.divmod(np.arange(400), 20)
    found = beside(pixels.astype(np.uint8), places, linear((150, 150, 150)), 0.5)
    assert (found.light == 1.0).all()


def test_what_stands_out_of_a_shadow_is_named_in_the_light():
    # Measured by the dark table around them, both seem to send back more than they get.
    seen = [patch(10 * 0.8 * linear(PAINT[one])) for one in ('yellow', 'orange')]
    lit = [patch(0.8 * linear(PAINT[one])) for one in ('white', 'blue', 'grey')]
    seen = [replace(one, other=0.1, doubt=0.4) for one in seen]
    assert names([*seen, *lit]) == ['yellow', 'orange', 'white', 'blue', 'grey']


@pytest.mark.parametrize('doubt', [0.0, 0.45])
def test_what_may_lie_in_a_shadow_is_not_called_black(doubt):
    dark = replace(patch(0.04 * linear(PAINT['white'])), other=20.0, doubt=doubt)
    lit = [patch(0.8 * linear(PAINT[one])) for one in ('yellow', 'blue', 'grey', 'red')]
    assert names([dark, *lit])[0] == ('unknown' if doubt else 'black')


@pytest.mark.parametrize('colour', ['black', 'red'])
def test_a_face_without_sides_mirrors_what_the_others_do(colour):
    def glossy(paint, sides=True):
        paint = linear(PAINT[paint])
        return patch(0.8 * paint + 0.2, 0.3 * paint if sides else None)

    others = [glossy(one) for one in ('green', 'purple', 'red', 'blue')]
    assert names([glossy(colour, sides=False), *others])[0] in (colour, 'unknown')


def sighting(x, height, patch_of_it, side=0.04, scale=500.0):
    """Stand a block at x; the camera above sees +x to the right."""
    item = SceneObject(
        f'block_{round(100 * x)}', 'block', 'unknown', 'box',
        pose([x, 0.0, height / 2]), np.array([side, side, height]), 1.0,
        (scale * (x - side / 2), 100.0, scale * (x + side / 2), 100.0 + scale * side),
    )  # fmt: skip
    return Sighting(item, patch=patch_of_it)


def test_only_what_stands_where_shadows_fall_is_doubted():
    to_the_right = replace(patch((0.3, 0.3, 0.3)), other=10.0, falls=np.array([6.0, 0.5]))
    low_before, tall, low_behind = (
        sighting(x, height, to_the_right) for x, height in ((0.4, 0.03), (0.5, 0.1), (0.6, 0.03))
    )
    far = sighting(1.2, 0.03, to_the_right)
    found = doubted([low_before, tall, low_behind, far])
    assert [one.patch.doubt > 0 for one in found] == [False, False, True, False]


@pytest.mark.parametrize('turn', [0.0, 1.5, 3.0, 4.5])
def test_names_hold_in_one_low_lamp(turn):
    place = (0.54 + 1.3 * np.cos(turn), 1.3 * np.sin(turn), 0.7)
    lamp = Lamp(1.6, position=place, ambient=0.08)
    colours = ['white', 'black', 'blue', 'yellow', 'grey', 'green']
    places = [(0.45, 0.2), (0.62, 0.15), (0.48, 0.05), (0.64, -0.02), (0.47, -0.1), (0.6, -0.2)]
    items = [cube(one, *at) for one, at in zip(colours, places, strict=True)]
    frame = draw(items, Take(lamp=lamp))
    scene = SceneEstimator()(LightingCorrection()(frame.rgb).frame(frame))
    told = [
        min(scene.objects, key=lambda one: np.linalg.norm(one.position - item.position)).colour
        for item in items
    ]
    assert all(name in (true, 'unknown') for name, true in zip(told, colours, strict=True))
    assert told.count('unknown') <= 1


def test_clipped_faces_among_glossy_ones_are_not_called_white():
    def glossy(paint):
        return patch(0.8 * linear(PAINT[paint]) + 0.2, 0.3 * linear(PAINT[paint]))

    clipped = replace(patch((1.0, 1.0, 1.0)), clipped=np.ones(3, bool))
    found = names([*[clipped] * 5, glossy('purple'), glossy('red')])
    assert found == ['unknown'] * 5 + ['purple', 'red']
