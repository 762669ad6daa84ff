"""The operator's side of the graph: gives an instruction, hears the account, keeps the record."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.messages import JointState, JointTrajectory, Scene
from qwen_embodied.nodes import conversions, conversions_image, qos
from qwen_embodied.nodes.conversions_safety import Rejection, safety_from_ros
from qwen_embodied.nodes.wiring import hear
from qwen_embodied.run_record import Picture, RunRecord
from qwen_embodied.safety import SafetyState
from qwen_embodied.serialization import from_json
from qwen_embodied.workcell import TaskEvent
