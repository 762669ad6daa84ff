"""Perception as a ROS node: images in, corrected image, scene and markers out."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from qwen_embodied.errors import PerceptionError, QwenEmbodiedError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.messages import Frame, JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_image import image_to_ros
from qwen_embodied.nodes.conversions_markers import markers_to_ros
from qwen_embodied.nodes.frames import INPUTS, FrameJoiner
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import every, hear, same
from qwen_embodied.parameters import param
from qwen_embodied.perception import LightingCorrection, PerceptionParameters, SceneEstimator

HOME_TOLERANCE = 0.05  # rad and rad/s
STATE_TOLERANCE = 0.05  # s between an image and the joint state that belongs to it
SILENCE = 5.0  # s without images after which the diagnostics say so


@dataclass(frozen=True)
class Parameters(PerceptionParameters):
    """Perception's thresholds, and where the camera is."""

    robot: str = param('panda', 'Whose links are left out of the scene; empty for none.')
    camera_position: list[float] = param(
        [0.4, 0.0, 1.25], 'Of the optical frame in the base frame, x y z, m.'
    )
    camera_quaternion: list[float] = param(
        [-0.70584645, 0.70584645, -0.04219941, 0.04219941],
        'Of the optical frame in the base frame, x y z w.',
    )
    pair_tolerance: float = param(
        0.02, 'Largest difference of the stamps of colour and depth, s.', bounds=(0.0, 0.2)
    )
    scene_from: str = param(
        'home',
        'Where the arm is while scenes are made: at rest at home, where it hides nothing, '
        'or anywhere. The first scene is made from anywhere.',
        choices=('home', 'anywhere'),
    )
    max_rate: float = param(10.0, 'Most scenes per second.', bounds=(0.1, 60.0))


class PerceptionNode(Node):
    """Joins colour and depth, corrects the light and estimates the scene in a worker thread."""

    def __init__(self, **options: Any) -> None:
        """Build the stage and start its thread."""
        super().__init__(
            'perception', automatically_declare_parameters_from_overrides=True, **options
        )
        self._values = values = declare(self, Parameters)
        self._camera_in_base = pose(values.camera_position, rotation_of(values.camera_quaternion))
        self._correct = LightingCorrection()
        self._robot = load_robot(values.robot) if values.robot else None
        self._estimate = SceneEstimator(
            parameters=select(values, PerceptionParameters),
            body=self._robot.link_spheres if self._robot else None,
        )
        self._anywhere = True
        self._frames = FrameJoiner(values.pair_tolerance)
        self._states: deque[JointState] = deque(maxlen=100)
        self._trouble = ''
        self._advertise()
        self._subscribe()
        self._worker = Pacer('perception', values.max_rate, self._work)
        every(self, 1.0, self._diagnose)

    def _advertise(self) -> None:
        self._image_out = self.create_publisher(Image, 'perception/image', qos.SENSOR)
        self._scene_out = self.create_publisher(String, 'perception/scene', qos.STATE)
        self._markers_out = self.create_publisher(MarkerArray, 'perception/markers', qos.STATE)
        self._diagnostics_out = self.create_publisher(DiagnosticArray, '/diagnostics', qos.STATE)

    def _subscribe(self) -> None:
        frames, state = self._frames, conversions.joint_state_from_ros
        colour, info, depth = INPUTS
        hear(self, colour, qos.SENSOR, same, frames.add_colour, Image)
        hear(self, depth, qos.SENSOR, same, frames.add_depth, Image)
        hear(self, info, qos.SENSOR, same, frames.add_info, CameraInfo)
        hear(self, 'joint_states', qos.SENSOR, state, self._states.append, JointStateMessage)

    def _work(self) -> None:
        raw = self._frames.take(timeout=0.5)
        if raw is None:
            return
        try:
            frame = raw.convert(self._camera_in_base)
            self._see(replace(frame, rgb=self._correct(frame.rgb).rgb))
        except QwenEmbodiedError as error:
            self._trouble = f'image dropped: {error}'
            self.get_logger().warning(self._trouble, throttle_duration_sec=1.0)
            return
        self._trouble = ''

    def _see(self, frame: Frame) -> None:
        """Publish the image; estimate and publish the scene while the view is clear."""
        header = conversions.header(frame.stamp, frame.frame_id)
        self._image_out.publish(image_to_ros(frame.rgb, header))
        state = self._state_at(frame.stamp)
        if not (self._anywhere or self._is_home(state)):
            return
        scene = self._estimate(frame, state)
        self._anywhere = self._values.scene_from == 'anywhere'
        self._scene_out.publish(conversions.scene_to_ros(scene))
        if self._markers_out.get_subscription_count():
            self._markers_out.publish(markers_to_ros(scene))

    def _is_home(self, state: JointState | None) -> bool:
        if self._robot is None or state is None:
            return True
        away = np.abs(state.of(self._robot.joint_names) - self._robot.home).max()
        speed = 0.0 if state.velocities is None else np.abs(state.velocities).max()
        return bool(away <= HOME_TOLERANCE and speed <= HOME_TOLERANCE)

    def _state_at(self, stamp: float) -> JointState | None:
        """Give the joint state nearest to a time; without one the robot would be an object."""
        if self._robot is None:
            return None
        near = min(tuple(self._states), key=lambda item: abs(item.stamp - stamp), default=None)
        if near is None or abs(near.stamp - stamp) > STATE_TOLERANCE:
            raise PerceptionError(f'no joint_states within {STATE_TOLERANCE} s of the image')
        return near

    def _diagnose(self) -> None:
        self._worker.check()
        text = self._frames.silent(SILENCE) or self._trouble
        level = DiagnosticStatus.ERROR if text else DiagnosticStatus.OK
        status = conversions.diagnostic('perception', text or 'sees', {}, level=level)
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics_out.publish(message)

    def destroy_node(self) -> None:
        """End the thread before the publishers."""
        self._worker.close()
        super().destroy_node()


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(PerceptionNode))


if __name__ == '__main__':
    main()
