"""Faults F1 to F10 of malformed trajectories and states: refused by rule, the arm unmoved."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control.following import HOME, LIMITS, NAMES, Cell, quintic
from qwen_embodied.control import GoalPoint, Parameters, TrajectoryGoal, read_goal
from qwen_embodied.errors import ContractError, TrajectoryRejectedError
from qwen_embodied.messages import JointState, JointTrajectory

MOVE = quintic(HOME, [0.6, 0.0, 0.4, 0.04], 2.0)
GOOD = TrajectoryGoal.of(MOVE)
FIELDS = ('positions', 'velocities', 'accelerations')
POINTS = st.integers(0, len(GOOD.points) - 1)
JOINTS = st.integers(0, len(NAMES) - 1)
NOT_NUMBERS = st.sampled_from([np.nan, np.inf, -np.inf, -np.nan])


def refusal(goal):
    """Give the reasons why a goal is refused; the arm must not move for it."""
    cell = Cell()
    with pytest.raises(TrajectoryRejectedError) as caught:
        cell.start(read_goal(goal, LIMITS, Parameters()))
    cell.run(0.05)
    assert (np.array(cell.commands) == HOME).all()
    return caught.value.reasons


def with_point(at, **fields):
    points = list(GOOD.points)
    points[at] = replace(points[at], **fields)
    return replace(GOOD, points=tuple(points))


def with_value(at, field, joint, value):
    row = list(getattr(GOOD.points[at], field))
    row[joint] = value
    return with_point(at, **{field: tuple(row)})


def test_the_good_one_is_taken_in_any_order_of_its_joints():
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        points = [
            GoalPoint(p.time, *(tuple(getattr(p, field)[k] for k in order) for field in FIELDS))
            for p in GOOD.points
        ]
        jumbled = TrajectoryGoal(tuple(NAMES[k] for k in order), points)
        assert np.array_equal(read_goal(jumbled, LIMITS, Parameters()).positions, MOVE.positions)


@settings(max_examples=60, deadline=None)
@given(POINTS, st.sampled_from(FIELDS), JOINTS, NOT_NUMBERS)
def test_f01_refuses_every_number_that_is_not_finite(at, field, joint, value):
    assert f'C2 {field} that are not finite' in refusal(with_value(at, field, joint, value))


@settings(max_examples=20, deadline=None)
@given(POINTS, NOT_NUMBERS)
def test_f01_refuses_times_that_are_not_finite(at, value):
    assert 'C2 times that are not finite' in refusal(with_point(at, time=value))


@pytest.mark.parametrize('field', ['positions', 'velocities'])
def test_f02_a_state_that_is_not_finite_stops_the_arm_on_finite_commands(field):
    cell = Cell()
    cell.start(MOVE)
    cell.run(0.8)
    for _ in range(60):
        state = cell.arm.read()
        broken = np.array(getattr(state, field))
        broken[1] = np.nan
        cell.tracker.on_permission('move', cell.now)
        command = cell.tracker.update(replace(state, **{field: broken}), cell.now)
        cell.commands.append(cell.arm.command(command))
        cell.arm.step(0.01)
    assert cell.tracker.status.state == 'aborted'
    assert cell.largest()[0] <= 1.0 + 1e-9
    assert cell.largest()[1] <= 1.1


@pytest.mark.parametrize('speeds', [[np.nan] * 4, [0.0, np.nan, 0.0, 0.0]])
def test_f03_refuses_to_start_on_a_state_that_was_never_written(speeds):
    cell = Cell()
    with pytest.raises(TrajectoryRejectedError, match=r'J13 nothing may move now.*not finite'):
        cell.tracker.start(MOVE, JointState(cell.now, NAMES, HOME, speeds), cell.now)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*NAMES, 'toe', '']), max_size=6))
def test_f04_refuses_every_other_set_of_names(names):
    if sorted(names) == sorted(NAMES):
        return
    goal = replace(GOOD, joint_names=tuple(names))
    assert refusal(goal)[0].split()[0] in ('J1', 'J2', 'J4', 'C2')


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, len(GOOD.points) - 1),
    st.sampled_from([0.0, -0.5, -1e9, 1e-12]),
)
def test_f05_refuses_times_that_do_not_increase(at, step):
    goal = with_point(at, time=GOOD.points[at - 1].time + min(step, 0.0))
    assert 'J7 times that do not increase' in refusal(goal)


@pytest.mark.parametrize('shift', [-0.01, -1e9])
def test_f05_refuses_a_first_time_before_the_start(shift):
    points = [replace(point, time=point.time + shift) for point in GOOD.points]
    assert refusal(replace(GOOD, points=points))[0].startswith('C2 the first point is at')


@pytest.mark.parametrize('stamp', [1e-9, 5.0, 1.8e9, 1.8e9 + 3600, -1.0, float('nan')])
def test_f06_refuses_every_stamp_but_zero(stamp):
    assert refusal(replace(GOOD, stamp=stamp))[0].startswith('J6 ')


def test_f07_refuses_legal_points_whose_curve_leaves_the_limits():
    # At 2.4 rad with +-1 rad/s, 0.5 s apart: the cubic peaks 0.125 rad higher, the limit is 2.5.
    u = np.linspace(0.0, 1.0, 3)[:, None]
    rows = np.array([[2.4, 0.3, -0.2, 0.04], [2.4, 0.3, -0.2, 0.04], [2.4, 0.3, -0.2, 0.04]])
    speeds = np.zeros((3, 4))
    speeds[:, 0] = 1.0, -1.0, 0.0
    found = refusal(TrajectoryGoal.of(JointTrajectory(NAMES, u[:, 0] * 1.0, rows, speeds)))
    assert any(reason.startswith('C5 shoulder goes from') for reason in found)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2),
    st.sampled_from(['velocity', 'acceleration', 'jerk']),
    st.sampled_from([0.999, 1.001]),
)
def test_f08_exact_boundary_of_each_rate(joint, rate, factor):
    """A quintic's own peaks are known: 1.875 d/T, 5.7735 d/T², 60 d/T³."""
    peak = {'velocity': (1.875, 1), 'acceleration': (10 / np.sqrt(3), 2), 'jerk': (60.0, 3)}
    constant, order = peak[rate]
    low = replace(LIMITS, **{
        name: np.full(4, 1e6) for name in ('velocity', 'acceleration', 'jerk') if name != rate
    })  # fmt: skip
    limit = float(getattr(low, rate)[joint])
    seconds = (constant * 0.5 / (limit * factor)) ** (1 / order)
    goal = HOME.copy()
    goal[joint] += 0.5
    move = quintic(HOME, goal, seconds, count=201)
    if factor < 1.0:
        assert read_goal(TrajectoryGoal.of(move), low, Parameters()).duration == seconds
        return
    with pytest.raises(TrajectoryRejectedError, match=f'C6 {NAMES[joint]} at'):
        read_goal(TrajectoryGoal.of(move), low, Parameters())


@pytest.mark.parametrize(('off', 'taken'), [(0.0099, True), (0.0101, False), (2 * np.pi, False)])
def test_f09_boundary_of_the_start_and_no_wrap_around(off, taken):
    cell = Cell()
    wide = replace(LIMITS, lower=np.full(4, -20.0), upper=np.full(4, 20.0))
    cell.tracker.limits = wide
    start = HOME + np.array([off, 0.0, 0.0, 0.0])
    move = read_goal(TrajectoryGoal.of(quintic(start, start, 1.0)), wide, Parameters())
    if taken:
        cell.start(move)
        assert cell.finish().state == 'succeeded'
        return
    with pytest.raises(TrajectoryRejectedError, match='C3 shoulder starts'):
        cell.start(move)


class Unread(Sequence):
    """A million points that nobody may look at."""

    def __len__(self):
        return 1_000_000

    def __getitem__(self, at):
        raise AssertionError('a point was looked at')


def test_f10_refuses_a_million_points_without_looking_at_one():
    assert refusal(replace(GOOD, points=Unread())) == (
        'C2 1000000 points, allowed 2 to 2000',
    )  # fmt: skip


def test_f10_refuses_what_is_too_long():
    long = [replace(point, time=point.time * 5000) for point in GOOD.points]
    assert refusal(replace(GOOD, points=long)) == ('C2 10000 s long, allowed 60',)


@pytest.mark.parametrize(
    ('goal', 'rule'),
    [
        (replace(GOOD, points=()), 'J3 no points'),
        (with_point(4, positions=(1.0,)), 'J8 point 4 has 1 positions, needed 4'),
        (with_point(4, positions=()), 'J8 point 4 has 0 positions, needed 4'),
        (with_point(4, velocities=()), 'J9 point 4 has 0 velocities, needed 4'),
        (with_point(4, accelerations=(1.0,) * 5), 'J10 point 4 has 5 accelerations, needed 4'),
        (with_point(4, effort=(1.0,) * 4), 'J12 point 4 asks for effort'),
    ],
)
def test_refuses_wrong_sizes_by_rule(goal, rule):
    assert refusal(goal)[0].startswith(rule)


def test_an_arm_below_refuses_what_no_gate_may_pass():
    with pytest.raises(ContractError):
        Cell().arm.command(np.full(4, np.nan))
