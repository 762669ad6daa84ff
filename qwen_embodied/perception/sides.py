"""Where an image shows the sides of a thing, told by geometry alone."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.window import Window

Mask = NDArray[np.bool_]
KERNEL = np.ones((3, 3), np.uint8)
NEAREST = 0.003  # m above the table
DEEPER = 0.004  # m under the face
LEVELS = (0.2, 0.4, 0.6, 0.8)  # of the height of the face, where rays without depth are tested
GRID = 0.001  # m
AROUND = 2  # cells that depth may be off
FEWEST = 9  # px of a face
REACH = 15  # px around a face in which its sides are looked for


def visible_sides(face: Mask, window: Window, top: float) -> Mask:
    """Find the pixels (H, W) that show what is right under the rim of a face.

    Their rays pass beside the face and through the space under it. The colour of sides differs
    from that of a face in hard light, and depth cameras lose them, so neither is asked.

    Args:
        face: Pixels of the level face, (H, W).
        window: That they are in.
        top: Height of the face above the table, m.
    """
    result = np.zeros_like(face)
    sure = face & window.measured
    if np.count_nonzero(sure) < FEWEST:
        return result
    near = cv2.dilate(sure.astype(np.uint8), np.ones((2 * REACH + 1,) * 2, np.uint8)) > 0
    height = window.height
    beside = near & ~(cv2.dilate(sure.astype(np.uint8), KERNEL) > 0)
    beside &= np.isfinite(window.points[..., 0])
    seen = beside & window.measured & (height > NEAREST) & (height < top - DEEPER)
    lost = beside & ~window.measured
    plan = _Plan(window.at_level(sure, top))
    result[seen] = plan.holds(window.points[seen][:, :2])
    points = window.points[lost].astype(np.float64)
    if len(points):
        under = (plan.holds(window.pierced(points, share * top), 0) for share in LEVELS)
        result[lost] = np.logical_or.reduce(list(under))
    return result


class _Plan:
    """The outline of a face, seen from above, and a little around it."""

    def __init__(self, points: NDArray[np.float64]) -> None:
        """Draw the hull of points (N, 2) m."""
        hull = cv2.convexHull((points / GRID).astype(np.float32))[:, 0]
        self._low = hull.min(axis=0) - AROUND - 1
        size = np.ceil(hull.max(axis=0) - self._low).astype(int) + AROUND + 2
        self._cells = np.zeros((size[1], size[0]), np.uint8)
        cv2.fillConvexPoly(self._cells, np.rint(hull - self._low).astype(np.int32), 2)
        around = cv2.dilate(self._cells, np.ones((2 * AROUND + 1,) * 2, np.uint8))
        self._cells = np.maximum(self._cells, around // 2)

    def holds(self, points: NDArray[Any], around: int = AROUND) -> Mask:
        """Tell which points (N, 2) m are inside or at most so many cells beside it, (N,)."""
        cells = np.rint(points / GRID - self._low).astype(int)
        inside = ((cells >= 0) & (cells < self._cells.shape[::-1])).all(axis=1)
        cells = np.where(inside[:, None], cells, 0)
        return np.asarray(inside & (self._cells[cells[:, 1], cells[:, 0]] > (0 if around else 1)))
