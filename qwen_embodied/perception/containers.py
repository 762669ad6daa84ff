"""Bowls, bins and trays: a level rim around a lower floor, and what lies inside."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.order import middle, percentiles, quantile
from qwen_embodied.perception.solid import Solid, circle_through
from qwen_embodied.perception.window import Window

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Points = NDArray[np.float32]

WIDEST_WALL = 0.016
LEAST_HOLE = 0.05
RINGS = 12
KERNEL = np.ones((3, 3), np.uint8)
LEAST_WALL = 0.015  # m, height of a wall without a rim
WIDE_HOLLOW = 0.08  # m
ENCLOSED = 0.9  # share of the directions in which there must be a wall
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


def find_container(window: Window, rest: Mask, tray_ratio: float) -> Container | None:
    """Find a container in a window of the image.

    Args:
        window: To look in.
        rest: Pixels that do not belong to another container, (H, W).
        tray_ratio: A square container lower than this times its short side is a tray.
    """
    pixel = window.surface.pixel
    hole = _hole(window, rest, pixel)
    found = None if hole is None else _with_rim(window, rest, hole, tray_ratio)
    return found or _without_rim(window, rest, tray_ratio)


def _with_rim(
    window: Window, rest: Mask, hole: NDArray[np.uint8], tray_ratio: float
) -> Container | None:
    """Measure the container around a hole by its rim."""
    pixel = window.surface.pixel
    reach = 2 * int(np.ceil(WIDEST_WALL / pixel)) + 1
    around = cv2.dilate(hole, np.ones((reach, reach), np.uint8)) > 0
    band = around & (hole == 0) & rest
    rim = _rim(window, band, hole > 0)
    if rim is None:
        return None
    level, outline = rim
    solid = _outer(outline, level, pixel, tray_ratio)
    return _with_contents(solid, window, rest, hole > 0)


def _without_rim(window: Window, rest: Mask, tray_ratio: float) -> Container | None:
    """Find a container whose rim was lost: walls or lost depth all around something lower."""
    if min(window.island.shape) * window.surface.pixel < 0.5 * WIDE_HOLLOW:
        return None
    wall = window.points[window.raised & rest & window.known].astype(np.float64)
    if len(wall) < 60:
        return None
    level = quantile(wall[:, 2], 0.9)
    high = wall[wall[:, 2] > min(0.5 * level, level - 0.01)]
    if len(high) < 30 or level < LEAST_WALL:
        return None
    if np.ptp(high[:, :2], axis=0).min() < WIDE_HOLLOW:
        return None
    solid = _outer(high[:, :2], level, window.surface.pixel, tray_ratio)
    if solid.size[:2].min() < WIDE_HOLLOW:
        return None
    out = np.nan_to_num(from_centre(solid, window.points), nan=9.0)
    inside = window.known & rest & (out < 0.6)
    low = window.height[inside] < level - max(0.01, 0.4 * level)
    ring = rest & window.walls & (out > 0.75) & (out < 1.1)
    sectors = np.unique(_sectors(window.points[ring].astype(np.float64), solid.centre[:2]))
    if np.count_nonzero(inside) < 60 or low.mean() < 0.7 or len(sectors) < ENCLOSED * SECTORS:
        return None
    solid = replace(solid, confidence=0.6)
    return _with_contents(solid, window, rest, rest & (out < 0.9))


def _hole(window: Window, rest: Mask, pixel: float) -> NDArray[np.uint8] | None:
    """Give the filled hull of what a wall encloses, cut as near to its rim as it is closed."""
    least = (LEAST_HOLE / pixel) ** 2
    walls = window.walls & rest
    if np.count_nonzero(window.island & rest) < 2 * least:
        return None
    rim = _rim_level(window, walls, pixel)
    lost = ~window.measured & walls
    for level in (0.75 * rim, 0.5 * rim, 0.3 * rim) if rim > 0.012 else ():
        above = (walls & ((window.height > level) | lost)).astype(np.uint8)
        closed = cv2.morphologyEx(above, cv2.MORPH_CLOSE, KERNEL)
        outlines, tree = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        for at, outline in enumerate(outlines):
            hull = cv2.convexHull(outline)
            area, parent = cv2.contourArea(hull), tree[0][at][3]
            if parent >= 0 and area > max(least, 0.35 * cv2.contourArea(outlines[parent])):
                filled: NDArray[np.uint8] = np.zeros(walls.shape, np.uint8)
                cv2.fillConvexPoly(filled, hull, 1)
                return filled
    return None


def _rim_level(window: Window, walls: Mask, pixel: float) -> float:
    """Give the height above the table that most of the outer border reaches, m."""
    filled = cv2.morphologyEx(walls.astype(np.uint8), cv2.MORPH_CLOSE, KERNEL)
    outlines, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    reach = 2 * int(np.ceil(WIDEST_WALL / pixel)) + 1
    inner = cv2.erode(filled, np.ones((reach, reach), np.uint8), borderValue=0) > 0
    border = window.points[(filled > 0) & ~inner & window.raised & window.known]
    if len(border) < 30:
        return 0.0
    peaks = _peaks(border.astype(np.float64), border[:, :2].mean(axis=0))
    return percentiles(peaks, (60.0,))[0] if len(peaks) >= 0.4 * SECTORS else 0.0


def _rim(window: Window, band: Mask, hole: Mask) -> tuple[float, Array] | None:
    """Give the rim's level and points on it, (N, 2); None when there is no level rim.

    Where a wall is so thin that its depth was lost, its colour shows it.
    """
    wall = window.points[band & window.raised & window.known].astype(np.float64)
    inner = window.points[hole & window.measured].astype(np.float64)
    if len(wall) < 30 or len(inner) < 40:
        return None
    centre = middle(inner[:, :2])
    peaks = _peaks(wall, centre)
    if len(peaks) < 0.4 * SECTORS:
        return None
    level = percentiles(peaks, (70.0,))[0]
    even = np.sum(np.abs(peaks - level) < max(0.25 * level, 0.006)) / SECTORS
    low = np.mean(inner[:, 2] < level - max(0.008, 0.3 * level))
    if even < 0.35 or low < 0.25:
        return None
    on_rim = band & window.known & (np.abs(window.height - level) < 0.006)
    level = quantile(window.points[on_rim][:, 2], 0.5)
    paint = middle(window.rgb[on_rim])
    lost = window.like(
        paint, band & ~window.measured & ~on_rim & np.isfinite(window.points[..., 0])
    )
    lost &= cv2.blur((lost | on_rim).astype(np.float32), (3, 3)) > 0.4
    outline = window.points[on_rim][:, :2].astype(np.float64)
    painted = window.at_level(lost, level)
    at = _sectors(painted, centre)
    missing = np.bincount(_sectors(outline, centre), minlength=SECTORS) < 3
    missing &= np.bincount(at, minlength=SECTORS) >= 4
    return level, np.vstack([outline, painted[missing[at]]])


def _sectors(points: Array, centre: Array) -> NDArray[np.int64]:
    """Give the sector around the centre in which each of the points (N, 2) lies."""
    angle = np.arctan2(points[:, 1] - centre[1], points[:, 0] - centre[0])
    share = (angle + np.pi) / (2 * np.pi)
    return np.asarray((share * SECTORS).astype(np.int64) % SECTORS)


def _peaks(wall: Array, centre: Array) -> Array:
    """Give the height of the wall in each sector around the centre that shows it."""
    sector = _sectors(wall, centre)
    order = np.argsort(1000.0 * sector + wall[:, 2])  # no wall is higher than 1000 m
    ends = np.cumsum(np.bincount(sector, minlength=SECTORS))
    counts = np.diff(ends, prepend=0)
    first = (ends - counts)[counts > 2]
    return np.asarray(wall[order[first + (0.85 * counts[counts > 2]).astype(int)], 2])


def _outer(outline: Array, level: float, pixel: float, tray_ratio: float) -> Solid:
    """Give the outer box of a container, whose rim lies nearer to a circle or a rectangle."""
    offset = outline.mean(axis=0)
    hull = cv2.convexHull(((outline - offset) * 1e3).astype(np.float32))
    (u, v), extent, angle = cv2.minAreaRect(hull)
    sides, yaw = np.array(extent) / 1e3, float(np.radians(angle))
    middle = offset + np.array([u, v]) / 1e3
    centre, diameter = circle_through(hull[:, 0].astype(np.float64) / 1e3)
    off_circle = np.abs(np.linalg.norm(outline - offset - centre, axis=1) - diameter / 2)
    inwards = np.abs(_turned(outline - middle, yaw))
    off_sides = np.abs(sides / 2 - inwards).min(axis=1)
    if off_circle.mean() < off_sides.mean():
        size = np.array([diameter + pixel, diameter + pixel, level])
        return Solid('bowl', np.array([*(centre + offset), level / 2]), 0.0, size, 0.95)
    sides = sides + pixel
    if sides[1] > sides[0]:
        sides, yaw = sides[::-1], yaw + np.pi / 2
    shape = 'tray' if level < tray_ratio * sides[1] else 'bin'
    yaw = (yaw + np.pi / 2) % np.pi - np.pi / 2
    size = np.array([*sides, level])
    return Solid(shape, np.array([*middle, level / 2]), float(yaw), size, 0.95)


def _turned(points: Array, yaw: float) -> Array:
    """Give points (N, 2) along the axes of something turned by yaw."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.asarray(points @ np.array([[c, -s], [s, c]]))


def from_centre(solid: Solid, points: Points) -> Points:
    """Give how far out each of the points (..., 3) is: 0 in the middle, 1 at the outer wall."""
    c, s = np.cos(solid.yaw), np.sin(solid.yaw)
    x, y = points[..., 0] - solid.centre[0], points[..., 1] - solid.centre[1]
    along, across = (c * x + s * y) / (solid.size[0] / 2), (c * y - s * x) / (solid.size[1] / 2)
    out = (
        np.hypot(along, across)
        if solid.shape == 'bowl'
        else np.maximum(np.abs(along), np.abs(across))
    )
    return np.asarray(out, dtype=np.float32)


def _with_contents(solid: Solid, window: Window, rest: Mask, hole: Mask) -> Container:
    """Separate the contents: what is higher than the walls and the floor are there.

    The empty container's height is the lower quartile on each ring around the centre, and
    never falls outwards.
    """
    out = from_centre(solid, window.points)
    height = window.height
    known = window.known & (height > -0.02) & rest
    within = known & (out < 0.97)
    inside = within & (cv2.dilate(hole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
    ring, level = (np.minimum(out[inside] * RINGS, RINGS - 1)).astype(int), height[inside]
    rings = (level[ring == k] for k in range(RINGS))
    profile = np.array([quantile(one, 0.25) if len(one) > 3 else np.inf for one in rings])
    profile = np.minimum.accumulate(profile[::-1])[::-1]
    profile = np.where(np.isfinite(profile), profile, 0.0)
    excess = height - np.interp(np.nan_to_num(out), (np.arange(RINGS) + 0.5) / RINGS, profile)
    contents = (inside | (within & (height > solid.size[2]))) & (excess > 0.010) & (out < 0.9)
    contents |= hole & known & (height > solid.size[2] + 0.008)
    contents = cv2.morphologyEx(contents.astype(np.uint8), cv2.MORPH_OPEN, KERNEL) > 0
    margin = 0.008 / float(solid.size[:2].min()) * 2
    region = (rest & (np.nan_to_num(out, nan=9.0) < 1 + margin)) | hole
    return Container(solid, hole, region, contents, max(float(profile[0]), 0.0))
