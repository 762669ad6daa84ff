"""What counts as held, and what stays in the world."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.judging import state_of
from motion.things import make_object, make_scene
from qwen_embodied.geometry import pose, rotation_x
from qwen_embodied.motion import MotionParameters, Skills, Surrounded, in_hand, load_robot


def hand_at(robot, x, y, z, width):
    joints = robot.inverse(pose([x, y, z], rotation_x(np.pi)), robot.home)
    return state_of(robot, np.append(joints, robot.gripper.at(width)))


def test_what_the_fingers_are_around_is_held(robot):
    scene = make_scene(make_object('cube', 0.5, 0.1), make_object('cube', 0.5, 0.2, name='b'))
    assert in_hand(robot, scene, hand_at(robot, 0.5, 0.1, 0.03, 0.045)) == ('red_cube_1',)
    assert in_hand(robot, scene, hand_at(robot, 0.5, 0.1, 0.12, 0.045)) == ()


@pytest.mark.parametrize('shape', ['bowl', 'bin', 'tray'])
@pytest.mark.parametrize('width', [0.0, 0.04, 0.08])
def test_a_container_that_the_hand_dips_into_stays_in_the_world(robot, shape, width):
    box = make_object(shape, 0.5, 0.0)
    dipped = hand_at(robot, 0.5, 0.0, 0.03, width)
    assert in_hand(robot, make_scene(box), dipped) == ()
    at_wall = hand_at(robot, 0.5 + box.size[0] / 2 - 0.003, 0.0, 0.04, width)
    assert in_hand(robot, make_scene(box), at_wall) == ()


@pytest.mark.parametrize('shape', ['bowl', 'bin'])
def test_a_container_that_hangs_by_its_rim_is_held(robot, shape):
    lifted = make_object(shape, 0.5, 0.0, on=0.10)
    rim = (0.5 + lifted.size[0] / 2 - 0.003, 0.0, 0.10 + lifted.size[2])
    scene = make_scene(lifted)
    assert in_hand(robot, scene, hand_at(robot, *rim, 0.005)) == (lifted.id,)
    assert in_hand(robot, scene, hand_at(robot, *rim, 0.05)) == ()
    assert in_hand(robot, scene, hand_at(robot, 0.5, 0.0, rim[2], 0.005)) == ()


def test_the_standing_jaw_of_a_turning_gripper_is_allowed_for():
    robot = load_robot('so101')
    cube = make_object('cube', 0.20, 0.05, size=(0.03, 0.03, 0.03))
    scene = make_scene(cube)
    start = state_of(robot, np.append(robot.home, robot.gripper.open))
    picked = Skills(robot, MotionParameters(approach=0.05, lift=0.05)).pick(cube, scene, start)
    row = picked.segments[2].trajectory.positions[-1].copy()
    row[-1] = robot.gripper.at(0.03)
    assert in_hand(robot, scene, state_of(robot, row)) == (cube.id,)
    assert in_hand(robot, scene, start) == ()


def test_a_body_leaves_out_what_is_held_and_keeps_the_rest(robot):
    cube, bowl = make_object('cube', 0.5, 0.1), make_object('bowl', 0.5, 0.1)
    state = hand_at(robot, 0.5, 0.1, 0.035, 0.045)
    row = state.of(robot.all_limits.names)[None]
    surrounded = Surrounded(robot)
    assert surrounded.body(make_scene(bowl), state).contact(row, [False]).second == 'red_bowl_1'
    assert surrounded.body(make_scene(cube), state).contact(row, [False]) is None
