"""The supervisor: who may move, decided from what was heard and when.

States: INIT -> DISARMED -> ARMED -> EXECUTING, and HOLD, STOP_LATCHED, FAULT_LATCHED.
Time is passed in; nothing here waits, reads a clock, opens a file or starts a thread.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import deque
from collections.abc import Callable

from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory
from qwen_embodied.safety.approval import Approvals
from qwen_embodied.safety.context import Body, Breach, SafetyContext, Verdict
from qwen_embodied.safety.decisions import Decisions
from qwen_embodied.safety.findings import FAULT, HOLD, STOP, Finding, at_least
from qwen_embodied.safety.inputs import Inputs
from qwen_embodied.safety.latch import Latch, new_nonce
from qwen_embodied.safety.parameters import Parameters
from qwen_embodied.safety.requests import objection
from qwen_embodied.safety.states import ACTIVE, LATCHED, PERMISSIONS, SafetyState
from qwen_embodied.safety.trajectory import check_trajectory

MOST_IDS = 10000  # of trajectories that are remembered as used
NO_BODY = Finding('C9', 'no model of the robot and its surroundings yet', HOLD)


class Supervisor:
    """Approves trajectories and keeps the state machine.

    Args:
        limits: The robot's own limits of all joints that a trajectory moves, not scaled.
        gripper_joint: Name of the joint that closes the gripper, or None.
        body: Shape and surroundings; None keeps the supervisor from arming.
        parameters: Thresholds.
        latch: A stop that was latched before a restart, or None.
        nonces: Gives a new nonce for each latch.

    Attributes:
        inputs: The monitors; what has no method here is fed there.
        approvals: Which plan may be carried out.
        latch: The stop that is latched now, or None.
        decisions: Made since they were last taken.
    """

    def __init__(
        self,
        limits: JointLimits,
        *,
        gripper_joint: str | None = None,
        body: Body | None = None,
        parameters: Parameters | None = None,
        latch: Latch | None = None,
        nonces: Callable[[], str] = new_nonce,
    ) -> None:
        self.parameters = p = parameters or Parameters()
        self.body, self.latch = body, latch
        self.decisions = Decisions(lambda: (self._state, self._last_id))
        self.inputs = Inputs(limits, p)
        self.approvals = Approvals(p, self.decisions.planned)
        self._limits = limits.scaled(p.velocity_scale, p.acceleration_scale, p.jerk_scale)
        self._arm_joints = tuple(name for name in limits.names if name != gripper_joint)
        self._gripper_joint, self._nonces = gripper_joint, nonces
        self._state = latch.state if latch else 'INIT'
        self._reasons = latch.reasons if latch else ('nothing was heard yet',)
        self._findings: tuple[Finding, ...] = ()
        self._scale, self._sequence = 1.0, 0
        self._healthy_since: float | None = None
        self._trajectory: JointTrajectory | None = None
        self._last_id = ''
        self._used: deque[str] = deque(maxlen=MOST_IDS)
        self._ends_by = self._ticked = 0.0
        self._gives_up = False
        self.decisions.note(0.0, 'start', '', f'configuration {p.digest}')

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
        state, refusal = self.inputs.joints.latest, self._refusal(trajectory)
        if refusal or state is None:
            return self.decisions.rejected((Breach('E5', refusal),), now, trajectory.id)
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
        if breaches:
            return self.decisions.rejected(breaches, now, trajectory.id)
        self._state, self._trajectory, self._gives_up = 'EXECUTING', trajectory, False
        self._last_id = trajectory.id
        self._used.append(trajectory.id)
        # On the clock of the stamps, in which the controller follows it: a simulation may
        # run slower than the wall clock.
        self._ends_by = state.stamp + 1.1 * trajectory.duration + self.parameters.overtime
        self._ticked = state.stamp
        self.decisions.note(now, 'approved', '', f'{trajectory.duration:.2f} s')
        return Verdict(True)

    def on_joint_state(self, state: JointState, now: float, clock: float | None = None) -> None:
        """Take a measured joint state; a broken one latches the stop (D2).

        Args:
            state: As received.
            now: Time of its arrival, s.
            clock: Time on the clock of its stamp, s; None when it is `now`.
        """
        broken = self.inputs.joints.take(state, now, now if clock is None else clock)
        if broken and self._state in ACTIVE:
            self._latch('STOP_LATCHED', broken, now)

    def on_arm_status(self, status: ArmStatus, now: float) -> None:
        """Take the controller's status: its heartbeat, its tracking error, its end."""
        self.inputs.heartbeats.take('arm_controller', status.work, now)
        self.inputs.take_tracking_error(status.tracking_error)
        ours = self._trajectory is not None and status.trajectory_id == self._trajectory.id
        ended = status.state in ('succeeded', 'aborted', 'rejected')
        if (ours and ended) or (self._gives_up and status.state != 'executing'):
            self._trajectory, self._gives_up = None, False
            if self._state == 'EXECUTING':
                self._change('ARMED', (), now)

    def on_heartbeat(self, source: str, counter: int, now: float) -> None:
        """Take a heartbeat; it counts only when the source's work counter has moved."""
        self.inputs.heartbeats.take(source, counter, now)

    def stop(self, reason: str, now: float) -> SafetyState:
        """Latch the stop; it ends only by reset."""
        self._latch('STOP_LATCHED', Finding('E1', f'stop: {reason}', STOP), now)
        return self.tick(now)

    def fault(self, reason: str, now: float) -> SafetyState:
        """Latch a fault of this software itself, such as an exception in a callback."""
        self._latch('FAULT_LATCHED', Finding('', reason, FAULT), now)
        return self.tick(now)

    def arm(self, now: float, operator: str = '') -> Verdict:
        """Let trajectories be proposed, or go on after a person was near, when all is healthy."""
        self.inputs.people.resume(now)
        self.tick(now)
        if self._state in ('ARMED', 'EXECUTING'):
            return Verdict(True)
        if self._state == 'DISARMED' and self._is_healthy(now):
            self._change('ARMED', (), now)
            return self.decisions.answered('arm', '', now, operator)
        reason = f'{self._state}: {self._waits_for()}'
        if self._state in LATCHED:
            reason = f'{self._state}: reset first; {"; ".join(self._reasons)}'
        return self.decisions.answered('arm', reason, now, operator)

    def reset(self, now: float, nonce: str | None = None, operator: str = '') -> Verdict:
        """Leave a latched stop for DISARMED, when everything is healthy; moves nothing.

        Args:
            now: Time, s.
            nonce: Of the latch, from `SafetyState`; only a simulation does without.
            operator: Who resets; needed with a nonce.
        """
        reason = objection(self.parameters, self.latch, nonce, operator)
        if not reason:  # of a latch only: a hold for people would go on
            self.inputs.graph.forget()
            self.inputs.people.resume(now)
        self.tick(now)
        if not reason and not (self._is_healthy(now) and not self.inputs.joints.is_moving):
            reason = self._waits_for()
        if reason:
            return self.decisions.answered('reset', f'{self._state}: {reason}', now, operator)
        self.latch, self._trajectory, self._healthy_since = None, None, now
        self._change('DISARMED', ('reset; arm to go on',), now)
        return self.decisions.answered('reset', '', now, operator)

    def tick(self, now: float) -> SafetyState:
        """Judge the silence up to now; to be called at 20 Hz or more and published each time."""
        found = self.inputs.findings(now)
        self._findings = found if self.body is not None else (*found, NO_BODY)
        self._scale = self.inputs.scale(now)
        ills = at_least(self._findings, HOLD)
        if ills:
            self._healthy_since = None
        elif self._healthy_since is None or not self._healthy_since <= now:
            self._healthy_since = now
        if any(found.purges for found in ills):
            self._gives_up = self._trajectory is not None
            self.approvals.drop(str(ills[0]))
        self.decisions.remind(now, self.parameters.unsafe_disable)
        self._advance(ills, now)
        return self._say()

    def _advance(self, ills: tuple[Finding, ...], now: float) -> None:
        faults, stops = at_least(ills, FAULT), at_least(ills, STOP)
        if faults and self._state not in ('INIT', 'FAULT_LATCHED'):
            self._latch('FAULT_LATCHED', faults[0], now)
        elif self._state in LATCHED:
            return
        elif stops and self._state in ACTIVE:
            self._latch('STOP_LATCHED', stops[0], now, *stops[1:])
        elif ills:
            self._stretch(now, 0.0)
            state = 'HOLD' if self._state in ACTIVE else self._state
            self._change(state, tuple(map(str, ills)), now, ills[0])
        elif self._state in ACTIVE:
            self._go_on(now)
        elif self.parameters.self_arming and self._is_healthy(now):
            self._change('ARMED', (), now)
        else:
            self._change('DISARMED', ('not armed',), now)

    def _stretch(self, now: float, pace: float) -> None:
        """Give more time: what is followed at half the pace may take twice as long."""
        clock = self.inputs.stamps(now)
        self._ends_by += (1.0 - pace) * max(clock - self._ticked, 0.0)
        self._ticked = clock

    def _go_on(self, now: float) -> None:
        self._stretch(now, self._scale)
        if self._trajectory is None:
            self._change('ARMED', (), now)
        elif 'D4' not in self.parameters.disabled and not self._ticked <= self._ends_by:
            late = Finding('D4', f'{self._last_id}: not finished in time', HOLD)
            self._gives_up = True
            self._change('EXECUTING', (str(late),), now, late)
        else:
            self._change('EXECUTING', (), now)

    def _refusal(self, trajectory: JointTrajectory) -> str:
        if self._state == 'EXECUTING':
            return f'{self._last_id} is still executing; wait for its end or cancel it'
        if self._state == 'HOLD':
            return '; '.join(self._reasons)
        if self._state != 'ARMED':
            return f'the supervisor is {self._state}: {"; ".join(self._reasons)}'
        if self._findings:
            return '; '.join(map(str, self._findings))
        if not trajectory.id or trajectory.id in self._used:
            return f'the id {trajectory.id!r} is empty or was used before; give each its own'
        return self.approvals.objection(trajectory.id)

    def _is_healthy(self, now: float) -> bool:
        since = self._healthy_since
        return since is not None and now - since >= self.parameters.healthy_time

    def _waits_for(self) -> str:
        if self.inputs.joints.is_moving:
            return 'the arm still moves'
        ills = '; '.join(map(str, at_least(self._findings, HOLD)))
        return ills or f'healthy for less than {self.parameters.healthy_time:g} s'

    def _latch(self, state: str, finding: Finding, now: float, *others: Finding) -> None:
        if self._state == 'FAULT_LATCHED':
            state, reasons = self._state, self._reasons
        else:
            reasons = tuple(str(found).strip() for found in (finding, *others))
        self.latch = Latch(state, reasons, self._nonces())
        self.approvals.drop('; '.join(reasons))
        self._trajectory, self._gives_up, self._healthy_since = None, False, None
        self._change(state, reasons, now, finding)

    def _change(
        self, state: str, reasons: tuple[str, ...], now: float, finding: Finding | None = None
    ) -> None:
        before, self._state, self._reasons = self._state, state, reasons
        if state != before or (finding is not None and state in LATCHED):
            self.decisions.changed(now, reasons, finding)

    def _say(self) -> SafetyState:
        self._sequence += 1
        ills = at_least(self._findings, HOLD)
        # It waits for people at pace 0, however long: a hold would be given up.
        waits = self._state == 'HOLD' and all(found.rule == 'D12' for found in ills)
        permission = 'move' if waits else PERMISSIONS[self._state]
        return SafetyState(
            self._state,
            'stop' if self._gives_up else permission,
            self._reasons,
            self.parameters.lease,
            self._sequence,
            self._trajectory.id if self._trajectory else '',
            self._scale,
            self.latch.nonce if self.latch else '',
            tuple(str(found) for found in self._findings if found not in ills),
        )
