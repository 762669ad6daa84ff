"""What ros2_control's joint_trajectory_controller refuses, rule by rule, and nothing more.

It has no rule for numbers that are not finite, doubled names, joint limits, the distance of the
start, the number of points or the duration; neither has this copy of its behaviour. Source: the
validation of messages in ros2_controllers, read in 2026.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from qwen_embodied.control.goal import GoalPoint, TrajectoryGoal
from qwen_embodied.errors import ConfigurationError

STILL = 1.1920929e-07  # the smallest step of a float at 1


@dataclass(frozen=True)
class JtcParameters:
    """Parameters of a joint_trajectory_controller, with its defaults.

    Its convention is kept here on purpose: 0 switches a tolerance or a time limit off.

    Attributes:
        joints: That it owns.
        allow_partial_joints_goal: Take goals for some of them; the others hold.
        allow_nonzero_velocity_at_trajectory_end: Take goals that do not end at rest.
        allow_integration_in_goal_trajectories: Take points without positions.
        interpolate_from_desired_state: Join a new trajectory to the last command instead of to
            the measured state.
        goal_time: s after the last point to be within the goal tolerance; 0 waits for ever.
        cmd_timeout: s after the last point to hold; 0 or not above goal_time is off.
        stopped_velocity_tolerance: rad/s at the goal.
        trajectory: Path tolerance by joint, rad; 0 or absent is off.
        goal: Goal tolerance by joint, rad; 0 or absent is off.
        update_rate: Hz; commands are drawn one period ahead.
    """

    joints: tuple[str, ...]
    allow_partial_joints_goal: bool = False
    allow_nonzero_velocity_at_trajectory_end: bool = False
    allow_integration_in_goal_trajectories: bool = False
    interpolate_from_desired_state: bool = False
    goal_time: float = 0.0
    cmd_timeout: float = 0.0
    stopped_velocity_tolerance: float = 0.01
    trajectory: Mapping[str, float] = field(default_factory=dict)
    goal: Mapping[str, float] = field(default_factory=dict)
    update_rate: float = 100.0

    def __post_init__(self) -> None:
        """Refuse what its configuration refuses (J18); mend what it mends (J16)."""
        if not self.joints or len(set(self.joints)) != len(self.joints):
            raise ConfigurationError(f'joints = {self.joints}; name each joint once, at least one')
        if self.cmd_timeout <= self.goal_time:
            object.__setattr__(self, 'cmd_timeout', 0.0)


def objection(goal: TrajectoryGoal, parameters: JtcParameters, now: float) -> str:
    """Give the first rule that a trajectory breaks, with what is wrong; empty when it is taken.

    Args:
        goal: As sent.
        parameters: Of the controller.
        now: On the clock of `goal.stamp`, s.
    """
    return next(_objections(goal, parameters, now), '')


def _objections(goal: TrajectoryGoal, parameters: JtcParameters, now: float) -> Iterator[str]:
    yield from _names(goal.joint_names, parameters)
    if not len(goal.points):
        yield 'J3 no points'
        return
    for name in goal.joint_names:
        if name not in parameters.joints:
            yield f'J4 no joint {name} here'
    last = goal.points[-1]
    moving = any(abs(speed) > STILL for speed in last.velocities)
    if moving and not parameters.allow_nonzero_velocity_at_trajectory_end:
        yield 'J5 the last point moves'
    if goal.stamp != 0.0 and goal.stamp + last.time < now:
        yield 'J6 it ends in the past'
    yield from _points(goal, parameters)


def _names(names: tuple[str, ...], parameters: JtcParameters) -> Iterator[str]:
    if not parameters.allow_partial_joints_goal and len(names) != len(parameters.joints):
        yield f'J1 {len(names)} joints instead of {len(parameters.joints)}'
    if not names:
        yield 'J2 no joint names'


def _points(goal: TrajectoryGoal, parameters: JtcParameters) -> Iterator[str]:
    before = -math.inf
    for at, point in enumerate(goal.points):
        if point.time <= before:
            yield f'J7 time does not increase at point {at}'
        before = point.time
        yield from _sizes(point, len(goal.joint_names), parameters)


def _sizes(point: GoalPoint, joints: int, parameters: JtcParameters) -> Iterator[str]:
    q, v, a = len(point.positions), len(point.velocities), len(point.accelerations)
    if parameters.allow_integration_in_goal_trajectories:
        if q == v == a == 0 or not {q, v, a} <= {0, joints}:
            yield f'J11 {q} positions, {v} velocities, {a} accelerations for {joints} joints'
    elif q != joints:
        yield f'J8 {q} positions for {joints} joints'
    elif v not in (0, joints):
        yield f'J9 {v} velocities for {joints} joints'
    elif a not in (0, joints):
        yield f'J10 {a} accelerations for {joints} joints'
    if len(point.effort):
        yield 'J12 effort without an effort interface'
