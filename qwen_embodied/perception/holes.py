"""Things without depth: glass and black things that a depth camera cannot see.

What is no surface for the depth camera, in the middle of the table and as large as an object, is
reported as something unknown that stands there.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import pose, rotation_z
from qwen_embodied.messages import SceneObject
from qwen_embodied.perception.colours import UNKNOWN
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.patches import measure
from qwen_embodied.perception.surface import Surface
from qwen_embodied.perception.tracking import Sighting

Array = NDArray[np.float64]
KERNEL, AROUND = np.ones((5, 5), np.uint8), np.ones((7, 7), np.uint8)
CONFIDENCE = 0.3
ON_TABLE = 0.8  # share of the pixels around that show the table
RAISED = 0.15  # share of pixels of things or robot from which it is more than a hole
GUESS = 0.04  # m, height of what has no depth


def find_holes(surface: Surface, parameters: PerceptionParameters) -> list[Sighting]:
    """Find holes in the depth of the table that are as large as objects."""
    missing = (~surface.measured).astype(np.uint8)
    missing = _filled(missing, surface, parameters)
    holes = cv2.morphologyEx(missing, cv2.MORPH_OPEN, KERNEL)
    if not holes.any():
        return []
    outlines, _ = cv2.findContours(holes, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    least = (parameters.min_side / surface.pixel) ** 2
    most = (parameters.max_side / surface.pixel) ** 2
    found = []
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        right, bottom = left + width, top + height
        inside = min(left, top) > 4 and max(right - holes.shape[1], bottom - holes.shape[0]) < -4
        if least <= width * height <= most and inside:
            place = (slice(top - 4, bottom + 4), slice(left - 4, right + 4))
            mask: NDArray[np.uint8] = np.zeros((height + 8, width + 8), np.uint8)
            cv2.drawContours(mask, [outline - [left - 4, top - 4]], -1, 1, cv2.FILLED)
            is_large = cv2.countNonZero(mask) >= least
            one = _sighting(surface, mask > 0, place, parameters) if is_large else None
            found += [] if one is None else [one]
    return found


def _filled(
    missing: NDArray[np.uint8], surface: Surface, parameters: PerceptionParameters
) -> NDArray[np.uint8]:
    """Fill closed rings of lost depth: thin walls around something low."""
    outlines, _ = cv2.findContours(missing, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    least = (2.0 * parameters.min_side / surface.pixel) ** 2
    most = (parameters.max_side / surface.pixel) ** 2
    rings = [one for one in outlines if least < cv2.contourArea(one) < most]
    return np.asarray(cv2.drawContours(missing, rings, -1, 1, cv2.FILLED))


def _sighting(
    surface: Surface,
    mask: NDArray[np.bool_],
    place: tuple[slice, slice],
    parameters: PerceptionParameters,
) -> Sighting | None:
    shown = surface.raised[place] | surface.robot[place]
    if np.count_nonzero(shown & mask) > RAISED * np.count_nonzero(mask):
        return None
    ring = (cv2.dilate(mask.astype(np.uint8), AROUND) > 0) & ~mask
    ring &= np.isfinite(surface.depth[place])
    on_table = np.abs(surface.own_height[place]) < parameters.min_height
    bare = np.count_nonzero(on_table & ring & ~surface.robot[place])
    if bare < max(1, ON_TABLE * np.count_nonzero(ring)):
        return None
    camera = surface.camera
    along = (GUESS / 2 - camera[2]) / _rise(surface, place)[mask]
    x, y = (
        camera[axis] + along * surface.rays[axis][place][mask].astype(np.float64)
        for axis in (0, 1)
    )
    corners = np.column_stack([x - x.mean(), y - y.mean()])
    (u, v), extent, angle = cv2.minAreaRect((corners * 1e3).astype(np.float32))
    sides, yaw = np.sort(extent)[::-1] / 1e3, float(np.radians(angle))
    yaw += np.pi / 2 if extent[1] > extent[0] else 0.0
    if not (sides.min() >= parameters.min_side and sides.max() <= parameters.max_side):
        return None
    plane = surface.plane
    centre = np.array([x.mean() + u / 1e3, y.mean() + v / 1e3])
    level = plane.a * centre[0] + plane.b * centre[1] + plane.c
    rows, columns = np.nonzero(mask)
    top, left = place[0].start, place[1].start
    item = SceneObject(
        'unnamed',
        f'{UNKNOWN} thing without depth',
        UNKNOWN,
        UNKNOWN,
        pose([*centre, level + GUESS / 2], rotation_z((yaw + np.pi / 2) % np.pi - np.pi / 2)),
        np.array([*sides, GUESS]),
        CONFIDENCE,
        (
            float(left + columns.min()),
            float(top + rows.min()),
            float(left + columns.max() + 1),
            float(top + rows.max() + 1),
        ),
    )
    return Sighting(item, patch=measure(surface.raw[place], mask))


def _rise(surface: Surface, place: tuple[slice, slice]) -> Array:
    """Give how fast each ray gains height above the table, (H, W)."""
    plane, (x, y, z) = surface.plane, (ray[place].astype(np.float64) for ray in surface.rays)
    return np.minimum(z - plane.a * x - plane.b * y, -1e-6)
