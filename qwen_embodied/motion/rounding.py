"""Polylines with round corners, and every derivative of them in closed form."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

AROUND = 24  # support points around a corner
APART = 0.06  # rad, largest distance between support points elsewhere
NEAR_ENDS = (0.0005, 0.002, 0.005, 0.01, 0.02, 0.04)  # rad; speed changes fastest there
CLOSE = 1e-4  # rad, smallest distance between support points
MOST = 3000  # support points


class RoundedPath:
    """A polyline averaged three times over a stretch of its length, which rounds its corners.

    A corner at s turns the direction by a step; three moving averages of width h make of the
    kinked line (x)+ a curve with a continuous third derivative but for h-spaced kinks of it.
    Corners near an end are rounded less, so that the ends stay where they are.
    """

    def __init__(self, points: Array, blend: float) -> None:
        """Round the corners of points (N, J), all different from the one before, rad.

        Args:
            points: Of the polyline.
            blend: Length of path over which a corner is rounded, rad.
        """
        steps = np.diff(points, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        along = np.concatenate([[0.0], np.cumsum(lengths)])
        directions = steps / lengths[:, None]
        self.length = float(along[-1])
        self.dof = points.shape[1]
        self._origin, self._direction = points[0], directions[0]
        self._corners, self._turns = along[1:-1], np.diff(directions, axis=0)
        room = 2.0 * np.minimum(self._corners, self.length - self._corners)
        self._width = np.minimum(blend, room) / 3.0

    @property
    def path_interval(self) -> Array:
        """From 0 to the length; toppra's name for it."""
        return np.array([0.0, self.length])

    def __call__(self, along: ArrayLike, order: int = 0) -> Array:
        """Give positions, or a derivative of order 1 to 3, at places on the path (S,): (S, J)."""
        s = np.asarray(along, dtype=float)
        base = [self._origin + s[..., None] * self._direction, self._direction][min(order, 1)]
        straight = base if order < 2 else np.zeros(self.dof)
        kinks = _averaged_ramp(s[..., None] - self._corners, self._width, order)
        result: Array = straight + kinks @ self._turns
        return result

    def knots(self) -> Array:
        """Choose support points (K,) rad: dense where the path bends and near its ends."""
        reach = 1.5 * self._width[:, None] * np.linspace(-1.0, 1.0, AROUND + 1)
        ends = np.concatenate([[0.0], np.minimum(NEAR_ENDS, self.length / 2)])
        count = max(int(np.ceil(self.length / APART)), 40)
        every = np.concatenate(
            [
                (self._corners[:, None] + reach).ravel(),
                ends,
                self.length - ends,
                np.linspace(0.0, self.length, count + 1),
            ]
        )
        every = np.unique(np.clip(every, 0.0, self.length))
        apart = max(min(CLOSE, self.length / 400), self.length / MOST)
        kept = np.unique(np.floor(every / apart), return_index=True)[1]
        inner = every[kept]
        inner = inner[(inner > apart / 2) & (inner < self.length - apart / 2)]
        return np.concatenate([[0.0], inner, [self.length]])


def _averaged_ramp(x: Array, width: Array, order: int) -> Array:
    """Average (x)+ three times over a width, or give a derivative of that."""
    power = 4 - order
    total = np.zeros_like(x)
    for weight, shift in zip((1.0, -3.0, 3.0, -1.0), (1.5, 0.5, -0.5, -1.5), strict=True):
        total += weight * np.maximum(x / width + shift, 0.0) ** power
    inside = total / factorial(power) * width ** (1 - order)
    beyond = np.maximum(x, 0.0) if order == 0 else np.where(order == 1, x > 0, 0.0)
    result: Array = np.where(np.abs(x) < 1.5 * width, inside, beyond)
    return result
