"""What perception saw by, for a planner that measures places: depth, lens and camera pose."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import deque

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from qwen_embodied.errors import CameraError, ContractError
from qwen_embodied.geometry import Intrinsics, pose, quaternion_of, rotation_of
from qwen_embodied.messages import Array, Frame
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.conversions import header, time_from_ros
from qwen_embodied.nodes.conversions_image import (
    depth_from_ros,
    depth_to_ros,
    intrinsics_from_ros,
    intrinsics_to_ros,
)
from qwen_embodied.nodes.wiring import hear, same

DEPTH, INFO, POSE = 'perception/depth', 'perception/camera_info', 'perception/camera_pose'
KEPT = 10  # depth images
SAME_TIME = 1e-3  # s between a scene and the depth it was seen in


def pose_to_ros(matrix: Array) -> Pose:
    """Write a pose (4, 4)."""
    x, y, z = (float(value) for value in matrix[:3, 3])
    a, b, c, w = (float(value) for value in quaternion_of(matrix[:3, :3]))
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=a, y=b, z=c, w=w))


def pose_from_ros(message: Pose) -> Array:
    """Read a pose (4, 4); raises ContractError where it is not finite or not a pose."""
    place, turn = message.position, message.orientation
    position = [place.x, place.y, place.z]
    if not np.isfinite(position).all():
        raise ContractError('pose.position', position, 'three finite numbers')
    return pose(position, rotation_of([turn.x, turn.y, turn.z, turn.w]))


class ViewPublisher:
    """Publishes depth and lens of each frame while somebody listens, and the camera's pose."""

    def __init__(self, node: Node) -> None:
        """Advertise the topics."""
        self._depth = node.create_publisher(Image, DEPTH, qos.SENSOR)
        self._info = node.create_publisher(CameraInfo, INFO, qos.SENSOR)
        self._pose = node.create_publisher(PoseStamped, POSE, qos.LATCHED)
        self._told: Array | None = None

    def publish(self, frame: Frame, base: str) -> None:
        """Publish what belongs to a frame; `base` names the frame of its camera_in_base."""
        if self._told is None or not np.array_equal(self._told, frame.camera_in_base):
            self._told = frame.camera_in_base
            stamped = PoseStamped(pose=pose_to_ros(frame.camera_in_base))
            stamped.header = header(frame.stamp, base)
            self._pose.publish(stamped)
        if frame.depth is None or not self._depth.get_subscription_count():
            return
        head = header(frame.stamp, frame.frame_id)
        self._info.publish(intrinsics_to_ros(frame.intrinsics, head))
        self._depth.publish(depth_to_ros(frame.depth, head, '32FC1'))


class MeasuredView:
    """Hears depth, lens and camera pose, and joins them with an image of the same time."""

    def __init__(self, node: Node) -> None:
        """Subscribe."""
        self._depth: deque[Image] = deque(maxlen=KEPT)
        self._warn = node.get_logger().warning
        self._lens: Intrinsics | None = None
        self._camera_in_base: Array | None = None
        hear(node, DEPTH, qos.SENSOR, same, self._depth.append, Image)
        hear(node, INFO, qos.SENSOR, intrinsics_from_ros, self._hear_lens, CameraInfo)
        hear(node, POSE, qos.LATCHED, lambda m: pose_from_ros(m.pose), self._hear_pose,
             PoseStamped)  # fmt: skip

    def _hear_lens(self, lens: Intrinsics) -> None:
        self._lens = lens

    def _hear_pose(self, camera_in_base: Array) -> None:
        self._camera_in_base = camera_in_base

    def frame(self, stamp: float, rgb: NDArray[np.uint8]) -> Frame | None:
        """Give the frame of a time in s; None where depth, lens or pose of it is missing."""
        depth = next((image for image in tuple(self._depth) if _at(image, stamp)), None)
        if depth is None or self._lens is None or self._camera_in_base is None:
            return None
        name, where = depth.header.frame_id, self._camera_in_base
        try:
            return Frame(stamp, name, rgb, depth_from_ros(depth), self._lens, where)
        except (CameraError, ContractError) as error:
            self._warn(f'places cannot be measured: {error}')
            return None


def _at(message: Image, stamp: float) -> bool:
    return abs(time_from_ros(message.header.stamp) - stamp) <= SAME_TIME
