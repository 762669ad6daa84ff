"""Bring up a real arm: `ros2 launch qwen_embodied robot.launch.py robot:=ur5e camera:=realsense`.

Without dry_run:=false no command leaves, and with it nothing moves before it is armed.
Nodes and parameters are decided in qwen_embodied/bringup.py, as for `qwen-embodied up robot`.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from launch import LaunchDescription

from qwen_embodied.nodes.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Describe the profile."""
    return describe('robot')
