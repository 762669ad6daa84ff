"""Which recorded topics may be published again: what was measured, never what was commanded."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.replay.records import Topic

# Sensors and what describes them. Everything else could move something, or pretend to have.
MEASURED = (
    'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage', 'sensor_msgs/msg/CameraInfo',
    'sensor_msgs/msg/PointCloud2', 'tf2_msgs/msg/TFMessage',
)  # fmt: skip
JOINTS, TEXT = 'sensor_msgs/msg/JointState', 'std_msgs/msg/String'


def may_be_played(topic: Topic) -> bool:
    """Say whether a topic holds measurements.

    Joint states are commands on some robots: they are played only when their name says that they
    are states. Of texts only the robot's description is played.
    """
    if topic.type == JOINTS:
        return topic.name.endswith('joint_states')
    if topic.type == TEXT:
        return topic.name.endswith('robot_description')
    return topic.type in MEASURED


def played_name(name: str, prefix: str) -> str:
    """Give the name under which a topic is played; prefix is '' for its own."""
    return f'{prefix.rstrip("/")}/{name.lstrip("/")}' if prefix else name
