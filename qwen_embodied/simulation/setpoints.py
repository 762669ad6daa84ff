"""What the servos are told between two commands: straight lines, no faster than the joints."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import ContractError
from qwen_embodied.limits import JointLimits

Array = NDArray[np.float64]


class Setpoints:
    """Commanded positions over time, as a line through (time, positions) points."""

    def __init__(self, limits: JointLimits, start: ArrayLike, time_step: float) -> None:
        """Hold a position (J,) until something is added; `time_step` in s."""
        self._limits, self._step = limits, time_step
        self.position: Array = np.array(start, dtype=float)
        self._points: list[tuple[float, Array]] = []
        self._until = -np.inf

    @property
    def until(self) -> float:
        """Time of the last added point, s; minus infinity before the first."""
        return self._until

    def add(self, positions: ArrayLike, at: float, now: float) -> Array:
        """Reach positions (J,) at a time; what was to be reached later is dropped.

        Args:
            positions: Wanted, in the order of the limits.
            at: When to reach them, s; a time that has passed means in the next step.
            now: s.

        Returns:
            The positions (J,) inside the limits that will be reached.
        """
        wanted = np.array(positions, dtype=float)
        names = self._limits.names
        if wanted.shape != (len(names),) or not np.isfinite(wanted).all():
            raise ContractError('command', wanted.tolist(), f'finite positions of {list(names)}')
        if not np.isfinite(at):
            raise ContractError('command time', at, 'finite')
        at = max(at, now + self._step)
        if not self._points or self._points[-1][0] <= now:
            self._points = [(now, self.position.copy())]
        self._points = [point for point in self._points if point[0] < at - self._step / 2]
        clipped: Array = np.clip(wanted, self._limits.lower, self._limits.upper)
        self._points.append((at, clipped))
        self._until = at
        return clipped

    def advance(self, now: float, count: int) -> tuple[Array, Array]:
        """Give the next positions and velocities (count, J), one a step, and move on."""
        times: Array = now + self._step * np.arange(1.0, count + 1.0)
        wanted = self._wanted(times)
        moves = np.diff(wanted, axis=0, prepend=self.position[None])
        most = self._limits.velocity * self._step
        if (np.abs(moves) > most).any():
            wanted = self._limited(wanted, most)
            moves = np.diff(wanted, axis=0, prepend=self.position[None])
        self.position = wanted[-1].copy()
        self._forget(now + self._step * count)
        return wanted, moves / self._step

    def _wanted(self, times: Array) -> Array:
        if not self._points:
            return np.repeat(self.position[None], len(times), axis=0)
        at = np.array([point[0] for point in self._points])
        values = np.stack([point[1] for point in self._points])
        return np.stack([np.interp(times, at, column) for column in values.T], axis=1)

    def _limited(self, wanted: Array, most: Array) -> Array:
        result, last = np.empty_like(wanted), self.position
        for row, goal in enumerate(wanted):
            last = last + np.clip(goal - last, -most, most)
            result[row] = last
        return result

    def _forget(self, now: float) -> None:
        """Drop the points that no later time needs."""
        passed = sum(point[0] <= now for point in self._points)
        self._points = self._points[max(passed - 1, 0) :]
