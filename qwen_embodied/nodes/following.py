"""What the arm controller does with what it hears, without ROS: start, refuse, hold, tell."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from qwen_embodied.control import Course, Parameters, Tracker
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import ArmStatus, Array, JointState, JointTrajectory
from qwen_embodied.nodes.conversions_safety import Rejection
from qwen_embodied.safety import SafetyState

START_PATIENCE = 0.3  # s in which the lease that belongs to an approval may still arrive


class Follower:
    """Drives a tracker with stamps for time, and watches for silence on the steady clock.

    The stamp of each joint state is the time of a control tick, however slowly it passes.
    What stamps cannot tell, silence, is measured with the monotonic clock.

    An arm whose own controllers draw the curve does not wait for anybody: for it a clock, that of
    the stamps, is the time, and `beat` makes the ticks.
    """

    def __init__(
        self,
        limits: JointLimits,
        parameters: Parameters,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Hold until joint states and a lease were heard.

        Args:
            limits: Of the commanded joints, scaled.
            parameters: Of the tracker.
            clock: Gives the time of the clock that stamps the joint states, s, for an arm that
                runs on; None where each joint state is a tick.
        """
        self._tracker = Tracker(limits, parameters, runs_on=clock is not None)
        self._clock = clock
        self.ticked = 0.0  # s, time of the last tick
        self._parameters = parameters
        self._state: JointState | None = None
        self._heard_state = self._heard_lease = -math.inf
        self._pending: tuple[JointTrajectory, float] | None = None
        self._refused = ArmStatus('', 'idle')
        self._passed_on = ''
        self._work = 0

    @property
    def now(self) -> float:
        """Time of the clock, else stamp of the newest joint state, s."""
        if self._clock is not None:
            return self._clock()
        return self._state.stamp if self._state else 0.0

    @property
    def course(self) -> Course | None:
        """Where the commands go, or went last."""
        return self._tracker.course

    @property
    def is_moving(self) -> bool:
        """True while a trajectory is followed or comes to rest."""
        return self._tracker.status.state == 'executing'

    @property
    def status(self) -> ArmStatus:
        """What the tracker does, or the last refusal while it does nothing since.

        While an approved trajectory may still start, nothing is said of it.
        """
        status, pending = replace(self._tracker.status, work=self._work), self._pending
        if pending is not None and status.trajectory_id == pending[0].id:
            status = replace(status, trajectory_id='', state='idle', reason='')
        if self.is_moving or not self._refused.trajectory_id:
            return status
        return replace(self._refused, tracking_error=status.tracking_error, work=self._work)

    def tick(self, state: JointState) -> Array | None:
        """Take a joint state; gives the next set-point (J,), or None before the first."""
        self.hear_state(state)
        return self._step(state, state.stamp)

    def hear_state(self, state: JointState) -> None:
        """Take a joint state without a tick."""
        self._state, self._heard_state = state, time.monotonic()

    def beat(self) -> Array | None:
        """Tick by the clock; gives the set-point (J,) that belongs to now."""
        return self._step(self._state, self.now)

    def _step(self, state: JointState | None, now: float) -> Array | None:
        self.ticked = now
        self._work += 1
        self._start_pending(state, now)
        return self._tracker.update(state, now)

    def hear_safety(self, heard: tuple[SafetyState, Rejection]) -> None:
        """Take the supervisor's lease and pass on its last rejection."""
        lease, rejection = heard
        self._heard_lease = time.monotonic()
        reasons = '; '.join(lease.reasons)
        self._tracker.on_permission(lease.permission, self.now, reasons, lease.scale)
        if rejection.trajectory_id not in ('', self._passed_on):
            self._passed_on = rejection.trajectory_id
            self.refuse(rejection.trajectory_id, rejection.reasons)

    def follow(self, trajectory: JointTrajectory) -> None:
        """Start an approved trajectory as soon as its lease is here."""
        self._pending = (trajectory, time.monotonic() + START_PATIENCE)
        if self._state is not None:
            self._start_pending(self._state, self.now)

    def refuse(self, trajectory_id: str, reasons: tuple[str, ...]) -> None:
        """Say that a trajectory is not followed, until another one is."""
        self._refused = ArmStatus(trajectory_id, 'rejected', '; '.join(reasons))

    def watch(self) -> None:
        """Take silence as what it is; to be called at 20 Hz or more."""
        silence = time.monotonic() - self._heard_lease
        if self._parameters.lease_timeout < silence < math.inf:
            self._tracker.on_permission('hold', self.now, f'silent for {silence:.2f} s')
        silence = time.monotonic() - self._heard_state
        if silence > self._parameters.state_timeout + self._parameters.abort_after:
            self._tracker.cancel(self.now, f'joint_states: silent for {silence:.2f} s')

    def cancel(self, reason: str) -> None:
        """Come to rest on the path."""
        self._pending = None
        self._tracker.cancel(self.now, reason)

    def _start_pending(self, state: JointState | None, now: float) -> None:
        if self._pending is None:
            return
        trajectory, deadline = self._pending
        try:
            self._tracker.start(trajectory, state, now)
        except TrajectoryRejectedError as error:
            if time.monotonic() < deadline:
                return
            self.refuse(trajectory.id, error.reasons)
        else:
            self._refused = ArmStatus('', 'idle')
        self._pending = None
