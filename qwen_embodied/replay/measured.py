"""The recorded joint states against the robot's limits and the supervisor's rules."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied import safety
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointState
from qwen_embodied.replay.series import Series
from qwen_embodied.safety.monitors import HARD_SLACK, StateMonitor

MOVING = 0.02  # rad/s, above which a recorded arm counts as moving
MOST_BREACHES = 50


@dataclass(frozen=True)
class JointRange:
    """What one joint did in the recording.

    Attributes:
        joint: Its name.
        lowest: Position, rad or m.
        highest: Position, rad or m.
        fastest: Largest speed, rad/s or m/s.
        lower: Limit of the position.
        upper: Limit of the position.
        speed_limit: Of the robot, not scaled.
    """

    joint: str
    lowest: float
    highest: float
    fastest: float
    lower: float
    upper: float
    speed_limit: float

    @property
    def is_within(self) -> bool:
        """True where speed and position kept the limits, with the slack that rule D2 gives."""
        above = self.lower - HARD_SLACK <= self.lowest
        inside = above and self.highest <= self.upper + HARD_SLACK
        return inside and self.fastest <= self.speed_limit


class Measured:
    """Takes every recorded joint state; keeps extremes, breaches and a thinned record.

    Attributes:
        count: Joint states taken.
        breaches: Texts of rule D2 with how often each joint broke it.
        first_motion: Stamp at which the arm began to move after `watch_from`, s; None before.
    """

    def __init__(self, limits: JointLimits, arm: tuple[str, ...]) -> None:
        """Judge joints by the robot's own limits; `arm` are those that show a motion."""
        self.names, self.count = limits.names, 0
        self.breaches: Counter[str] = Counter()
        self.first_breach: dict[str, str] = {}
        self.first_motion: float | None = None
        self.watch_from = np.inf
        self._limits = limits
        self._is_arm = np.array([name in arm for name in limits.names])
        self._monitor = StateMonitor(limits, safety.Parameters())
        self._lowest = np.full(len(limits.names), np.inf)
        self._highest, self._fastest = -self._lowest, np.zeros(len(limits.names))
        self._before: tuple[float, NDArray[np.float64]] | None = None
        self._series = Series()

    def take(self, state: JointState) -> None:
        """Take the next state."""
        self.count += 1
        breach = self._monitor.take(state, state.stamp, state.stamp)
        if breach is not None:
            key = breach.joint or 'all joints'
            self.breaches[key] += 1
            if len(self.first_breach) < MOST_BREACHES:
                self.first_breach.setdefault(key, f'{state.stamp:.3f} s: {breach}')
        positions = state.of(self.names)
        if not np.isfinite(positions).all():
            return
        speeds = self._speeds(state, positions)
        self._lowest = np.minimum(self._lowest, positions)
        self._highest = np.maximum(self._highest, positions)
        self._fastest = np.maximum(self._fastest, speeds)
        is_moving = state.stamp >= self.watch_from and (speeds[self._is_arm] > MOVING).any()
        if is_moving and self.first_motion is None:
            self.first_motion = state.stamp
        self._before = state.stamp, positions
        self._series.add(state.stamp, *positions)

    def _speeds(self, state: JointState, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        if state.velocities is not None:
            order = [state.names.index(name) for name in self.names]
            speeds = np.abs(state.velocities[order])
            return np.where(np.isfinite(speeds), speeds, 0.0)
        if self._before is None or not state.stamp > self._before[0]:
            return np.zeros(len(positions))
        return np.abs(positions - self._before[1]) / (state.stamp - self._before[0])

    @property
    def rows(self) -> NDArray[np.float64]:
        """Give (N, 1 + joints): stamp, then positions; thinned when long."""
        return self._series.rows

    @property
    def ranges(self) -> tuple[JointRange, ...]:
        """Give what each joint did; empty without joint states."""
        limits = self._limits
        if self._before is None:
            return ()
        rows = zip(
            self.names, self._lowest, self._highest, self._fastest, limits.lower, limits.upper,
            limits.velocity, strict=True,
        )  # fmt: skip
        return tuple(JointRange(name, *(float(value) for value in rest)) for name, *rest in rows)


def path_distance(
    recorded: NDArray[np.float64], planned: NDArray[np.float64]
) -> tuple[float, float] | None:
    """Say how far a recorded motion is from a planned path, whenever it was there.

    Args:
        recorded: (N, J) positions.
        planned: (M, J) positions.

    Returns:
        Largest and median over the recorded rows of the largest joint difference to the nearest
        planned row; None where one is empty.
    """
    if not len(recorded) or not len(planned):
        return None
    nearest = [float(np.abs(planned - row).max(axis=1).min()) for row in recorded]
    return max(nearest), float(np.median(nearest))
