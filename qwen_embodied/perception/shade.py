"""Sides in deep shadow: so dark that their colour no longer tells whose they are."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.perception.colours import linear
from qwen_embodied.perception.order import percentiles
from qwen_embodied.perception.segments import Segment
from qwen_embodied.perception.solid import Solid
from qwen_embodied.perception.window import Window

DARKER = 0.55  # of the light from a top, below which a side may be in shadow
BENEATH = 0.85  # share of a side that lies under the outline of the top
BEYOND = 0.006  # m, that a side may seem to stand out
JOINED = 0.007  # m under the top, up to which a side that belongs to it reaches
STEEPEST = 0.35  # of the height of the thing, that a side extends at least


def is_side(side: Segment, top: Segment, solid: Solid, window: Window) -> bool:
    """Tell whether a dark piece is a side of the solid that a level piece is the top of.

    It lies under the outline of the top and reaches up to its edge; what bears a thing ends
    where the thing begins, and what stands beside it is not under its outline.

    Args:
        side: The dark piece.
        top: The level piece.
        solid: Fitted to the level piece alone.
        window: That they are in.
    """
    if not top.is_flat or side.paints or side.top >= top.top:
        return False
    if linear(side.rgb).sum() > DARKER * linear(top.rgb).sum():
        return False
    points = window.points[side.mask].astype(np.float64)
    low, high = percentiles(points[:, 2], (5.0, 98.0))
    if high < top.top - JOINED or high - low < STEEPEST * float(solid.size[2]):
        return False
    c, s = np.cos(solid.yaw), np.sin(solid.yaw)
    x, y = points[:, 0] - solid.centre[0], points[:, 1] - solid.centre[1]
    along, across = np.abs(c * x + s * y), np.abs(c * y - s * x)
    beneath = (along < solid.size[0] / 2 + BEYOND) & (across < solid.size[1] / 2 + BEYOND)
    return bool(np.count_nonzero(beneath) > BENEATH * len(points))
