"""C1 to C6: form, start and joint limits, each on both sides of its threshold."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quintic import quintic as quintic_of
from qwen_embodied.errors import ContractError
from qwen_embodied.messages import JointState, JointTrajectory
from qwen_embodied.safety import (
    Parameters,
    SafetyContext,
    breach_of_contract,
    check_size,
    check_trajectory,
)
from safety.cases import (
    ARM,
    GOOD,
    HOME,
    LIMITS,
    NAMES,
    at,
    broken,
    context,
    cubic,
    line,
    quintic,
    scaled,
)


def changed(field, index, value, trajectory=GOOD):
    values = getattr(trajectory, field).copy()
    values[index] = value
    return replace(trajectory, **{field: values})


# -- C1, C2: form ---------------------------------------------------------------------------


def test_c1_accepts_a_plain_move():
    assert broken(GOOD) == set()


@given(st.permutations(range(3)))
def test_c1_accepts_any_order_of_names(order):
    order = list(order)
    jumbled = JointTrajectory(
        tuple(NAMES[k] for k in order),
        GOOD.times,
        GOOD.positions[:, order],
        GOOD.velocities[:, order],
        GOOD.accelerations[:, order],
    )
    assert broken(jumbled) == set()
    # The columns are mapped, not only the names counted: two of one kind swapped would not start
    # where the arm is.
    swapped = replace(GOOD, joint_names=(ARM[1], ARM[0], 'finger'))
    assert 'C3' in broken(swapped)


def test_c1_boundary_time_that_stands_still_is_refused_and_the_shortest_step_is_not():
    assert broken(cubic([0.0, 0.002, 0.004], [0] * 3, [0] * 3)) == set()
    assert broken(cubic([0.0, 0.002, 0.002], [0] * 3, [0] * 3)) == {'C1'}


@pytest.mark.parametrize(
    ('trajectory', 'said'),
    [
        (replace(GOOD, joint_names=(*ARM, 'toe')), 'C1 joints missing: finger'),
        (
            JointTrajectory(ARM, [0, 1.0], np.zeros((2, 2)), np.zeros((2, 2))),
            'C1 joints missing: finger',
        ),
        (cubic([0.0, 1.0, 0.5], [0] * 3, [0] * 3), 'C1 time does not increase after point 1'),
        (changed('velocities', (-1, 1), 0.1), 'C1 elbow: speed 0.1 at the last point'),
        (
            JointTrajectory((*NAMES, 'tail'), [0, 1.0], np.zeros((2, 4)), np.zeros((2, 4))),
            'C1 joints that are not of this arm: tail',
        ),
    ],
)
def test_c1_breach_names_what_is_wrong(trajectory, said):
    assert line(trajectory).startswith(said)


def test_c1_breach_of_a_message_that_cannot_even_be_built():
    with pytest.raises(ContractError) as caught:
        JointTrajectory(NAMES, [0.0, 1.0], np.zeros((2, 2)))
    assert str(breach_of_contract(caught.value)).startswith('C1 JointTrajectory.positions')


def test_c2_accepts_the_largest_and_longest():
    times = np.linspace(0.0, 60.0, 2000)
    assert broken(cubic(times, np.zeros(2000), np.zeros(2000))) == set()


@pytest.mark.parametrize(
    ('times', 'fine'),
    [
        ([0.0, 1.0], True),
        ([0.0, 1.001], False),
        ([1.0, 2.0], True),
        ([1.001, 2.0], False),
        ([-0.001, 1.0], False),
        ([0.0, 0.0019, 1.0], False),
        (np.linspace(0.0, 60.0, 70), True),
        (np.linspace(0.0, 60.1, 70), False),
        ([0.0], False),
        ([], False),
        (np.linspace(0.0, 59.0, 2001), False),
    ],
)
def test_c2_boundary_of_times_and_counts(times, fine):
    count = len(times)
    assert broken(cubic(times, np.zeros(count), np.zeros(count))) == (set() if fine else {'C2'})


def test_c2_breach_of_doubled_names_and_absent_velocities():
    doubled = replace(GOOD, joint_names=('slide', 'slide', 'finger'))
    assert line(doubled) == 'C2 joints named twice: slide'
    bare = JointTrajectory(NAMES, GOOD.times, GOOD.positions)
    assert line(bare).startswith('C2 no velocities')


def test_c2_breach_of_an_end_that_accelerates_once_jerk_is_judged():
    ending = changed('accelerations', (-1, 0), -0.5)
    assert 'C2' not in broken(ending)
    assert line(ending, check_jerk=True).startswith('C2 slide: acceleration -0.5')


@settings(max_examples=300)
@given(
    st.sampled_from(['times', 'positions', 'velocities', 'accelerations']),
    st.integers(0, 40),
    st.integers(0, 2),
    st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_c2_breach_of_every_number_that_is_not_finite(field, row, column, value):
    index = row if field == 'times' else (row, column)
    assert broken(changed(field, index, value)) == {'C2'}


def test_c2_breach_of_a_signalling_nan():
    signalling = np.frombuffer(np.uint64(0x7FF0000000000001).tobytes())[0]
    assert broken(changed('positions', (3, 1), signalling)) == {'C2'}


@settings(max_examples=300)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=2, max_size=5))
@example([1.7e308, -1e292])
@example([0.0, -1e292, 1.797e308])
def test_c2_breach_or_order_whatever_the_times(times):
    count = len(times)
    found = broken(cubic(times, np.zeros(count), np.zeros(count)))
    if not found:
        steps = np.array(times[1:]) - np.array(times[:-1])
        assert 0.0 <= times[0] <= 1.0
        assert ((steps >= 0.0019) & (steps <= 1.001)).all()


def test_c2_breach_of_a_huge_message_costs_neither_time_nor_memory():
    huge = cubic(np.linspace(0, 1e4, 1_000_000), np.zeros(1_000_000), np.zeros(1_000_000))
    tracemalloc.start()
    before = time.perf_counter()
    assert broken(huge) == {'C2'}
    assert time.perf_counter() - before < 0.05
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


def test_size_is_judged_before_a_message_is_converted():
    assert check_size(2, 8, Parameters()) == ()
    assert check_size(2001, 8, Parameters())[0].rule == 'C2'
    assert check_size(10, 65, Parameters())[0].rule == 'C1'


# -- C3: start ------------------------------------------------------------------------------


@pytest.mark.parametrize('offset', [-0.0099, 0.0, 0.0099])
def test_c3_accepts_a_start_nearly_where_the_arm_is(offset):
    assert broken(GOOD, state=at(HOME + np.array([offset, 0, 0]))) == set()


@pytest.mark.parametrize(('offset', 'fine'), [(0.0099, True), (0.0101, False), (-0.0101, False)])
def test_c3_boundary_of_the_start(offset, fine):
    assert broken(GOOD, state=at(HOME + np.array([0, offset, 0]))) == (set() if fine else {'C3'})


@pytest.mark.parametrize(
    ('age', 'fine'), [(0.1, True), (0.101, False), (-0.005, True), (-0.006, False)]
)
def test_c3_boundary_of_the_age_of_the_state_on_both_sides(age, fine):
    assert broken(GOOD, now=age) == (set() if fine else {'C3'})


@pytest.mark.parametrize(('speed', 'fine'), [(0.0099, True), (0.0101, False), (np.nan, False)])
def test_c3_boundary_of_the_speed_at_the_start(speed, fine):
    start = cubic([0.0, 1.0], [0.0, 0.05], [speed, 0.0]) if fine else None
    if start is not None:
        assert broken(start) == set()
    else:
        assert broken(cubic([0.0, 1.0], [0.0, 0.05], [speed, 0.0])) <= {'C2', 'C3'} != set()


@pytest.mark.parametrize(
    ('state', 'said'),
    [
        (
            at(HOME + np.array([0.5, 0, 0])),
            'C3 slide: starts at 0.0000 rad, measured 0.5000, 0.5000 apart',
        ),
        (at(HOME + np.array([0, 2 * np.pi, 0])), 'C3 elbow: starts at 0.5000'),
        (at([np.nan, 0.5, 0.04]), 'C3 slide: starts at 0.0000 rad, measured nan'),
        (at(velocities=[0, 0.2, 0]), 'C3 elbow: moves at 0.2 rad/s now'),
        (at(velocities=[0, np.nan, 0]), 'C3 elbow: moves at nan rad/s now'),
        (JointState(0.0, ('slide',), [0.0]), 'C3 not measured: elbow'),
        (at(stamp=np.nan), 'C3 the joint state is nan s old'),
    ],
)
def test_c3_breach_says_which_joint_and_how_far(state, said):
    assert line(GOOD, state=state).startswith(said)


def test_c3_accepts_a_gripper_command_beyond_the_object_it_holds():
    gripping = quintic([0.4, 0.9, 0.0], start=[0.0, 0.5, 0.0])
    assert broken(gripping, state=at([0.0, 0.5, 0.022])) == set()


# -- C4, C5, C6: the curve ------------------------------------------------------------------


def test_c4_accepts_a_curve_that_can_be_drawn():
    assert broken(cubic([0.0, 0.5, 1.0], [0, 0.1, 0.2], [0, 0.2, 0])) == set()


def test_c4_boundary_between_the_largest_number_and_none():
    assert 'C4' not in broken(cubic([0.0, 1.0], [0.0, 1e100], [0, 0]))
    assert broken(cubic([0.0, 1.0], [0.0, 1.7e308], [0, 0])) == {'C4'}


def test_c4_breach_names_the_joint_and_the_time():
    assert line(cubic([0.0, 1.0], [0.0, 1.7e308], [0, 0])).startswith('C4 slide: ')


def test_c4_breach_is_found_between_two_points_a_sample_apart():
    # Both ends rest at full steps of 2 ms; only in between does the quintic race.
    short = quintic([0.0005, 0.5, 0.04], 0.002, count=2)
    assert line(short).startswith('C6 slide: ')
    assert '/s²' in line(short)


def test_c5_accepts_up_to_the_margin():
    assert broken(quintic([0.9499, 0.5, 0.04], 4.0)) == set()


@pytest.mark.parametrize(('goal', 'fine'), [(0.95, True), (0.9501, False), (-0.9501, False)])
def test_c5_boundary_of_the_margin(goal, fine):
    assert broken(quintic([goal, 0.5, 0.04], 4.0)) == (set() if fine else {'C5'})


@pytest.mark.parametrize(('finger', 'fine'), [(0.0405, True), (0.0406, False), (-0.0006, False)])
def test_c5_boundary_of_the_gripper_has_no_margin(finger, fine):
    assert broken(quintic([0.1, 0.5, finger])) == (set() if fine else {'C5'})


def test_c5_breach_of_a_curve_that_overshoots_between_legal_points():
    start = [0.9, 0.5, 0.04]
    fast = replace(LIMITS, velocity=LIMITS.velocity * 9, acceleration=LIMITS.acceleration * 99)
    overshoot = cubic([0.0, 1.0, 1.5, 2.5], [0.9, 0.9, 0.9, 0.9], [0.0, 2.0, -2.0, 0.0])
    said = line(overshoot, state=at(start), limits=fast)
    assert said.startswith('C5 slide: 1.1')
    assert 'at 1.25 s, allowed -0.95' in said


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(-0.9, 0.9), st.floats(-3, 3)), min_size=2, max_size=5))
def test_c5_breach_exactly_when_a_dense_curve_leaves_the_limits(points):
    q, v = np.array([(0.0, 0.0), *points, (0.0, 0.0)]).T
    times = 0.5 * np.arange(len(q))
    loose = replace(LIMITS, velocity=LIMITS.velocity * 1e3, acceleration=LIMITS.acceleration * 1e6)
    found = broken(cubic(times, q, v), limits=loose, stop_latency=0.0)
    # An independent evaluation: numpy's own polynomials through the same conditions.
    u = np.linspace(0.0, 1.0, 2001)
    h = np.array([2 * u**3 - 3 * u**2 + 1, u**3 - 2 * u**2 + u, 3 * u**2 - 2 * u**3, u**3 - u**2])
    ends = np.array([q[:-1], 0.5 * v[:-1], q[1:], 0.5 * v[1:]])
    farthest = np.abs(ends.T @ h).max()
    if abs(farthest - 0.95) > 1e-3:
        assert ('C5' in found) == (farthest > 0.95)


@pytest.mark.parametrize('quantity', ['velocity', 'acceleration', 'jerk'])
def test_c6_accepts_just_below_each_limit(quantity):
    trajectory, limits = scaled(0.999, quantity)
    assert broken(trajectory, limits=limits, check_jerk=True) == set()


@pytest.mark.parametrize('quantity', ['velocity', 'acceleration', 'jerk'])
@pytest.mark.parametrize(('share', 'fine'), [(0.9999, True), (1.0001, False), (1.001, False)])
def test_c6_boundary_of_each_limit(quantity, share, fine):
    trajectory, limits = scaled(share, quantity)
    assert broken(trajectory, limits=limits, check_jerk=True) == (set() if fine else {'C6'})


def test_c6_breach_reads_for_a_person():
    trajectory, limits = scaled(1.31, 'velocity')
    assert line(trajectory, limits=limits) == 'C6 slide: 1.31 rad/s at 0.40 s, allowed 1'
    assert line(quintic([0.0, 0.5, 0.0], 0.5)).startswith('C6 finger: -0.15 m/s at 0.25 s')


def test_all_limits_that_are_broken_are_named():
    found = check_trajectory(quintic([3.0, 3.0, 0.04], 1.0), context())
    assert {(breach.rule, breach.joint) for breach in found} == {
        (rule, joint) for rule in ('C5', 'C6') for joint in ARM
    }


def test_a_context_without_a_limit_for_a_joint_is_refused():
    with pytest.raises(ContractError, match='knee'):
        SafetyContext(limits=LIMITS, state=at(), now=0.0, arm_joints=('knee',))


def test_judging_five_seconds_of_eight_joints_takes_ten_milliseconds():
    names = tuple('abcdefgh')
    limits = replace(
        LIMITS, names=names, **{
            field: np.full(8, value)
            for field, value in [('lower', -3), ('upper', 3), ('velocity', 2),
                                 ('acceleration', 9), ('jerk', 999)]
        },
    )  # fmt: skip
    trajectory = quintic_of(names, np.zeros(8), np.ones(8), 5.0, count=501)
    where = SafetyContext(
        limits=limits,
        state=JointState(0.0, names, np.zeros(8)),
        now=0.0,
        arm_joints=names[:7],
        gripper_joint='h',
    )
    spent = []
    for _ in range(15):
        before = time.perf_counter()
        assert check_trajectory(trajectory, where) == ()
        spent.append(time.perf_counter() - before)
    assert min(spent) < 0.010
