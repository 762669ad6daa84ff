"""A second camera: its image of the time of the first one's, read, corrected and watched."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from qwen_embodied.errors import ConfigurationError, QwenEmbodiedError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.messages import Frame
from qwen_embodied.nodes import conversions
from qwen_embodied.nodes.camera_inputs import CameraInputParameters, CameraInputs
from qwen_embodied.nodes.frames import FIRST_CAMERA, RawFrame
from qwen_embodied.parameters import param
from qwen_embodied.perception import LightingCorrection, LightingParameters


@dataclass(frozen=True)
class SecondViewParameters(CameraInputParameters, LightingParameters):
    """Where the second camera is; its images come as those of the first."""

    second_camera: str = param(
        '', 'Namespace of a second camera whose view is merged, as camera_2; empty for none.'
    )
    second_camera_position: list[float] = param(
        [0.4, 0.0, 1.25], 'Of its optical frame in the base frame, x y z, m.'
    )
    second_camera_quaternion: list[float] = param(
        [-0.70584645, 0.70584645, -0.04219941, 0.04219941],
        'Of its optical frame in the base frame, x y z w.',
    )
    view_tolerance: float = param(
        0.1,
        'Largest difference of the stamps of the images of both cameras, s; where there is '
        'none the scene is that of the first camera alone.',
        bounds=(0.0, 1.0),
    )


class SecondView:
    """Gives the second camera's frame of a time."""

    def __init__(self, node: Node, values: SecondViewParameters) -> None:
        """Subscribe to the second camera."""
        if values.second_camera == FIRST_CAMERA:
            raise ConfigurationError(
                f'second_camera is {FIRST_CAMERA!r}, which the first one is; give another '
                'namespace, or none'
            )
        self._name, self._tolerance = values.second_camera, values.view_tolerance
        self._camera = CameraInputs(node, values, values.second_camera)
        self._camera_in_base = pose(
            values.second_camera_position, rotation_of(values.second_camera_quaternion)
        )
        self._correct = LightingCorrection.from_names(values.light_steps)
        self._warn = node.get_logger().warning
        self._newest: RawFrame | None = None
        self._trouble, self._merged, self._alone = '', 0, 0

    def near(self, stamp: float) -> Frame | None:
        """Give the corrected frame of a time in s; None, and `status` says why, without one."""
        raw = self._nearest(stamp)
        if raw is None:
            self.refuse(f'no image within {self._tolerance:g} s of the first camera')
            return None
        try:
            frame = raw.convert(self._camera_in_base)
            self._camera.check(frame)
        except QwenEmbodiedError as error:
            self._camera.drop(error)
            self.refuse(str(error))
            return None
        self._merged, self._trouble = self._merged + 1, ''
        return self._corrected(frame)

    def refuse(self, reason: str) -> None:
        """Note why the scene is that of the first camera alone."""
        self._alone, self._trouble = self._alone + 1, reason
        self._warn(f'{self._name}: {reason}', throttle_duration_sec=5.0)

    @property
    def status(self) -> DiagnosticStatus:
        """How the second camera fares, for the diagnostics."""
        text = self._camera.trouble or self._trouble
        counts = {'merged scenes': str(self._merged), 'scenes without it': str(self._alone)}
        text = f'the scene is that of the first camera alone: {text}' if text else 'sees'
        level = DiagnosticStatus.OK if text == 'sees' else DiagnosticStatus.WARN
        name = f'perception: {self._name}'
        return conversions.diagnostic(name, text, {**self._camera.counts, **counts}, level=level)

    def _corrected(self, frame: Frame) -> Frame:
        return self._correct(frame.rgb).frame(frame)

    def _nearest(self, stamp: float) -> RawFrame | None:
        """Wait for an image that is not too old; one that is too new is kept."""
        end = time.monotonic() + self._tolerance
        while self._newest is None or self._newest.stamp < stamp - self._tolerance:
            self._newest = self._camera.take(max(end - time.monotonic(), 0.0))
            if self._newest is None:
                return None
        is_near = abs(self._newest.stamp - stamp) <= self._tolerance
        return self._newest if is_near else None
