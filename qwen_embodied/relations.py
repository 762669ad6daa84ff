"""What 'in', 'on' and 'left of' mean, as measurements on a scene.

One meaning serves planning, motion, the check after each step and the score from exact positions.
Left is +y, behind is +x: as in the camera image, whose top points away from the robot.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import Scene, SceneObject

Array = NDArray[np.float64]

DIRECTIONS: dict[str, tuple[float, float]] = {
    'left_of': (0.0, 1.0),
    'right_of': (0.0, -1.0),
    'behind': (1.0, 0.0),
    'in_front_of': (-1.0, 0.0),
}
PUSHES: dict[str, tuple[float, float]] = {
    'left': (0.0, 1.0),
    'right': (0.0, -1.0),
    'forward': (1.0, 0.0),
    'back': (-1.0, 0.0),
}
HEIGHT_TOLERANCE = 0.015  # m, between a bottom and the top it rests on
NEXT_TO_GAP = 0.12  # m, between the faces of neighbours
AT_TOLERANCE = 0.03  # m


def bottom_of(item: SceneObject) -> float:
    """Give the z of an object's lowest face, m."""
    return float(item.position[2] - item.size[2] / 2)


def top_of(item: SceneObject) -> float:
    """Give the z of an object's highest face, m."""
    return float(item.position[2] + item.size[2] / 2)


def unmet(item: SceneObject, relation: str, target: SceneObject) -> str | None:
    """Say why an object does not stand in a relation to a target; None when it does."""
    if relation == 'in':
        return _not_in(item, target)
    if relation == 'on':
        return _not_on(item, target)
    if relation == 'next_to':
        return _not_next_to(item, target)
    if relation in DIRECTIONS:
        return _not_beside(item, relation, target)
    raise ContractError('relation', relation, f'one of in, on, next_to, {", ".join(DIRECTIONS)}')


def not_at(
    item: SceneObject, position: tuple[float, float] | tuple[float, float, float]
) -> str | None:
    """Say how far an object is from a position (x, y) m; None when it is there.

    With a third number it must stand at that height, m.
    """
    if len(position) == 3 and not abs(bottom_of(item) - position[2]) <= HEIGHT_TOLERANCE:
        return f'its bottom is {1000 * (bottom_of(item) - position[2]):.0f} mm off its height'
    away = float(np.hypot(item.position[0] - position[0], item.position[1] - position[1]))
    return None if away <= AT_TOLERANCE else f'it is {away * 100:.0f} cm away from the place'


def support_of(item: SceneObject, scene: Scene) -> SceneObject | None:
    """Give the object that carries another (on it or in it), or None for the table."""
    others = [other for other in scene.objects if other.id != item.id]
    for relation in ('in', 'on'):
        for other in others:
            if (relation == 'on' or other.is_container) and unmet(item, relation, other) is None:
                return other
    return None


def _local(item: SceneObject, target: SceneObject) -> Array:
    return transform(inverse_pose(target.object_in_base), item.position)


def _inside_footprint(item: SceneObject, target: SceneObject, share: float) -> bool:
    """True when the centre lies over a share (0 to 1) of the target's footprint."""
    x, y = np.abs(_local(item, target)[:2])
    half = target.size[:2] / 2 * share
    if target.shape in ('bowl', 'cylinder', 'ball'):
        return bool(np.hypot(x, y) <= half.min())
    return bool(x <= half[0] and y <= half[1])


def _not_in(item: SceneObject, target: SceneObject) -> str | None:
    if not target.is_container:
        return f'the {target.label} is no container'
    if not _inside_footprint(item, target, 0.95):
        return f'it is beside the {target.label}'
    if not bottom_of(item) <= top_of(target) + 0.005:
        return f'it is above the {target.label}'
    return None


def _not_on(item: SceneObject, target: SceneObject) -> str | None:
    if not _inside_footprint(item, target, 1.0):
        return f'it is beside the {target.label}'
    floor = target.shape in ('tray', 'bin') and bottom_of(item) <= top_of(target)
    gap = bottom_of(item) - top_of(target)
    if not floor and not abs(gap) <= HEIGHT_TOLERANCE:
        return f'its bottom is {gap * 1000:.0f} mm from the top of the {target.label}'
    return None


def _reach(item: SceneObject, direction: Array) -> float:
    """Half the extent of an object along a horizontal unit direction (2,), m."""
    axes = item.object_in_base[:2, :2]
    if item.shape in ('bowl', 'cylinder', 'ball'):
        return float(item.size[0] / 2)
    return float(np.abs(axes.T @ direction) @ item.size[:2] / 2)


def _not_beside(item: SceneObject, relation: str, target: SceneObject) -> str | None:
    direction = np.array(DIRECTIONS[relation])
    offset = item.position[:2] - target.position[:2]
    along = float(offset @ direction)
    across = float(np.abs(offset - along * direction).max())
    words = relation.replace('_', ' ')
    if not along > max(across, 0.5 * _reach(target, direction)):
        return f'it is not {words} the {target.label}'
    return None


def _not_next_to(item: SceneObject, target: SceneObject) -> str | None:
    offset = item.position[:2] - target.position[:2]
    distance = float(np.linalg.norm(offset))
    if _inside_footprint(item, target, 0.8):
        return f'it is over the {target.label}'
    direction = offset / distance
    gap = distance - _reach(item, direction) - _reach(target, direction)
    if not gap <= NEXT_TO_GAP:
        return f'it is {gap * 100:.0f} cm away from the {target.label}'
    return None
