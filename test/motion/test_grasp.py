"""Grasps from shape and size."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.things import SIZES, make_object
from qwen_embodied.errors import GraspError
from qwen_embodied.geometry import inverse_pose, transform, yaw_of
from qwen_embodied.motion import grasps


def opening_of(grasp):
    return grasp.tool_in_base[:3, 1]


@pytest.mark.parametrize('shape', SIZES)
def test_every_shape_has_grasps_from_above_that_clear_the_table(robot, shape):
    item = make_object(shape, 0.5, 0.1, yaw=0.4)
    found = grasps(item, robot.gripper)
    assert len(found) >= 2
    for grasp in found:
        np.testing.assert_allclose(grasp.tool_in_base[:3, 2], [0, 0, -1], atol=1e-12)
        tips = grasp.tool_in_base[2, 3] - robot.gripper.finger_depth
        assert tips >= 0.003 - 1e-9
        assert tips < item.size[2] - 0.005
        assert grasp.width <= robot.gripper.opening
        back = grasp.tool_in_base @ grasp.object_in_tool
        np.testing.assert_allclose(back, item.object_in_base, atol=1e-12)


def test_box_is_taken_across_the_narrower_side_first(robot):
    item = make_object('box', 0.5, 0.1, yaw=0.4)
    best = grasps(item, robot.gripper)[0]
    assert best.width == pytest.approx(0.04)
    along = opening_of(best) @ item.object_in_base[:3, 1]
    assert abs(along) == pytest.approx(1.0)


def test_box_too_long_one_way_is_taken_the_other_way_only(robot):
    item = make_object('box', 0.5, 0.0, size=(0.12, 0.04, 0.05))
    assert {grasp.width for grasp in grasps(item, robot.gripper)} == {0.04}


def test_round_things_are_taken_from_many_directions(robot):
    yaws = {
        round(yaw_of(g.tool_in_base), 3)
        for g in grasps(make_object('ball', 0.5, 0), robot.gripper)
    }
    assert len(yaws) >= 8


@pytest.mark.parametrize('shape', ['bowl', 'bin', 'tray'])
def test_containers_are_pinched_by_the_rim_with_one_finger_inside(robot, shape):
    item = make_object(shape, 0.5, 0.1, yaw=0.7)
    for grasp in grasps(item, robot.gripper):
        fingers = [transform(grasp.tool_in_base, [0.0, side * 0.016, 0.0]) for side in (-1.0, 1.0)]
        local = transform(inverse_pose(item.object_in_base), fingers)
        reach = np.hypot(*local[:, :2].T) if shape == 'bowl' else np.abs(local[:, :2])
        half = item.size[0] / 2 if shape == 'bowl' else item.size[:2] / 2
        inside = reach < half if shape == 'bowl' else (reach < half).all(axis=1)
        assert inside.tolist().count(True) == 1
        assert grasp.width < 0.01


def test_tall_thing_is_taken_so_high_that_the_palm_stays_clear(robot):
    item = make_object('cylinder', 0.5, 0.0, size=(0.04, 0.04, 0.12))
    for grasp in grasps(item, robot.gripper):
        assert 0.12 - grasp.tool_in_base[2, 3] < 0.035


def test_object_wider_than_the_opening_is_refused_with_both_widths(robot):
    item = make_object('box', 0.5, 0.0, size=(0.10, 0.09, 0.05))
    with pytest.raises(GraspError, match='90 mm wide and the gripper opens 80 mm'):
        grasps(item, robot.gripper)
