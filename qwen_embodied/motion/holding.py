"""What is in the hand, as far as a camera and the joints can tell, and what stands around it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import JointState, Scene, SceneObject
from qwen_embodied.motion.checker import BodyChecker
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.shapes import Obstacle
from qwen_embodied.motion.world import WALL, World

Array = NDArray[np.float64]

REACH_IN = 0.015  # m, around an object's box or a container's wall
PINCH = 0.010  # m, between fingers that hold a wall
LIFTED = 0.015  # m, over the table, from which on a container is carried and does not stand


@dataclass(frozen=True, eq=False)
class Surrounded:
    """A robot among obstacles that no camera sees."""

    robot: Robot
    obstacles: tuple[Obstacle, ...] = ()

    def body(self, scene: Scene | None = None, state: JointState | None = None) -> BodyChecker:
        """Give the body among obstacles and what a scene holds, but for what is in the hand."""
        if scene is None or state is None:
            return BodyChecker(self.robot, World(boxes=self.obstacles))
        held = in_hand(self.robot, scene, state)
        return BodyChecker(self.robot, World.from_scene(scene, held, self.obstacles))


def in_hand(robot: Robot, scene: Scene, state: JointState) -> tuple[str, ...]:
    """Name the objects that the tool holds; leave them out of the world of a BodyChecker.

    Else the hand would seem to hit what it carries. An object counts when the middle between
    the fingers is inside of it. A container stays in the world, though the tool dips into it:
    it counts only where it is off the table and closed fingers are at its wall.

    Args:
        robot: Whose tool may hold something.
        scene: What is seen.
        state: Measured joints.
    """
    row = robot.rows(state)[0]
    tool = robot.tool_poses(row)[0]
    width = 0.0 if robot.gripper is None else robot.gripper.width_at(float(row[-1]))
    middle = 0.0 if robot.gripper is None else robot.gripper.middle(width)
    point = transform(tool, [0.0, middle, 0.0])
    return tuple(item.id for item in scene.objects if _holds(item, point, width, scene))


def _holds(item: SceneObject, point: Array, width: float, scene: Scene) -> bool:
    local = np.abs(transform(inverse_pose(item.object_in_base), point))
    is_in = bool((local <= item.size / 2 + REACH_IN).all())
    if not item.is_container or not is_in:
        return is_in
    bottom = float(item.position[2] - item.size[2] / 2)
    wall = item.size[:2] / 2 - WALL - REACH_IN
    reach = np.array([np.hypot(*local[:2])]) if item.shape == 'bowl' else local[:2]
    is_at_wall = bool((reach >= wall[: len(reach)]).any())
    return is_at_wall and width <= PINCH and bottom > scene.table_height + LIFTED
