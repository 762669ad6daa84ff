"""What was heard of each input, and how long ago: D1, D2 and D5."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np

from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointState
from qwen_embodied.safety.context import Breach
from qwen_embodied.safety.parameters import Parameters

HARD_SLACK = 0.0087  # rad or m beyond a hard limit that a real encoder may show

Report = tuple[str, float]  # what is wrong (empty: nothing), and the age in s that decides


class StateMonitor:
    """Watches the joint states: their content (D2) and their age on both clocks (D1)."""

    def __init__(self, limits: JointLimits, parameters: Parameters) -> None:
        self.latest: JointState | None = None
        self._limits = limits
        self._parameters = parameters
        self._arrived = -math.inf
        self._delay = 0.0
        self._broken: Breach | None = None

    @property
    def is_moving(self) -> bool:
        """True unless the last state shows every joint at rest."""
        if self.latest is None:
            return True
        velocities, limit = self.latest.velocities, self._parameters.start_velocity
        return velocities is not None and not (np.abs(velocities) <= limit).all()

    def take(self, state: JointState, now: float, clock: float) -> Breach | None:
        """Take a state; gives what is broken in it. Repeated and older stamps are ignored."""
        self._broken = self._content(state)
        if self._broken:
            return self._broken
        before = self.latest
        # When the clock went back, what arrives now is newer than what seems to come after it.
        rewound = before is not None and clock < before.stamp - self._parameters.silence_stop
        if before is None or rewound or state.stamp > before.stamp:
            self.latest, self._arrived, self._delay = state, now, clock - state.stamp
        return None if before is None or rewound else self._jump(before, state)

    def silence(self, now: float) -> Report:
        """Say whether the last state is too old or from the future."""
        if self.latest is None:
            return str(self._broken or 'D1 joint_states: never heard'), math.inf
        gap = now - self._arrived
        worst = gap + max(self._delay, 0.0)
        if self._broken:
            return str(self._broken), worst
        ahead = -min(self._delay, gap)
        if not ahead <= self._parameters.state_future:
            return f'D1 joint_states: stamped {ahead:.3f} s in the future', max(worst, ahead)
        if not worst <= self._parameters.state_timeout:
            return f'D1 joint_states: silent for {worst:.2f} s', worst
        return '', worst

    def _content(self, state: JointState) -> Breach | None:
        missing = [name for name in self._limits.names if name not in state.names]
        if missing:
            return Breach('D2', f'joint_states lack {", ".join(missing)}', joint=missing[0])
        velocities = np.zeros(1) if state.velocities is None else state.velocities
        if not (np.isfinite(state.positions).all() and np.isfinite(velocities).all()):
            return Breach('D2', 'joint_states hold numbers that are not finite')
        if not math.isfinite(state.stamp):
            return Breach('D2', f'joint_states are stamped {state.stamp}')
        positions = state.of(self._limits.names)
        inside = (positions >= self._limits.lower - HARD_SLACK) & (
            positions <= self._limits.upper + HARD_SLACK
        )
        if not inside.all():
            at = int(np.argmin(inside))
            joint, value = self._limits.names[at], float(positions[at])
            return Breach('D2', f'{joint} measured at {value:.4f}, beyond its limits', joint)
        return None

    def _jump(self, before: JointState, state: JointState) -> Breach | None:
        if not state.stamp > before.stamp:
            return None
        names = self._limits.names
        change = np.abs(state.of(names) - before.of(names))
        allowed = 1.5 * self._limits.velocity * (state.stamp - before.stamp) + 1e-3
        if (change <= allowed).all():
            return None
        at = int(np.argmax(change - allowed))
        message = f'{names[at]} jumped by {change[at]:.4f}, allowed {allowed[at]:.4f}'
        return Breach('D2', message, names[at], None, float(change[at]), float(allowed[at]))


class Heartbeats:
    """Watches the sources that must be alive for anything to move (D5)."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._heard = dict.fromkeys(parameters.heartbeats, -math.inf)
        self._counters: dict[str, int] = {}

    def take(self, source: str, counter: int | None, now: float) -> None:
        """Take a heartbeat; one whose work counter stands still is none."""
        if counter is None or self._counters.get(source) != counter:
            self._heard[source] = now
        if counter is not None:
            self._counters[source] = counter

    def silences(self, now: float) -> list[Report]:
        """Report on each needed source."""
        return [self._report(source, now) for source in self._parameters.heartbeats]

    def _report(self, source: str, now: float) -> Report:
        age = now - self._heard[source]
        if math.isinf(age):
            return f'D5 {source}: never heard', age
        if not -self._parameters.state_future <= age <= self._parameters.state_timeout:
            return f'D5 {source}: silent for {age:.2f} s', abs(age)
        return '', age
