"""The supervisor: who may move, decided from what was heard and when.

States: INIT -> DISARMED -> ARMED -> EXECUTING, and HOLD, STOP_LATCHED, FAULT_LATCHED.
Time is passed in; nothing here waits, reads a clock or starts a thread.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory
from qwen_embodied.safety.context import Body, Breach, SafetyContext, Verdict
from qwen_embodied.safety.monitors import Heartbeats, StateMonitor
from qwen_embodied.safety.parameters import Parameters
from qwen_embodied.safety.trajectory import check_trajectory

# What each state lets the arm controller do: go on, rest on the path for now, or give up.
PERMISSIONS = {
    'INIT': 'stop',
    'DISARMED': 'stop',
    'ARMED': 'move',
    'EXECUTING': 'move',
    'HOLD': 'hold',
    'STOP_LATCHED': 'stop',
    'FAULT_LATCHED': 'stop',
}
STATES = tuple(PERMISSIONS)
LATCHED = ('STOP_LATCHED', 'FAULT_LATCHED')


@dataclass(frozen=True)
class SafetyState:
    """What the supervisor says at each tick; hearing it is the controller's lease.

    Attributes:
        state: One of STATES.
        permission: 'move', 'hold' (rest on the path, go on when it ends) or 'stop' (give up).
        reasons: For a person; empty while all is well.
        lease: How long this message lets the controller move, s.
        sequence: Counts the messages.
        trajectory_id: Of the approved trajectory; empty without one.
    """

    state: str
    permission: str
    reasons: tuple[str, ...]
    lease: float
    sequence: int
    trajectory_id: str = ''


class Supervisor:
    """Approves trajectories and keeps the state machine.

    Args:
        limits: The robot's own limits of all joints that a trajectory moves, not scaled.
        gripper_joint: Name of the joint that closes the gripper, or None.
        body: Shape and surroundings; None keeps the supervisor from arming.
        parameters: Thresholds.
    """

    def __init__(
        self,
        limits: JointLimits,
        *,
        gripper_joint: str | None = None,
        body: Body | None = None,
        parameters: Parameters | None = None,
    ) -> None:
        self.parameters = p = parameters or Parameters()
        self.body = body
        self._limits = limits.scaled(p.velocity_scale, p.acceleration_scale, p.jerk_scale)
        self._arm_joints = tuple(name for name in limits.names if name != gripper_joint)
        self._gripper_joint = gripper_joint
        self._joint_states = StateMonitor(limits, p)
        self._heartbeats = Heartbeats(p)
        self._state = 'INIT'
        self._reasons: tuple[str, ...] = ('nothing was heard yet',)
        self._sequence = 0
        self._healthy_since: float | None = None
        self._trajectory: JointTrajectory | None = None
        self._last_id = ''
        self._ends_by = 0.0
        self._gives_up = False

    @property
    def state(self) -> str:
        """One of STATES."""
        return self._state

    def propose(
        self, trajectory: JointTrajectory, now: float, clock: float | None = None
    ) -> Verdict:
        """Judge a trajectory; approval starts its execution.

        Args:
            trajectory: As proposed; it is approved as it is or rejected.
            now: Time, s.
            clock: Time on the clock of the joint states' stamps, s; None when it is `now`.
        """
        state, refusal = self._joint_states.latest, self._refusal(trajectory)
        if refusal or state is None:
            return Verdict(False, (Breach('E5', refusal),))
        context = SafetyContext(
            limits=self._limits,
            state=state,
            now=now if clock is None else clock,
            arm_joints=self._arm_joints,
            gripper_joint=self._gripper_joint,
            body=self.body,
            parameters=self.parameters,
        )
        breaches = check_trajectory(trajectory, context)
        if not breaches:
            self._state, self._trajectory, self._gives_up = 'EXECUTING', trajectory, False
            self._last_id = trajectory.id
            # On the clock of the stamps, in which the controller follows it: a simulation may
            # run slower than the wall clock.
            self._ends_by = state.stamp + 1.1 * trajectory.duration + self.parameters.overtime
        return Verdict(not breaches, breaches)

    def on_joint_state(self, state: JointState, now: float, clock: float | None = None) -> None:
        """Take a measured joint state; a broken one latches the stop (D2).

        Args:
            state: As received.
            now: Time of its arrival, s.
            clock: Time on the clock of its stamp, s; None when it is `now`.
        """
        broken = self._joint_states.take(state, now, now if clock is None else clock)
        if broken and self._state not in ('INIT', 'DISARMED'):
            self._latch('STOP_LATCHED', (str(broken),))

    def on_arm_status(self, status: ArmStatus, now: float) -> None:
        """Take the controller's status: its heartbeat, its tracking error, its end."""
        self._heartbeats.take('arm_controller', None, now)
        limit = self.parameters.tracking_stop
        if self._state in ('EXECUTING', 'HOLD') and not status.tracking_error <= limit:
            message = f'tracking error {status.tracking_error:.3f} rad, allowed {limit:g}'
            self._latch('STOP_LATCHED', (f'D3 {message}',))
        ours = self._trajectory is not None and status.trajectory_id == self._trajectory.id
        ended = status.state in ('succeeded', 'aborted', 'rejected')
        if (ours and ended) or (self._gives_up and status.state != 'executing'):
            self._trajectory, self._gives_up = None, False
            if self._state == 'EXECUTING':
                self._state, self._reasons = 'ARMED', ()

    def on_heartbeat(self, source: str, counter: int, now: float) -> None:
        """Take a heartbeat; it counts only when the source's work counter has moved."""
        self._heartbeats.take(source, counter, now)

    def stop(self, reason: str, now: float) -> SafetyState:
        """Latch the stop; it ends only by reset."""
        self._latch('STOP_LATCHED', (f'E1 stop: {reason}',))
        return self.tick(now)

    def fault(self, reason: str, now: float) -> SafetyState:
        """Latch a fault of this software itself, such as an exception in a callback."""
        self._latch('FAULT_LATCHED', (reason,))
        return self.tick(now)

    def arm(self, now: float) -> Verdict:
        """Let trajectories be proposed, when everything is healthy."""
        self.tick(now)
        if self._state == 'ARMED':
            return Verdict(True)
        if self._state == 'DISARMED' and self._is_healthy(now):
            self._state, self._reasons = 'ARMED', ()
            return Verdict(True)
        return Verdict(False, (Breach('E4', f'{self._state}: {self._waits_for(now)}'),))

    def reset(self, now: float) -> Verdict:
        """Leave a latched stop for DISARMED, when everything is healthy; moves nothing."""
        self.tick(now)
        if self._state not in LATCHED:
            return Verdict(False, (Breach('E4', f'{self._state}: there is nothing to reset'),))
        if not self._is_healthy(now) or self._joint_states.is_moving:
            return Verdict(False, (Breach('E4', f'{self._state}: {self._waits_for(now)}'),))
        self._state, self._reasons, self._trajectory = 'DISARMED', ('reset; arm to go on',), None
        self._healthy_since = now
        return Verdict(True)

    def tick(self, now: float) -> SafetyState:
        """Judge the silence up to now; to be called at 20 Hz or more and published each time."""
        ills, worst = self._ills(now)
        if ills:
            self._healthy_since = None
        elif self._healthy_since is None or not self._healthy_since <= now:
            self._healthy_since = now
        if self._state not in LATCHED:
            self._advance(ills, worst, now)
        return self._say()

    def _advance(self, ills: tuple[str, ...], worst: float, now: float) -> None:
        moving = self._state in ('EXECUTING', 'HOLD')
        if moving and not worst <= self.parameters.silence_stop:
            self._latch('STOP_LATCHED', ills)
        elif moving:
            self._hold_or_go_on(ills, now)
        elif ills:
            silent = self._state == 'ARMED' and not worst <= self.parameters.silence_stop
            self._state, self._reasons = 'DISARMED' if silent else self._state, ills
        elif self._state == 'ARMED' or (self.parameters.self_arming and self._is_healthy(now)):
            self._state, self._reasons = 'ARMED', ()
        else:
            self._state, self._reasons = 'DISARMED', ('not armed',)

    def _hold_or_go_on(self, ills: tuple[str, ...], now: float) -> None:
        if ills:
            self._state, self._reasons = 'HOLD', ills
        elif self._trajectory is None:
            self._state, self._reasons = 'ARMED', ()
        elif not self._clock(now) <= self._ends_by:
            self._state, self._gives_up = 'EXECUTING', True
            self._reasons = (f'D4 {self._trajectory.id or "trajectory"}: not finished in time',)
        else:
            self._state, self._reasons = 'EXECUTING', ()

    def _clock(self, now: float) -> float:
        """Give the time of the last joint state, s."""
        state = self._joint_states.latest
        return now if state is None else state.stamp

    def _refusal(self, trajectory: JointTrajectory) -> str:
        if self._state == 'EXECUTING':
            return f'{self._last_id} is still executing; wait for its end or cancel it'
        if self._state != 'ARMED':
            return f'the supervisor is {self._state}: {"; ".join(self._reasons)}'
        if self._reasons:
            return '; '.join(self._reasons)
        if trajectory.id in ('', self._last_id):
            return f'the id {trajectory.id!r} is empty or was used before; give each its own'
        return ''

    def _ills(self, now: float) -> tuple[tuple[str, ...], float]:
        reports = [self._joint_states.silence(now), *self._heartbeats.silences(now)]
        ills = [line for line, _ in reports if line]
        if self.body is None:
            ills.append('no model of the robot and its surroundings yet')
        return tuple(ills), max(age for _, age in reports)

    def _is_healthy(self, now: float) -> bool:
        since = self._healthy_since
        return since is not None and now - since >= self.parameters.healthy_time

    def _waits_for(self, now: float) -> str:
        if self._joint_states.is_moving:
            return 'the arm still moves'
        ills, _ = self._ills(now)
        return '; '.join(ills) or f'healthy for less than {self.parameters.healthy_time:g} s'

    def _latch(self, state: str, reasons: tuple[str, ...]) -> None:
        if self._state != 'FAULT_LATCHED':
            self._state, self._reasons = state, reasons
        self._trajectory, self._gives_up, self._healthy_since = None, False, None

    def _say(self) -> SafetyState:
        self._sequence += 1
        permission = 'stop' if self._gives_up else PERMISSIONS[self._state]
        name = self._trajectory.id if self._trajectory else ''
        return SafetyState(
            self._state, permission, self._reasons, self.parameters.lease, self._sequence, name
        )
