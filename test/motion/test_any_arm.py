"""Arms and grippers of every kind pick and place by the same skills."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import coal
import numpy as np
import pytest

from motion.judging import check_free, check_legal, end_of, state_of
from motion.things import make_object, make_scene
from qwen_embodied.errors import RobotModelError
from qwen_embodied.motion import Gripper, MotionParameters, Skills, World, load_robot

TABLES = {
    'panda': ((0.50, 0.12), (0.50, -0.15), {}),
    'xarm7': ((0.45, 0.12), (0.45, -0.15), {}),
    'ur5e_2f85': ((0.45, 0.12), (0.45, -0.15), {}),
    'so101': ((0.20, 0.08), (0.20, -0.09), {
        'workspace': [0.12, 0.30, -0.2, 0.2], 'approach': 0.05, 'lift': 0.05,
    }),
}  # fmt: skip
SIZES = {'cube': (0.03, 0.03, 0.03), 'ball': (0.04, 0.04, 0.04), 'cylinder': (0.03, 0.03, 0.06)}


@pytest.fixture(scope='module', params=TABLES)
def arm(request):
    return load_robot(request.param), *TABLES[request.param]


@pytest.mark.parametrize(
    ('arm', 'shape'),
    [
        ('panda', 'cylinder'), ('ur5e_2f85', 'cube'), ('xarm7', 'cube'), ('xarm7', 'ball'),
        ('so101', 'cube'), ('so101', 'ball'), ('so101', 'cylinder'),
    ],
    indirect=['arm'],
)  # fmt: skip
def test_pick_and_place_are_legal_and_touch_nothing(arm, shape):
    robot, (x, y), (tx, ty), settings = arm
    item = make_object(shape, x, y, yaw=0.2, size=SIZES[shape])
    tray = make_object('tray', tx, ty, size=(0.12, 0.10, 0.02))
    scene, rest = make_scene(item, tray), make_scene(tray)
    skills = Skills(robot, MotionParameters(**settings))
    start = state_of(robot, np.append(robot.home, robot.gripper.open))
    picked = skills.pick(item, scene, start)
    check_legal(robot, picked, start, scene)
    check_free(robot, picked, World.from_scene(rest).obstacles)
    held = end_of(robot, picked)
    assert not skills.is_holding(held)
    gripped = held.of(robot.all_limits.names)
    gripped[-1] = robot.gripper.at(picked.held.width)
    assert skills.is_holding(state_of(robot, gripped))
    placed = skills.place(item, 'on', tray, scene, held)
    check_legal(robot, placed, held, rest)
    check_free(robot, placed, World.from_scene(rest).obstacles)
    tool = robot.forward(placed.segments[2].trajectory.positions[-1][: len(robot.joint_names)])
    left = tool @ picked.held.object_in_tool
    np.testing.assert_allclose(left[:2, 3], placed.expected[:2, 3], atol=2e-3)


def test_pushing_ends_where_it_should(arm):
    robot, (x, y), _, settings = arm
    item = make_object('cube', x, y, size=SIZES['cube'])
    skills, scene = Skills(robot, MotionParameters(**settings)), make_scene(item)
    start = state_of(robot, np.append(robot.home, robot.gripper.open))
    motion = skills.push(item, 'right', 0.05, scene, start)
    check_legal(robot, motion, start, scene)
    assert motion.expected[1, 3] == pytest.approx(y - 0.05)


def test_fingers_stand_as_far_apart_as_the_table_of_the_gripper_says(arm):
    robot = arm[0]
    gripper = robot.gripper
    for width in np.linspace(0.1, 0.95, 6) * gripper.opening:
        row = np.append(robot.home, gripper.at(width))
        tool, y = robot.forward(robot.home), gripper.middle(width)
        assert hand_gap(robot, row, tool, y, width - 0.003) > 0.0
        assert hand_gap(robot, row, tool, y, width + 0.004) <= 0.0


def hand_gap(robot, row, tool, y, width):
    """Give the distance of the hand from a bar of a width, midway between the fingers."""
    bodies = robot.chain.poses(row[None])[0]
    place = tool.copy()
    place[:3, 3] = (tool @ [0.0, y, 0.0, 1.0])[:3]
    bar, there = coal.Box(0.004, width, 0.002), coal.Transform3s(place[:3, :3], place[:3, 3])
    gaps = []
    for part in robot.parts:
        if part.body >= robot.tool_body:
            pose = bodies[part.body] @ part.pose
            at = coal.Transform3s(pose[:3, :3], pose[:3, 3])
            request, result = coal.DistanceRequest(), coal.DistanceResult()
            gaps.append(coal.distance(part.geometry, at, bar, there, request, result))
    return min(gaps)


def test_an_arm_without_a_gripper_says_how_to_get_one():
    with pytest.raises(RobotModelError, match=r'tool0 has no gripper.*ur5e_2f85\.yaml'):
        Skills(load_robot('ur5e'))


def test_joint_and_width_are_each_others_inverse(arm):
    gripper = arm[0].gripper
    widths = np.linspace(max(gripper.strokes[0][1], 0.0), gripper.opening, 20)
    found = [gripper.width_at(gripper.at(width)) for width in widths]
    np.testing.assert_allclose(found, widths, atol=1e-9)
    assert gripper.wider(gripper.at(0.01), gripper.at(0.02)) == gripper.at(0.02)


@pytest.mark.parametrize(
    ('strokes', 'words'),
    [
        (((0.0, 0.0, 0.0),), 'two or more rows'),
        (((0.0, 0.0), (1.0, 0.1)), 'two or more rows'),
        (((0.0, 0.1, 0.0), (1.0, 0.0, 0.0)), 'from closed to open'),
        (((0.0, 0.0, 0.0), (1.0, 0.1, 0.0), (0.5, 0.2, 0.0)), 'from closed to open'),
        (((0.0, 0.0, 0.0), (1.0, float('nan'), 0.0)), 'from closed to open'),
    ],
)
def test_strokes_that_are_none_are_named(strokes, words):
    with pytest.raises(RobotModelError, match=words):
        Gripper('jaw', 1.0, 0.0, 0.0, 1.0, 1.0, strokes=strokes)
