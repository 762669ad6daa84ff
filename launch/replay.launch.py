"""Play a recording: `ros2 launch qwen_embodied replay.launch.py bag:=recording`.

Nodes and parameters are decided in qwen_embodied/bringup.py, as for `qwen-embodied up replay`.
No node of this profile can move an arm.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from launch import LaunchDescription

from qwen_embodied.nodes.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Describe the profile."""
    return describe('replay')
