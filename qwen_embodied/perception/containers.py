"""Bowls, bins and trays: a level rim around a lower floor, and what lies inside."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.solids import Solid

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Points = NDArray[np.float32]

WIDEST_WALL = 0.016
LEAST_HOLE = 0.05
RINGS = 12
SECTORS = 24


@dataclass(frozen=True, eq=False)
class Container:
    """A container and the pixels that belong to it.

    Attributes:
        solid: Its outer box.
        inside: Pixels within its rim, (H, W).
        region: Pixels of itself and of what lies in it, (H, W).
        contents: Pixels of what lies in it, (H, W).
        floor: Height of its floor above the table, m.
    """

    solid: Solid
    inside: Mask
    region: Mask
    contents: Mask
    floor: float


def find_container(
    points: Points, seen: Mask, pixel: float, tray_ratio: float
) -> Container | None:
    """Find a container in a window of the image.

    Args:
        points: x and y of the base and height above the table, (H, W, 3) m.
        seen: Pixels that belong to what is looked at and not to another container, (H, W).
        pixel: Size of a pixel there, m.
        tray_ratio: A square container lower than this times its short side is a tray.
    """
    height = np.where(seen, points[..., 2], 0.0).astype(np.float32)
    hole = _highest_hole(height, pixel)
    if hole is None:
        return None
    reach = 2 * int(np.ceil(WIDEST_WALL / pixel)) + 1
    around = cv2.dilate(hole, np.ones((reach, reach), np.uint8)) > 0
    band = around & (hole == 0) & seen
    rim = _rim(points[band], points[hole > 0])
    if rim is None:
        return None
    level, outline = rim
    solid = _outer(outline, level, pixel, tray_ratio)
    return _with_contents(solid, points, seen, hole > 0)


def _highest_hole(height: Points, pixel: float) -> NDArray[np.uint8] | None:
    """Give the filled hull of the hole at the highest level that still has a rim around it."""
    least = (LEAST_HOLE / pixel) ** 2
    best = None
    for level in np.arange(0.01, float(np.percentile(height, 99.5)), 0.004):
        above = (height > level).astype(np.uint8)
        above = cv2.morphologyEx(above, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        outlines, tree = cv2.findContours(above, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        for at, outline in enumerate(outlines):
            parent = -1 if tree is None else tree[0][at][3]
            if parent < 0:
                continue
            hull = cv2.convexHull(outline)
            area = cv2.contourArea(hull)
            if area > least and area > 0.35 * cv2.contourArea(outlines[parent]):
                best = hull
    if best is None:
        return None
    filled = np.zeros(height.shape, np.uint8)
    cv2.fillConvexPoly(filled, best, 1)
    return filled


def _rim(band: Points, hole: Points) -> tuple[float, Array] | None:
    """Give the rim's level and the points on it, (N, 2); None when there is no level rim."""
    band = band[np.isfinite(band).all(axis=1)].astype(np.float64)
    hole = hole[np.isfinite(hole).all(axis=1) & (hole[:, 2] > -0.02)].astype(np.float64)
    if len(band) < 40 or len(hole) < 40:
        return None
    centre = np.median(hole[:, :2], axis=0)
    angle = np.arctan2(band[:, 1] - centre[1], band[:, 0] - centre[0])
    sector = ((angle + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    peaks = [np.percentile(band[sector == k, 2], 85) for k in range(SECTORS) if (sector == k).sum() > 2]
    if len(peaks) < 0.75 * SECTORS:
        return None
    level = float(np.median(peaks))
    even = np.mean(np.abs(np.array(peaks) - level) < 0.3 * level)
    low = np.mean(hole[:, 2] < level - max(0.008, 0.3 * level))
    if even < 0.7 or low < 0.25:
        return None
    top = band[np.abs(band[:, 2] - level) < 0.008]
    level = float(np.median(top[top[:, 2] > level - 0.003, 2]))
    return level, top[:, :2]


def _outer(outline: Array, level: float, pixel: float, tray_ratio: float) -> Solid:
    offset = outline.mean(axis=0)
    hull = cv2.convexHull(((outline - offset) * 1e3).astype(np.float32))
    (u, v), (width, length), angle = cv2.minAreaRect(hull)
    sides = np.array([width, length]) / 1e3 + pixel
    yaw = float(np.radians(angle))
    if cv2.contourArea(hull) < 0.88 * width * length:
        centre, diameter = _circle(hull[:, 0].astype(np.float64) / 1e3)
        size = np.array([diameter + pixel, diameter + pixel, level])
        middle = np.array([*(centre + offset), level / 2])
        return Solid('bowl', middle, 0.0, size, 0.95)
    if sides[1] > sides[0]:
        sides, yaw = sides[::-1], yaw + np.pi / 2
    shape = 'tray' if level < tray_ratio * sides[1] else 'bin'
    middle = np.array([offset[0] + u / 1e3, offset[1] + v / 1e3, level / 2])
    yaw = (yaw + np.pi / 2) % np.pi - np.pi / 2
    return Solid(shape, middle, float(yaw), np.array([*sides, level]), 0.95)


def _circle(points: Array) -> tuple[Array, float]:
    """Give centre (2,) and diameter of the circle through points (N, 2), by least squares."""
    design = np.column_stack([2 * points, np.ones(len(points))])
    solution = np.linalg.lstsq(design, (points**2).sum(axis=1), rcond=None)[0]
    radius = np.sqrt(max(solution[2] + solution[:2] @ solution[:2], 0.0))
    return solution[:2], 2 * float(radius)


def _from_centre(solid: Solid, points: Points) -> Points:
    """Give how far out each of the points (..., 3) is: 0 in the middle, 1 at the outer wall."""
    c, s = np.cos(solid.yaw), np.sin(solid.yaw)
    x, y = points[..., 0] - solid.centre[0], points[..., 1] - solid.centre[1]
    along, across = (c * x + s * y) / (solid.size[0] / 2), (c * y - s * x) / (solid.size[1] / 2)
    out = np.hypot(along, across) if solid.shape == 'bowl' else np.maximum(
        np.abs(along), np.abs(across)
    )
    return np.asarray(out, dtype=np.float32)


def _with_contents(solid: Solid, points: Points, seen: Mask, hole: Mask) -> Container:
    """Separate the contents: what is higher than the walls and the floor are there.

    The empty container's height is the lower quartile on each ring around the centre, and
    never falls outwards.
    """
    out = _from_centre(solid, points)
    height = points[..., 2]
    known = np.isfinite(out) & (height > -0.02)
    within = known & (out < 0.97)
    ring = np.clip(np.nan_to_num(out, nan=9.0) * RINGS, 0, RINGS - 1).astype(int)
    profile = np.array([
        np.percentile(height[within & (ring == k)], 25) if (within & (ring == k)).sum() > 3
        else np.inf for k in range(RINGS)
    ])
    profile = np.minimum.accumulate(profile[::-1])[::-1]
    profile = np.where(np.isfinite(profile), profile, 0.0)
    excess = height - np.interp(np.nan_to_num(out), (np.arange(RINGS) + 0.5) / RINGS, profile)
    contents = within & (excess > 0.010) & (out < 0.9)
    contents |= hole & known & (height > solid.size[2] + 0.008)
    contents = cv2.morphologyEx(
        contents.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    ) > 0
    margin = 0.008 / float(solid.size[:2].min()) * 2
    region = (known & (out < 1 + margin) & seen) | hole
    return Container(solid, hole, region, contents, max(float(profile[0]), 0.0))
