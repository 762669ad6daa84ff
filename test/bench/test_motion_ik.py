"""The bench of the inverse kinematics measures what it says, by an own judgement."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.bench import motion_ik
from qwen_embodied.motion import load_robot


@pytest.fixture(scope='module')
def robot():
    return load_robot('panda')


def test_every_pose_is_measured_and_reached(robot):
    found = motion_ik.measure(robot, 40)
    assert found.reached.shape == found.wall.shape == found.busy.shape == (40,)
    assert found.reached.all()
    assert len(found.ratios) == 40
    assert (found.wall > 0).all()


@pytest.mark.parametrize(('change', 'verdict'), [(0.0, True), (3e-5, False)])
def test_a_pose_that_is_missed_does_not_count(robot, change, verdict):
    q = robot.home.copy()
    tool = robot.forward(q)
    q[6] += change
    assert motion_ik._reaches(robot, q, tool) is verdict


def test_joints_outside_their_limits_do_not_count(robot):
    q = robot.limits.upper + 0.01
    assert not motion_ik._reaches(robot, q, robot.forward(q))


def test_rows_carry_bars_peers_and_the_ratio_with_its_interval(robot):
    rows = motion_ik._rows('panda', motion_ik.measure(robot, 30))
    ratio = next(row for row in rows if row.ratio is not None)
    assert ratio.interval[0] <= ratio.ratio <= ratio.interval[1]
    assert rows[0].bar == '>= 99.9'
    assert 'TRAC-IK 99.70' in rows[0].peer


def test_interval_of_a_median_holds_it_and_narrows_with_more_values():
    values = np.random.default_rng(5).normal(10.0, 1.0, 400)
    few, many = motion_ik.median_interval(values[:30]), motion_ik.median_interval(values)
    assert many[1] <= 10.1
    assert many[2] >= 9.9
    assert many[2] - many[1] < few[2] - few[1]
