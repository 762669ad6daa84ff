"""Paths: straight where free, around things where not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from motion.things import make_object
from qwen_embodied.errors import (
    CollisionError,
    JointLimitError,
    PathNotFoundError,
    UnreachableError,
)
from qwen_embodied.geometry import pose, rotation_x
from qwen_embodied.motion import PathOptions, World, box, plan_path, straight_path
from qwen_embodied.motion.path import Budget
from qwen_embodied.motion.sampling import connect


def above(robot, y):
    return robot.inverse(pose([0.5, y, 0.25], rotation_x(np.pi)))


@pytest.fixture
def wall():
    return World(boxes=(box('wall', (0.3, 0.02, 0.5), pose([0.5, 0.0, 0.25])),))


def test_free_way_is_the_straight_joint_line(robot):
    path = plan_path(robot, World(), above(robot, 0.3), above(robot, -0.3))
    assert len(path) == 2


def test_path_leads_around_a_wall_and_every_edge_is_free(robot, wall):
    start, goal = above(robot, 0.3), above(robot, -0.3)
    path = plan_path(robot, wall, start, goal)
    assert len(path) > 2
    np.testing.assert_array_equal(path[[0, -1]], [start, goal])
    for a, b in pairwise(path):
        for share in np.linspace(0.0, 1.0, 40):
            row = np.append(a + share * (b - a), robot.gripper.open)
            assert not wall.collides(robot, row, margin=0.02)


def test_same_question_gives_the_same_bytes(robot, wall):
    ask = (robot, wall, above(robot, 0.3), above(robot, -0.3))
    first = plan_path(*ask)
    plan_path(robot, wall, above(robot, 0.25), above(robot, -0.2))
    assert plan_path(*ask).tobytes() == first.tobytes()


@pytest.mark.parametrize(('part', 'order'), [('start', (1, 0)), ('goal', (0, 1))])
def test_end_in_collision_names_the_part_and_both_bodies(robot, part, order):
    free, blocked = above(robot, 0.3), above(robot, 0.0)
    world = World(boxes=(box('pillar', (0.1, 0.1, 0.6), pose([0.5, 0.0, 0.3])),))
    ends = [(free, blocked)[at] for at in order]
    with pytest.raises(CollisionError, match=rf'the {part} is blocked: panda_.* touches pillar'):
        plan_path(robot, world, *ends)


def test_shut_way_names_what_blocks_it(robot):
    wall = World(boxes=(box('wall', (3.0, 0.02, 3.0), pose([1.85, 0.0, 0.0])),))
    options = PathOptions(iterations=50)
    with pytest.raises(CollisionError, match=r'the path is blocked: panda_.* touches wall'):
        plan_path(robot, wall, above(robot, 0.3), above(robot, -0.3), options)


@pytest.mark.parametrize('spent', [{'iterations': 0}, {'seconds': 0.0}])
def test_zero_budget_is_a_typed_failure_that_names_the_blocker(robot, wall, spent):
    with pytest.raises(PathNotFoundError, match=r'panda_.* touches wall.*0 samples') as caught:
        plan_path(robot, wall, above(robot, 0.3), above(robot, -0.3), PathOptions(**spent))
    assert isinstance(caught.value, CollisionError)
    assert (caught.value.part, caught.value.second) == ('path', 'wall')


def test_zero_budget_is_enough_for_a_free_straight_line(robot):
    start, goal = above(robot, 0.3), above(robot, -0.3)
    assert len(plan_path(robot, World(), start, goal, PathOptions(seconds=0.0))) == 2


def test_a_search_without_a_way_ends_in_its_time(robot):
    budget = Budget(10**9, 0.1)
    ends = robot.home, robot.home + 0.3
    bounds = robot.limits.lower, robot.limits.upper
    found = connect(lambda *_: False, *ends, bounds, budget.slice(10**9))
    assert found is None
    assert budget.is_spent
    assert budget.elapsed >= 0.1
    assert 0 < budget.spent < 10**9


def test_what_the_tool_holds_needs_room_too(robot, wall):
    start, goal = above(robot, 0.3), above(robot, -0.3)
    bar = make_object('box', 0.0, 0.0, size=(0.04, 0.04, 0.3), name='bar')
    loaded = wall.attach(bar, pose([0.0, 0.0, 0.12]))
    path = plan_path(robot, loaded, start, goal)
    heights = [robot.tool_poses(np.linspace(a, b, 50))[:, 2, 3].max() for a, b in pairwise(path)]
    assert max(heights) > 0.5
    for a, b in pairwise(path):
        for arm in np.linspace(a, b, 60):
            assert not loaded.collides(robot, np.append(arm, robot.gripper.open), margin=0.02)


def test_goal_outside_the_limits_is_refused(robot):
    with pytest.raises(JointLimitError, match='panda_joint1'):
        plan_path(robot, World(), robot.home, robot.home + np.array([3.0, 0, 0, 0, 0, 0, 0]))


def test_straight_path_keeps_line_and_orientation(robot):
    points = straight_path(robot, above(robot, 0.1), [0.0, 0.0, -0.15])
    tools = robot.tool_poses(points)
    np.testing.assert_allclose(
        tools[:, :2, 3], np.tile(tools[0, :2, 3], (len(tools), 1)), atol=1e-5
    )
    np.testing.assert_allclose(
        tools[:, :3, :3], np.tile(tools[0, :3, :3], (len(tools), 1, 1)), atol=1e-4
    )
    assert np.abs(np.diff(points, axis=0)).max() < 0.2


def test_straight_path_out_of_reach_says_so(robot):
    with pytest.raises(UnreachableError, match='the straight line from'):
        straight_path(robot, above(robot, 0.1), [0.0, 0.0, 1.5])
