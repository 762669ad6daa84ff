"""The robot's body in the newest perceived scene, as the safety rules ask for it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.messages import JointState, Scene
from qwen_embodied.motion import BodyChecker, Obstacle, Robot, Surrounded


class Surroundings:
    """Keeps the newest scene and joint state, beside obstacles that no camera sees.

    Attributes:
        scene: The newest, or None.
    """

    def __init__(self, robot: Robot, obstacles: tuple[Obstacle, ...] = ()) -> None:
        """Start without a scene: then there is no body to check, and nothing may move."""
        self._surrounded = Surrounded(robot, obstacles)
        self.scene: Scene | None = None
        self._state: JointState | None = None

    def hear_scene(self, scene: Scene) -> None:
        """Take a perceived scene."""
        self.scene = scene

    def hear_state(self, state: JointState) -> None:
        """Take the measured joints."""
        self._state = state

    def body(self) -> BodyChecker | None:
        """Build the robot among what stands there, but for what it holds; None before a scene."""
        if self.scene is None or self._state is None:
            return None
        return self._surrounded.body(self.scene, self._state)
