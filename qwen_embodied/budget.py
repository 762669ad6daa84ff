"""How much one task may cost: steps, time and calls of the planner."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from qwen_embodied.errors import ConfigurationError, TaskError


@dataclass(frozen=True)
class Limits:
    """What one task may use.

    Attributes:
        steps: Attempts at steps, retries included.
        seconds: Of the workcell's clock, pauses not counted, s.
        calls: Of the planner, the first included.
        replans: New plans after something went another way, with or without the planner.
    """

    steps: int = 120
    seconds: float = 1800.0
    calls: int = 6
    replans: int = 6

    def __post_init__(self) -> None:
        """Refuse budgets that allow nothing, or have no end."""
        values = (self.steps, self.seconds, self.calls)
        if not all(0 < value < float('inf') for value in values) or self.replans < 0:
            raise ConfigurationError(f'a task needs a positive, finite budget, not {self}')


class Budget:
    """Counts what a task has used; raises TaskError when a limit is passed."""

    def __init__(self, limits: Limits, now: float) -> None:
        """Start at a time of the workcell, s."""
        self.limits = limits
        self.steps = self.calls = self.replans = 0
        self._begun, self._paused = now, 0.0

    def begin(self, now: float) -> None:
        """Count time from now on, s of the workcell."""
        self._begun = now

    @property
    def calls_left(self) -> int:
        """How often the planner may still be called."""
        return self.limits.calls - self.calls

    def step(self, now: float) -> None:
        """Count one attempt at a step."""
        self.steps += 1
        self._refuse('steps', self.steps, self.limits.steps)
        self.check(now)

    def call(self) -> None:
        """Count one call of the planner."""
        self.calls += 1
        self._refuse('calls of the planner', self.calls, self.limits.calls)

    def replan(self, reason: str) -> None:
        """Count one new plan; the reason goes into the error."""
        self.replans += 1
        if self.replans > self.limits.replans:
            raise TaskError(f'{reason}; after {self.limits.replans} new plans I give up')

    def pause(self, seconds: float) -> None:
        """Leave out time in which the operator held the task, s."""
        self._paused += seconds

    def check(self, now: float) -> None:
        """Refuse to go on after the time that the task may take."""
        spent = now - self._begun - self._paused
        self._refuse('seconds', spent, self.limits.seconds)

    def _refuse(self, what: str, used: float, limit: float) -> None:
        if used > limit:
            raise TaskError(f'the task used up its {limit:g} {what}')
