"""Equal things of one colour side by side: parted where a seam is seen between them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.order import percentiles
from qwen_embodied.perception.segments import Segment
from qwen_embodied.perception.solid import Solid
from qwen_embodied.perception.window import Window

Array = NDArray[np.float64]
COUNTS = (4, 3, 2)
CONTRAST = 7.0  # levels by which a seam differs from what lies on both sides of it
DROP = 0.003  # m by which it is lower
LEAST_PART = 0.02  # m
AWAY = (3, 6)  # pixels from a seam within which the things themselves are seen


def parted(segment: Segment, solid: Solid, window: Window) -> list[Segment]:
    """Part a box into equal pieces at its seams; gives the segment alone where none is seen.

    Args:
        segment: A level piece of one colour.
        solid: What was fitted to it.
        window: That it is in.
    """
    is_box = solid.shape == 'box' and solid.size[0] > 2 * LEAST_PART
    if not is_box or not segment.is_flat or segment.paints:
        return [segment]
    pixel = window.surface.pixel
    along = _along(window.points[segment.mask], solid, axis=0)
    across = _along(window.points[segment.mask], solid, axis=1)
    middle = np.abs(across) < 0.35 * solid.size[1]
    length = float(solid.size[0])
    profile = _profiles(segment, window, (along, middle), (length, pixel))
    for count in COUNTS:
        if length / count >= LEAST_PART and _has_seams(profile, length, count, pixel):
            return _cut(segment, np.clip((along / length + 0.5) * count, 0, count - 1e-6))
    return [segment]


def count_of_cubes(solid: Solid) -> int:
    """Give how many cubes in a row a box may be; 1 when it can be none."""
    length, width, height = solid.size.tolist()
    count = round(length / width)
    is_row = count in COUNTS and abs(length / count - width) < 0.06 * width
    return count if is_row and abs(width - height) < 0.1 * width else 1


def _along(points: NDArray[np.float32], solid: Solid, axis: int) -> Array:
    c, s = np.cos(solid.yaw), np.sin(solid.yaw)
    x, y = (points[:, at].astype(np.float64) - solid.centre[at] for at in (0, 1))
    return np.asarray(c * x + s * y if axis == 0 else c * y - s * x)


def _profiles(
    segment: Segment,
    window: Window,
    chosen: tuple[Array, NDArray[np.bool_]],
    scale: tuple[float, float],
) -> Array:
    """Give luma and height along a box, in steps of a pixel, (2, N)."""
    along, middle = chosen
    surface, (length, pixel) = window.surface, scale
    rows, columns = segment.mask.shape
    place = (slice(window.row, window.row + rows), slice(window.column, window.column + columns))
    luma = surface.raw[place][segment.mask].astype(np.float64).mean(axis=1)
    height = surface.own_height[place][segment.mask].astype(np.float64)
    level = middle & (height > segment.top - 0.02)
    at = np.round((along + length / 2) / pixel).astype(int)
    bins = int(np.ceil(length / pixel)) + 1
    at, luma, height = np.clip(at[level], 0, bins - 1), luma[level], height[level]
    counts = np.bincount(at, minlength=bins)
    sums = np.stack([np.bincount(at, values, bins) for values in (luma, height)])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _has_seams(profile: Array, length: float, count: int, pixel: float) -> bool:
    luma = profile[0][~np.isnan(profile[0])]
    rough = 1.5 * _median(np.abs(luma - _median(luma))) if len(luma) else 0.0
    contrast = max(CONTRAST, 4.0 * rough)
    at = [round(length * part / count / pixel) for part in range(1, count)]
    return all(_is_seam(profile, one, contrast) for one in at)


def _median(values: Array) -> float:
    return percentiles(values, (50.0,))[0]


def _is_seam(profile: Array, at: int, contrast: float) -> bool:
    """Tell whether a line differs from what lies on both sides of it."""
    near, far = AWAY
    here = profile[:, max(at - 2, 0) : at + 3]
    before, after = profile[:, max(at - far, 0) : at - near + 1], profile[:, at + near : at + far]
    if min(here.shape[1], before.shape[1], after.shape[1]) < 2:
        return False
    if np.isnan(before).all() or np.isnan(after).all():
        return False
    if np.isnan(here).any():
        return True
    sides = np.array([[_median(row[~np.isnan(row)]) for row in side] for side in (before, after)])
    darker, lighter = sides[:, 0].min() - here[0].min(), here[0].max() - sides[:, 0].max()
    return bool(max(darker, lighter) > contrast or sides[:, 1].min() - here[1].min() > DROP)


def _cut(segment: Segment, part: Array) -> list[Segment]:
    labels = np.full(segment.mask.shape, -1)
    labels[segment.mask] = part.astype(int)
    return [
        replace(segment, mask=labels == one, core=segment.core & (labels == one))
        for one in range(int(part.max()) + 1)
    ]
