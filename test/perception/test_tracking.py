"""Ids stay with their objects: in view, moved, hidden, stacked, and gone."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_made import thing
from perception.drawn import SIZES, Drawn, Take, cube, draw
from perception.tables import lens_named, scattered
from qwen_embodied.messages import JointState
from qwen_embodied.perception import PerceptionParameters, SceneEstimator
from qwen_embodied.perception.tracking import Sighting, Tracker

STATE = JointState(0.0, ('joint',), np.zeros(1))


def seen(estimator, items, stamp, state=None):
    scene = estimator(draw(items, Take(seed=int(stamp), stamp=stamp)), state)
    return {one.id: one for one in scene.objects}


def arm_over(x, y):
    """Give spheres along a post that stands over a place, and the pixels' cover."""
    heights = np.arange(0.0, 0.5, 0.03)
    return np.column_stack(
        [np.full((len(heights), 2), [x, y]), heights, np.full(len(heights), 0.05)]
    )


def test_ids_are_numbered_and_stay():
    items = [cube('red', 0.5, 0.2), cube('red', 0.5, -0.2), cube('blue', 0.6, 0.0)]
    estimator = SceneEstimator()
    first = seen(estimator, items, 0.0)
    assert list(first) == ['red_cube_1', 'blue_cube_1', 'red_cube_2']
    assert first['red_cube_1'].position[1] == pytest.approx(0.2, abs=0.004)
    for stamp in (1.0, 2.0, 3.0):
        again = seen(estimator, items, stamp)
        assert set(again) == set(first)
        assert all(np.linalg.norm(again[i].position - first[i].position) < 0.004 for i in first)


def test_a_moved_object_keeps_its_id():
    estimator = SceneEstimator()
    other = Drawn('green', 'bowl', SIZES['bowl'], 0.6, -0.2)
    seen(estimator, [cube('red', 0.5, 0.2), other], 0.0)
    after = seen(estimator, [cube('red', 0.6, -0.2, 0.5, 0.006), other], 1.0)
    assert set(after) == {'red_cube_1', 'green_bowl_1'}
    assert after['red_cube_1'].position[1] == pytest.approx(-0.2, abs=0.004)


def test_a_vanished_object_is_dropped_after_three_clear_frames():
    estimator = SceneEstimator()
    keep = cube('blue', 0.6, 0.0)
    seen(estimator, [cube('red', 0.5, 0.2), keep], 0.0)
    assert [len(seen(estimator, [keep], stamp)) for stamp in (1.0, 2.0, 3.0)] == [2, 2, 1]


def test_an_object_behind_the_robot_is_kept_and_then_forgotten():
    spheres = arm_over(0.5, 0.2)
    estimator = SceneEstimator(PerceptionParameters(remember=30.0), lambda state: spheres)
    seen(estimator, [cube('red', 0.5, 0.2), cube('blue', 0.6, -0.1)], 0.0)
    arm = Drawn('white', 'cylinder', (0.09, 0.09, 0.45), 0.5, 0.2)
    hidden = seen(estimator, [arm, cube('blue', 0.6, -0.1)], 10.0, STATE)
    assert set(hidden) == {'red_cube_1', 'blue_cube_1'}
    assert hidden['red_cube_1'].box is None
    assert set(seen(estimator, [arm, cube('blue', 0.6, -0.1)], 40.0, STATE)) == {'blue_cube_1'}


def test_the_robots_own_points_are_no_objects():
    arm = Drawn('white', 'cylinder', (0.09, 0.09, 0.2), 0.5, 0.2)
    spheres = arm_over(0.5, 0.2)
    frame = draw([arm, cube('blue', 0.6, -0.1)])
    assert len(SceneEstimator()(frame).objects) == 2
    found = SceneEstimator(body=lambda state: spheres)(frame, STATE).objects
    assert [one.id for one in found] == ['blue_cube_1']


def test_the_robots_outline_without_depth_is_no_thing():
    arm = Drawn('white', 'cylinder', (0.09, 0.09, 0.2), 0.5, 0.2)
    frame = draw([arm, cube('blue', 0.6, -0.1)])
    bare = draw([cube('blue', 0.6, -0.1)])
    body = (frame.depth < bare.depth - 0.03).astype(np.uint8)
    wide, narrow = np.ones((31, 31)), np.ones((5, 5))
    outline = (cv2.dilate(body, wide) - cv2.erode(body, narrow)).astype(bool)
    frame = replace(frame, depth=np.where(outline, np.nan, frame.depth).astype(np.float32))
    found = SceneEstimator(body=lambda state: arm_over(0.5, 0.2))(frame, STATE).objects
    assert [one.id for one in found] == ['blue_cube_1']


def test_a_stack_of_known_cubes_is_taken_apart_by_memory():
    estimator = SceneEstimator()
    seen(estimator, [cube('red', 0.5, 0.0), cube('blue', 0.55, 0.2)], 0.0)
    stacked = [cube('red', 0.5, 0.0), cube('blue', 0.5, 0.0, 0.0, 0.045)]
    for stamp in (1.0, 100.0):
        after = seen(estimator, stacked, stamp)
        assert set(after) == {'red_cube_1', 'blue_cube_1'}
        assert after['blue_cube_1'].position[2] == pytest.approx(0.0675, abs=0.004)
        assert after['red_cube_1'].position[2] == pytest.approx(0.0225, abs=0.004)


def test_reset_forgets_ids():
    estimator = SceneEstimator()
    seen(estimator, [cube('red', 0.5, 0.2)], 0.0)
    estimator.reset()
    assert set(seen(estimator, [cube('red', 0.6, -0.2)], 1.0)) == {'red_cube_1'}


def test_a_new_object_of_the_same_look_gets_the_next_number():
    estimator = SceneEstimator()
    seen(estimator, [cube('red', 0.5, 0.2)], 0.0)
    after = seen(estimator, [cube('red', 0.5, 0.2), cube('red', 0.6, -0.2)], 1.0)
    assert after['red_cube_2'].position[1] == pytest.approx(-0.2, abs=0.004)


def test_the_lowest_of_a_tower_is_not_forgotten():
    estimator = SceneEstimator()
    red, blue, green = cube('red', 0.5, 0.0), cube('blue', 0.55, 0.2), cube('green', 0.6, -0.2)
    seen(estimator, [red, blue, green], 0.0)
    two = [red, cube('blue', 0.5, 0.0, 0.0, 0.045)]
    seen(estimator, [*two, green], 1.0)
    for stamp in (2.0, 90.0, 180.0):
        after = seen(estimator, [*two, cube('green', 0.5, 0.0, 0.0, 0.09)], stamp)
        assert set(after) == {'red_cube_1', 'blue_cube_1', 'green_cube_1'}
    heights = [after[name].position[2] for name in ('red_cube_1', 'blue_cube_1', 'green_cube_1')]
    assert heights == pytest.approx([0.0225, 0.0675, 0.1125], abs=0.005)


def test_a_cube_on_its_twin_keeps_its_id():
    estimator = SceneEstimator()
    seen(estimator, [cube('red', 0.6, 0.1), cube('red', 0.45, -0.1)], 0.0)
    after = seen(estimator, [cube('red', 0.6, 0.1), cube('red', 0.603, 0.1, 0.1, 0.045)], 1.0)
    assert set(after) == {'red_cube_1', 'red_cube_2'}
    assert after['red_cube_2'].position[2] == pytest.approx(0.0675, abs=0.005)


def test_ids_stay_for_a_hundred_frames_while_an_arm_passes_over_and_the_light_changes():
    rng = np.random.default_rng(5)
    items = scattered(rng, 5, ('cube', 'cylinder', 'ball', 'bowl'), gap=0.04)
    lens, place = lens_named('424x240'), [0.0, 0.0]
    estimator = SceneEstimator(body=lambda state: arm_over(*place))
    first: dict[str, np.ndarray] = {}
    frames = [draw(items, Take(lens=lens, seed=seed)) for seed in range(4)]
    for step in range(100):
        place[:] = 0.53 + 0.2 * np.cos(step / 5), -0.4 + 0.008 * step
        arm = Drawn('white', 'cylinder', (0.09, 0.09, 0.45), *place)
        frame = draw([*items, arm], Take(lens=lens, seed=step)) if step % 4 else frames[step % 3]
        if step and step % 4:
            gain = rng.uniform(0.6, 1.1)
            dimmed = np.clip(frame.rgb * gain, 0, 255).astype(np.uint8)
            frame = replace(frame, rgb=dimmed)
        else:
            place[:] = 0.53, -3.0
        seen_now = {one.id: one.position for one in
                    estimator(replace(frame, stamp=0.1 * step), STATE).objects}  # fmt: skip
        first = first or seen_now
        assert set(seen_now) == set(first)
        assert all(np.linalg.norm(seen_now[one] - first[one]) < 0.02 for one in first)
    assert len(first) == len(items)


def test_a_cube_that_comes_to_lean_in_a_bin_keeps_its_id():
    estimator = SceneEstimator()
    holder = Drawn('grey', 'bin', SIZES['bin'], 0.53, 0.0)
    seen(estimator, [holder, cube('red', 0.5, 0.25)], 0.0)
    leaner = Drawn('red', 'cube', (0.045,) * 3, 0.56, 0.0, 0.0, 0.017, lean=-0.55)
    after = seen(estimator, [holder, leaner], 1.0)
    assert set(after) == {'grey_bin_1', 'red_cube_1'}
    assert np.linalg.norm(after['red_cube_1'].position - leaner.position) < 0.01


def sighting(item):
    return Sighting(replace(item, id='new'))


def tracked(*frames):
    """Show things to a tracker; what is not found is said to be covered by something like it."""
    tracker = Tracker(PerceptionParameters())
    for stamp, items in enumerate(frames):
        found = tracker.update([sighting(item) for item in items], float(stamp), lambda item: None)
    return [item.id for item in found]


def test_two_things_never_keep_the_same_room():
    whole = thing('yellow_cylinder_1', 0.5, 0.1, size=(0.05, 0.05, 0.07))
    piece = thing('yellow_ball_1', 0.505, 0.1, size=(0.05, 0.05, 0.05))
    assert len(tracked((whole, piece), (whole,))) == 2
    for height in (0.05, 0.06, 0.07):
        other = thing('yellow_ball_1', 0.505, 0.1, size=(0.05, 0.05, height))
        assert tracked((whole, other), *[(whole,)] * 3) == ['yellow_cylinder_1']


def test_two_touching_cubes_that_are_seen_as_one_are_both_kept():
    left, right = thing('red_cube_1', 0.5, 0.1), thing('red_cube_2', 0.5, 0.145)
    both = thing('red_box_1', 0.5, 0.122, size=(0.045, 0.09, 0.045))
    assert len(tracked((left, right), *[(both,)] * 9)) == 2
