"""Inverse kinematics: reaches what is reachable, chooses as asked, and says what it misses."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from qwen_embodied.errors import CollisionError, ContractError, UnreachableError
from qwen_embodied.geometry import pose, rotation_angle, rotation_x, rotation_z
from qwen_embodied.motion import PathOptions, Search, World, blocked_by, box, load_robot, plan_path

PRESETS = ('panda', 'ur5e', 'xarm7', 'so101')


@pytest.fixture(scope='module', params=PRESETS)
def preset(request):
    return load_robot(request.param)


def random_joints(robot, rng, count):
    return rng.uniform(robot.limits.lower, robot.limits.upper, (count, len(robot.joint_names)))


def assert_reached(robot, found, tool):
    reached = robot.forward(found)
    assert np.linalg.norm(reached[:3, 3] - tool[:3, 3]) <= 1e-5
    assert rotation_angle(reached[:3, :3].T @ tool[:3, :3]) <= 1.1e-5
    assert ((found >= robot.limits.lower) & (found <= robot.limits.upper)).all()


def test_inverse_undoes_forward_on_random_reachable_poses(preset, rng):
    middle = (preset.limits.lower + preset.limits.upper) / 2
    for q in random_joints(preset, rng, 300):
        tool = preset.forward(q)
        assert_reached(preset, preset.inverse(tool, middle), tool)


def test_inverse_reaches_the_corners_of_the_joint_ranges(preset, rng):
    corners = rng.integers(0, 2, (30, len(preset.joint_names)))
    for corner in corners:
        q = np.where(corner, preset.limits.upper, preset.limits.lower)
        assert_reached(preset, preset.inverse(preset.forward(q)), preset.forward(q))


def test_inverse_stays_near_a_seed_that_reaches(robot):
    moved = robot.home + 0.05
    found = robot.inverse(robot.forward(moved), robot.home)
    assert np.abs(found - robot.home).max() < 0.3


def test_inverse_repeats_bit_by_bit(preset, rng):
    tool = preset.forward(random_joints(preset, rng, 1)[0])
    again = load_robot(next(name for name in PRESETS if preset.model.name == name))
    assert preset.inverse(tool).tobytes() == again.inverse(tool).tobytes()


def test_margin_keeps_joints_from_their_limits(robot):
    q = robot.home.copy()
    q[0] = robot.limits.upper[0] - 0.01
    found = robot.inverse(robot.forward(q), robot.home, margin=0.1)
    assert (robot.limits.upper - found >= 0.1 - 1e-9).all()
    assert (found - robot.limits.lower >= 0.1 - 1e-9).all()


def test_endless_turns_are_unwound_towards_the_seed():
    robot = load_robot('ur5e')
    seed = np.append(robot.home[:5], 5.0)
    for q in random_joints(robot, np.random.default_rng(3), 20):
        tool = robot.forward(q)
        found = robot.inverse(tool, seed, search=Search(prefer='near'))
        assert_reached(robot, found, tool)
        away = np.abs(found - seed)
        whole = (away > np.pi + 1e-6) & (np.abs(found) - 2 * np.pi < 0.0)
        turned = found + 2 * np.pi * np.sign(seed - found)
        inside = (turned >= robot.limits.lower) & (turned <= robot.limits.upper)
        assert not (whole & inside).any()


@pytest.mark.parametrize('distance', [1.6, 3.0])
def test_pose_beyond_the_reach_is_missed_by_the_least_distance(preset, rng, distance):
    tool = preset.forward(random_joints(preset, rng, 1)[0])
    tool[:3, 3] *= distance / np.linalg.norm(tool[:3, 3])
    with pytest.raises(UnreachableError, match='misses it by') as caught:
        preset.inverse(tool)
    bounds = list(zip(preset.limits.lower, preset.limits.upper, strict=True))
    least = min(
        minimize(lambda q: np.sum((preset.forward(q)[:3, 3] - tool[:3, 3]) ** 2), q, bounds=bounds)
        .fun ** 0.5
        for q in random_joints(preset, rng, 8)
    )  # fmt: skip
    assert caught.value.position_error == pytest.approx(least, abs=2e-3)


def tilted(robot, angle):
    """Give home's tool pose, turned about the vertical through the tool."""
    tool = robot.forward(robot.home)
    tool[:3, :3] = rotation_z(angle) @ tool[:3, :3]
    return tool


def test_five_joints_say_which_rotation_they_cannot_give():
    robot = load_robot('so101')
    with pytest.raises(UnreachableError) as caught:
        robot.inverse(tilted(robot, 0.3))
    assert caught.value.position_error < 1e-5
    assert 0.1 < caught.value.rotation_error < 0.3


@pytest.mark.parametrize('prefer', ['first', 'near', 'room'])
def test_five_joints_keep_the_position_where_some_rotation_is_left_open(prefer):
    robot = load_robot('so101')
    tool = tilted(robot, 0.3)
    found = robot.inverse(tool, search=Search(rotation=0.2, prefer=prefer))
    reached = robot.forward(found)
    assert np.linalg.norm(reached[:3, 3] - tool[:3, 3]) <= 1e-5
    assert rotation_angle(reached[:3, :3].T @ tool[:3, :3]) <= 0.2
    with pytest.raises(UnreachableError):
        robot.inverse(tool, search=Search(rotation=0.1, prefer=prefer))


def room(robot, q):
    lower, upper = robot.limits.lower, robot.limits.upper
    return float((np.minimum(q - lower, upper - q) / (upper - lower)).min())


def test_preferences_are_kept_and_never_worse_than_the_first(preset, rng):
    better = {'near': 0, 'room': 0}
    for q in random_joints(preset, rng, 25):
        tool = preset.forward(q)
        first = preset.inverse(tool)
        near = preset.inverse(tool, search=Search(prefer='near'))
        roomy = preset.inverse(tool, search=Search(prefer='room'))
        for found in (near, roomy):
            assert_reached(preset, found, tool)
        home = preset.home
        assert np.abs(near - home).max() <= np.abs(first - home).max() + 0.05
        assert room(preset, roomy) >= room(preset, first) - 1e-3
        better['near'] += np.abs(near - home).max() < np.abs(first - home).max() - 0.1
        better['room'] += room(preset, roomy) > room(preset, first) + 0.01
    if len(preset.joint_names) > 5:
        assert min(better.values()) >= 5


def test_blocked_postures_are_passed_over(robot):
    tool = robot.forward(robot.home)
    blocked = robot.inverse(tool)
    found = robot.inverse(
        tool,
        search=Search(blocked=lambda q: ('elbow', 'post') if abs(q - blocked).max() < 1 else None),
    )
    assert_reached(robot, found, tool)
    assert np.abs(found - blocked).max() >= 1


def test_every_posture_blocked_names_what_touches(robot):
    with pytest.raises(CollisionError, match='hand touches post'):
        robot.inverse(robot.forward(robot.home), search=Search(blocked=lambda _: ('hand', 'post')))


def test_what_blocks_paths_gives_postures_where_a_path_may_begin(robot):
    beside = robot.chain.poses(np.append(robot.home, 0.04)[None])[0][5, :3, 3]
    world = World(boxes=[box('post', [0.06, 0.06, 0.06], pose(beside))])
    near = PathOptions(margin=0.005, own_margin=0.005)
    touching = blocked_by(robot, world, near)
    assert 'post' in touching(robot.home)
    tool = robot.forward(robot.home)
    found = robot.inverse(tool, search=Search(blocked=touching))
    assert_reached(robot, found, tool)
    assert touching(found) is None
    assert len(plan_path(robot, world, found, found + 0.01, near)) == 2
    with pytest.raises(CollisionError, match=r'the start is blocked: .* touches post'):
        plan_path(robot, world, robot.home, found, near)


SKEWED = np.diag([1.0, 1.0, 1.2, 1.0])


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'tool_in_base': np.eye(3)}, 'tool_in_base'),
        ({'tool_in_base': np.full((4, 4), np.nan)}, 'tool_in_base'),
        ({'tool_in_base': pose([np.inf, 0.0, 0.0])}, 'tool_in_base'),
        ({'tool_in_base': SKEWED}, 'with a rotation in it'),
        ({'seed': [0.0] * 6}, 'seed is .* 7 finite'),
        ({'seed': [0.0] * 6 + [np.nan]}, 'seed is .* 7 finite'),
        ({'margin': 2.0}, 'margin is 2.0; it must be less than 1.501'),
    ],
)
def test_input_that_is_no_pose_or_seed_is_refused(robot, change, message):
    call = {'tool_in_base': pose([0.5, 0.0, 0.4], rotation_x(np.pi)), **change}
    with pytest.raises(ContractError, match=message):
        robot.inverse(**call)
