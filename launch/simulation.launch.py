"""Start the simulated cell: `ros2 launch qwen_embodied simulation.launch.py seed:=7 light:=dim`.

Nodes and parameters are decided in qwen_embodied/bringup.py, as for `qwen-embodied up simulation`.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from launch import LaunchDescription

from qwen_embodied.nodes.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Describe the profile."""
    return describe('simulation')
