"""Play a recording: `ros2 launch qwen_embodied replay.launch.py bag:=recording`.

Which nodes, with which parameters, is decided in qwen_embodied/bringup.py, which the command
`qwen-embodied replay --publish` reads too. No node of this profile can move an arm.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable, Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from qwen_embodied import bringup


def generate_launch_description() -> LaunchDescription:
    """Declare the profile's arguments; its nodes are built when their values are known."""
    arguments = [
        DeclareLaunchArgument(
            item.name,
            default_value=item.default,
            description=item.description,
            choices=item.choices,
        )
        for item in bringup.REPLAY_ARGUMENTS
    ]
    environment = [
        SetEnvironmentVariable(name, value) for name, value in bringup.added_environment().items()
    ]
    return LaunchDescription([*environment, *arguments, OpaqueFunction(function=start_nodes)])


def start_nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Turn the nodes of the profile into launch actions; when one ends, all do."""
    given = {
        item.name: LaunchConfiguration(item.name).perform(context)
        for item in bringup.REPLAY_ARGUMENTS
    }
    profile = bringup.replay_from_text(given)
    return [
        Node(
            package='qwen_embodied',
            executable=spec.name,
            name=spec.name,
            namespace=spec.namespace or None,
            parameters=[*spec.config_files(), dict(spec.parameters)],
            remappings=list(spec.remappings),
            output='screen',
            on_exit=Shutdown(reason=f'the node {spec.name} ended'),
        )
        for spec in profile.nodes
    ]
