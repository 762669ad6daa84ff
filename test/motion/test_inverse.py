"""Inverse kinematics: reaches what is reachable, and says what is not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

import numpy as np
import pytest

from qwen_embodied.errors import UnreachableError
from qwen_embodied.geometry import pose, rotation_angle, rotation_x


def test_inverse_undoes_forward_on_random_reachable_poses(robot, rng):
    lower, upper = robot.limits.lower, robot.limits.upper
    middle = (lower + upper) / 2
    start = time.perf_counter()
    for q in rng.uniform(lower, upper, (300, 7)):
        tool = robot.forward(q)
        found = robot.inverse(tool, middle)
        reached = robot.forward(found)
        assert np.linalg.norm(reached[:3, 3] - tool[:3, 3]) <= 1e-5
        assert rotation_angle(reached[:3, :3].T @ tool[:3, :3]) <= 1.1e-5
        assert ((found >= lower) & (found <= upper)).all()
    assert (time.perf_counter() - start) / 300 < 0.02


def test_inverse_stays_near_a_seed_that_reaches(robot):
    moved = robot.home + 0.05
    found = robot.inverse(robot.forward(moved), robot.home)
    assert np.abs(found - robot.home).max() < 0.3


def test_inverse_repeats_bit_by_bit(robot, rng):
    tool = robot.forward(rng.uniform(robot.limits.lower, robot.limits.upper))
    assert robot.inverse(tool).tobytes() == robot.inverse(tool).tobytes()


def test_margin_keeps_joints_from_their_limits(robot):
    q = robot.home.copy()
    q[0] = robot.limits.upper[0] - 0.01
    found = robot.inverse(robot.forward(q), robot.home, margin=0.1)
    assert (robot.limits.upper - found >= 0.1 - 1e-9).all()
    assert (found - robot.limits.lower >= 0.1 - 1e-9).all()


def test_unreachable_pose_says_by_how_much(robot):
    far = pose([1.4, 0.0, 0.3], rotation_x(np.pi))
    with pytest.raises(UnreachableError, match=r'\(1\.400, 0\.000, 0\.300\).*misses') as caught:
        robot.inverse(far)
    assert caught.value.position_error > 0.2
