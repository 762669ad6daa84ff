"""The spline between the points of a trajectory, as ros2_control's controller draws it.

Motion, safety and control must all mean the same curve, so it is written once, here:
linear with positions alone, cubic with velocities, quintic with accelerations as well.
Before the first point it rests there, after the last point it rests there too.
Source: the trajectory semantics of ros2_controllers' joint_trajectory_controller.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.messages import JointTrajectory

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Samples:
    """A sampled spline; every array has the shape (N, J)."""

    positions: Array
    velocities: Array
    accelerations: Array
    jerks: Array


class TrajectorySpline:
    """The curve through the points of a trajectory with strictly increasing times."""

    def __init__(self, trajectory: JointTrajectory) -> None:
        """Compute the polynomial of each segment once."""
        self.times = trajectory.times
        self._ends = trajectory.positions[[0, -1]]
        self._coefficients = _coefficients(trajectory)

    @property
    def duration(self) -> float:
        """Time of the last point, s."""
        return float(self.times[-1])

    @property
    def coefficients(self) -> Array:
        """Ascending coefficients (T-1, 6, J) of each segment, in time from its start, s."""
        return self._coefficients

    def sample(self, times: ArrayLike) -> Samples:
        """Evaluate at times (N,) s; outside the points the curve rests at its ends."""
        t = np.atleast_1d(np.asarray(times, dtype=float))
        if len(self.times) == 1:
            rest = np.repeat(self._ends[:1], len(t), axis=0)
            return Samples(rest, *(np.zeros_like(rest) for _ in range(3)))
        segment = np.clip(np.searchsorted(self.times, t, side='right') - 1, 0, len(self.times) - 2)
        local = np.clip(t, self.times[0], self.times[-1]) - self.times[segment]
        outside = (t < self.times[0]) | (t > self.times[-1])
        levels = [_evaluate(self._coefficients[segment], local, order) for order in range(4)]
        for level in levels[1:]:
            level[outside] = 0.0
        return Samples(*levels)

    def dense_times(self, rate: float) -> Array:
        """Give times at a rate in Hz that also contain every point, (N,) s."""
        count = int(np.ceil((self.times[-1] - self.times[0]) * rate)) + 1
        grid = np.linspace(self.times[0], self.times[-1], max(count, 2))
        return np.unique(np.concatenate([grid, self.times]))

    def extrema(self) -> tuple[Array, Array, Array]:
        """Give times, accelerations and jerks (M, J) where a segment's acceleration is extreme.

        Those are both ends of each segment and the roots of its jerk; the jerk itself is extreme
        at the ends and where its derivative vanishes. Between two samples 2 ms apart a polynomial
        can hide a spike, so sampling alone would not do.
        """
        c = self._coefficients
        span = np.diff(self.times)[:, None]
        j0, j1, j2 = 6 * c[:, 3], 24 * c[:, 4], 60 * c[:, 5]
        with np.errstate(all='ignore'):
            root = np.sqrt(np.maximum(j1**2 - 4 * j2 * j0, 0.0))
            shift = -0.5 * (j1 + np.where(j1 >= 0, root, -root))
            candidates = [np.zeros_like(j0), np.broadcast_to(span, j0.shape)]
            candidates += [shift / j2, j0 / shift, -j1 / (2 * j2)]
        local = np.stack([np.clip(np.nan_to_num(at), 0.0, span) for at in candidates])
        accelerations = 2 * c[:, 2] + local * (j0 + local * (j1 / 2 + local * j2 / 3))
        jerks = j0 + local * (j1 + local * j2)
        times = self.times[:-1, None] + local
        count = times.shape[-1]
        return times.reshape(-1, count), accelerations.reshape(-1, count), jerks.reshape(-1, count)


def _coefficients(trajectory: JointTrajectory) -> Array:
    """Give ascending coefficients (T-1, 6, J) in local time of each segment."""
    q, v, a = trajectory.positions, trajectory.velocities, trajectory.accelerations
    step = np.diff(trajectory.times)[:, None]
    result = np.zeros((max(len(q) - 1, 0), 6, q.shape[1]))
    if len(q) < 2:
        return result
    change = q[1:] - q[:-1]
    result[:, 0] = q[:-1]
    if v is None:
        result[:, 1] = change / step
        return result
    result[:, 1] = v[:-1]
    if a is None:
        result[:, 2] = (3 * change - (2 * v[:-1] + v[1:]) * step) / step**2
        result[:, 3] = (-2 * change + (v[:-1] + v[1:]) * step) / step**3
        return result
    result[:, 2] = a[:-1] / 2
    # The three remaining conditions: position, velocity and acceleration at the segment's end.
    p = change - v[:-1] * step - a[:-1] / 2 * step**2
    s = (v[1:] - v[:-1] - a[:-1] * step) * step
    c = (a[1:] - a[:-1]) * step**2
    result[:, 3] = (10 * p - 4 * s + c / 2) / step**3
    result[:, 4] = (-15 * p + 7 * s - c) / step**4
    result[:, 5] = (6 * p - 3 * s + c / 2) / step**5
    return result


def _evaluate(coefficients: Array, local: Array, order: int) -> Array:
    """Evaluate the derivative of an order of polynomials (N, 6, J) at local times (N,)."""
    result = np.zeros((len(local), coefficients.shape[2]))
    for power in range(5, order - 1, -1):
        factor = float(math.perm(power, order))
        result = result * local[:, None] + factor * coefficients[:, power]
    return result
