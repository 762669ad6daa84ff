"""Solids that are not level: what leans on something, and what has no shape we know."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.order import quantile
from qwen_embodied.perception.solid import Solid

Array = NDArray[np.float64]
SAMPLE = 400
HYPOTHESES = 60
LEAST_SLOPE = 0.12  # of a face that is not level
LEAST_FACE = 0.4  # share of the points on one face
CUBE_CONFIDENCE, LOOSE_CONFIDENCE = 0.7, 0.5


def fit_tilted(points: Array, support: float, noise: float, tolerance: float) -> Solid:
    """Fit something whose top is not level.

    A face of four right angles and equal sides is that of a cube; of anything else only the
    place and the size of the bounding box are told.

    Args:
        points: On the visible surface, x and y of the base and height above the table, (N, 3) m.
        support: Height above the table of what it stands on, m.
        noise: Standard deviation of the heights, m.
        tolerance: Largest relative difference of the sides of a cube.
    """
    plane, on_face = _face(points, max(0.002, 2.0 * noise))
    if np.hypot(*plane[:2]) > LEAST_SLOPE and on_face.mean() > LEAST_FACE:
        cube = _cube(points[on_face], plane, tolerance)
        if cube is not None:
            return cube
    return fit_loose(points, support)


def _face(points: Array, tolerance: float) -> tuple[Array, NDArray[np.bool_]]:
    """Find the plane that most points lie on."""
    rng = np.random.default_rng(0)
    design = np.column_stack([points[:, :2], np.ones(len(points))])
    some = rng.integers(len(points), size=min(SAMPLE, len(points)))
    heights = points[:, 2]
    best, most = np.array([0.0, 0.0, float(np.median(heights))]), 0
    at = rng.integers(len(points), size=(HYPOTHESES, 3))
    corners, values = design[at], heights[at]
    usable = np.abs(np.linalg.det(corners)) > 2e-5
    for corner, value in zip(corners[usable], values[usable], strict=True):
        plane = np.linalg.solve(corner, value)
        steep = np.sqrt(1.0 + plane[0] ** 2 + plane[1] ** 2)
        count = int((np.abs(design[some] @ plane - heights[some]) < tolerance * steep).sum())
        if count > most:
            best, most = plane, count
    near = np.abs(design @ best - heights) < tolerance * np.hypot(1.0, np.hypot(*best[:2]))
    if near.sum() >= 10:
        best = np.linalg.lstsq(design[near], heights[near], rcond=None)[0]
        near = np.abs(design @ best - heights) < tolerance * np.hypot(1.0, np.hypot(*best[:2]))
    return best, near


def _cube(points: Array, plane: Array, tolerance: float) -> Solid | None:
    """Give the cube that a tilted face belongs to; None when the face is no square."""
    normal = np.array([-plane[0], -plane[1], 1.0])
    normal /= np.linalg.norm(normal)
    level = np.array([-normal[1], normal[0], 0.0])
    level /= np.linalg.norm(level)
    uphill = np.cross(normal, level)
    middle = points.mean(axis=0)
    flat = np.column_stack([(points - middle) @ level, (points - middle) @ uphill])
    (u, v), sides, _ = cv2.minAreaRect((flat * 1e3).astype(np.float32))
    side = float(np.mean(sides)) / 1e3
    if abs(sides[0] - sides[1]) > 1.5 * tolerance * np.mean(sides) or not 0.02 < side < 0.1:
        return None
    face = middle + level * u / 1e3 + uphill * v / 1e3
    yaw = float(np.arctan2(level[1], level[0]))
    yaw = (yaw + np.pi / 4) % (np.pi / 2) - np.pi / 4
    return Solid('cube', face - normal * side / 2, yaw, np.full(3, side), CUBE_CONFIDENCE)


def fit_loose(points: Array, support: float) -> Solid:
    """Give the bounding box of something of an unknown shape."""
    offset = points[:, :2].mean(axis=0)
    hull = ((points[:, :2] - offset) * 1e3).astype(np.float32)
    (u, v), extent, angle = cv2.minAreaRect(hull)
    sides, yaw = np.maximum(extent, 2.0) / 1e3, float(np.radians(angle))
    if sides[1] > sides[0]:
        sides, yaw = sides[::-1], yaw + np.pi / 2
    height = max(quantile(points[:, 2], 0.98) - support, 0.004)
    centre = np.array([offset[0] + u / 1e3, offset[1] + v / 1e3, support + height / 2])
    yaw = (yaw + np.pi / 2) % np.pi - np.pi / 2
    size = np.array([sides[0], sides[1], height])
    return Solid('unknown', centre, yaw, size, LOOSE_CONFIDENCE)


def l_shape(points: Array) -> float:
    """Give the yaw of a block of which sides are seen, from points (N, 2) on them.

    Of all directions the one wins in which most points lie near the borders of the rectangle
    around them.
    """
    some = points[:: max(1, len(points) // 300)]
    angles = np.radians(np.arange(0.0, 90.0, 2.0))
    c, s = np.cos(angles), np.sin(angles)
    scores = []
    for along in (some @ np.stack([c, s]), some @ np.stack([-s, c])):
        low, high = np.percentile(along, (2, 98), axis=0)
        scores.append(np.minimum(np.abs(along - low), np.abs(high - along)))
    near = np.maximum(np.minimum(*scores), 0.0015)
    return float(angles[int((1.0 / near).sum(axis=0).argmax())])
