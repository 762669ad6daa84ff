"""Counts the messages of a topic as bytes, for the doctor; they are read only at the end."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import statistics
import struct
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String

from qwen_embodied.doctor.heard import Stream
from qwen_embodied.errors import ReplayError
from qwen_embodied.nodes import qos, topic_types

COLOUR = 'camera/color/image_raw'
DEPTH = 'camera/aligned_depth_to_color/image_raw'
LENS, JOINTS, DESCRIPTION = 'camera/color/camera_info', 'joint_states', 'robot_description'
CLOCK, OWN_CLOCK = '/clock', 'clock'
SAFETY, DIAGNOSTICS = 'safety/state', '/diagnostics'
TF = ('/tf', '/tf_static')
STAMPED = (Image, CompressedImage, CameraInfo, JointStateMessage)
KEPT = 50  # stamps


class Ear:
    """Counts the messages of one topic and keeps the last.

    Attributes:
        count: Messages so far.
    """

    def __init__(self, node: Node, topic: str, kind: type[Any], profile: QoSProfile,
                 clocks: Sequence[Ear] = ()) -> None:  # fmt: skip
        """Subscribe.

        Args:
            node: That subscribes.
            topic: Name.
            kind: Of the messages.
            profile: From `qos`.
            clocks: Ears at clocks; the time of the first that is heard counts.
        """
        self._kind, self._clocks, self.count = kind, clocks, 0
        self._first = self._last = 0.0
        self._stamps: deque[float] = deque(maxlen=KEPT)
        self._delays: list[float] = []
        self._kept: deque[bytes] = deque(maxlen=KEPT if kind is not Image else 1)
        self._begin: bytes | None = None
        # A check tells what does not fit; nobody reads the log of this node.
        quiet = SubscriptionEventCallbacks(use_default_callbacks=False)
        node.create_subscription(kind, topic, self._hear, profile, raw=True, event_callbacks=quiet)

    @classmethod
    def all_of(cls, node: Node, transports: Sequence[str]) -> dict[str, Ear]:
        """Listen to everything that a check needs, by topic."""
        # In a namespace, simulated time may be the graph's own.
        names = (OWN_CLOCK, CLOCK) if node.get_namespace() != '/' else (CLOCK,)
        clocks = {name: cls(node, name, Clock, qos.SENSOR) for name in names}
        colour = transports[0] == 'compressed'
        depth = transports[1] == 'compressedDepth'
        kinds: list[tuple[str, str, type[Any]]] = [
            (COLOUR, '/compressed' if colour else '', CompressedImage if colour else Image),
            (DEPTH, '/compressedDepth' if depth else '', CompressedImage if depth else Image),
            (LENS, '', CameraInfo),
            (JOINTS, '', JointStateMessage),
            (SAFETY, '', DiagnosticStatus),
            (DIAGNOSTICS, '', DiagnosticArray),
        ]
        ears = {**clocks, DESCRIPTION: cls(node, DESCRIPTION, String, qos.LATCHED)}
        for topic, suffix, kind in kinds:
            ears[topic] = cls(node, topic + suffix, kind, qos.SENSOR, tuple(clocks.values()))
        transforms = _transforms()
        if transforms is not None:
            for topic, profile in zip(TF, (qos.SENSOR, qos.LATCHED), strict=True):
                ears[topic] = cls(node, topic, transforms, profile)
        return ears

    def stream(self) -> Stream:
        """Say how many messages came, in which time and how late."""
        delay = statistics.median(self._delays) if self._delays else None
        return Stream(self.count, self._last - self._first, delay, tuple(self._stamps))

    def last(self) -> Any:
        """Give the newest message, or None."""
        return deserialize_message(self._kept[-1], self._kind) if self._kept else None

    def first(self) -> Any:
        """Give the oldest message, or None."""
        return deserialize_message(self._begin, self._kind) if self._begin else None

    def each(self) -> list[Any]:
        """Give the newest messages, the oldest of them first."""
        return [deserialize_message(content, self._kind) for content in self._kept]

    def _hear(self, content: bytes) -> None:
        self._last = time.monotonic()
        if not self.count:
            self._first, self._begin = self._last, content
        self.count += 1
        self._kept.append(content)
        if self._kind in STAMPED:
            stamp = _stamp(content)
            self._stamps.append(stamp)
            self._delays.append(self._now() - stamp)

    def _now(self) -> float:
        times = (_stamp(clock._kept[-1]) for clock in self._clocks if clock._kept)
        return next(times, time.time())


def _stamp(content: bytes) -> float:
    """Read the time with which a serialized message begins, s."""
    order = '<' if content[1] & 1 else '>'
    seconds, nanoseconds = struct.unpack_from(f'{order}iI', content, 4)
    return float(seconds + nanoseconds * 1e-9)


def _transforms() -> type[Any] | None:
    try:
        return topic_types.load('/tf', ['tf2_msgs/msg/TFMessage'])
    except ReplayError:
        return None
