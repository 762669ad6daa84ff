"""Footprints of objects on the table: how far they reach, and the gaps between them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import inverse_pose, rotation_z, transform, yaw_of
from qwen_embodied.messages import SceneObject

Array = NDArray[np.float64]

ROUND = ('ball', 'bowl', 'cylinder')


def reach(item: SceneObject, direction: Array, yaw: float | None = None) -> float:
    """Give half the extent of an object along a horizontal unit direction.

    Args:
        item: Whose footprint counts.
        direction: (2,) in the base frame.
        yaw: Of the object, rad; None is as it was perceived.
    """
    if item.shape in ROUND:
        return float(item.size[:2].max()) / 2
    angle = yaw_of(item.object_in_base) if yaw is None else yaw
    axes = rotation_z(angle)[:2, :2]
    return float(np.abs(axes.T @ direction) @ item.size[:2] / 2)


def radius(item: SceneObject) -> float:
    """Give the radius of a circle around an object's footprint, m."""
    if item.shape in ROUND:
        return float(item.size[:2].max()) / 2
    return float(np.hypot(*item.size[:2])) / 2


def gap_to_circle(item: SceneObject, spot: Array, own: float) -> float:
    """Give the gap between an object's footprint and a circle, m; negative when they overlap.

    Args:
        item: Whose footprint counts.
        spot: Middle of the circle in the base frame, (2,) m.
        own: Radius of the circle, m.
    """
    local = transform(inverse_pose(item.object_in_base), [*spot, item.position[2]])[:2]
    if item.shape in ROUND:
        return float(np.hypot(*local)) - float(item.size[:2].max()) / 2 - own
    outside = np.maximum(np.abs(local) - item.size[:2] / 2, 0.0)
    return float(np.hypot(*outside)) - own


def stands_over(target: SceneObject, other: SceneObject) -> bool:
    """True when an object's centre lies over a target's footprint."""
    local = np.abs(transform(inverse_pose(target.object_in_base), other.position)[:2])
    return bool((local <= target.size[:2] / 2).all())
