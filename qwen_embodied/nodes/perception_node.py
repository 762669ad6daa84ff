"""Perception as a ROS node: images in, corrected image, scene and markers out."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from qwen_embodied.errors import QwenEmbodiedError
from qwen_embodied.messages import Frame, Scene
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.camera_inputs import CameraInputParameters, CameraInputs
from qwen_embodied.nodes.conversions_image import image_to_ros
from qwen_embodied.nodes.conversions_markers import markers_to_ros
from qwen_embodied.nodes.conversions_safety import camera_values
from qwen_embodied.nodes.frames import RawFrame
from qwen_embodied.nodes.measured_view import ViewPublisher
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.nodes.parameters import declare
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.seeing import SeeingParameters, Sight
from qwen_embodied.nodes.wiring import every, hear
from qwen_embodied.parameters import param
from qwen_embodied.safety import CameraSample

TAKE_TIMEOUT = 0.5  # s


@dataclass(frozen=True)
class Parameters(SeeingParameters, CameraInputParameters):
    """How images become scenes, and how often."""

    max_rate: float = param(10.0, 'Most scenes per second.', bounds=(0.1, 60.0))


class PerceptionNode(Node):
    """Joins colour and depth, corrects the light and estimates the scene in a worker thread."""

    def __init__(self, **options: Any) -> None:
        """Build the stage and start its thread."""
        super().__init__(
            'perception', automatically_declare_parameters_from_overrides=True, **options
        )
        self._values = declare(self, Parameters)
        self._sight = Sight(self._values)
        self._camera = CameraInputs(self, self._values)
        self._trouble, self._scenes = '', 0
        self._image_out = self.create_publisher(Image, 'perception/image', qos.SENSOR)
        self._scene_out = self.create_publisher(String, 'perception/scene', qos.STATE)
        self._sample_out = self.create_publisher(DiagnosticStatus, 'safety/camera', qos.STATE)
        self._markers_out = self.create_publisher(MarkerArray, 'perception/markers', qos.STATE)
        self._diagnostics_out = self.create_publisher(DiagnosticArray, '/diagnostics', qos.STATE)
        self._view_out = ViewPublisher(self)
        state = conversions.joint_state_from_ros
        hear(self, 'joint_states', qos.SENSOR, state, self._sight.hear_state, JointStateMessage)
        self._worker = Pacer('perception', self._values.max_rate, self._work)
        every(self, 1.0, self._diagnose)

    def _work(self) -> None:
        raw = self._camera.take(TAKE_TIMEOUT)
        if raw is None:
            return
        try:
            scene = self._see(raw)
        except QwenEmbodiedError as error:
            self._camera.drop(error)
            self._trouble = f'image dropped: {error}'
            self.get_logger().warning(self._trouble, throttle_duration_sec=1.0)
            return
        self._trouble = ''
        if scene is not None:
            self._scenes += 1
            self._publish_scene(scene)

    def _see(self, raw: RawFrame) -> Scene | None:
        frame = self._sight.read(raw)
        self._publish_sample(frame)
        self._camera.check(frame)
        frame = self._sight.correct(frame)
        self._publish_image(frame)
        self._view_out.publish(frame, self._values.frame_id)
        return self._sight.scene(frame)

    def _publish_sample(self, frame: Frame) -> None:
        """Tell the supervisor what it must know of an image, before anything can be wrong."""
        sample = CameraSample.of(frame.stamp, frame.rgb, frame.depth)
        values = camera_values(sample)
        self._sample_out.publish(conversions.diagnostic('camera', 'seen', values))

    def _publish_image(self, frame: Frame) -> None:
        header = conversions.header(frame.stamp, frame.frame_id)
        self._image_out.publish(image_to_ros(frame.rgb, header))

    def _publish_scene(self, scene: Scene) -> None:
        self._scene_out.publish(conversions.scene_to_ros(scene))
        if self._markers_out.get_subscription_count():
            self._markers_out.publish(markers_to_ros(scene))

    def _diagnose(self) -> None:
        self._worker.check()
        text = self._camera.trouble or self._trouble
        values = self._camera.counts
        values['scenes'] = str(self._scenes)
        level = DiagnosticStatus.ERROR if text else DiagnosticStatus.OK
        status = conversions.diagnostic('perception', text or 'sees', values, level=level)
        light = self._sight.light
        extra = [] if light is None else [conversions.light_to_ros(light)]
        message = DiagnosticArray(status=[status, *extra])
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
