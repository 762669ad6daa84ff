"""Follows a trajectory in time: set-points out, joint states in, silence means hold."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.acceptance import accept, check_join
from qwen_embodied.control.forecast import Course
from qwen_embodied.control.pace import Pace
from qwen_embodied.control.parameters import Parameters
from qwen_embodied.control.path import CommandPath
from qwen_embodied.control.watch import Watch
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory

Array = NDArray[np.float64]
HISTORY = 256  # commands kept to compare with late measurements


class Tracker:
    """Gives the commands of one arm.

    It moves only while `on_permission('move', now)` and joint states keep coming. Joints in
    `contact_joints` (the gripper) are not held to the path and goal tolerances: an object
    between the fingers keeps them from their command, which is how it is gripped.

    Args:
        limits: Of all joints that are commanded, in the order of the commands, already scaled.
        parameters: Tolerances and times.
        runs_on: The arm's own controller draws the curve and does not wait for this one: after
            a gap between two updates time has gone on.
    """

    def __init__(
        self, limits: JointLimits, parameters: Parameters | None = None, *, runs_on: bool = False
    ) -> None:
        self._runs_on = runs_on
        self.parameters = parameters or Parameters()
        self.limits = limits
        self._contact = np.isin(limits.names, self.parameters.contact_joints)
        self._watch = Watch(limits.names, self.parameters)
        self._command: Array | None = None
        self._history: deque[tuple[float, Array]] = deque(maxlen=HISTORY)
        self._now: float | None = None
        self._pace: Pace | None = None
        self.course: Course | None = None  # where the commands go, or went last
        self._trajectory: JointTrajectory | None = None
        self._given_up = ''
        self._settles = self._is_off = False
        self._held = 0.0
        self._waited = 0.0
        self._ended = ArmStatus('', 'idle')
        self._hold_reason = ''
        self._error = 0.0

    @property
    def status(self) -> ArmStatus:
        """What is being done, or how the last trajectory ended."""
        if self._trajectory is None:
            end = self._ended
            return ArmStatus(end.trajectory_id, end.state, end.reason, self._error)
        reason = self._given_up or self._hold_reason
        return ArmStatus(self._trajectory.id, 'executing', reason, self._error)

    def on_permission(
        self,
        permission: str,
        now: float,
        reason: str = '',
        scale: float = 1.0,
        lease: float = math.inf,
    ) -> None:
        """Take the supervisor's word, which holds for `lease_timeout`, or for a shorter lease.

        Args:
            permission: 'move', 'hold' (rest on the path, go on later) or 'stop' (give up).
            now: Time, s.
            reason: For a person.
            scale: Share of the pace, 0 to 1; at 0 it waits on the path and gives nothing up.
            lease: How long the word holds, s.
        """
        self._watch.take_permission(permission, now, reason, scale, lease)
        if permission not in ('move', 'hold'):
            self.cancel(now, reason or 'stopped by the safety supervisor')

    def start(self, trajectory: JointTrajectory, state: JointState | None, now: float) -> None:
        """Follow a trajectory from now on, in place of one that runs.

        Args:
            trajectory: Starts where the commands are and as fast as they move.
            state: The last joint state.
            now: Time, s.

        Raises:
            TrajectoryRejectedError: It is malformed, starts elsewhere, or nothing may move now;
                what was being done goes on.
        """
        try:
            self._begin(trajectory, state, now)
        except TrajectoryRejectedError as error:
            if self._trajectory is None:
                self._ended = ArmStatus(trajectory.id, 'rejected', '; '.join(error.reasons))
            raise

    def cancel(self, now: float, reason: str = 'cancelled') -> None:
        """Come to rest on the path, all joints together, and end as 'aborted'."""
        if self._trajectory is not None and not self._given_up:
            self._given_up = reason

    def update(self, state: JointState | None, now: float) -> Array | None:
        """Give the command for now.

        Args:
            state: The last joint state, new or not, or None.
            now: Time on the clock of the states' stamps, s. When it stands still nothing moves;
                when it jumps, motion starts again from rest.

        Returns:
            Positions (J,), to be reached over the next period; None before the first state.
        """
        elapsed = 0.0 if self._now is None else now - self._now
        if self._command is not None and -self.parameters.max_gap <= elapsed < 0.0:
            return self._command.copy()  # a state that was overtaken is no news
        self._now = now
        self._watch.take_state(state, now)
        if self._command is None:
            self._hold_measured()
        elif self._pace is not None:
            latest = math.inf if self._runs_on else self.parameters.max_gap
            late = not 0.0 <= elapsed <= latest
            if late and not self._runs_on:
                self._pace.rest()
            self._move(self._pace, 0.0 if late else elapsed, max(elapsed, 0.0), now)
        if self._command is None:
            return None
        self._history.append((now, self._command))
        self._measure_error()
        return self._command.copy()

    def _begin(self, trajectory: JointTrajectory, state: JointState | None, now: float) -> None:
        self._watch.take_state(state, now)
        objection = self._watch.objection(now)
        ordered = accept(trajectory, self.limits, self.parameters)
        if objection:
            raise TrajectoryRejectedError((f'J13 nothing may move now: {objection}',))
        if self._pace is not None and (self._given_up or not self._pace.pace >= self._watch.scale):
            raise TrajectoryRejectedError(
                ('J13 the arm is still coming to rest; send it again then',)
            )
        self._hold_measured()
        (position, velocity), scale = self._commanded(), self._watch.scale
        spline = TrajectorySpline(ordered)
        first = spline.sample([0.0])
        check_join(
            first.positions[0] - position,
            first.velocities[0] - velocity,
            self.limits,
            self.parameters,
        )
        self._check_measured(first.positions[0])
        path = CommandPath(spline, position, velocity, self.limits, self._contact)
        self._pace = Pace(path, self.limits.acceleration, 1.0 if velocity.any() else scale)
        self._now = self._now if self._trajectory is not None else now
        self._trajectory, self._given_up = ordered, ''
        self._settles = self._is_off = False
        self._held = self._waited = 0.0
        self._hold_reason = ''

    def _commanded(self) -> tuple[Array, Array]:
        """Give the commanded positions and velocities (J,) now."""
        if self._pace is not None:
            return self._pace.now()
        position = np.zeros(len(self.limits.names)) if self._command is None else self._command
        return position, np.zeros_like(position)

    def _hold_measured(self) -> None:
        measured = self._watch.positions()
        if self._command is None and measured is not None:
            inside = np.clip(measured, self.limits.lower, self.limits.upper)
            self._command = np.where(self._contact, inside, measured)

    def _check_measured(self, start: Array) -> None:
        measured = self._watch.positions()
        error = 0.0 if measured is None else self._arm_distance(start - measured)
        if not error <= self.parameters.path_tolerance:
            raise TrajectoryRejectedError(
                (f'C3 starts {error:.4f} rad from where the arm is measured',)
            )

    def _move(self, pace: Pace, seconds: float, elapsed: float, now: float) -> None:
        # To ease towards the measured place is part of a stop: it needs no permission.
        judge = self._watch.staleness if self._settles else self._watch.objection
        self._hold_reason = judge(now)
        self._held = self._held + elapsed if self._hold_reason else 0.0
        if self._held > self.parameters.abort_after:
            self.cancel(now, self._hold_reason)
        ends = bool(self._given_up) and not self._settles
        slow_down = bool(self._hold_reason) or ends
        target = 0.0 if slow_down else 1.0 if self._settles else self._watch.scale
        pace.advance(seconds, target)
        self.course = Course(pace.path, self.limits.acceleration, pace.at, pace.pace, target)
        self._step_to(pace.now()[0], seconds)
        settling = self._settles and self._held <= self.parameters.abort_after
        if self._given_up and (pace.is_at_end if settling else pace.is_at_rest):
            self._rest_or_settle(now)
        elif pace.is_at_end:
            self._arrive(elapsed, now)

    def _step_to(self, wanted: Array, seconds: float) -> None:
        """Command a position, at most v_max·dt from the last one."""
        if self._command is not None:
            step = self.limits.velocity * seconds
            self._command = self._command + np.clip(wanted - self._command, -step, step)

    def _rest_or_settle(self, now: float) -> None:
        """End an aborted trajectory; after a tracking error, first go to where the arm is.

        Only a fresh measurement will do: an old one lies behind on the path.
        """
        measured = None if self._watch.staleness(now) else self._watch.positions()
        if self._settles or not self._is_off or self._command is None or measured is None:
            self._finish('aborted', self._given_up)
            return
        inside = np.clip(measured, self.limits.lower, self.limits.upper)
        target = np.where(self._contact, self._command, inside)
        here = TrajectorySpline(JointTrajectory(self.limits.names, np.zeros(1), target[None]))
        still = np.zeros_like(target)
        anywhere = np.ones_like(self._contact)
        path = CommandPath(here, self._command, still, self.limits, anywhere)
        self._pace, self._settles = Pace(path, self.limits.acceleration), True

    def _arrive(self, elapsed: float, now: float) -> None:
        """At the last point: succeed within the goal tolerance, give up after the goal time."""
        if self._trajectory is None or self._command is None or self._watch.latest is None:
            return
        self._waited += elapsed
        objection, measured = self._watch.objection(now), self._watch.positions()
        error = np.inf if measured is None else self._arm_distance(self._command - measured)
        if not objection and error <= self.parameters.goal_tolerance and self._is_still():
            self._finish('succeeded', '')
        elif self._waited > self.parameters.goal_time + 0.1 * self._trajectory.duration:
            limit = self.parameters.goal_tolerance
            self.cancel(now, f'goal missed by {error:.4f} rad, allowed {limit:g}, or still moving')
            self._is_off = not objection
            self._rest_or_settle(now)

    def _is_still(self) -> bool:
        state = self._watch.latest
        if state is None or state.velocities is None:
            return state is not None
        order = [state.names.index(name) for name in self.limits.names]
        speeds = state.velocities[order]
        return self._arm_distance(speeds) <= self.parameters.goal_velocity

    def _finish(self, state: str, reason: str) -> None:
        name = '' if self._trajectory is None else self._trajectory.id
        self._ended = ArmStatus(name, state, reason)
        self._trajectory, self._pace, self._given_up, self._settles = None, None, '', False

    def _arm_distance(self, difference: Array) -> float:
        """Give the largest magnitude (NaN included) among joints that nothing may stop."""
        return float(np.max(np.abs(difference[~self._contact]), initial=0.0))

    def _measure_error(self) -> None:
        """Compare the last measurement with what was commanded a response time before it."""
        measured, state = self._watch.positions(), self._watch.latest
        if measured is None or state is None:
            return
        expected = self._expected(state.stamp - self.parameters.response_time)
        if expected is None:
            return
        self._error = self._arm_distance(expected - measured)
        limit = self.parameters.path_tolerance
        if self._trajectory is not None and not self._error <= limit and not self._settles:
            self.cancel(state.stamp, f'tracking error {self._error:.3f} rad, allowed {limit:g}')
            self._is_off = True

    def _expected(self, then: float) -> Array | None:
        """Give what was commanded at a time, (J,); None before what is remembered."""
        newer = self._history[-1]
        for older in reversed(self._history):
            if older[0] <= then:
                span = max(newer[0] - older[0], 1e-9)
                share = min((then - older[0]) / span, 1.0)
                result: Array = older[1] + share * (newer[1] - older[1])
                return result
            newer = older
        return None if len(self._history) == HISTORY else newer[1]
