"""The robot's body in the newest perceived scene, as the safety rules ask for it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import Array, JointState, Scene, SceneObject
from qwen_embodied.motion import BodyChecker, Robot, World

GRIP = 0.015  # m beyond an object's box within which the tool's point counts as holding it


class Surroundings:
    """Keeps the newest scene and joint state."""

    def __init__(self, robot: Robot) -> None:
        """Start without a scene: then there is no body to check, and nothing may move."""
        self._robot = robot
        self._scene: Scene | None = None
        self._state: JointState | None = None

    def hear_scene(self, scene: Scene) -> None:
        """Take a perceived scene."""
        self._scene = scene

    def hear_state(self, state: JointState) -> None:
        """Take the measured joints."""
        self._state = state

    def body(self) -> BodyChecker | None:
        """Build the robot among what is seen, but for what it holds; None before a scene."""
        if self._scene is None or self._state is None:
            return None
        tool = self._robot.forward(self._state.of(self._robot.joint_names))[:3, 3]
        held = [item.id for item in self._scene.objects if _contains(item, tool)]
        return BodyChecker(self._robot, World.from_scene(self._scene, ignore=held))


def _contains(item: SceneObject, point: Array) -> bool:
    local = transform(inverse_pose(item.object_in_base), point)
    return not item.is_container and bool((np.abs(local) <= item.size / 2 + GRIP).all())
