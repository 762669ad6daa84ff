"""The table: the highest large near-horizontal plane among the points."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import PerceptionError
from qwen_embodied.perception.order import percentiles
from qwen_embodied.perception.parameters import PerceptionParameters

Array = NDArray[np.float64]
HYPOTHESES = 120


@dataclass(frozen=True)
class Plane:
    """A near-horizontal plane z = a x + b y + c in the base frame.

    Attributes:
        a: Slope along x.
        b: Slope along y.
        c: Height at the origin, m.
        noise: Standard deviation of the distance of its points, m.
        height: z in the middle of its points, m.
    """

    a: float
    b: float
    c: float
    noise: float
    height: float

    def distances(self, points: Array) -> Array:
        """Give the height (N,) of points (N, 3) above the plane, m."""
        return points[:, 2] - (self.a * points[:, 0] + self.b * points[:, 1] + self.c)


def find_table(points: Array, parameters: PerceptionParameters) -> Plane:
    """Find the table among points (N, 3) in the base frame.

    A floor beside the table may hold more points than the table; the highest plane that holds
    its share wins. Raises PerceptionError when there is none.
    """
    plane, rest = None, points
    needed = parameters.table_share * len(points)
    while len(rest) >= max(needed, 50):
        found = _largest(rest, parameters)
        if found is None:
            break
        near = np.abs(found.distances(rest)) < parameters.plane_tolerance
        if np.count_nonzero(near) < needed:
            break
        plane = found
        rest = rest[found.distances(rest) > 4 * parameters.plane_tolerance]
    if plane is None:
        raise PerceptionError(
            f'no table: no near-horizontal plane holds {parameters.table_share:.0%} of the '
            f'{len(points)} points; check camera_in_base and that the camera sees the table'
        )
    return plane


def _largest(points: Array, parameters: PerceptionParameters) -> Plane | None:
    rng = np.random.default_rng(0)
    sample = points[rng.integers(len(points), size=min(len(points), 800))]
    corners = points[rng.integers(len(points), size=(HYPOTHESES, 3))]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1)
    upright = np.abs(normals[:, 2]) > np.cos(parameters.table_tilt) * length
    upright &= length > 1e-6
    if not upright.any():
        return None
    normals = normals[upright] / length[upright, None]
    offsets = np.einsum('ij,ij->i', normals, corners[upright, 0])
    near = np.abs(sample @ normals.T - offsets) < parameters.plane_tolerance
    best = int(near.sum(axis=0).argmax())
    coefficients = np.append(-normals[best, :2], offsets[best]) / normals[best, 2]
    return _refined(points, coefficients, parameters)


def _refined(points: Array, coefficients: Array, parameters: PerceptionParameters) -> Plane | None:
    """Fit by least squares, then again to what lies within three standard deviations."""
    design = np.column_stack([points[:, :2], np.ones(len(points))])
    tolerance = parameters.plane_tolerance
    for _ in range(3):
        residual = points[:, 2] - design @ coefficients
        near = np.abs(residual) < tolerance
        if np.count_nonzero(near) < 10:
            return None
        chosen, z = design[near], points[near, 2]
        coefficients = np.linalg.solve(chosen.T @ chosen, chosen.T @ z)
        residual = z - chosen @ coefficients
        noise = 1.4826 * percentiles(np.abs(residual), (50.0,))[0]
        tolerance = min(parameters.plane_tolerance, max(0.003, 3 * noise))
    if np.hypot(*coefficients[:2]) > np.tan(parameters.table_tilt):
        return None
    a, b, c = (float(value) for value in coefficients)
    return Plane(a, b, c, noise, percentiles(points[near, 2], (50.0,))[0])
