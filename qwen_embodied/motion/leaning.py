"""Grasps that do not come straight from above: leaning by some angle, or from the side."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import rotation_y
from qwen_embodied.messages import SceneObject
from qwen_embodied.motion.grasp import HOLD, TIP_GAP, Grasp, grasp_at, openings, tool_down
from qwen_embodied.motion.gripper import Gripper

Array = NDArray[np.float64]

TILTS = (np.pi / 6, np.pi / 3, np.pi / 2)  # rad from the vertical
TURNS = 8  # directions around a round object
TALL = 0.10  # m; from here on things are also looked at from the side
COST, COST_A_RADIAN = 0.6, 0.6  # of leaning, against a grasp from above
INSIDE = 0.006  # m, how far from the ends of an object the middle of the fingers stays


def is_tall(item: SceneObject) -> bool:
    """True for what a hand from above would hold by its upper end only."""
    return not item.is_container and float(item.size[2]) >= TALL


def leaning_grasps(
    item: SceneObject, gripper: Gripper, root: tuple[float, float] = (0.0, 0.0)
) -> tuple[Grasp, ...]:
    """Give grasps with the approach leaning 30, 60 or 90 degrees, best first; () for containers.

    The fingers open along the same horizontal directions as from above, so that they meet the
    same faces; only the hand leans, about the direction of the opening.

    Args:
        item: To be taken.
        gripper: That takes it.
        root: x and y in the base of the arm's first axis, m; round things are also taken
            straight away from it, which is the one way for an arm of five joints.
    """
    if item.is_container:
        return ()
    found = [
        grasp_at(item, gripper, between, (width, COST + COST_A_RADIAN * tilt + cost))
        for angle, width in openings(item, gripper, TURNS, _across(item, gripper, root))
        for tilt in TILTS
        for sense in (-1.0, 1.0)
        for between, cost in _places(item, gripper, width, _turned(angle, sense * tilt))
    ]
    return tuple(sorted(found, key=lambda grasp: grasp.cost))


def _across(item: SceneObject, gripper: Gripper, root: tuple[float, float]) -> float:
    """Give the opening, rad about z, with which a hand that leans away from the root is in line.

    The tool frame need not lie midway between the fingers; it is what must be in line.
    """
    x, y = item.position[:2] - root
    aside = gripper.middle(float(item.size[:2].max()))
    return float(np.arctan2(y, x) + np.arccos(np.clip(aside / np.hypot(x, y), -1.0, 1.0)))


def _turned(opening: float, tilt: float) -> Array:
    """Give axes (3, 3) of a tool that points down, turned about its opening."""
    axes: Array = tool_down(np.zeros(3), opening)[:3, :3] @ rotation_y(tilt)[:3, :3]
    return axes


def _places(
    item: SceneObject, gripper: Gripper, width: float, axes: Array
) -> list[tuple[Array, float]]:
    """Give poses (4, 4) midway between the fingers with a cost each: low and high on the object.

    The palm stays clear of the object, the tips of what it stands on.
    """
    approach, half = axes[:, 2], float(item.size[2]) / 2
    back = max(_extent(item, approach) - gripper.palm, 0.0)
    centre = item.position - back * approach
    thick = gripper.tips[0] * float(np.hypot(*approach[:2]))
    tip = min(gripper.depth_at(width) * float(approach[2]), 0.0) - thick
    bottom, top = float(item.position[2]) - half, float(item.position[2]) + half
    low = max(float(centre[2]), bottom + TIP_GAP - tip)
    high = low if item.shape == 'ball' else max(top - max(HOLD, thick), low)
    found: list[tuple[Array, float]] = []
    for z, cost in ((low, 0.0), ((low + high) / 2, 0.2), (high, 0.4)):
        if bottom + INSIDE <= z <= top - INSIDE and (not found or z > low + INSIDE):
            place = np.eye(4)
            place[:3, :3], place[:3, 3] = axes, [*centre[:2], z]
            found.append((place, cost))
    return found if item.shape != 'ball' else found[: low <= float(item.position[2]) + half / 3]


def _extent(item: SceneObject, direction: Array) -> float:
    """Give how far an object reaches from its centre along a unit direction, m."""
    if item.shape == 'ball':
        return float(item.size.max()) / 2
    if item.shape == 'cylinder':
        flat = float(np.hypot(*direction[:2])) * float(item.size[:2].max())
        return (flat + abs(float(direction[2])) * float(item.size[2])) / 2
    return float(np.abs(item.object_in_base[:3, :3].T @ direction) @ item.size) / 2
