"""Faults F1 to F10 of malformed trajectories and states: refused by rule, the arm unmoved."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control.following import HOME, LIMITS, NAMES, Cell, quintic
from control.malformed import FIELDS, Unread, at_rate, classes, with_point
from qwen_embodied.control import GoalPoint, Parameters, TrajectoryGoal, read_goal
from qwen_embodied.errors import ContractError, TrajectoryRejectedError
from qwen_embodied.messages import JointState

MOVE = quintic(HOME, [0.6, 0.0, 0.4, 0.04], 2.0)
GOOD = TrajectoryGoal.of(MOVE)
CLASSES = classes(GOOD, LIMITS, HOME)
BRISK = replace(LIMITS, jerk=np.full(4, 9e3))  # peaks so short that samples miss them


def refusal(goal):
    """Give the reasons why a goal is refused; the arm must not move for it."""
    cell = Cell()
    with pytest.raises(TrajectoryRejectedError) as caught:
        cell.start(read_goal(goal, LIMITS, Parameters()))
    cell.run(0.05)
    assert (np.array(cell.commands) == HOME).all()
    return caught.value.reasons


def test_the_good_one_is_taken_in_any_order_of_its_joints():
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        points = [
            GoalPoint(p.time, *(tuple(getattr(p, field)[k] for k in order) for field in FIELDS))
            for p in GOOD.points
        ]
        jumbled = TrajectoryGoal(tuple(NAMES[k] for k in order), points)
        assert np.array_equal(read_goal(jumbled, LIMITS, Parameters()).positions, MOVE.positions)


def check_class(name):
    """Every example of a class is refused with one of its rules, the arm unmoved."""

    @settings(max_examples=60, deadline=None)
    @given(CLASSES[name])
    def check(case):
        goal, rules = case
        assert {reason.split()[0] for reason in refusal(goal)} <= set(rules)

    check()


def test_f01_refuses_every_number_that_is_not_finite():
    check_class('F1 a number that is not finite')


def test_f01_refuses_times_that_are_not_finite():
    check_class('F1 a time that is not finite')


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


def test_f04_refuses_every_other_set_of_names():
    check_class('F4 other names')


def test_f05_refuses_times_that_do_not_increase():
    check_class('F5 a time not after the one before')


def test_f05_refuses_a_first_time_before_the_start():
    check_class('F5 a start before the start')


def test_f06_refuses_every_stamp_but_zero():
    check_class('F6 a start in the past or the future')
    assert refusal(replace(GOOD, stamp=float('nan')))[0].startswith('J6 ')


def test_f07_refuses_legal_points_whose_curve_leaves_the_limits():
    check_class('F7 a curve out of the limits')


def test_f08_refuses_each_rate_above_its_limit():
    check_class('F8 a rate above its limit')


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([LIMITS, BRISK]),
    st.integers(0, 2),
    st.integers(1, 3),
    st.sampled_from([0.999, 1.001]),
)
def test_f08_exact_boundary_of_each_rate(limits, joint, order, factor):
    move = at_rate(limits, HOME, joint, order, factor)
    if factor < 1.0:
        taken = read_goal(TrajectoryGoal.of(move), limits, Parameters())
        assert taken.duration == move.duration
        return
    with pytest.raises(TrajectoryRejectedError) as caught:
        read_goal(TrajectoryGoal.of(move), limits, Parameters())
    (reason,) = caught.value.reasons
    assert reason.startswith(f'C6 {NAMES[joint]} at')
    assert reason.split(',')[0].endswith('/s' + '\u00b2\u00b3'[order - 2 : order - 1])


def test_f09_refuses_a_start_elsewhere_or_a_turn_away():
    check_class('F9 a start elsewhere')
    check_class('F9 a start that is a turn away')


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


def test_f10_refuses_a_million_points_without_looking_at_one():
    assert refusal(replace(GOOD, points=Unread())) == (
        'C2 1000000 points, allowed 2 to 2000',
    )  # fmt: skip


def test_f10_refuses_what_is_too_long():
    check_class('F10 too long')


def test_f10_refuses_too_many_points():
    check_class('F10 too many points')


@pytest.mark.parametrize(
    ('goal', 'rule'),
    [
        (replace(GOOD, points=()), 'J3 no points'),
        (with_point(GOOD, 4, positions=(1.0,)), 'J8 point 4 has 1 positions, needed 4'),
        (with_point(GOOD, 4, positions=()), 'J8 point 4 has 0 positions, needed 4'),
        (with_point(GOOD, 4, velocities=()), 'J9 point 4 has 0 velocities, needed 4'),
        (
            with_point(GOOD, 4, accelerations=(1.0,) * 5),
            'J10 point 4 has 5 accelerations, needed 4',
        ),
        (with_point(GOOD, 4, effort=(1.0,) * 4), 'J12 point 4 asks for effort'),
    ],
)
def test_refuses_wrong_sizes_by_rule(goal, rule):
    assert refusal(goal)[0].startswith(rule)


def test_an_arm_below_refuses_what_no_gate_may_pass():
    with pytest.raises(ContractError):
        Cell().arm.command(np.full(4, np.nan))
