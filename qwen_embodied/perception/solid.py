"""A solid as perception measures it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Solid:
    """A solid in the table's frame: x and y of the base, z above the table.

    Attributes:
        shape: One of SHAPES, or 'unknown'.
        centre: Of its bounding box, (3,) m.
        yaw: Of its longer horizontal side, rad.
        size: Along its own axes, (3,) m.
        confidence: 0 to 1.
    """

    shape: str
    centre: Array
    yaw: float
    size: Array
    confidence: float

    @property
    def corners(self) -> Array:
        """Give the corners (4, 2) of the footprint in the base frame, m."""
        half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * self.size[:2] / 2
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        return np.asarray(half @ np.array([[c, s], [-s, c]]) + self.centre[:2])


def circle_through(points: Array) -> tuple[Array, float]:
    """Give centre (2,) and diameter of the circle through points (N, 2), by least squares."""
    design = np.column_stack([2 * points, np.ones(len(points))])
    solution = np.linalg.lstsq(design, (points**2).sum(axis=1), rcond=None)[0]
    radius = np.sqrt(max(solution[2] + solution[:2] @ solution[:2], 0.0))
    return solution[:2], 2 * float(radius)
