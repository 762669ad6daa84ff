"""A camera that shows one photograph again and again, each time with other noise."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from qwen_embodied.doctor.scope import COLOUR, DEPTH, LENS
from qwen_embodied.messages import Frame
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_image import depth_to_ros, image_to_ros, intrinsics_to_ros
from qwen_embodied.nodes.pacing import Pacer

RATE = 30.0  # Hz, as most cameras of this kind
NOISES, LEVEL = 8, 2  # images with noise of this standard deviation, in turn


class StandingCamera:
    """Publishes colour, depth and camera_info until it is closed; a frozen camera it is not."""

    def __init__(self, node: Node, frame: Frame) -> None:
        """Make the publishers of a node and begin.

        Args:
            node: That the images come from.
            frame: With depth.
        """
        header, rng = conversions.header(0.0, frame.frame_id), np.random.default_rng(0)
        depth = np.full(frame.rgb.shape[:2], np.nan) if frame.depth is None else frame.depth
        noise = rng.normal(0.0, LEVEL, (NOISES, *frame.rgb.shape))
        noisy = np.clip(np.rint(frame.rgb + noise), 0, 255).astype(np.uint8)
        self._node = node
        self._images = itertools.cycle([image_to_ros(rgb, header) for rgb in noisy])
        self._depth = depth_to_ros(depth.astype(np.float32), header)
        self._info = intrinsics_to_ros(frame.intrinsics, header)
        self._outs = tuple(
            node.create_publisher(kind, topic, qos.SENSOR)
            for kind, topic in ((CameraInfo, LENS), (Image, DEPTH), (Image, COLOUR))
        )
        self._pacer = Pacer('standing camera', RATE, self._show)

    def close(self) -> None:
        """Show nothing more."""
        self._pacer.close()

    def _show(self) -> None:
        stamp = self._node.get_clock().now().to_msg()
        for out, message in zip(
            self._outs, (self._info, self._depth, next(self._images)), strict=True
        ):
            message.header.stamp = stamp
            out.publish(message)
