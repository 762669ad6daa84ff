"""A profile as a description for `ros2 launch`; the only module that needs ROS's launch.

The nodes run with the interpreter of `ros2 launch`, so that they find what it finds.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from qwen_embodied.bringup import added_environment, arguments_of_profile, profile_from_text
from qwen_embodied.node_spec import NodeSpec

RESPAWN_DELAY = 2.0  # s


def describe(profile: str) -> LaunchDescription:
    """Declare the arguments of a profile; its nodes are built when their values are known."""
    arguments = [
        DeclareLaunchArgument(
            item.name,
            default_value=item.default,
            description=item.description,
            choices=item.choices,
        )
        for item in arguments_of_profile(profile)
    ]
    environment = [
        SetEnvironmentVariable(name, value) for name, value in added_environment().items()
    ]
    start = OpaqueFunction(function=partial(start_nodes, profile=profile))
    return LaunchDescription([*environment, *arguments, start])


def start_nodes(context: LaunchContext, *, profile: str) -> list[LaunchDescriptionEntity]:
    """Turn the nodes of a profile into launch actions.

    Raises:
        ConfigurationError: An argument or a parameter file is wrong; nothing has started then.
    """
    given = {
        item.name: LaunchConfiguration(item.name).perform(context)
        for item in arguments_of_profile(profile)
    }
    built = profile_from_text(profile, given)
    folder = Path(tempfile.mkdtemp(prefix='qwen_embodied_'))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # nodes that respawn read it again
    said = [LogInfo(msg=built.note)] if built.note else []
    return [*said, *(action_of(spec, folder) for spec in built.nodes)]


def action_of(spec: NodeSpec, folder: Path) -> Node:
    """Give the action that runs a node; when a node ends that may not respawn, all end."""
    ending = (
        {'respawn': True, 'respawn_delay': RESPAWN_DELAY}
        if spec.respawns
        else {'on_exit': Shutdown(reason=f'the node {spec.name} ended')}
    )
    return Node(
        executable=sys.executable,
        arguments=['-m', spec.module],
        exec_name=spec.name,
        name=spec.name,
        namespace=spec.namespace or None,
        ros_arguments=spec.ros_arguments(spec.write_parameters(folder)),
        output='screen',
        emulate_tty=False,
        **ending,
    )
