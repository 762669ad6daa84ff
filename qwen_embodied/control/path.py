"""The path of the commands: the trajectory's spline, joined smoothly to where the commands are."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.limits import JointLimits

Array = NDArray[np.float64]
ARM_SHARE = 0.05  # of the acceleration, left to the joining of arm joints
CONTACT_SHARE = 0.5  # of the acceleration, for joints that may start far off, such as a gripper
FADE_STEP = 0.02  # s, between points while an offset fades
NEAREST = 1e-3  # s, between two points

# Ascending coefficients on [0, 1] of curves that end with position, speed and acceleration 0:
# one starts at 1 at rest, the other at 0 with speed 1.
_FROM_POSITION = np.array([1.0, 0.0, 0.0, -10.0, 15.0, -6.0])
_FROM_SPEED = np.array([0.0, 1.0, 0.0, -6.0, 8.0, -3.0])
_PEAK_SPEED, _PEAK_ACCELERATION, _PEAK_ACCELERATION_FROM_SPEED = 1.875, 5.774, 3.94


class CommandPath:
    """A spline plus an offset that fades away, as a function of its own time from 0.

    Args:
        spline: To follow.
        position: Where the commands are now, (J,).
        velocity: How fast the commands move now, (J,).
        limits: In the order of the columns.
        contact: (J,), True for joints that may start far off.
    """

    def __init__(
        self,
        spline: TrajectorySpline,
        position: Array,
        velocity: Array,
        limits: JointLimits,
        contact: NDArray[np.bool_],
    ) -> None:
        first = spline.sample([0.0])
        self._spline = spline
        self._offset = position - first.positions[0]
        self._speed = velocity - first.velocities[0]
        share = np.where(contact, CONTACT_SHARE, ARM_SHARE)
        self._fade = np.maximum.reduce([
            _PEAK_SPEED * np.abs(self._offset) / (share * limits.velocity),
            np.sqrt(_PEAK_ACCELERATION * np.abs(self._offset) / (share * limits.acceleration)),
            _PEAK_ACCELERATION_FROM_SPEED * np.abs(self._speed) / (share * limits.acceleration),
            np.full(len(position), 1e-3),
        ])  # fmt: skip
        self.duration = max(spline.duration, float(self._fade.max()))
        self.times = self._points()

    def _points(self) -> Array:
        """Give times (N,) s whose samples, joined by quintics, are this path."""
        fading = np.arange(0.0, self._fade.max(), FADE_STEP)
        times = np.unique(np.concatenate([[0.0], self._spline.times, fading, [self.duration]]))
        times = times[(times >= 0.0) & (times <= self.duration - NEAREST)]
        apart: Array = times[np.diff(times, prepend=-1.0) > NEAREST]
        return np.append(apart, self.duration)

    def sample(self, times: Array) -> tuple[Array, Array, Array]:
        """Give positions, velocities and accelerations (N, J) at times (N,) s."""
        on_spline = self._spline.sample(times)
        levels = [on_spline.positions, on_spline.velocities, on_spline.accelerations]
        if np.min(times) < self._fade.max():
            u = np.clip(np.asarray(times)[:, None] / self._fade, 0.0, 1.0)
            for order in range(3):
                fade = self._offset * _polynomial(_FROM_POSITION, u, order)
                fade += self._speed * self._fade * _polynomial(_FROM_SPEED, u, order)
                levels[order] = levels[order] + fade / self._fade**order
        return levels[0], levels[1], levels[2]


def _polynomial(coefficients: Array, u: Array, order: int) -> Array:
    for _ in range(order):
        coefficients = coefficients[1:] * np.arange(1, len(coefficients))
    result = np.zeros_like(u)
    for coefficient in coefficients[::-1]:
        result = result * u + coefficient
    return result
