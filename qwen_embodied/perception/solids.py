"""Shape, pose and size of one solid object from the points that show its top."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEVEL = 0.005
FLATNESS = 0.002


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


def top_of(points: Array, noise: float) -> tuple[float, NDArray[np.bool_]]:
    """Give the level of the top of points (N, 3) and which of them belong to it."""
    high = float(np.percentile(points[:, 2], 95.0))
    on_top = points[:, 2] > high - max(LEVEL, 3.0 * noise)
    level = float(np.median(points[on_top, 2]))
    return level, points[:, 2] > level - max(FLATNESS, 1.6 * noise)


def fit_solid(
    points: Array,
    support: float,
    *,
    pixel: float,
    noise: float,
    beneath: Array | None = None,
    cube_tolerance: float = 0.14,
) -> Solid:
    """Fit a ball, cylinder, cube or box.

    Args:
        points: On the visible surface, x and y of the base and height above the table, (N, 3) m.
        support: Height above the table of what it stands on, m.
        pixel: Size of a pixel on the object, m.
        noise: Standard deviation of the heights, m.
        beneath: Footprint (M, 2) of what stands on it and hides part of it, or None.
        cube_tolerance: Largest relative difference of the sides of a cube.
    """
    ball = None if beneath is not None else _ball(points, support, pixel, noise)
    if ball is not None:
        return ball
    level, on_top = top_of(points, noise)
    top = points[on_top, :2]
    if beneath is not None:
        return _covered(np.vstack([points[:, :2], beneath]), support, level, cube_tolerance)
    centre = top.mean(axis=0)
    roundness = _roundness(top - centre)
    hull = _rectangle(top, pixel)
    height = max(level - support, 0.002)
    if roundness < 0.28 and max(hull[1]) < 1.22 * min(hull[1]):
        return _cylinder(top, support, height, pixel)
    centre, sides, yaw = _moments(top, hull)
    return _block(centre, sides, yaw, (support, height), cube_tolerance)


def _block(
    centre: Array, sides: Array, yaw: float, vertical: tuple[float, float], tolerance: float
) -> Solid:
    support, height = vertical
    if sides[1] > sides[0]:
        sides, yaw = sides[::-1], yaw + np.pi / 2
    size = np.array([sides[0], sides[1], height])
    is_cube = size.max() - size.min() <= tolerance * size.mean()
    yaw = (yaw + np.pi / 2) % np.pi - np.pi / 2
    return Solid(
        'cube' if is_cube else 'box',
        np.array([centre[0], centre[1], support + height / 2]),
        float(yaw),
        size,
        0.95,
    )


def _cylinder(top: Array, support: float, height: float, pixel: float) -> Solid:
    centre = top.mean(axis=0)
    diameter = 2.0 * np.sqrt(2.0 * float(((top - centre) ** 2).sum(axis=1).mean()))
    across = _rectangle(top, pixel)
    if abs(np.mean(across[1]) - diameter) > 0.006:
        centre, diameter = across[0], float(np.mean(across[1]))
    size = np.array([diameter, diameter, height])
    return Solid('cylinder', np.array([*centre, support + height / 2]), 0.0, size, 0.95)


def _covered(outline: Array, support: float, level: float, tolerance: float) -> Solid:
    """Complete an object that another one stands on: it reaches at least beneath that one."""
    centre, sides, yaw = _rectangle(outline, 0.0)
    block = _block(centre, sides, yaw, (support, max(level - support, 0.002)), tolerance)
    return Solid(block.shape, block.centre, block.yaw, block.size, 0.6)


def _roundness(points: Array) -> float:
    """Measure fourfold symmetry: 0 for a disc, 0.6 for a square, from centred points (N, 2)."""
    z = points[:, 0] + 1j * points[:, 1]
    spread = float((np.abs(z) ** 2).mean())
    return float(np.abs((z**4).mean())) / max(spread**2, 1e-18)


def _rectangle(points: Array, pixel: float) -> tuple[Array, Array, float]:
    """Give centre (2,), sides (2,) and yaw of the smallest rectangle around points (N, 2)."""
    offset = points.mean(axis=0)
    hull = cv2.convexHull(((points - offset) * 1e3).astype(np.float32))
    (u, v), (width, length), angle = cv2.minAreaRect(hull)
    sides = np.array([width, length]) / 1e3 + pixel
    return offset + np.array([u, v]) / 1e3, sides, float(np.radians(angle))


def _moments(top: Array, hull: tuple[Array, Array, float]) -> tuple[Array, Array, float]:
    """Measure a rectangle by the spread of the points inside it, finer than a pixel.

    Where that disagrees with the hull, part of the top is hidden, and the hull is right.
    """
    centre = top.mean(axis=0)
    local = top - centre
    z = local[:, 0] + 1j * local[:, 1]
    spread = np.linalg.eigvalsh(np.cov(local.T))
    if spread[1] > 1.5 * spread[0]:
        yaw = float(np.angle((z**2).mean())) / 2
    else:
        yaw = (float(np.angle((z**4).mean())) + np.pi) / 4
    c, s = np.cos(yaw), np.sin(yaw)
    sides = np.sqrt(12.0) * (local @ np.array([[c, -s], [s, c]])).std(axis=0)
    if np.abs(np.sort(sides) - np.sort(hull[1])).max() > 0.007:
        return hull
    return centre, sides, yaw


def _ball(points: Array, support: float, pixel: float, noise: float) -> Solid | None:
    """Fit a sphere; None when the points are not on one."""
    centred = points - points.mean(axis=0)
    design = np.column_stack([2 * centred, np.ones(len(points))])
    keep = np.ones(len(points), dtype=bool)
    for _ in range(2):
        solution = np.linalg.lstsq(design[keep], (centred[keep] ** 2).sum(axis=1), rcond=None)[0]
        radius = float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0.0)))
        miss = np.linalg.norm(centred - solution[:3], axis=1) - radius
        keep = np.abs(miss) < max(0.004, 3 * noise)
        if keep.sum() < 20:
            return None
    centre = solution[:3] + points.mean(axis=0)
    top = float(np.percentile(points[:, 2], 98.0))
    fits = keep.mean() > 0.85 and float(np.sqrt((miss[keep] ** 2).mean())) < noise + 0.0012
    slack = 0.12 if support == 0 else 0.3
    tall = abs(top - support - 2 * radius) < slack * 2 * radius + 0.004
    wide = abs(float(np.ptp(points[keep, :2], axis=0).mean()) + pixel - 2 * radius) < 0.5 * radius
    fits = fits and _bulges(points - centre, radius)
    if not (fits and tall and wide):
        return None
    size = np.full(3, 2 * radius)
    return Solid('ball', np.array([centre[0], centre[1], centre[2]]), 0.0, size, 0.95)


def _bulges(points: Array, radius: float) -> bool:
    """Tell whether the middle of the top is higher than its surroundings, as on a sphere."""
    out = np.hypot(points[:, 0], points[:, 1]) / radius
    middle, around = points[out < 0.35, 2], points[(out > 0.5) & (out < 0.7), 2]
    if min(len(middle), len(around)) < 5:
        return False
    return float(np.median(middle) - np.median(around)) > 0.1 * radius
