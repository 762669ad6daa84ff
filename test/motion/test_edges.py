"""Straight joint lines: what is proved free is free everywhere on the line."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from motion.things import make_object, make_scene
from qwen_embodied.geometry import pose, rotation_x
from qwen_embodied.motion import Collider, World, box, capsule, hull
from qwen_embodied.motion.edges import CUT, GRAIN, LADDER, EdgeCheck, joint_reaches

OPEN = 0.04


@pytest.fixture(scope='module')
def clutter():
    corners = np.array(np.meshgrid(*[[-0.06, 0.06]] * 3)).reshape(3, -1).T
    return World(
        boxes=(
            *World.from_scene(make_scene(make_object('bowl', 0.5, -0.15))).boxes,
            box('post', (0.06, 0.06, 0.8), pose([0.45, 0.25, 0.4])),
        ),
        capsules=(capsule('pipe', 0.04, 0.6, pose([0.4, -0.4, 0.5])),),
        hulls=(hull('rock', corners, pose([0.6, 0.0, 0.55])),),
    )


def lines(robot, rng, count, spread=0.7):
    limits = robot.limits
    for _ in range(count):
        start = np.clip(robot.home + rng.uniform(-spread, spread, 7), limits.lower, limits.upper)
        yield start, np.clip(start + rng.uniform(-0.6, 0.6, 7), limits.lower, limits.upper)


def test_quick_answer_is_that_of_exact_distances(robot, rng, clutter):
    collider = Collider(robot, clutter)
    limits = robot.all_limits
    rows = rng.uniform(limits.lower, limits.upper, (300, 8))
    for scene, own in ((0.0, 0.0), (0.03, 0.015)):
        demand = collider.demand(scene, own)
        check = collider.check(demand)
        exact = [collider.first(row[None], demand) is not None for row in rows]
        assert [check.hits(row) for row in rows] == exact
        assert 20 < sum(exact) < 280


def test_questions_asked_in_turns_keep_their_own_distances(robot, rng, clutter):
    limits, collider = robot.all_limits, Collider(robot, clutter)
    rows = rng.uniform(limits.lower, limits.upper, (100, 8))
    demands = [collider.demand(scene, scene / 2) for scene in (0.0, 0.05)]
    checks = [collider.check(demand) for demand in demands]
    alone = [[Collider(robot, clutter).check(d).hits(row) for row in rows[:20]] for d in demands]
    turns = [[check.hits(row) for check in checks] for row in rows]
    assert [list(answers) for answers in zip(*turns[:20], strict=True)] == alone
    assert sum(wide and not narrow for narrow, wide in turns) > 3
    assert not any(narrow and not wide for narrow, wide in turns)


def test_cut_stretches_fit_the_distances_that_can_be_asked_for():
    steps = (GRAIN, *LADDER)
    assert all(wide / CUT <= narrow + 1e-12 for narrow, wide in pairwise(steps))


def test_pairs_that_do_not_count_are_left_out(robot, clutter):
    collider = Collider(robot, clutter)
    demand = collider.demand(0.0, 0.0)
    demand.scene[:] = -np.inf
    check = collider.bodies.check(demand.scene, -np.inf)
    row = np.append(robot.home, OPEN)
    row[1] = 1.5
    assert collider.check(collider.demand(0.0, 0.0)).hits(row)
    assert not check.hits(row)


def test_reach_bounds_the_way_of_every_point(robot, rng):
    parts = robot.parts
    reaches = joint_reaches(robot, parts)
    limits = robot.all_limits
    for row in rng.uniform(limits.lower, limits.upper, (60, 8)):
        joint = int(rng.integers(7))
        turned = row.copy()
        turned[joint] += 1e-4
        before, after = robot.chain.poses(np.stack([row, turned]))
        for part, reach in zip(parts, reaches[joint], strict=True):
            centres = part.spheres[:, :3]
            places = [
                centres @ bodies[part.body][:3, :3].T + bodies[part.body][:3, 3]
                for bodies in (before, after)
            ]
            assert np.linalg.norm(places[1] - places[0], axis=1).max() <= 1e-4 * reach + 1e-9


def test_proved_lines_keep_their_distance_everywhere(robot, rng, clutter):
    collider = Collider(robot, clutter)
    demand, closer = collider.demand(0.02, 0.01), collider.demand(0.02 - GRAIN, 0.01 - GRAIN)
    edges = EdgeCheck(collider, demand, OPEN)
    proved = 0
    for start, end in lines(robot, rng, 60):
        if not edges.proves(start, end):
            continue
        proved += 1
        arm = start + np.linspace(0.0, 1.0, 400)[:, None] * (end - start)
        assert collider.free(np.column_stack([arm, np.full(400, OPEN)]), closer)
    assert proved > 10


def test_lines_with_a_blocked_sample_are_not_proved(robot, rng, clutter):
    collider = Collider(robot, clutter)
    edges = EdgeCheck(collider, collider.demand(0.02, 0.01), OPEN)
    clearly = collider.demand(0.02 - GRAIN, 0.01 - GRAIN)
    blocked = 0
    for start, end in lines(robot, rng, 60):
        arm = start + np.linspace(0.0, 1.0, 200)[:, None] * (end - start)
        if not collider.free(np.column_stack([arm, np.full(200, OPEN)]), clearly):
            blocked += 1
            assert not edges.proves(start, end)
    assert blocked > 10


def test_a_thin_wall_between_two_free_ends_is_seen(robot):
    wall = World(boxes=(box('wall', (0.6, 0.002, 0.8), pose([0.6, 0.0, 0.4])),))
    collider = Collider(robot, wall)
    edges = EdgeCheck(collider, collider.demand(0.0, 0.0), OPEN)
    start = np.array([0.6, 0.4, 0.0, -1.6, 0.0, 2.0, 0.8])
    end = start * [-1, 1, 1, 1, 1, 1, 1]
    assert edges.is_free_at(start)
    assert edges.is_free_at(end)
    assert not edges.proves(start, end)


@pytest.mark.parametrize('step', [0.5, 0.05])
def test_samples_include_the_end_of_the_line(robot, step):
    collider = Collider(robot, World(boxes=(box('block', (0.1,) * 3, pose([0.5, 0.0, 0.4])),)))
    edges = EdgeCheck(collider, collider.demand(0.0, 0.0), OPEN)
    inside = robot.inverse(pose([0.5, 0.0, 0.4], rotation_x(np.pi)))
    nearly = robot.home + 0.9 * (inside - robot.home)
    assert not edges.sampled(step)(robot.home, inside)
    assert edges.sampled(step)(robot.home, robot.home + 0.1 * (nearly - robot.home))
