"""Measures the way between two processes: images lost, image hop, joint-state delay.

Run as `python -m qwen_embodied.nodes.transport_probe send|listen SECONDS`; `listen` writes one
line of JSON. Stamps are of the monotonic clock, which processes of one machine share.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage

from qwen_embodied.messages import JointState
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_image import depth_to_ros, image_to_ros
from qwen_embodied.nodes.pacing import Pacer

HEIGHT, WIDTH = 480, 640
IMAGE_RATE, JOINT_RATE = 10.0, 100.0  # Hz
COLOUR, DEPTH, JOINTS = 'probe/colour', 'probe/depth', 'probe/joints'
MEETING = 30.0  # s in which the two processes must find each other
GRACE = 1.0  # s after the last message


class Sender(Node):
    """Publishes images and joint states from two threads, as a robot's drivers would."""

    def __init__(self) -> None:
        """Wait for the listener."""
        super().__init__('probe_sender')
        self._colour_out = self.create_publisher(Image, COLOUR, qos.SENSOR)
        self._depth_out = self.create_publisher(Image, DEPTH, qos.SENSOR)
        self._joints_out = self.create_publisher(JointStateMessage, JOINTS, qos.STATE)
        rng = np.random.default_rng(0)
        self._rgb = rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        self._metres = rng.uniform(0.5, 2.0, (HEIGHT, WIDTH)).astype(np.float32)
        self._names = tuple(f'joint{number}' for number in range(9))
        self.images = 0
        outputs = (self._colour_out, self._depth_out, self._joints_out)
        deadline = time.monotonic() + MEETING
        while not all(output.get_subscription_count() for output in outputs):
            if time.monotonic() > deadline:
                raise SystemExit('the listener was not found')
            time.sleep(0.05)

    def send(self, seconds: float) -> None:
        """Send for a time."""
        pacers = (
            Pacer('images', IMAGE_RATE, self._send_images),
            Pacer('joints', JOINT_RATE, self._send_joints),
        )
        time.sleep(seconds)
        for pacer in pacers:
            pacer.close()

    def _send_images(self) -> None:
        number = str(self.images)
        colour = image_to_ros(self._rgb, conversions.header(time.monotonic(), number))
        self._colour_out.publish(colour)
        depth = depth_to_ros(self._metres, conversions.header(time.monotonic(), number))
        self._depth_out.publish(depth)
        self.images += 1

    def _send_joints(self) -> None:
        state = JointState(time.monotonic(), self._names, np.zeros(9), np.zeros(9))
        self._joints_out.publish(conversions.joint_state_to_ros(state))


class Listener(Node):
    """Counts what arrives and how late."""

    def __init__(self) -> None:
        """Listen at once."""
        super().__init__('probe_listener')
        self.delays: dict[str, list[float]] = {COLOUR: [], DEPTH: [], JOINTS: []}
        self.sent = 0
        self.last = time.monotonic()
        for kind, topic, profile in (
            (Image, COLOUR, qos.SENSOR),
            (Image, DEPTH, qos.SENSOR),
            (JointStateMessage, JOINTS, qos.SENSOR),
        ):
            self.create_subscription(kind, topic, self._listener(topic), profile)

    def _listener(self, topic: str) -> Any:
        delays = self.delays[topic]

        def hear(message: Any) -> None:
            self.last = time.monotonic()
            delays.append(self.last - conversions.time_from_ros(message.header.stamp))
            if topic != JOINTS:
                self.sent = max(self.sent, int(message.header.frame_id) + 1)

        return hear

    def report(self) -> dict[str, float]:
        """Give counts, and delays in ms."""
        images = self.delays[COLOUR] + self.delays[DEPTH]
        return {
            'sent': 2.0 * self.sent,
            'received': float(len(images)),
            'image_p50_ms': _percentile(images, 50),
            'image_p99_ms': _percentile(images, 99),
            'joints': float(len(self.delays[JOINTS])),
            'joint_p50_ms': _percentile(self.delays[JOINTS], 50),
            'joint_p99_ms': _percentile(self.delays[JOINTS], 99),
        }


def _percentile(delays: list[float], share: float) -> float:
    return float(np.percentile(delays, share)) * 1e3 if delays else float('inf')


def _listen(seconds: float) -> None:
    node, executor = Listener(), SingleThreadedExecutor()
    executor.add_node(node)
    deadline = time.monotonic() + seconds + MEETING
    while time.monotonic() < deadline:
        executor.spin_once(timeout_sec=0.1)
        if node.sent and time.monotonic() - node.last > GRACE:
            break
    sys.stdout.write(json.dumps(node.report()) + '\n')
    node.destroy_node()


def main() -> None:
    """Send or listen, as the arguments say."""
    role, seconds = sys.argv[1], float(sys.argv[2])
    rclpy.init()
    try:
        if role == 'listen':
            _listen(seconds)
        else:
            node = Sender()
            node.send(seconds)
            node.destroy_node()
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
