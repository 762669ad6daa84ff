"""The estimator finds what a second renderer drew, in place, size, colour and shape."""

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from perception.drawn import OBLIQUE, PAINT, SIZES, STRAIGHT, Drawn, Take, cube, draw
from qwen_embodied.geometry import look_at, yaw_of
from qwen_embodied.perception import SceneEstimator

PLACES = ((0.46, -0.2), (0.46, 0.0), (0.46, 0.2), (0.62, -0.16), (0.64, 0.14))


def nearest(scene, item):
    return min(scene.objects, key=lambda one: np.linalg.norm(one.position - item.position))


def turned(found, item):
    period = np.pi / 2 if item.shape == 'cube' else np.pi
    return abs((yaw_of(found.object_in_base) - item.yaw + period / 2) % period - period / 2)


def layout(rng):
    shapes = [
        *rng.choice(['cube', 'box', 'cylinder', 'ball'], 3),
        *rng.choice(['bowl', 'bin', 'tray'], 2, replace=False),
    ]
    return [
        Drawn(
            str(rng.choice(list(PAINT))), str(shape), SIZES[str(shape)],
            *(np.array(place) + rng.uniform(-0.01, 0.01, 2)), rng.uniform(-1.5, 1.5),
        )
        for shape, place in zip(shapes, PLACES, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize('camera', [STRAIGHT, OBLIQUE], ids=['straight', 'oblique'])
@pytest.mark.parametrize('table', [0.0, -0.12, 0.2])
def test_finds_every_object_over_random_poses(camera, table):
    rng, apart, sizes, yaws = np.random.default_rng(7), [], [], []
    for seed in range(5):
        items = layout(rng)
        camera_in_base = np.array(camera)
        camera_in_base[2, 3] += table
        scene = SceneEstimator()(draw(items, Take(camera_in_base, table=table, seed=seed)))
        assert scene.table_height == pytest.approx(table, abs=0.002)
        assert len(scene.objects) == len(items)
        for item in items:
            found = min(
                scene.objects, key=lambda one: np.linalg.norm((one.position - item.position)[:2])
            )
            assert (found.colour, found.shape) == (item.colour, item.shape)
            apart.append(np.linalg.norm(found.position - item.position - [0, 0, table]))
            sizes.append(np.abs(found.size - item.size).max())
            yaws += [turned(found, item)] if item.shape in ('cube', 'box', 'bin', 'tray') else []
    assert np.median(apart) < 0.004
    assert max(apart) < 0.008
    assert np.median(sizes) < 0.005
    assert np.degrees(np.median(yaws)) < 3.0


@pytest.mark.parametrize('colour', PAINT)
@pytest.mark.parametrize('shape', ['cube', 'ball', 'bowl'])
def test_names_every_colour(colour, shape):
    paint = (100, 60, 70) if colour in ('brown', 'orange', 'yellow') else (168, 150, 128)
    frame = draw([Drawn(colour, shape, SIZES[shape], 0.5, 0.1, 0.4)], Take(table_paint=paint))
    assert [one.label for one in SceneEstimator()(frame).objects] == [f'{colour} {shape}']


def test_measures_a_tilted_table_where_it_is():
    camera = look_at([0.4, 0.0, 1.25], [0.58, 0.03, 0.0], image_up=[1, 0, 0])
    seen = np.array(camera)
    seen[2, 3] += 0.03
    frame = draw([cube('red', 0.5, 0.1)], Take(camera))
    shifted = type(frame)(
        frame.stamp, frame.frame_id, frame.rgb, frame.depth, frame.intrinsics, seen
    )
    scene = SceneEstimator()(shifted)
    assert scene.table_height == pytest.approx(0.03, abs=0.001)
    assert scene.objects[0].position[2] == pytest.approx(0.0525, abs=0.002)


@pytest.mark.parametrize('second', ['black', 'white'])
def test_parts_neighbours_that_nearly_touch(second):
    items = [cube('white', 0.45, 0.2), cube(second, 0.45, 0.252, side=0.05)]
    scene = SceneEstimator()(draw(items))
    assert sorted(one.colour for one in scene.objects) == sorted(['white', second])
    assert all(
        np.linalg.norm(nearest(scene, one).position - one.position) < 0.004 for one in items
    )


CONTENTS = [
    (Drawn('blue', 'bowl', SIZES['bowl'], 0.55, 0.0), [cube('red', 0.55, 0.0, 0.3, 0.006)]),
    (Drawn('blue', 'bowl', SIZES['bowl'], 0.55, 0.0), [cube('blue', 0.55, 0.0, 0.2, 0.006)]),
    (Drawn('white', 'bowl', SIZES['bowl'], 0.5, 0.2),
     [Drawn('green', 'ball', SIZES['ball'], 0.5, 0.2, 0, 0.006)]),
    (Drawn('grey', 'bin', SIZES['bin'], 0.55, 0.0, 0.4),
     [cube('red', 0.585, 0.015, 0.3, 0.005), cube('red', 0.515, -0.015, 0.9, 0.005)]),
    (Drawn('brown', 'tray', SIZES['tray'], 0.55, 0.0, 0.2),
     [cube('red', 0.6, 0.02, 0.3, 0.005), Drawn('green', 'cylinder', SIZES['cylinder'], 0.52,
                                                 -0.03, 0, 0.005)]),
]  # fmt: skip


@pytest.mark.parametrize(('container', 'contents'), CONTENTS)
def test_finds_the_container_and_what_lies_in_it(container, contents):
    scene = SceneEstimator()(draw([container, *contents]))
    expected = sorted(f'{one.colour} {one.shape}' for one in (container, *contents))
    assert sorted(f'{one.colour} {one.shape}' for one in scene.objects) == expected
    for item in (container, *contents):
        found = min(
            (one for one in scene.objects if one.shape == item.shape),
            key=lambda one: np.linalg.norm(one.position - item.position),
        )
        assert np.linalg.norm(found.position - item.position) < 0.015


def test_parts_a_stack_by_its_colours():
    items = [cube('red', 0.5, 0.15, 0.3), cube('blue', 0.502, 0.148, 0.5, 0.045)]
    scene = SceneEstimator()(draw(items))
    assert sorted(one.label for one in scene.objects) == ['blue cube', 'red cube']
    for item in items:
        found = next(one for one in scene.objects if one.colour == item.colour)
        assert np.linalg.norm(found.position - item.position) < 0.008
        assert np.abs(found.size - item.size).max() < 0.01


def test_an_empty_table_gives_an_empty_scene():
    assert SceneEstimator()(draw([])).objects == ()


def test_the_same_frame_gives_the_same_scene():
    items = layout(np.random.default_rng(3))
    one, two = (SceneEstimator()(draw(items)) for _ in range(2))
    assert [a.id for a in one.objects] == [b.id for b in two.objects]
    assert all(
        (a.object_in_base == b.object_in_base).all() and (a.size == b.size).all()
        for a, b in zip(one.objects, two.objects, strict=True)
    )
