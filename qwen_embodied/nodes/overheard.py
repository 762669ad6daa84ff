"""Counts the messages of a topic as bytes, for the doctor; they are read only at the end."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import statistics
import struct
import time
from collections import deque
from collections.abc import Mapping, Sequence
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
from qwen_embodied.doctor.scope import CLOCK, COLOUR, DEPTH, JOINTS, LENS
from qwen_embodied.errors import ReplayError
from qwen_embodied.nodes import qos, topic_types

DESCRIPTION, OWN_CLOCK = 'robot_description', 'clock'
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
            clocks: Ears at clocks; the time of the first that is heard counts. Without any,
                that of this machine.
        """
        self._kind, self._clocks, self.count = kind, clocks, 0
        self._first = self._last = 0.0
        self._has_clock = False
        self._stamps: deque[float] = deque(maxlen=KEPT)
        self._delays: list[float] = []
        self._kept: deque[bytes] = deque(maxlen=KEPT if kind is not Image else 1)
        self._begin: bytes | None = None
        # A check tells what does not fit; nobody reads the log of this node.
        quiet = SubscriptionEventCallbacks(use_default_callbacks=False)
        node.create_subscription(kind, topic, self._hear, profile, raw=True, event_callbacks=quiet)

    @classmethod
    def all_of(cls, node: Node, transports: Sequence[str],
               names: Mapping[str, str]) -> dict[str, Ear]:  # fmt: skip
        """Listen to everything that a check needs.

        Args:
            node: That subscribes.
            transports: Of colour and depth.
            names: Under which topics come that are remapped.

        Returns:
            Ears by the names that this package gives the topics.
        """
        # In a namespace, simulated time may be the graph's own.
        owned = node.get_namespace() != '/' and CLOCK not in names
        clocks = {
            name: cls(node, names.get(name, name), Clock, qos.SENSOR)
            for name in ((OWN_CLOCK, CLOCK) if owned else (CLOCK,))
        }
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
            name = names.get(topic, topic) + suffix
            ears[topic] = cls(node, name, kind, qos.SENSOR, tuple(clocks.values()))
            # Until the clock is heard nobody knows how old a stamp is.
            ears[topic]._has_clock = CLOCK in names
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
            now = self._now()
            self._delays += [] if now is None else [now - stamp]

    def _now(self) -> float | None:
        times = (_stamp(clock._kept[-1]) for clock in self._clocks if clock._kept)
        return next(times, None if self._has_clock else time.time())


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
