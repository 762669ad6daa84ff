"""A fake joint_trajectory_controller for dry runs: its written rules, and what it leaves out.

It imitates the controller of ros2_control with position commands, on a clock that the caller
passes in. Not imitated: decelerate_on_cancel, the blending of partial goals into a running
trajectory, angle wrap-around, velocity, acceleration and effort interfaces, PID.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.goal import TrajectoryGoal
from qwen_embodied.control.jtc_curve import JtcCurve, Node
from qwen_embodied.control.jtc_rules import JtcParameters, objection
from qwen_embodied.errors import ControlError
from qwen_embodied.messages import JointState

Array = NDArray[np.float64]
ERASED = -1.0  # a client's tolerance that switches one off


@dataclass(frozen=True)
class GoalTolerances:
    """What a client of the action may ask for; other values than these are ignored (J15).

    Attributes:
        path: By joint, rad; -1 switches one off.
        goal: By joint, rad; -1 switches one off.
        goal_time: s; -1 waits for ever; 0 leaves the controller's own.
    """

    path: Mapping[str, float] = field(default_factory=dict)
    goal: Mapping[str, float] = field(default_factory=dict)
    goal_time: float = 0.0


@dataclass
class GoalHandle:
    """A goal of the action as its client sees it.

    Attributes:
        state: 'rejected', 'active', 'succeeded', 'aborted' or 'canceled'.
        reason: Why, in words.
        error: Desired minus measured positions at the last update, (J,), or None.
    """

    state: str
    reason: str = ''
    error: Array | None = None


class FakeJointTrajectoryController:
    """Takes trajectories by topic or as action goals and gives commands."""

    def __init__(self, parameters: JtcParameters) -> None:
        """Configure it; it is inactive."""
        self.parameters = parameters
        self.is_active = False
        self.scaling = 1.0
        self._tolerances = GoalTolerances()
        self._goal: GoalHandle | None = None
        self._next: TrajectoryGoal | None = None
        self._curve: JtcCurve | None = None
        self._is_holding = True
        self._time = self._clock = 0.0
        self._command: Node | None = None
        self._measured: Node | None = None

    # -- what comes in --------------------------------------------------------------------

    def activate(self, state: JointState) -> None:
        """Start, holding the measured position."""
        self._measured = self._read(state)
        self._command, self._clock = self._measured, state.stamp
        self.is_active = True
        self._hold()

    def deactivate(self) -> None:
        """Stop commanding; a goal that runs is aborted."""
        self._end('aborted', 'deactivated')
        self.is_active, self._curve, self._next = False, None, None

    def set_speed_scaling(self, factor: float) -> None:
        """Run its time at a factor; a negative one is ignored, NaN and more than 1 are not."""
        if factor < 0.0:
            return
        self.scaling = factor

    def receive(self, message: TrajectoryGoal, now: float) -> str:
        """Take a trajectory from the topic: in place of what runs, from the next update on.

        Returns:
            Why it was dropped, beginning with the rule's id; empty when it was taken. The real
            controller only logs it.
        """
        fault = objection(message, self.parameters, now)
        if not fault and not self.is_active:
            fault = 'J14 inactive'
        if not fault:
            self._next, self._is_holding = message, False
            self._tolerances = GoalTolerances()
        return fault

    def send_goal(
        self, goal: TrajectoryGoal, now: float, tolerances: GoalTolerances | None = None
    ) -> GoalHandle:
        """Take a goal of the action; one that runs is aborted."""
        fault = 'J13 inactive' if not self.is_active else objection(goal, self.parameters, now)
        if fault:
            return GoalHandle('rejected', fault)
        self._end('aborted', 'preempted by a new goal')
        self._next, self._is_holding = goal, False
        self._goal = GoalHandle('active')
        self._tolerances = tolerances or GoalTolerances()
        return self._goal

    def cancel(self, handle: GoalHandle) -> None:
        """Cancel a goal: the joints hold where they are measured, at once."""
        if handle is self._goal:
            self._end('canceled', 'canceled')
            self._hold()

    # -- one control cycle ----------------------------------------------------------------

    def update(self, state: JointState, now: float) -> Array:
        """Run one cycle.

        Args:
            state: Measured joints, with those of the controller.
            now: s; at least as late as before.

        Returns:
            Commands (J,) in the order of its joints, for the end of this cycle.
        """
        if not self.is_active or self._command is None:
            raise ControlError('the controller is inactive; activate it first')
        self._measured = self._read(state)
        is_first = self._take_next(now)
        self._time = now if is_first else self._time + (now - self._clock) * self.scaling
        self._clock = now
        if self._curve is not None:
            self._follow(self._curve, is_first)
        return np.array(self._command.positions)

    def _take_next(self, now: float) -> bool:
        """Join a new trajectory to the last command, or to the measured state."""
        if self._next is None or self._command is None or self._measured is None:
            return False
        message, self._next = self._next, None
        from_desired = self.parameters.interpolate_from_desired_state
        source = self._command if from_desired else self._measured
        begin = self._clock if from_desired else now
        before = Node(begin, source.positions, source.velocities, source.accelerations)
        start = message.stamp if message.stamp != 0.0 else now
        self._curve = JtcCurve(self.parameters.joints, before, message, start)
        return True

    def _follow(self, curve: JtcCurve, is_first: bool) -> None:
        measured = self._measured
        desired = curve.sample(self._time)
        following = curve.sample(self._time + 1.0 / self.parameters.update_rate)
        if measured is None or self._is_holding:
            self._command = following
            return
        error, after = desired.positions - measured.positions, self._time - curve.end
        is_last = after >= 0.0
        if self._goal is not None:
            self._goal.error = error
        is_off = (not is_last or is_first) and not self._is_within(error, 'trajectory')
        is_short = is_last and not self._is_at_goal(error, measured)
        limit = self._goal_time()
        if is_off:
            self._end('aborted', 'path tolerance violated')
            self._hold()
        elif is_short and limit != 0.0 and after > limit:
            self._end('aborted', f'goal missed for {after:.3f} s')
            self._hold()
        else:
            self._command = following
            self._settle(is_last and not is_short, after)

    def _settle(self, is_there: bool, after: float) -> None:
        """End a goal that is reached; hold after the command timeout."""
        if is_there and self._goal is not None:
            self._end('succeeded', '')
            self._is_holding = True
        elif after > self.parameters.cmd_timeout > 0.0:
            self._hold()

    # -- tolerances -----------------------------------------------------------------------

    def _is_within(self, error: Array, kind: str) -> bool:
        """Compare as the controller does: NaN is within every tolerance."""
        return not any(
            limit > 0.0 and abs(value) > limit
            for limit, value in zip(self._limits(kind), error, strict=True)
        )

    def _is_at_goal(self, error: Array, measured: Node) -> bool:
        speeds = np.zeros_like(error) if measured.velocities is None else measured.velocities
        limit = self.parameters.stopped_velocity_tolerance
        still = not any(limit > 0.0 and abs(speed) > limit for speed in speeds)
        return self._is_within(error, 'goal') and still

    def _limits(self, kind: str) -> list[float]:
        """Give a tolerance per joint; one with a name or value it does not know undoes all."""
        own: Mapping[str, float] = getattr(self.parameters, kind)
        asked = self._tolerances.path if kind == 'trajectory' else self._tolerances.goal
        is_known = all(
            name in self.parameters.joints and (value >= 0.0 or value == ERASED)
            for name, value in asked.items()
        )
        usual = [own.get(name, 0.0) for name in self.parameters.joints]
        if not is_known:
            return usual
        wanted = [asked.get(name, 0.0) for name in self.parameters.joints]
        return [
            0.0 if value == ERASED else value if value > 0.0 else default
            for value, default in zip(wanted, usual, strict=True)
        ]

    def _goal_time(self) -> float:
        asked = self._tolerances.goal_time
        if asked == ERASED:
            return 0.0
        return asked if asked > 0.0 else self.parameters.goal_time

    # -- inside ---------------------------------------------------------------------------

    def _read(self, state: JointState) -> Node:
        joints = self.parameters.joints
        speeds = None
        if state.velocities is not None:
            speeds = np.array([state.velocities[state.names.index(name)] for name in joints])
        return Node(state.stamp, state.of(joints), speeds)

    def _hold(self) -> None:
        """Hold each joint where it is measured: the command jumps there."""
        if self._measured is None:
            return
        still = np.zeros(len(self.parameters.joints))
        here = Node(self._clock, self._measured.positions, still, still)
        self._curve, self._next, self._is_holding = None, None, True
        self._command = here

    def _end(self, state: str, reason: str) -> None:
        if self._goal is not None:
            self._goal.state, self._goal.reason = state, reason
        self._goal = None
