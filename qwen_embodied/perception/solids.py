"""Shape, pose and size of one solid object from the points that show its top."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.order import quantile
from qwen_embodied.perception.solid import Solid, circle_through
from qwen_embodied.perception.tilted import fit_tilted, l_shape

Array = NDArray[np.float64]
LEVEL = 0.005
FLATNESS = 0.002
BALL_POINTS = 500
SMOOTHED = 0.55  # share of the noise that is left in smoothed heights
FLAT, LEVEL_TOP = 0.003, 0.75  # m, and the share so near to the top that no ball has
RIDGE = 1e-9 * np.eye(4)
LEVEL_SHARE = 0.6  # of the spread of something level is that of its top


def top_of(points: Array, noise: float) -> tuple[float, NDArray[np.bool_]]:
    """Give the level of the top of points (N, 3) and which of them belong to it."""
    high = quantile(points[:, 2], 0.95)
    on_top = points[:, 2] > high - max(LEVEL, 3.0 * noise)
    level = quantile(points[on_top, 2], 0.5)
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
        return _covered(points, beneath, (support, level), cube_tolerance)
    if _spread(top) < LEVEL_SHARE * _spread(points[:, :2]):
        return fit_tilted(points, support, noise, cube_tolerance)
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


def _covered(
    points: Array, beneath: Array, heights: tuple[float, float], tolerance: float
) -> Solid:
    """Complete an object that another one stands on, from its sides and the rest of its top.

    A side that is hidden lies as far behind the middle of the upper one as the seen one before.
    """
    support, level = heights
    vertical = (support, max(level - support, 0.002))
    sides = points[points[:, 2] < level - LEVEL, :2]
    if len(sides) < 20:
        outline = np.vstack([points[:, :2], beneath])
        centre, extent, yaw = _rectangle(outline, 0.0)
        return _as_covered(_block(centre, extent, yaw, vertical, tolerance))
    yaw = l_shape(sides)
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, -s], [s, c]])
    low, high = np.percentile(points[:, :2] @ turn, (1, 99), axis=0)
    upper, half = (beneath @ turn).mean(axis=0), np.ptp(beneath @ turn, axis=0) / 2
    low, high = (
        np.where(low > upper - half / 2, np.minimum(low, 2 * upper - high), low),
        np.where(high < upper + half / 2, np.maximum(high, 2 * upper - low), high),
    )
    low, high = _extended(sides @ turn, low, high, 2 * half)
    round_one = _post(sides, (low, high), turn)
    if round_one is not None:
        centre, diameter = round_one
        size = np.array([diameter, diameter, vertical[1]])
        middle = np.array([*centre, support + vertical[1] / 2])
        return _as_covered(Solid('cylinder', middle, 0.0, size, 0.6))
    centre = turn @ (low + high) / 2
    return _as_covered(_block(centre, np.maximum(high - low, 0.002), yaw, vertical, tolerance))


def _extended(sides: Array, low: Array, high: Array, upper: Array) -> tuple[Array, Array]:
    """Lengthen the axis of which just one face is seen, away from that face."""
    span = high - low
    for axis in (0, 1):
        least = min(span[1 - axis], upper[axis])
        if span[axis] < 0.8 * least:
            along = sides[:, axis]
            is_low_seen = (along < low[axis] + 0.003).sum() > (along > high[axis] - 0.003).sum()
            if is_low_seen:
                high[axis] = low[axis] + least
            else:
                low[axis] = high[axis] - least
    return low, high


def _as_covered(solid: Solid) -> Solid:
    return replace(solid, confidence=0.6)


def _post(sides: Array, extent: tuple[Array, Array], turn: Array) -> tuple[Array, float] | None:
    """Give centre and diameter of an upright cylinder; None when the sides look more like two."""
    centre, diameter = circle_through(sides)
    off_circle = np.abs(np.linalg.norm(sides - centre, axis=1) - diameter / 2)
    inner = np.minimum(*(np.abs(sides @ turn - end) for end in extent)).min(axis=1)
    wide = float(np.ptp(sides, axis=0).max())
    if off_circle.mean() > 0.8 * inner.mean() or not 0.8 * wide < diameter < 1.25 * wide:
        return None
    return centre, diameter


def _roundness(points: Array) -> float:
    """Measure fourfold symmetry: 0 for a disc, 0.6 for a square, from centred points (N, 2)."""
    z = points[:, 0] + 1j * points[:, 1]
    spread = float((np.abs(z) ** 2).mean())
    return float(np.abs((z**4).mean())) / max(spread**2, 1e-18)


def _covariance(points: Array) -> Array:
    centred = points - points.mean(axis=0)
    return np.asarray(centred.T @ centred / len(points))


def _spread(points: Array) -> float:
    """Give the area that the inner four fifths of points (N, 2) cover along each of two axes."""
    if len(points) < 3:
        return 0.0
    along = points @ np.linalg.eigh(_covariance(points))[1]
    low, high = ([quantile(along[:, axis], share) for axis in (0, 1)] for share in (0.1, 0.9))
    return (high[0] - low[0]) * (high[1] - low[1])


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
    spread = np.linalg.eigvalsh(_covariance(local))
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
    points = points[:: max(1, len(points) // BALL_POINTS)]
    top = quantile(points[:, 2], 0.98)
    if np.count_nonzero(points[:, 2] > top - max(FLAT, noise)) > LEVEL_TOP * len(points):
        return None
    centred = points - points.mean(axis=0)
    design = np.column_stack([2 * centred, np.ones(len(points))])
    squares = (centred**2).sum(axis=1)
    keep = np.ones(len(points), dtype=bool)
    for _ in range(2):
        some = design[keep]
        solution = np.linalg.solve(some.T @ some + RIDGE, some.T @ squares[keep])
        radius = float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0.0)))
        away = centred - solution[:3]
        miss = np.sqrt(np.einsum('ij,ij->i', away, away)) - radius
        keep = np.abs(miss) < max(0.004, 3 * noise)
        if np.count_nonzero(keep) < 20:
            return None
    centre = solution[:3] + points.mean(axis=0)
    fits = (
        np.count_nonzero(keep) > 0.85 * len(keep)
        and float(np.sqrt((miss[keep] ** 2).mean())) < SMOOTHED * noise + 0.0012
    )
    slack = 0.12 if support == 0 else 0.3
    rests = top - support - 2 * radius > -slack * 2 * radius - 0.004
    floats = top - support - 2 * radius > slack * 2 * radius + 0.004
    wide = abs(float(np.ptp(points[keep, :2], axis=0).mean()) + pixel - 2 * radius) < 0.5 * radius
    fits = fits and _bulges(points - centre, radius)
    if not (fits and rests and wide):
        return None
    size = np.full(3, 2 * radius)
    return Solid('ball', centre, 0.0, size, 0.8 if floats else 0.95)


def _bulges(points: Array, radius: float) -> bool:
    """Tell whether the middle of the top is higher than its surroundings, as on a sphere."""
    out = np.hypot(points[:, 0], points[:, 1]) / radius
    centre, around = points[out < 0.35, 2], points[(out > 0.5) & (out < 0.7), 2]
    if min(len(centre), len(around)) < 5:
        return False
    return quantile(centre, 0.5) - quantile(around, 0.5) > 0.1 * radius
