"""What was heard of each input, and how long ago: D1, D2 and D5."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointState
from qwen_embodied.safety.findings import HOLD, NO_PLANS, STOP, Finding, silence
from qwen_embodied.safety.parameters import Parameters

HARD_SLACK = 0.0087  # rad or m beyond a hard limit that a real encoder may show
PLANNING = ('planner',)  # sources without which nothing new starts, but what runs may end


class StateMonitor:
    """Watches the joint states: their content (D2) and their age on both clocks (D1)."""

    def __init__(self, limits: JointLimits, parameters: Parameters) -> None:
        self.latest: JointState | None = None
        self._limits = limits
        self._parameters = parameters
        self._arrived = -math.inf
        self._delay = 0.0
        self._broken: Finding | None = None
        self._speeds: NDArray[np.float64] | None = None

    @property
    def is_moving(self) -> bool:
        """True unless the last state, or the last two, show every joint at rest."""
        limit = self._parameters.start_velocity
        return self._speeds is None or not (self._speeds <= limit).all()

    def take(self, state: JointState, now: float, clock: float) -> Finding | None:
        """Take a state; gives what is broken in it. Repeated and older stamps are ignored."""
        self._broken = self._content(state)
        if self._broken:
            return self._broken
        before = self.latest
        # When the clock went back, what arrives now is newer than what seems to come after it.
        rewound = before is not None and clock < before.stamp - self._parameters.silence_stop
        if before is None or rewound or state.stamp > before.stamp:
            self.latest, self._arrived, self._delay = state, now, clock - state.stamp
            self._speeds = self._measured_speeds(before, state)
        return None if before is None or rewound else self._jump(before, state)

    def findings(self, now: float) -> list[Finding]:
        """Report a broken state, or that the last good one is too old or from the future."""
        if self._broken:
            return [self._broken]
        if self.latest is None:
            return [Finding('D1', 'joint_states: never heard', STOP)]
        gap, p = now - self._arrived, self._parameters
        worst, ahead = gap + max(self._delay, 0.0), -min(self._delay, gap)
        if not ahead <= p.state_future:
            text = f'joint_states: stamped {ahead:.3f} s in the future'
            response = HOLD if max(worst, ahead) <= p.silence_stop else STOP
            return [Finding('D1', text, response, ahead, p.state_future)]
        if not worst <= p.state_timeout:
            return [silence('D1', 'joint_states', worst, p.state_timeout, p.silence_stop)]
        return []

    def _own(self, state: JointState, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the values of our joints (J,): other joints may be anywhere, and not measured."""
        return values[[state.names.index(name) for name in self._limits.names]]

    def _measured_speeds(
        self, before: JointState | None, state: JointState
    ) -> NDArray[np.float64] | None:
        """Give |speeds| as they were sent, else from two states; None when neither is there."""
        if state.velocities is not None:
            return np.abs(self._own(state, state.velocities))
        if before is None or not state.stamp > before.stamp:
            return None
        names = self._limits.names
        moved: NDArray[np.float64] = np.abs(state.of(names) - before.of(names))
        return moved / (state.stamp - before.stamp)

    def _content(self, state: JointState) -> Finding | None:
        missing = [name for name in self._limits.names if name not in state.names]
        if missing:
            return Finding('D2', f'joint_states lack {", ".join(missing)}', STOP)
        positions = state.of(self._limits.names)
        speeds = np.zeros(1)
        if state.velocities is not None:
            speeds = self._own(state, state.velocities)
        if not (np.isfinite(positions).all() and np.isfinite(speeds).all()):
            return Finding('D2', 'joint_states hold numbers that are not finite', STOP)
        if not math.isfinite(state.stamp):
            return Finding('D2', f'joint_states are stamped {state.stamp}', STOP)
        inside = (positions >= self._limits.lower - HARD_SLACK) & (
            positions <= self._limits.upper + HARD_SLACK
        )
        if not inside.all():
            at = int(np.argmin(inside))
            joint, value = self._limits.names[at], float(positions[at])
            text = f'{joint} measured at {value:.4f}, beyond its limits'
            return Finding('D2', text, STOP, value, joint=joint)
        return None

    def _jump(self, before: JointState, state: JointState) -> Finding | None:
        if not state.stamp > before.stamp:
            return None
        names = self._limits.names
        change = np.abs(state.of(names) - before.of(names))
        allowed = 1.5 * self._limits.velocity * (state.stamp - before.stamp) + 1e-3
        if (change <= allowed).all():
            return None
        at = int(np.argmax(change - allowed))
        message = f'{names[at]} jumped by {change[at]:.4f}, allowed {allowed[at]:.4f}'
        value, limit = float(change[at]), float(allowed[at])
        return Finding('D2', message, STOP, value, limit, joint=names[at])


class Heartbeats:
    """Watches the sources that must be alive for anything to move (D5)."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._heard = dict.fromkeys(parameters.heartbeats, -math.inf)
        self._counters: dict[str, int] = {}

    def take(self, source: str, counter: int | None, now: float) -> None:
        """Take a heartbeat; one whose work counter stands still is none, nor one of a stranger."""
        if source not in self._heard:
            return
        if counter is None or self._counters.get(source) != counter:
            self._heard[source] = now
        if counter is not None:
            self._counters[source] = counter

    def findings(self, now: float) -> list[Finding]:
        """Report each needed source that is silent."""
        reports = (self._report(source, now) for source in self._parameters.heartbeats)
        return [report for report in reports if report is not None]

    def _report(self, source: str, now: float) -> Finding | None:
        age, p = now - self._heard[source], self._parameters
        if math.isinf(age):
            return Finding('D5', f'{source}: never heard', self._bounded(STOP, source), age)
        if -p.state_future <= age <= p.state_timeout:
            return None
        found = silence('D5', source, age, p.state_timeout, p.silence_stop)
        return replace(found, response=self._bounded(found.response, source))

    def _bounded(self, response: str, source: str) -> str:
        return NO_PLANS if source in PLANNING else response
