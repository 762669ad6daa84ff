"""What the tracker does with trajectories, silence and stops."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from control.following import HOME, LIMITS, NAMES, PERIOD, Cell, bang, quintic
from qwen_embodied.control import FakeArm, Parameters, Tracker
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.messages import JointState, JointTrajectory

GOAL = np.array([1.2, -0.5, 0.9, 0.04])
MOVE = quintic(HOME, GOAL, 2.6)


def running(seconds=0.5, trajectory=MOVE, **changes):
    cell = Cell(**changes)
    cell.start(trajectory)
    cell.run(seconds)
    assert cell.tracker.status.state == 'executing'
    return cell


def distance_to(trajectory, commands):
    """Give how far commands are from the curve of a trajectory, wherever on it, rad."""
    times = np.linspace(0.0, trajectory.duration, 40001)
    curve = TrajectorySpline(trajectory).sample(times).positions
    nearest = [np.abs(curve - command).max(axis=1).min() for command in commands]
    return max(nearest)


# -- starting -------------------------------------------------------------------------------


def test_commands_nothing_before_the_first_state():
    tracker = Tracker(LIMITS)
    assert tracker.update(None, 0.0) is None
    assert tracker.status.state == 'idle'


def test_holds_on_start_up_where_the_arm_is_measured():
    cell = Cell(FakeArm(NAMES, HOME + np.array([0.1, 0.0, 0.0, -0.01])))
    cell.run(0.5)
    assert np.array(cell.commands) == pytest.approx(np.tile(cell.commands[0], (51, 1)))
    assert cell.commands[0] == pytest.approx(HOME + np.array([0.1, 0.0, 0.0, -0.01]))


def test_follows_a_trajectory_to_its_end():
    cell = running()
    status = cell.finish()
    assert (status.trajectory_id, status.state, status.reason) == ('a', 'succeeded', '')
    assert cell.commands[-1] == pytest.approx(GOAL)
    assert cell.now == pytest.approx(MOVE.duration, abs=0.06)


def test_commands_the_same_curve_as_the_spline():
    cell = Cell()
    begin = cell.now
    cell.start(MOVE)
    cell.finish()
    spline = TrajectorySpline(MOVE)
    wanted = spline.sample((np.arange(len(cell.commands)) - 1) * PERIOD - 0.0).positions
    assert begin == pytest.approx(PERIOD)
    assert np.abs(np.array(cell.commands)[2:] - wanted[1:-1]).max() < 0.011 * LIMITS.velocity.max()
    assert distance_to(MOVE, cell.commands) < 1e-4


def test_accepts_jumbled_joint_order():
    order = [2, 0, 3, 1]
    jumbled = JointTrajectory(
        tuple(NAMES[k] for k in order),
        MOVE.times,
        MOVE.positions[:, order],
        MOVE.velocities[:, order],
        MOVE.accelerations[:, order],
    )
    cell = running(trajectory=jumbled)
    assert cell.finish().state == 'succeeded'
    assert cell.commands[-1] == pytest.approx(GOAL)


# -- D6: the lease --------------------------------------------------------------------------


def test_d6_accepts_motion_while_the_supervisor_is_heard():
    assert running(2.0).tracker.status.reason == ''


@pytest.mark.parametrize(('silence', 'reason'), [(0.09, ''), (0.12, 'safety supervisor: silent')])
def test_d6_boundary_of_the_silence(silence, reason):
    cell = running(0.8)
    cell.permission = None
    cell.run(silence)
    assert cell.tracker.status.reason.startswith(reason)
    assert bool(cell.tracker.status.reason) == bool(reason)


def test_d6_breach_comes_to_rest_and_then_gives_up():
    cell = running(0.8)
    cell.permission = None
    cell.run(0.5)
    assert cell.commands[-1] == pytest.approx(cell.commands[-2])
    assert cell.tracker.status.state == 'executing'
    cell.run(0.3)
    assert cell.tracker.status.state == 'aborted'
    assert 'supervisor: silent' in cell.tracker.status.reason
    assert distance_to(MOVE, cell.commands) < 1e-3


def test_d6_breach_nothing_starts_without_a_supervisor():
    cell = Cell(permission=None)
    with pytest.raises(TrajectoryRejectedError, match='safety supervisor: never heard'):
        cell.start(MOVE)
    assert cell.tracker.status.state == 'rejected'


def test_goes_on_along_the_path_after_a_short_hold():
    cell = running(0.8)
    cell.permission = 'hold'
    cell.run(0.4)
    assert cell.commands[-1] == pytest.approx(cell.commands[-2])
    cell.permission = 'move'
    assert cell.finish().state == 'succeeded'
    assert distance_to(MOVE, cell.commands) < 1e-3
    step, bend = cell.largest()
    assert step <= 1.0 + 1e-9
    assert bend <= 1.1


@pytest.mark.parametrize('permission', ['stop', 'nonsense'])
def test_gives_up_when_the_supervisor_says_stop(permission):
    cell = running(0.8)
    cell.permission = permission
    cell.run(0.02)
    cell.permission = 'move'
    assert cell.finish().state == 'aborted'
    assert cell.now < MOVE.duration


# -- joint states ---------------------------------------------------------------------------


@pytest.mark.parametrize(('silence', 'holds'), [(0.09, False), (0.12, True)])
def test_holds_when_joint_states_are_silent(silence, holds):
    cell = running(0.8)
    cell.states = False
    cell.run(silence)
    assert cell.tracker.status.reason.startswith('joint_states') is holds


@pytest.mark.parametrize('offset', [0.02, -0.15])
def test_holds_on_stamps_of_another_time(offset):
    cell = running(0.8)
    for _ in range(12):
        cell.tracker.on_permission('move', cell.now)
        state = cell.arm.read()
        cell.tracker.update(replace(state, stamp=state.stamp + offset), cell.now)
        cell.arm.step(PERIOD)
    assert 'joint_states: ' in cell.tracker.status.reason


@pytest.mark.parametrize(
    ('names', 'positions', 'said'),
    [
        (NAMES, [np.nan, 0, 0, 0], 'not finite'),
        (NAMES[:2], [0.0, 0.0], 'joint_states lack wrist, panda_finger_joint1'),
    ],
)
def test_holds_at_once_on_a_broken_state_and_stays_finite(names, positions, said):
    cell = running(0.8)
    for _ in range(60):
        cell.tracker.on_permission('move', cell.now)
        command = cell.tracker.update(JointState(cell.now, names, positions), cell.now)
        cell.commands.append(cell.arm.command(command))
        assert said in cell.tracker.status.reason
        cell.arm.step(PERIOD)
    assert cell.tracker.status.state == 'aborted'
    assert cell.commands[-1] == pytest.approx(cell.commands[-2])
    assert cell.largest()[1] <= 1.1


def test_other_joints_may_hold_any_number():
    cell = running(0.8)
    names, nan = ('wheel', *NAMES), np.nan
    for _ in range(12):
        cell.tracker.on_permission('move', cell.now)
        arm = cell.arm.read()
        positions, speeds = [nan, *arm.positions], [nan, *arm.velocities]
        state = JointState(cell.now, names, positions, speeds)
        cell.arm.command(cell.tracker.update(state, cell.now))
        cell.arm.step(PERIOD)
    assert cell.tracker.status.reason == ''


def test_repeated_states_are_no_news():
    cell = running(0.8)
    old = cell.arm.read()
    for _ in range(12):
        cell.tracker.on_permission('move', cell.now)
        cell.tracker.update(old, cell.now)
        cell.arm.step(PERIOD)
    assert cell.tracker.status.reason.startswith('joint_states')


# -- D3: the path tolerance -----------------------------------------------------------------


def test_d3_accepts_an_arm_that_lags_a_little():
    assert running(arm=FakeArm(NAMES, HOME, lag=0.02)).finish().state == 'succeeded'


@pytest.mark.parametrize(('tolerance', 'state'), [(0.051, 'succeeded'), (0.04, 'aborted')])
def test_d3_boundary_of_the_path_tolerance(tolerance, state):
    # At 0.865 rad/s a lag of 0.055 s leaves the arm 0.05 rad behind, less the response time.
    cell = running(
        arm=FakeArm(NAMES, HOME, lag=0.055), parameters=Parameters(path_tolerance=tolerance)
    )
    assert cell.finish().state == state


def test_d3_breach_f15_aborts_names_the_error_and_stops_pressing():
    cell = running()
    cell.arm.stuck = {'shoulder'}
    status = cell.finish()
    assert status.state == 'aborted'
    assert status.reason.startswith('tracking error 0.05')
    measured = cell.arm.read().positions
    assert cell.commands[-1] == pytest.approx(measured, abs=1e-6)
    step, bend = cell.largest()
    assert step <= 1.0 + 1e-9
    assert bend <= 1.1


def test_stops_pressing_though_the_supervisor_has_said_stop():
    cell = running()
    cell.arm.stuck = {'shoulder'}
    cell.run(0.1)
    cell.permission = 'stop'
    cell.finish()
    assert cell.commands[-1] == pytest.approx(cell.arm.read().positions, abs=0.02)


def test_ends_though_the_arm_is_stuck_and_then_silent():
    cell = running()
    cell.arm.stuck = {'shoulder'}
    while cell.commands[-1][0] <= cell.commands[-2][0] + 1e-9 or not cell.tracker.status.reason:
        cell.tick()
    cell.run(0.3)
    cell.states = False
    cell.run(1.0)
    assert cell.tracker.status.state == 'aborted'


def test_moves_again_after_it_was_stuck():
    cell = running()
    cell.arm.stuck = {'shoulder'}
    cell.finish()
    cell.arm.stuck = set()
    cell.start(quintic(cell.arm.read().positions, HOME, 2.5, name='back'))
    assert cell.finish().state == 'succeeded'


def test_a_gripper_stopped_by_an_object_is_no_error():
    close = quintic(HOME, [0.0, 0.3, -0.2, 0.0], 1.0)
    cell = Cell()
    cell.start(close)
    cell.run(0.4)
    cell.arm.stuck = {'panda_finger_joint1'}
    assert cell.finish().state == 'succeeded'
    assert cell.arm.read().positions[3] > 0.01
    assert cell.tracker.status.tracking_error < 1e-6


# -- the goal -------------------------------------------------------------------------------


def test_waits_for_the_goal_and_says_by_how_much_it_was_missed():
    cell = Cell(parameters=Parameters(path_tolerance=0.2))
    cell.start(MOVE)
    cell.run(2.3)
    cell.arm.stuck = {'elbow'}
    status = cell.finish()
    assert status.state == 'aborted'
    assert status.reason.startswith('goal missed by 0.0')
    assert cell.now > MOVE.duration + 0.5 + 0.1 * MOVE.duration


def test_succeeds_only_once_a_slow_arm_has_arrived():
    cell = running(arm=FakeArm(NAMES, HOME, lag=0.04))
    assert cell.finish().state == 'succeeded'
    assert np.abs(cell.arm.read().positions - GOAL)[:3].max() <= 0.01
    assert np.abs(cell.arm.read().velocities)[:3].max() <= 0.05


# -- stopping -------------------------------------------------------------------------------


@pytest.mark.parametrize('lag', [None, 0.02])
@pytest.mark.parametrize('shape', [bang, lambda start, goal: quintic(start, goal, 3.9)])
def test_f16_cancel_stays_on_the_path_and_within_the_limits(rng, shape, lag):
    for _ in range(12):
        trajectory = shape(HOME, np.append(rng.uniform(-1.7, 1.7, 3), 0.0))
        cell = Cell(FakeArm(NAMES, HOME, lag=lag))
        cell.start(trajectory)
        cell.run(rng.uniform(0.02, 0.97) * trajectory.duration)
        cell.tracker.cancel(cell.now, 'operator')
        since = cell.now
        status = cell.finish()
        cell.run(0.1)
        assert (status.state, status.reason) == ('aborted', 'operator')
        step, bend = cell.largest()
        assert step <= 1.0 + 1e-9
        assert bend <= 1.1
        assert distance_to(trajectory, cell.commands[::5]) < 1e-3
        assert cell.now - since < (LIMITS.velocity / LIMITS.acceleration).max() + 0.2
        assert np.ptp(cell.commands[-8:], axis=0).max() == 0.0


def test_f17_cancel_slows_all_joints_together():
    cell = running(1.2)
    cell.tracker.cancel(cell.now)
    before = len(cell.commands)
    cell.finish()
    steps = np.diff(cell.commands[before - 1 : -2], axis=0)
    direction = steps / np.linalg.norm(steps, axis=1)[:, None]
    assert np.abs(direction - direction[0]).max() < 0.02


def test_cancel_without_a_trajectory_changes_nothing():
    cell = Cell()
    cell.tracker.cancel(cell.now)
    cell.run(0.1)
    assert cell.tracker.status.state == 'idle'


def test_f20_never_bursts_after_time_has_jumped_or_stood_still():
    cell = running(1.2)
    before = cell.commands[-1]
    assert cell.tracker.update(cell.arm.read(), cell.now - PERIOD) == pytest.approx(before)
    cell.arm.time += 10.0
    cell.tracker.on_permission('move', cell.now)
    assert cell.tracker.update(cell.arm.read(), cell.now) == pytest.approx(before)
    cell.arm.step(PERIOD)
    assert cell.finish(60.0).state == 'succeeded'
    step, _ = cell.largest()
    assert step <= 1.0 + 1e-9


@pytest.mark.parametrize('ticks', [1, 3])
def test_f14_a_state_that_was_overtaken_is_no_jolt(ticks):
    cell = running(0.8)
    old = cell.arm.read()
    cell.run(ticks * PERIOD)
    assert cell.tracker.update(old, old.stamp) == pytest.approx(cell.commands[-1])
    assert cell.finish().state == 'succeeded'
    assert cell.largest()[1] <= 1.1


def test_does_not_move_when_time_runs_backwards():
    cell = running(1.2)
    back = cell.tracker.update(cell.arm.read(), cell.now - 5.0)
    assert back == pytest.approx(cell.commands[-1])


# -- replacement ----------------------------------------------------------------------------


def test_f18_replaces_without_a_jump():
    cell = running(1.2)
    now = TrajectorySpline(MOVE).sample([1.2])
    later = np.array([[*GOAL[:3], 0.04]])
    onward = JointTrajectory(
        NAMES,
        [0.0, 1.8],
        np.concatenate([now.positions, later]),
        np.concatenate([now.velocities, 0 * later]),
        id='b',
    )
    cell.start(onward)
    assert cell.tracker.status.trajectory_id == 'b'
    assert cell.finish().state == 'succeeded'
    step, bend = cell.largest()
    assert step <= 1.0 + 1e-9
    assert bend <= 1.1


def test_f18_refuses_a_replacement_that_starts_elsewhere_or_from_rest_and_goes_on():
    cell = running(1.2)
    with pytest.raises(TrajectoryRejectedError, match='shoulder starts'):
        cell.start(quintic(HOME, GOAL, 2.5, name='b'))
    with pytest.raises(TrajectoryRejectedError, match='rad/s off its speed'):
        cell.start(quintic(cell.commands[-1], GOAL, 2.5, name='b'))
    assert cell.finish().trajectory_id == 'a'
    assert cell.tracker.status.state == 'succeeded'


def test_refuses_a_trajectory_while_it_comes_to_rest():
    cell = running(1.2)
    cell.tracker.cancel(cell.now)
    cell.tick()
    with pytest.raises(TrajectoryRejectedError, match='still coming to rest'):
        cell.start(quintic(cell.commands[-1], GOAL, 2.5))


def test_joins_a_start_that_is_a_little_off_smoothly():
    cell = Cell()
    cell.start(quintic(HOME + np.array([0.0099, -0.0099, 0.0, 0.0]), GOAL, 2.6))
    assert cell.finish().state == 'succeeded'
    step, bend = cell.largest()
    assert step <= 1.0 + 1e-9
    assert bend <= 1.1


def test_opens_a_gripper_from_where_it_presses_without_a_jump():
    cell = Cell(FakeArm(NAMES, [*HOME[:3], 0.0]))
    cell.start(quintic([*HOME[:3], 0.022], HOME, 0.6))
    assert cell.finish().state == 'succeeded'
    assert cell.commands[-1] == pytest.approx(HOME)
    assert cell.largest()[0] <= 1.0 + 1e-9
