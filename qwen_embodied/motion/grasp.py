"""Grasp candidates from the shape and size of an object."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import GraspError
from qwen_embodied.geometry import inverse_pose, pose, yaw_of
from qwen_embodied.messages import SceneObject
from qwen_embodied.motion.description import Gripper
from qwen_embodied.motion.world import WALL

Array = NDArray[np.float64]

PALM = 0.030  # m, how far things may reach past the tool frame towards the palm
HOLD = 0.010  # m, how far finger tips must reach below a top
TIP_GAP = 0.003  # m, between finger tips and what carries the object
RIM_DEPTH = 0.014  # m, how far finger tips reach below a rim
WIDTH_TOLERANCE = 0.003  # m, of the perceived width
ROUND_YAWS = 16  # grasps around a round object


@dataclass(frozen=True, eq=False)
class Grasp:
    """One way to take an object.

    Attributes:
        tool_in_base: Pose of the tool when the fingers close, (4, 4).
        object_in_tool: Pose of the object then, (4, 4).
        width: Between the fingers when they hold it, m.
        cost: Of this way against others; 0 is best.
    """

    tool_in_base: Array
    object_in_tool: Array
    width: float
    cost: float = 0.0


def tool_down(position: Array, opening: float) -> Array:
    """Give tool_in_base (4, 4) with the tool pointing down.

    Args:
        position: Of the tool frame, (3,) m.
        opening: Angle about z of the direction in which the fingers open, rad.
    """
    c, s = np.cos(opening), np.sin(opening)
    rotation = np.array([[-s, c, 0.0], [c, s, 0.0], [0.0, 0.0, -1.0]])
    return pose(position, rotation)


def grasps(item: SceneObject, gripper: Gripper) -> tuple[Grasp, ...]:
    """Give grasps of an object from above, best first.

    Boxes are taken across either side that fits, round things from several directions, bowls, bins
    and trays by their rim.

    Raises:
        GraspError: The object is wider than the gripper opens.
    """
    if item.is_container:
        found = _rims(item, gripper)
    elif item.shape in ('cylinder', 'ball'):
        found = _around(item, gripper)
    else:
        found = _across(item, gripper)
    if not found:
        least = float(item.size[:2].min())
        raise GraspError(
            f'the {item.label} is {least * 1e3:.0f} mm wide and the gripper opens '
            f'{gripper.opening * 1e3:.0f} mm; {WIDTH_TOLERANCE * 1e3:.0f} mm more are needed'
        )
    return tuple(sorted(found, key=lambda grasp: grasp.cost))


def _fits(width: float, gripper: Gripper) -> bool:
    return width + WIDTH_TOLERANCE <= gripper.opening


def _heights(item: SceneObject, gripper: Gripper) -> tuple[tuple[float, float], ...]:
    """Give z of the tool with a cost each: at the middle, or higher up where the palm needs room.

    The palm stays clear of the top, the tips of the ground, and the tips reach below the middle
    of a ball.
    """
    middle, half = float(item.position[2]), float(item.size[2]) / 2
    low = max(middle, middle + half - PALM, middle - half + gripper.finger_depth + TIP_GAP)
    hold = min(HOLD, 1.2 * half) if item.shape != 'ball' else half + 0.004
    high = middle + half - hold + gripper.finger_depth
    return ((low, 0.0), (high, 0.8)) if high > low + 0.004 else ((low, 0.0),)


def _make(item: SceneObject, position: Array, opening: float, size: tuple[float, float]) -> Grasp:
    width, cost = size
    tool_in_base = tool_down(position, opening)
    return Grasp(tool_in_base, inverse_pose(tool_in_base) @ item.object_in_base, width, cost)


def _across(item: SceneObject, gripper: Gripper) -> list[Grasp]:
    """Across x or y of a box, each in both senses."""
    yaw = yaw_of(item.object_in_base)
    narrow = float(item.size[:2].min())
    sides = (
        (float(item.size[0]), (0.0, np.pi)),
        (float(item.size[1]), (np.pi / 2, -np.pi / 2)),
    )
    return [
        _make(item, _over(item, z), yaw + turn, (width, cost + 4.0 * (width - narrow)))
        for width, turns in sides
        if _fits(width, gripper)
        for turn in turns
        for z, cost in _heights(item, gripper)
    ]


def _around(item: SceneObject, gripper: Gripper) -> list[Grasp]:
    """From several directions around a cylinder or ball."""
    width = float(item.size[:2].max())
    if not _fits(width, gripper):
        return []
    return [
        _make(item, _over(item, z), 2 * np.pi * turn / ROUND_YAWS, (width, cost))
        for z, cost in _heights(item, gripper)
        for turn in range(ROUND_YAWS)
    ]


def _over(item: SceneObject, z: float) -> Array:
    return np.array([*item.position[:2], z])


def _rims(item: SceneObject, gripper: Gripper) -> list[Grasp]:
    """One finger inside, one outside; the fingers open along the radius."""
    top = float(item.position[2] + item.size[2] / 2)
    ground = float(item.position[2] - item.size[2] / 2)
    tips = max(top - min(RIM_DEPTH, float(item.size[2]) * 0.6), ground + TIP_GAP + WALL)
    z = tips + gripper.finger_depth
    yaw = yaw_of(item.object_in_base)
    found = []
    for point, direction in _rim_points(item):
        local = np.array([*point, 0.0])
        at = item.object_in_base[:3, :3] @ local + item.position
        for sense in (0.0, np.pi):
            found.append(_make(item, np.array([*at[:2], z]), yaw + direction + sense, (WALL, 0.0)))
    return found


def _rim_points(item: SceneObject) -> list[tuple[tuple[float, float], float]]:
    """Points on the middle of the wall in the object's frame, with the angle of their radius."""
    x, y = (item.size[:2] - WALL) / 2
    if item.shape == 'bowl':
        radius = float(min(x, y))
        angles = 2 * np.pi * np.arange(12) / 12
        return [((radius * np.cos(a), radius * np.sin(a)), float(a)) for a in angles]
    sides = [((x, 0.0), 0.0), ((-x, 0.0), np.pi), ((0.0, y), np.pi / 2), ((0.0, -y), -np.pi / 2)]
    return [((float(a), float(b)), angle) for (a, b), angle in sides]
