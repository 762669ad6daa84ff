"""The ROS 2 side: the only folder that imports rclpy, one thin file per node.

Conversions between ROS and the core's messages come in pairs:

>>> from qwen_embodied.messages import ArmStatus
>>> from qwen_embodied.nodes import conversions
>>> status = ArmStatus('pick-1', 'aborted', 'joint_states: silent for 0.20 s')
>>> conversions.arm_status_from_ros(conversions.arm_status_to_ros(status)) == status
True
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__: list[str] = []
