"""Perception with what it knows of the robot: frames in, scenes out while the view is clear."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qwen_embodied.errors import PerceptionError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.messages import Frame, JointState, LightingReport, Scene
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes.frames import RawFrame
from qwen_embodied.nodes.parameters import select
from qwen_embodied.parameters import param
from qwen_embodied.perception import (
    LightingCorrection,
    LightingParameters,
    PerceptionParameters,
    SceneEstimator,
)

HOME_TOLERANCE = 0.05  # rad and rad/s
STATE_TOLERANCE = 0.05  # s between an image and the joint state that belongs to it
KEPT = 100  # joint states


@dataclass(frozen=True)
class SeeingParameters(PerceptionParameters, LightingParameters):
    """Perception's thresholds and lighting steps, the camera's place, the times of a scene."""

    robot: str = param('panda', 'Whose links are left out of the scene; empty for none.')
    camera_position: list[float] = param(
        [0.4, 0.0, 1.25], 'Of the optical frame in the base frame, x y z, m.'
    )
    camera_quaternion: list[float] = param(
        [-0.70584645, 0.70584645, -0.04219941, 0.04219941],
        'Of the optical frame in the base frame, x y z w.',
    )
    scene_from: str = param(
        'home',
        'Where the arm is while scenes are made: at rest at home, where it hides nothing, '
        'or anywhere. The first scene is made from anywhere.',
        choices=('home', 'anywhere'),
    )


class Beside(Protocol):
    """A second camera."""

    def near(self, stamp: float) -> Frame | None:
        """Give its frame of a time in s; None without one."""
        ...

    def refuse(self, reason: str) -> None:
        """Note why its view was not used."""
        ...


class Sight:
    """Corrects images and makes scenes of them."""

    def __init__(self, parameters: SeeingParameters) -> None:
        """Build perception and the robot that it leaves out."""
        rotation = rotation_of(parameters.camera_quaternion)
        self._camera_in_base = pose(parameters.camera_position, rotation)
        self._robot = load_robot(parameters.robot) if parameters.robot else None
        self._correct = LightingCorrection.from_names(parameters.light_steps)
        self._measure: Callable[[], LightingReport | None] = lambda: None
        self._estimate = SceneEstimator(
            parameters=select(parameters, PerceptionParameters),
            body=self._robot.link_spheres if self._robot else None,
        )
        self._states: deque[JointState] = deque(maxlen=KEPT)
        self._needs_home = parameters.scene_from == 'home'
        self._has_seen = False

    def hear_state(self, state: JointState) -> None:
        """Take measured joints."""
        self._states.append(state)

    def read(self, raw: RawFrame) -> Frame:
        """Read an image; raises CameraError when it cannot be read."""
        return raw.convert(self._camera_in_base)

    def correct(self, frame: Frame) -> Frame:
        """Correct the light of an image."""
        corrected = self._correct(frame.rgb)
        self._measure = lambda: corrected.report
        return corrected.frame(frame)

    @property
    def light(self) -> LightingReport | None:
        """On the last image before its correction; None before the first."""
        return self._measure()

    def scene(self, frame: Frame, beside: Beside | None = None) -> Scene | None:
        """Estimate the scene; None while the arm hides something.

        Args:
            frame: Of the first camera.
            beside: Gives the second camera's frame of a time in s, or None; not asked while no
                scene is wanted.

        Raises:
            PerceptionError: No scene can be made of the frame.
        """
        state = self._state_at(frame.stamp)
        if self._needs_home and self._has_seen and not self._is_home(state):
            return None
        other = None if beside is None else beside.near(frame.stamp)
        if beside is not None and other is not None:
            scene = self._together(frame, other, state, beside)
        else:
            scene = self._estimate(frame, state, self.light)
        self._has_seen = True
        return scene

    def _together(
        self, frame: Frame, other: Frame, state: JointState | None, beside: Beside
    ) -> Scene:
        """Merge two views; where the second shows no table the first one alone counts."""
        surface = self._estimate.look(frame, state)
        try:
            surfaces = [surface, self._estimate.look(other, state)]
        except PerceptionError as error:
            beside.refuse(str(error))
            return self._estimate(frame, state, self.light, surface)
        return self._estimate.see([frame, other], state, self.light, surfaces)

    def _state_at(self, stamp: float) -> JointState | None:
        """Give the joint state nearest to a time; without one the robot would be an object."""
        if self._robot is None:
            return None
        near = min(tuple(self._states), key=lambda item: abs(item.stamp - stamp), default=None)
        if near is None or abs(near.stamp - stamp) > STATE_TOLERANCE:
            raise PerceptionError(f'no joint_states within {STATE_TOLERANCE} s of the image')
        return near

    def _is_home(self, state: JointState | None) -> bool:
        if self._robot is None or state is None:
            return True
        away = np.abs(state.of(self._robot.joint_names) - self._robot.home).max()
        speed = 0.0 if state.velocities is None else np.abs(state.velocities).max()
        return bool(away <= HOME_TOLERANCE and speed <= HOME_TOLERANCE)
