"""Grasps that lean, and objects under a shelf."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.judging import check_free, check_legal, end_of, state_of
from motion.things import make_object, make_scene
from qwen_embodied.errors import CollisionError
from qwen_embodied.geometry import pose, transform
from qwen_embodied.motion import Skills, World, box, leaning_grasps


def shelf(height):
    return box('shelf board', [0.3, 0.3, 0.02], pose([0.55, 0.0, height]))


@pytest.mark.parametrize(('shape', 'size'), [('cylinder', (0.04, 0.04, 0.14)),
                                             ('box', (0.07, 0.05, 0.12)),
                                             ('ball', (0.05, 0.05, 0.05))])  # fmt: skip
def test_leaning_hands_meet_the_object_and_stay_over_the_ground(robot, shape, size):
    item = make_object(shape, 0.5, 0.1, yaw=0.4, size=size)
    found = leaning_grasps(item, robot.gripper)
    ways = np.array([grasp.tool_in_base[:3, 2] for grasp in found])
    assert len({tuple(way.round(2)) for way in ways}) >= 8
    assert (ways[:, 2] > -0.9).all()
    assert (ways[:, 2] < 1e-9).all()
    for grasp in found:
        tool = grasp.tool_in_base
        local = np.abs(transform(np.linalg.inv(item.object_in_base), tool[:3, 3]))
        assert (local <= item.size / 2 + 1e-9).all()
        assert abs(tool[2, 1]) < 1e-9
        tip = transform(tool, [robot.gripper.tips[0], 0.0, robot.gripper.finger_depth])
        assert tip[2] >= 0.002
        near = tool[:3, 2] @ (item.position - tool[:3, 3]) - np.linalg.norm(item.size) / 2
        assert near <= robot.gripper.palm


@pytest.mark.parametrize('shape', ['bowl', 'bin', 'tray'])
def test_containers_are_taken_from_above_only(robot, shape):
    assert leaning_grasps(make_object(shape, 0.5, 0.0), robot.gripper) == ()


@pytest.mark.parametrize('board', [0.30, 0.35])
def test_a_thing_under_a_shelf_is_taken_from_the_side(robot, at_home, board):
    item = make_object('cylinder', 0.5, 0.0, size=(0.04, 0.04, 0.12))
    scene, over = make_scene(item), shelf(board)
    skills = Skills(robot, obstacles=(over,))
    motion = skills.pick(item, scene, at_home)
    assert motion.grasp.tool_in_base[2, 2] > -0.6
    check_legal(robot, motion, at_home, scene, (over,))
    check_free(robot, motion, (over, *World.from_scene(make_scene()).obstacles))
    end = robot.forward(motion.segments[-1].trajectory.positions[-1][:7])
    held = end @ motion.held.object_in_tool
    assert held[2, 3] - item.position[2] > 0.015
    held_state = end_of(robot, motion)
    home = skills.home(held_state)
    check_free(robot, home, (over, *World.from_scene(make_scene()).obstacles))


def test_a_thing_that_no_hand_reaches_under_a_shelf_is_refused_with_its_name(robot, at_home):
    item = make_object('cylinder', 0.5, 0.0, size=(0.04, 0.04, 0.12))
    with pytest.raises(CollisionError, match='shelf board') as caught:
        Skills(robot, obstacles=(shelf(0.20),)).pick(item, make_scene(item), at_home)
    assert caught.value.second == 'shelf board'


def test_without_a_shelf_a_low_thing_is_taken_from_above(robot, at_home):
    item = make_object('cylinder', 0.5, 0.0)
    grasp = Skills(robot).pick(item, make_scene(item), at_home).grasp
    assert grasp.tool_in_base[2, 2] == pytest.approx(-1.0)


def test_what_was_taken_from_the_side_is_put_on_a_tray(robot, at_home):
    item, tray = (
        make_object('cylinder', 0.5, 0.0, size=(0.04, 0.04, 0.12)), make_object('tray', 0.5, 0.35)
    )  # fmt: skip
    scene, rest, over = make_scene(item, tray), make_scene(tray), shelf(0.30)
    skills = Skills(robot, obstacles=(over,))
    held = end_of(robot, skills.pick(item, scene, at_home))
    motion = skills.place(item, 'on', tray, scene, held)
    check_legal(robot, motion, held, rest, (over,))
    check_free(robot, motion, (over, *World.from_scene(rest).obstacles))


def test_a_hand_that_was_let_go_under_a_shelf_comes_out_backwards(robot, at_home):
    item = make_object('cylinder', 0.5, 0.0, size=(0.04, 0.04, 0.12))
    over = shelf(0.30)
    skills = Skills(robot, obstacles=(over,))
    picked = skills.pick(item, make_scene(item), at_home)
    inside = state_of(robot, picked.segments[1].trajectory.positions[-1])
    skills.let_go(inside)
    motion = skills.home(inside)
    assert [segment.name for segment in motion] == ['retreat', 'home']
    ends = robot.tool_poses(motion.segments[0].trajectory.positions)[[0, -1], :3, 3]
    assert (ends[1] - ends[0]) @ picked.grasp.tool_in_base[:3, 2] < -0.03
    check_legal(robot, motion, inside, make_scene(item), (over,))
    check_free(robot, motion, (over, *World.from_scene(make_scene()).obstacles))
