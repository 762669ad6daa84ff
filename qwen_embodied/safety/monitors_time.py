"""Time itself: overruns of the supervisor's loop (D7) and jumps of the ROS clock (D8)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.safety.findings import FAULT, HOLD, STOP, Finding
from qwen_embodied.safety.parameters import Parameters


class LoopMonitor:
    """Counts periods of the supervisor's loop that were too long (D7)."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._last: float | None = None
        self._row = 0
        self.overruns = 0  # since the start

    def take(self, now: float, period: float) -> None:
        """Hear that the loop comes round; it should every period, s."""
        if self._last is not None:
            late = now - self._last - period
            is_late = not late <= self._parameters.loop_overrun
            self._row = self._row + 1 if is_late else 0
            self.overruns += is_late
        self._last = now

    def findings(self, now: float) -> list[Finding]:
        """Report overruns in a row."""
        most = self._parameters.loop_overruns
        if self._row < most:
            return []
        message = f'the loop was late {self._row} times in a row, allowed {most - 1}'
        return [Finding('D7', message, STOP, self._row, most - 1)]


class ClockMonitor:
    """Compares the clock of the stamps with the steady one (D8)."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._last: tuple[float, float] | None = None
        self._uses_simulated: bool | None = None
        self._sources: int | None = None
        self._events: list[Finding] = []

    def take(self, clock: float, now: float) -> None:
        """Take both clocks, s. A ROS clock at 0 has not started yet."""
        if self._last is not None and clock != 0.0:
            step, elapsed = clock - self._last[0], now - self._last[1]
            if not step >= 0.0:
                self._find(f'the clock went back by {-step:.3f} s', step, 0.0)
            elif not step - elapsed <= self._parameters.clock_jump:
                limit = self._parameters.clock_jump
                message = f'the clock jumped ahead by {step - elapsed:.3f} s, allowed {limit:g}'
                self._find(message, step - elapsed, limit)
        self._last = (clock, now) if clock != 0.0 else None

    def take_source(self, uses_simulated: bool, sources: int) -> None:
        """Take whether `use_sim_time` is set, and how many publish /clock."""
        before, self._uses_simulated = self._uses_simulated, uses_simulated
        if before is not None and before != uses_simulated:
            self._find(f'use_sim_time became {uses_simulated} while running')
        self._sources = sources

    def findings(self, now: float) -> list[Finding]:
        """Report the jumps since the last report, and a wrong number of clocks."""
        found, self._events = self._events, []
        if self._uses_simulated and not self._parameters.simulation:
            found.append(Finding('D8', 'use_sim_time is set on hardware', FAULT, purges=True))
        wanted = 1 if self._parameters.simulation and self._uses_simulated else 0
        if self._sources not in (None, wanted):
            message = f'/clock has {self._sources} publishers, allowed {wanted}'
            found.append(Finding('D8', message, self._response, self._sources, wanted))
        return found

    @property
    def _response(self) -> str:
        return HOLD if self._parameters.simulation else FAULT

    def _find(self, message: str, value: float | None = None, limit: float | None = None) -> None:
        self._events.append(Finding('D8', message, self._response, value, limit, purges=True))
