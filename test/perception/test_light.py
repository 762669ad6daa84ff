"""Names and places hold in light that another renderer makes, on tables of any colour."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from perception.drawn import LENS, PAINT, SIZES, STRAIGHT, Drawn, Take, cube, draw
from perception.lamps import LAMPS, checks, grit, wood
from perception.test_scene import layout, nearest
from qwen_embodied.errors import PerceptionError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import BASIC_COLOURS
from qwen_embodied.perception import PerceptionParameters, SceneEstimator
from qwen_embodied.safety import check_plan

TABLES = {
    'beige': (168, 150, 128), 'white': (235, 233, 228), 'black': (45, 45, 48),
    'oak': (176, 132, 84), 'blue': (60, 90, 150),
}  # fmt: skip
MATT = [name for name in LAMPS if name not in ('glossy', 'spot')]


def named(items, take):
    scene = SceneEstimator()(draw(items, take))
    return [(item, nearest(scene, item)) for item in items]


def faults(pairs):
    """Give wrong and unknown names."""
    wrong = [
        (item.colour, found.label)
        for item, found in pairs
        if found.colour not in (item.colour, 'unknown') or found.shape != item.shape
    ]
    return wrong, [item.colour for item, found in pairs if found.colour == 'unknown']


@pytest.mark.parametrize('lamp', MATT)
def test_names_hold_in_any_light(lamp):
    paint = list(TABLES.values())[sum(map(ord, lamp)) % len(TABLES)]
    items = layout(np.random.default_rng(sum(map(ord, lamp))))
    pairs = named(items, Take(lamp=LAMPS[lamp], table_paint=paint, seed=3))
    wrong, unknown = faults(pairs)
    assert wrong == []
    assert len(unknown) <= 1
    assert np.median([np.linalg.norm(f.position - i.position) for i, f in pairs]) < 0.004


@pytest.mark.parametrize('lamp', ['glossy', 'spot'])
def test_gloss_and_hard_light_leave_places_alone(lamp):
    items = layout(np.random.default_rng(1))
    pairs = named(items, Take(lamp=LAMPS[lamp], seed=3))
    assert np.median([np.linalg.norm(f.position - i.position) for i, f in pairs]) < 0.004
    assert [found.shape for _, found in pairs] == [item.shape for item in items]


@pytest.mark.parametrize('texture', [wood, checks, grit])
def test_a_textured_table_is_a_table(texture):
    items = layout(np.random.default_rng(2))
    wrong, unknown = faults(named(items, Take(lamp=LAMPS['normal'], texture=texture)))
    assert wrong == []
    assert len(unknown) <= 1


def test_a_thing_of_the_colour_of_the_table_is_found_by_its_depth():
    item = Drawn('grey', 'cube', SIZES['cube'], 0.5, 0.1, rgb=TABLES['beige'])
    scene = SceneEstimator()(draw([item, cube('red', 0.6, -0.1)], Take(lamp=LAMPS['normal'])))
    assert np.linalg.norm(nearest(scene, item).position - item.position) < 0.004


def test_a_black_thing_without_depth_is_reported():
    item = cube('black', 0.5, 0.1)
    frame = draw([item, cube('red', 0.6, -0.1)])
    clean = draw([cube('red', 0.6, -0.1)], Take(seed=0))
    lost = np.abs(frame.depth - clean.depth) > 0.015
    depth = np.where(lost, np.nan, frame.depth)
    scene = SceneEstimator()(replace(frame, depth=depth))
    found = nearest(scene, item)
    assert found.shape == 'unknown'
    assert found.label.endswith('thing without depth')
    assert np.linalg.norm((found.position - item.position)[:2]) < 0.015
    assert found.confidence <= 0.3


def test_a_ball_of_two_colours_is_one_ball():
    item = Drawn('red', 'ball', SIZES['ball'], 0.5, 0.1, second='white', stripe=0.02)
    scene = SceneEstimator()(draw([item, cube('blue', 0.6, -0.1)]))
    assert sorted(one.shape for one in scene.objects) == ['ball', 'cube']


def test_without_light_things_are_seen_and_not_named():
    frame = draw([cube('red', 0.5, 0.1), cube('blue', 0.6, -0.1)])
    noise = np.random.default_rng(0).integers(0, 14, frame.rgb.shape, dtype=np.uint8)
    scene = SceneEstimator()(replace(frame, rgb=noise))
    assert len(scene.objects) == 2
    assert all(one.confidence < 0.9 for one in scene.objects)


def test_without_depth_what_has_a_clear_colour_may_be_planned_with():
    frame = replace(draw([cube('red', 0.5, 0.1), cube('blue', 0.6, -0.1)]), depth=None)
    scene = SceneEstimator(PerceptionParameters(assume_table=True))(frame)
    assert sorted(one.colour for one in scene.objects) == ['blue', 'red']
    assert check_plan([one.id for one in scene.objects], scene) == ()


def test_an_overexposed_thing_has_no_wrong_name():
    frame = draw([cube('red', 0.5, 0.1), cube('blue', 0.6, -0.1)])
    bright = np.clip(frame.rgb.astype(int) * 12, 0, 255).astype(np.uint8)
    bright[:, :60] = 100
    colours = {one.colour for one in SceneEstimator()(replace(frame, rgb=bright)).objects}
    assert colours <= {'unknown', 'red', 'blue'}


def test_a_name_outlives_a_change_of_light():
    items = [cube('orange', 0.5, 0.1), cube('green', 0.6, -0.1), cube('white', 0.45, -0.2)]
    estimator = SceneEstimator()
    ids = set()
    for stamp, lamp in enumerate(('normal', 'candle', 'dark', 'side', 'sky', 'bright')):
        scene = estimator(draw(items, Take(lamp=LAMPS[lamp], stamp=float(stamp))))
        ids.add(tuple(sorted(one.id for one in scene.objects)))
    assert ids == {('green_cube_1', 'orange_cube_1', 'white_cube_1')}


def test_a_name_that_comes_late_fills_in_the_unknown():
    items = [cube('red', 0.5, 0.1), cube('blue', 0.6, -0.1)]
    frame, estimator = draw(items), SceneEstimator()
    dark = replace(frame, rgb=(frame.rgb // 12).astype(np.uint8))
    before = {one.id for one in estimator(dark).objects}
    after = estimator(replace(frame, stamp=1.0)).objects
    assert {one.id for one in after} == before
    assert sorted(one.colour for one in after) == ['blue', 'red']


def test_thirty_things_are_thirty_things():
    rng, items = np.random.default_rng(4), []
    for at in range(30):
        x, y = 0.36 + 0.085 * (at // 6), -0.30 + 0.12 * (at % 6)
        shape = str(rng.choice(['cube', 'box', 'cylinder', 'ball']))
        colour = str(rng.choice(list(PAINT)))
        items.append(Drawn(colour, shape, SIZES[shape], x, y, rng.uniform(-1, 1)))
    pairs = named(items, Take(lamp=LAMPS['bulb']))
    right = [(f.colour, f.shape) == (i.colour, i.shape) for i, f in pairs]
    assert sum(right) >= 29


@pytest.mark.parametrize('size', [(640, 360), (1280, 720), (848, 480)])
def test_other_cameras_see_the_same(size):
    lens = Intrinsics.from_field_of_view(*size, np.radians(48.0))
    wrong, unknown = faults(named(layout(np.random.default_rng(5)), Take(lens=lens)))
    assert wrong == []
    assert len(unknown) <= 1


def test_a_distorted_lens_is_undone():
    item = cube('red', 0.42, 0.2)
    bent = replace(LENS, distortion=(-0.12, 0.03, 0.0, 0.0, 0.0))
    found = nearest(SceneEstimator()(draw([item], Take(lens=bent))), item)
    assert np.linalg.norm(found.position - item.position) < 0.004


FLAT = PerceptionParameters(assume_table=True)


@pytest.mark.parametrize('lamp', ['normal', 'bulb', 'dim'])
def test_without_depth_things_lie_on_the_table(lamp):
    items = [cube('red', 0.5, 0.15, 0.3), cube('blue', 0.6, -0.1, 0.5), cube('green', 0.45, -0.2)]
    frame = replace(draw(items, Take(lamp=LAMPS[lamp])), depth=None)
    scene = SceneEstimator(FLAT)(frame)
    assert sorted(one.colour for one in scene.objects) == ['blue', 'green', 'red']
    for item in items:
        assert np.linalg.norm((nearest(scene, item).position - item.position)[:2]) < 0.012


def test_without_depth_the_height_of_the_table_counts():
    camera = np.array(STRAIGHT)
    camera[2, 3] += 0.2
    item = cube('red', 0.5, 0.15)
    frame = replace(draw([item], Take(camera, table=0.2)), depth=None)
    raised = PerceptionParameters(assume_table=True, table_height=0.2)
    found = SceneEstimator(raised)(frame).objects[0]
    assert np.linalg.norm((found.position - item.position)[:2]) < 0.012
    assert found.position[2] > 0.2


@pytest.mark.parametrize('size', [(1, 1), (2, 3), (17, 5), (64, 48), (4096, 16)])
@pytest.mark.parametrize('level', [0, 1, 128, 255, None])
def test_no_image_does_more_than_raise(size, level):
    lens = Intrinsics.from_field_of_view(*size, np.radians(45.0))
    shape = (size[1], size[0])
    rgb = np.full((*shape, 3), level or 0, np.uint8)
    if level is None:
        rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    frame = draw([], Take())
    for depth in (None, np.full(shape, np.nan), np.full(shape, 1.2)):
        odd = replace(frame, rgb=rgb, depth=depth, intrinsics=lens)
        try:
            scene = SceneEstimator(FLAT)(odd)
        except PerceptionError:
            continue
        assert all(one.colour in (*BASIC_COLOURS, 'unknown') for one in scene.objects)
