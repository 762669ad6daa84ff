"""Skills: segments that follow one another and keep the rules."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.things import make_object, make_scene, make_state
from qwen_embodied.errors import CollisionError, ContractError, GraspError, UnreachableError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.motion import BodyChecker, Skills, World, in_hand, read_parameters
from qwen_embodied.motion.parameters import MotionParameters
from qwen_embodied.resources import shared_file


@pytest.fixture
def skills(robot):
    return Skills(robot)


def end_of(robot, motion):
    return make_state(robot, motion.segments[-1].trajectory.positions[-1])


def check_rules(robot, motion, start, scene):
    """Look at every segment with finite differences of the curve, not with the planner's code."""
    limits, before = robot.all_limits, start.of(robot.all_limits.names)
    body = BodyChecker(robot, World.from_scene(scene))
    for segment in motion:
        trajectory = segment.trajectory
        assert trajectory.joint_names == limits.names
        np.testing.assert_allclose(trajectory.positions[0], before, atol=1e-9)
        times = np.arange(0.0, trajectory.duration, 0.001)
        q = TrajectorySpline(trajectory).sample(times).positions
        assert (np.abs(np.diff(q, axis=0)) / 0.001 <= limits.velocity * 0.5001).all()
        assert (np.abs(np.diff(q, 2, axis=0)) / 1e-6 <= limits.acceleration * 0.505).all()
        tool = body.tool_positions(q[:, :7])
        speed = np.append(np.linalg.norm(np.diff(tool, axis=0), axis=1) / 0.001, 0.0)
        assert speed.max() <= 1.0
        assert body.contact(q[::5], speed[::5] <= 0.25) is None, segment.name
        before = trajectory.positions[-1]


def test_pick_approaches_grasps_and_lifts(robot, skills, table_scene, at_home):
    cube = table_scene.find('red_cube_1')
    motion = skills.pick(cube, table_scene, at_home)
    assert [s.name for s in motion] == ['pre-grasp', 'approach', 'grasp', 'lift']
    closed = motion.segments[2].trajectory.positions[-1]
    tool = robot.forward(closed[:7])
    np.testing.assert_allclose(tool @ motion.held.object_in_tool, cube.object_in_base, atol=1e-4)
    assert closed[-1] == pytest.approx(0.045 / 2 - 0.006)
    lifted = robot.forward(motion.segments[-1].trajectory.positions[-1][:7])
    assert lifted[2, 3] - tool[2, 3] >= 0.099
    check_rules(robot, motion, at_home, table_scene)


@pytest.mark.parametrize(
    ('item', 'relation', 'target'),
    [
        ('red_cube_1', 'in', 'red_bowl_1'),
        ('red_ball_1', 'in', 'red_bin_1'),
        ('red_cylinder_1', 'on', 'red_cube_1'),
        ('red_cube_1', 'left_of', 'red_bowl_1'),
        ('red_bowl_1', 'next_to', 'red_cylinder_1'),
    ],
)
def test_place_leaves_the_object_where_it_is_expected(
    robot, skills, table_scene, at_home, item, relation, target
):
    item, target = table_scene.find(item), table_scene.find(target)
    picked = skills.pick(item, table_scene, at_home)
    held = end_of(robot, picked)
    motion = skills.place(item, relation, target, table_scene, held)
    assert [s.name for s in motion] == ['transfer', 'lower', 'release', 'retreat']
    tool = robot.forward(motion.segments[2].trajectory.positions[-1][:7])
    left = tool @ picked.held.object_in_tool
    np.testing.assert_allclose(left[:2, 3], motion.expected[:2, 3], atol=1e-4)
    assert 0.0 < left[2, 3] - motion.expected[2, 3] <= 0.051
    rest = make_scene(*(o for o in table_scene.objects if o.id != item.id))
    check_rules(robot, motion, held, rest)
    home = skills.home(end_of(robot, motion))
    assert skills.is_home(end_of(robot, home))
    check_rules(robot, home, end_of(robot, motion), rest)


def test_object_in_a_bin_can_be_picked(robot, skills, at_home):
    bin_, cube = make_object('bin', 0.5, 0.1), make_object('cube', 0.53, 0.1, on=0.005)
    scene = make_scene(bin_, cube)
    check_rules(robot, skills.pick(cube, scene, at_home), at_home, scene)


@pytest.mark.parametrize('direction', ['left', 'right', 'forward', 'back'])
def test_push_moves_the_closed_fingers_behind_the_object(robot, skills, at_home, direction):
    cube = make_object('cube', 0.5, 0.05)
    scene = make_scene(cube, make_object('bowl', 0.62, -0.25))
    motion = skills.push(cube, direction, 0.1, scene, at_home)
    assert [s.name for s in motion] == ['pre-push', 'approach', 'push', 'retreat']
    push = robot.tool_poses(motion.segments[2].trajectory.positions)[:, :3, 3]
    way = motion.expected[:2, 3] - cube.position[:2]
    assert np.linalg.norm(way) == pytest.approx(0.1)
    np.testing.assert_allclose((push[-1] - push[0])[:2] / 1.25, way, atol=2e-3)
    check_rules(robot, motion, at_home, scene)


def test_same_scene_gives_the_same_bytes(robot, table_scene, at_home):
    cube = table_scene.find('red_cube_1')
    first = Skills(robot).pick(cube, table_scene, at_home)
    second = Skills(robot).pick(cube, table_scene, at_home)
    for a, b in zip(first, second, strict=True):
        assert a.trajectory.times.tobytes() == b.trajectory.times.tobytes()
        assert a.trajectory.positions.tobytes() == b.trajectory.positions.tobytes()


def test_holding_is_judged_by_the_fingers(robot, skills, table_scene, at_home):
    assert not skills.is_holding(at_home)
    motion = skills.pick(table_scene.find('red_cube_1'), table_scene, at_home)
    row = motion.segments[-1].trajectory.positions[-1].copy()
    assert not skills.is_holding(make_state(robot, row))
    row[-1] = 0.0222
    assert skills.is_holding(make_state(robot, row))
    row[-1] = 0.038
    assert not skills.is_holding(make_state(robot, row))


def test_object_in_the_hand_is_recognised(robot, skills, table_scene, at_home):
    motion = skills.pick(table_scene.find('red_cube_1'), table_scene, at_home)
    grasped = make_state(robot, motion.segments[2].trajectory.positions[-1])
    assert in_hand(robot, table_scene, grasped) == ('red_cube_1',)
    assert in_hand(robot, table_scene, at_home) == ()


def test_start_too_near_to_the_table_first_moves_up(robot, skills, table_scene, at_home):
    picked = skills.pick(table_scene.find('red_cube_1'), table_scene, at_home)
    low = make_state(robot, picked.segments[1].trajectory.positions[-1])
    skills.let_go(low)
    motion = skills.home(low)
    assert [s.name for s in motion] == ['retreat', 'home']


def test_let_go_opens_the_fingers_and_keeps_the_arm(robot, skills):
    state = make_state(robot, np.append(robot.home, 0.01))
    motion = skills.let_go(state)
    positions = motion.segments[0].trajectory.positions
    assert positions[-1, -1] == pytest.approx(robot.gripper.open)
    np.testing.assert_array_equal(positions[:, :7], np.tile(robot.home, (len(positions), 1)))


def test_refusals_say_why(robot, skills, at_home):
    far = make_object('cube', 1.3, 0.0)
    cube, wide = make_object('cube', 0.5, 0.0), make_object('box', 0.5, 0.0, size=(0.1, 0.1, 0.1))
    with pytest.raises(UnreachableError, match='misses it by'):
        skills.pick(far, make_scene(far), at_home)
    with pytest.raises(GraspError, match='opens 80 mm'):
        skills.pick(wide, make_scene(wide), at_home)
    with pytest.raises(GraspError, match='red cube 1 is not held'):
        skills.place(cube, 'on', wide, make_scene(cube, wide), at_home)
    with pytest.raises(ContractError, match='left, right, forward, back'):
        skills.push(cube, 'up', 0.1, make_scene(cube), at_home)
    with pytest.raises(CollisionError, match=r'the push is blocked.*edge'):
        skills.push(cube, 'forward', 0.3, make_scene(cube), at_home)


def test_configuration_file_holds_the_defaults():
    assert read_parameters(shared_file('config/4_motion.yaml')) == MotionParameters()
