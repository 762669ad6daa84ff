"""The fake joint_trajectory_controller keeps the written rules of the real one, and its gaps."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quintic import quintic
from qwen_embodied.control import (
    FakeArm,
    FakeJointTrajectoryController,
    GoalPoint,
    GoalTolerances,
    JtcParameters,
    TrajectoryGoal,
)
from qwen_embodied.errors import ConfigurationError, ControlError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.messages import JointTrajectory

NAMES = ('shoulder', 'elbow')
PERIOD = 0.01


class Cell:
    """A controller on an arm that follows with a lag."""

    def __init__(self, lag=None, **parameters):
        self.arm = FakeArm(NAMES, [0.0, 0.5], lag=lag)
        self.arm.time = 10.0
        self.controller = FakeJointTrajectoryController(
            JtcParameters(NAMES, update_rate=1 / PERIOD, **parameters)
        )
        self.controller.activate(self.arm.read())
        self.commands = [self.arm.read().positions]

    @property
    def now(self):
        return self.arm.time

    def run(self, seconds):
        for _ in range(round(seconds / PERIOD)):
            command = self.controller.update(self.arm.read(), self.now)
            self.commands.append(self.arm.command(command))
            self.arm.step(PERIOD)
        return self.commands[-1]

    def steps(self):
        return np.abs(np.diff(np.array(self.commands), axis=0)).max(axis=1)


def motion(end=(1.0, 0.0), seconds=1.0, start=(0.0, 0.5), count=21):
    return quintic(NAMES, start, end, seconds, '', count)


GOOD = TrajectoryGoal.of(motion())


def changed(at, **fields):
    points = list(GOOD.points)
    points[at] = replace(points[at], **fields)
    return replace(GOOD, points=tuple(points))


BROKEN = {
    'J1': replace(GOOD, joint_names=('shoulder',)),
    'J3': replace(GOOD, points=()),
    'J4': replace(GOOD, joint_names=('shoulder', 'toe')),
    'J5': changed(-1, velocities=(0.1, 0.0)),
    'J6': replace(GOOD, stamp=8.9),
    'J7': changed(5, time=GOOD.points[4].time),
    'J8': changed(5, positions=(0.1,)),
    'J9': changed(5, velocities=(0.1,)),
    'J10': changed(5, accelerations=(0.1, 0.1, 0.1)),
    'J12': changed(5, effort=(1.0, 1.0)),
}


# -- J1 to J18: what it refuses -------------------------------------------------------------


@pytest.mark.parametrize('rule', BROKEN)
def test_refuses_by_topic_and_by_action_and_stays(rule):
    cell = Cell()
    assert cell.controller.receive(BROKEN[rule], cell.now).startswith(f'{rule} ')
    handle = cell.controller.send_goal(BROKEN[rule], cell.now)
    assert handle.state == 'rejected'
    assert handle.reason.startswith(f'{rule} ')
    assert cell.run(0.2) == pytest.approx([0.0, 0.5])


def test_j2_refuses_an_empty_name_list_of_partial_goals():
    cell = Cell(allow_partial_joints_goal=True)
    empty = TrajectoryGoal((), (GoalPoint(0.0),))
    assert cell.controller.receive(empty, cell.now).startswith('J2 ')


@pytest.mark.parametrize(
    'point', [GoalPoint(0.5), GoalPoint(0.5, (1.0,)), GoalPoint(0.5, (), (0.0, 0.0, 0.0))]
)
def test_j11_refuses_points_from_which_nothing_can_be_integrated(point):
    cell = Cell(allow_integration_in_goal_trajectories=True)
    goal = replace(GOOD, points=(point,))
    assert cell.controller.receive(goal, cell.now).startswith('J11 ')


def test_j13_j14_an_inactive_controller_takes_nothing():
    cell = Cell()
    cell.controller.deactivate()
    assert cell.controller.receive(GOOD, cell.now).startswith('J14 ')
    assert cell.controller.send_goal(GOOD, cell.now).reason.startswith('J13 ')
    with pytest.raises(ControlError, match='inactive; activate it'):
        cell.controller.update(cell.arm.read(), cell.now)


@pytest.mark.parametrize('asked', [{'shoulder': -0.5}, {'toe': 0.2}])
def test_j15_ignores_wrong_tolerances_of_a_client(asked):
    cell = Cell(trajectory={'shoulder': 0.01, 'elbow': 0.01})
    cell.arm.stuck = {'shoulder'}
    handle = cell.controller.send_goal(GOOD, cell.now, GoalTolerances(path=asked))
    cell.run(1.0)
    assert handle.state == 'aborted'


def test_j15_lets_a_client_switch_a_tolerance_off():
    cell = Cell(trajectory={'shoulder': 0.01})
    cell.arm.stuck = {'shoulder'}
    asked = GoalTolerances(path={'shoulder': -1.0})
    handle = cell.controller.send_goal(GOOD, cell.now, asked)
    cell.run(0.8)
    assert handle.state == 'active'


def test_j16_ignores_a_command_timeout_that_is_not_above_the_goal_time():
    assert JtcParameters(NAMES, cmd_timeout=0.5, goal_time=0.5).cmd_timeout == 0.0
    assert JtcParameters(NAMES, cmd_timeout=0.6, goal_time=0.5).cmd_timeout == 0.6


def test_j17_ignores_a_negative_speed_scaling_but_no_other():
    cell = Cell()
    for factor in (-0.1, 2.0, float('nan')):
        cell.controller.set_speed_scaling(factor)
    assert np.isnan(cell.controller.scaling)


@pytest.mark.parametrize('joints', [(), ('a', 'a')])
def test_j18_refuses_a_wrong_configuration(joints):
    with pytest.raises(ConfigurationError, match='name each joint once'):
        JtcParameters(joints)


# -- what it does not refuse ----------------------------------------------------------------


@pytest.mark.parametrize(
    'goal',
    [
        changed(5, positions=(float('nan'), 0.5)),
        changed(5, positions=(1e9, 0.5)),
        replace(GOOD, joint_names=('shoulder', 'shoulder')),
        changed(0, time=-0.5),
        changed(-1, time=1e6),
        changed(0, positions=(2.0, 0.5)),
        TrajectoryGoal(NAMES, tuple(GoalPoint(k * 1e-3, (0.0, 0.5)) for k in range(20000))),
    ],
    ids=['nan', 'huge', 'doubled', 'early', 'long', 'far', 'many'],
)
def test_takes_what_the_real_one_takes(goal):
    assert Cell().controller.receive(goal, 10.0) == ''


def test_nan_passes_its_tolerances_and_reaches_the_arm():
    cell = Cell(trajectory={'shoulder': 0.01})
    handle = cell.controller.send_goal(changed(3, positions=(np.nan, 0.5)), cell.now)
    seen = []
    for _ in range(16):
        seen.append(cell.controller.update(cell.arm.read(), cell.now))
        cell.arm.step(PERIOD)
    assert np.isnan(np.array(seen)).any()
    assert handle.state == 'active'


# -- what it does ---------------------------------------------------------------------------


def test_draws_the_spline_through_the_points_one_period_ahead():
    cell = Cell()
    cell.controller.receive(GOOD, cell.now)
    cell.run(1.2)
    wanted = TrajectorySpline(motion()).sample(PERIOD * np.arange(1, 121)).positions
    assert np.abs(np.array(cell.commands[1:]) - wanted).max() < 1e-9


def test_takes_joints_in_any_order_and_holds_those_of_a_partial_goal():
    cell = Cell(allow_partial_joints_goal=True)
    swapped = JointTrajectory(NAMES[::-1], [0.0, 1.0], [[0.5, 0.0], [0.2, 0.4]], [[0, 0], [0, 0]])
    cell.controller.receive(TrajectoryGoal.of(swapped), cell.now)
    assert cell.run(1.2) == pytest.approx([0.4, 0.2])
    partial = JointTrajectory(('elbow',), [1.0], [[0.9]], [[0.0]])
    cell.controller.receive(TrajectoryGoal.of(partial), cell.now)
    assert cell.run(1.2) == pytest.approx([0.4, 0.9])


def test_integrates_points_without_positions_where_that_is_allowed():
    cell = Cell(allow_integration_in_goal_trajectories=True)
    points = (GoalPoint(0.5, (), (1.0, 0.0)), GoalPoint(1.0, (), (0.0, 0.0)))
    assert cell.controller.receive(TrajectoryGoal(NAMES, points), cell.now) == ''
    assert cell.run(1.2) == pytest.approx([0.5, 0.5])


def test_a_goal_succeeds_within_its_tolerance():
    cell = Cell(lag=0.02, goal={'shoulder': 0.01, 'elbow': 0.01})
    handle = cell.controller.send_goal(GOOD, cell.now)
    cell.run(0.5)
    assert handle.state == 'active'
    assert handle.error[0] > 0.01
    cell.run(1.0)
    assert handle.state == 'succeeded'


@pytest.mark.parametrize(('goal_time', 'state'), [(0.0, 'active'), (0.3, 'aborted')])
def test_a_goal_time_of_zero_waits_for_ever(goal_time, state):
    cell = Cell(goal={'shoulder': 0.01}, goal_time=goal_time)
    cell.arm.stuck = {'shoulder'}
    handle = cell.controller.send_goal(GOOD, cell.now)
    cell.run(5.0)
    assert handle.state == state


def test_a_path_violation_aborts_and_holds_where_the_arm_is():
    cell = Cell(trajectory={'shoulder': 0.05})
    cell.arm.stuck = {'shoulder'}
    handle = cell.controller.send_goal(GOOD, cell.now)
    cell.run(1.0)
    assert (handle.state, handle.reason) == ('aborted', 'path tolerance violated')
    assert cell.commands[-1][0] == 0.0


def test_a_new_goal_aborts_the_one_that_runs_and_deactivation_too():
    cell = Cell()
    first = cell.controller.send_goal(GOOD, cell.now)
    second = cell.controller.send_goal(GOOD, cell.now)
    assert (first.state, second.state) == ('aborted', 'active')
    cell.controller.deactivate()
    assert second.state == 'aborted'


def test_cancel_jumps_to_where_the_arm_is_measured():
    cell = Cell(lag=0.03)
    handle = cell.controller.send_goal(GOOD, cell.now)
    cell.run(0.5)
    cell.controller.cancel(handle)
    cell.run(0.1)
    assert handle.state == 'canceled'
    assert cell.steps()[-10] > 0.02
    assert cell.steps()[-9:].max() == 0.0


@pytest.mark.parametrize(('from_desired', 'jumps'), [(False, True), (True, False)])
def test_a_replacement_starts_where_the_arm_is_measured_unless_told_otherwise(from_desired, jumps):
    cell = Cell(lag=0.03, interpolate_from_desired_state=from_desired)
    cell.controller.receive(GOOD, cell.now)
    cell.run(0.5)
    before = cell.commands[-1]
    rest = JointTrajectory(NAMES, [0.5], [[0.7, 0.2]], [[0.0, 0.0]])
    cell.controller.receive(TrajectoryGoal.of(rest), cell.now)
    back = before[0] - cell.run(PERIOD)[0]
    assert bool(back > 0.005) is jumps


def test_a_start_in_the_future_is_waited_for():
    cell = Cell()
    cell.controller.receive(TrajectoryGoal.of(motion(), stamp=cell.now + 0.5), cell.now)
    assert cell.run(0.45) == pytest.approx([0.0, 0.5], abs=1e-6)
    assert cell.run(1.2) == pytest.approx([1.0, 0.0])


def test_speed_scaling_slows_its_time():
    cell = Cell()
    cell.controller.set_speed_scaling(0.5)
    cell.controller.receive(GOOD, cell.now)
    halfway = TrajectorySpline(motion()).sample([0.5]).positions[0]
    assert cell.run(1.0) == pytest.approx(halfway, abs=0.02)


def test_the_command_timeout_lets_it_hold():
    cell = Cell(lag=0.02, cmd_timeout=0.2)
    cell.arm.stuck = {'shoulder'}
    cell.controller.receive(GOOD, cell.now)
    cell.run(1.1)
    assert cell.commands[-1][0] == pytest.approx(1.0)
    cell.run(0.3)
    assert cell.commands[-1][0] == 0.0
