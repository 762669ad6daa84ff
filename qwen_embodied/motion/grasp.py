"""Grasp candidates from the shape and size of an object."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import GraspError
from qwen_embodied.geometry import inverse_pose, pose, yaw_of
from qwen_embodied.messages import SceneObject
from qwen_embodied.motion.gripper import Gripper
from qwen_embodied.motion.world import WALL

Array = NDArray[np.float64]

HOLD = 0.010  # m, how far finger tips must reach below a top
TIP_GAP = 0.003  # m, between finger tips and what carries the object
RIM_DEPTH = 0.014  # m, how far finger tips reach below a rim
WIDTH_TOLERANCE = 0.003  # m, of the perceived width
ROUND_YAWS = 16  # grasps around a round object
STANDING_ROOM = 0.003  # m, between an object and a finger that does not move, before it closes


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
    found = _rims(item, gripper) if item.is_container else _from_above(item, gripper)
    if not found:
        least = float(item.size[:2].min())
        raise GraspError(
            f'the {item.label} is {least * 1e3:.0f} mm wide and the gripper opens '
            f'{gripper.opening * 1e3:.0f} mm; {WIDTH_TOLERANCE * 1e3:.0f} mm more are needed'
        )
    return tuple(sorted(found, key=lambda grasp: grasp.cost))


def _fits(width: float, gripper: Gripper) -> bool:
    return width + WIDTH_TOLERANCE <= gripper.opening


def _heights(item: SceneObject, gripper: Gripper, width: float) -> tuple[tuple[float, float], ...]:
    """Give z of the tool with a cost each: at the middle, or higher up where the palm needs room.

    The palm stays clear of the top, the tips of the ground, and the tips reach below the middle
    of a ball.
    """
    middle, half = float(item.position[2]), float(item.size[2]) / 2
    depth = gripper.depth_at(width)
    low = max(middle, middle + half - gripper.palm, middle - half + depth + TIP_GAP)
    hold = min(HOLD, 1.2 * half) if item.shape != 'ball' else half + 0.004
    high = middle + half - hold + depth
    return ((low, 0.0), (high, 0.8)) if high > low + 0.004 else ((low, 0.0),)


def grasp_at(
    item: SceneObject, gripper: Gripper, between: Array, size: tuple[float, float]
) -> Grasp:
    """Build a grasp.

    Args:
        item: To be taken.
        gripper: That takes it.
        between: Pose (4, 4) in the base of what lies midway between the fingers, with the axes
            of the tool.
        size: Width between the fingers, m, and cost.
    """
    width, cost = size
    room = 0.0 if gripper.standing is None else STANDING_ROOM
    tool_in_base = between.copy()
    tool_in_base[:3, 3] -= (gripper.middle(width) + room) * between[:3, 1]
    pushed = item.object_in_base.copy()
    pushed[:3, 3] -= room * between[:3, 1]
    return Grasp(tool_in_base, inverse_pose(tool_in_base) @ pushed, width, cost)


def openings(
    item: SceneObject, gripper: Gripper, turns: int = ROUND_YAWS, first: float = 0.0
) -> list[tuple[float, float]]:
    """Give directions in which the fingers may open, rad about z, with the width there, m.

    Boxes are taken across x or y, each in both senses; round things from all around.

    Args:
        item: To be taken.
        gripper: That takes it.
        turns: Directions around a round thing.
        first: The first of these, rad.
    """
    yaw = yaw_of(item.object_in_base)
    if item.shape in ('cylinder', 'ball'):
        width = float(item.size[:2].max())
        found = [(first + 2 * np.pi * turn / turns, width) for turn in range(turns)]
    else:
        found = [(yaw + turn, float(item.size[0])) for turn in (0.0, np.pi)]
        found += [(yaw + turn, float(item.size[1])) for turn in (np.pi / 2, -np.pi / 2)]
    return [(angle, width) for angle, width in found if _fits(width, gripper)]


def _from_above(item: SceneObject, gripper: Gripper) -> list[Grasp]:
    """Across a box or around a cylinder or ball."""
    narrow = float(
        item.size[:2].max() if item.shape in ('cylinder', 'ball') else item.size[:2].min()
    )
    return [
        grasp_at(item, gripper, tool_down(np.array([*item.position[:2], z]), angle),
                 (width, cost + 4.0 * (width - narrow)))
        for angle, width in openings(item, gripper)
        for z, cost in _heights(item, gripper, width)
    ]  # fmt: skip


def _rims(item: SceneObject, gripper: Gripper) -> list[Grasp]:
    """One finger inside, one outside; the fingers open along the radius."""
    top = float(item.position[2] + item.size[2] / 2)
    ground = float(item.position[2] - item.size[2] / 2)
    tips = max(top - min(RIM_DEPTH, float(item.size[2]) * 0.6), ground + TIP_GAP + WALL)
    z = tips + gripper.depth_at(WALL)
    yaw = yaw_of(item.object_in_base)
    found = []
    for point, direction in _rim_points(item):
        local = np.array([*point, 0.0])
        at = item.object_in_base[:3, :3] @ local + item.position
        for sense in (0.0, np.pi):
            down = tool_down(np.array([*at[:2], z]), yaw + direction + sense)
            found.append(grasp_at(item, gripper, down, (WALL, 0.0)))
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
