"""Only measurements are played; commands stay in the recording."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from qwen_embodied import bringup
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.replay import Topic
from qwen_embodied.replay.playback import may_be_played, played_name

MEASURED = [
    ('/camera/color/image_raw', 'sensor_msgs/msg/Image'),
    ('/camera/color/image_raw/compressed', 'sensor_msgs/msg/CompressedImage'),
    ('/arm/joint_states', 'sensor_msgs/msg/JointState'),
    ('/tf_static', 'tf2_msgs/msg/TFMessage'),
    ('/robot_description', 'std_msgs/msg/String'),
]
COMMANDS = [
    ('/arm/command', 'trajectory_msgs/msg/JointTrajectory'),
    ('/trajectory/approved', 'trajectory_msgs/msg/JointTrajectory'),
    ('/trajectory/proposed', 'trajectory_msgs/msg/JointTrajectory'),
    ('/joint_command', 'sensor_msgs/msg/JointState'),
    ('/forward_position_controller/commands', 'std_msgs/msg/Float64MultiArray'),
    ('/cmd_vel', 'geometry_msgs/msg/Twist'),
    ('/instruction', 'std_msgs/msg/String'),
    ('/plan', 'std_msgs/msg/String'),
    ('/safety/state', 'diagnostic_msgs/msg/DiagnosticStatus'),
    ('/clock', 'rosgraph_msgs/msg/Clock'),
]


@pytest.mark.parametrize(('name', 'kind'), MEASURED)
def test_measurements_are_played(name, kind):
    assert may_be_played(Topic(name, kind))


@pytest.mark.parametrize(('name', 'kind'), COMMANDS)
def test_x15_commands_are_not_played(name, kind):
    assert not may_be_played(Topic(name, kind))


def test_names_are_put_under_the_prefix():
    assert played_name('/joint_states', '/replay') == '/replay/joint_states'
    assert played_name('/joint_states', '') == '/joint_states'


@pytest.mark.parametrize('names', bringup.NAMES)
def test_x15_the_profile_has_nothing_that_moves_or_arms(names):
    profile = bringup.replay('bag', names=names)
    assert not any(spec.moves_arm for spec in profile.nodes)
    assert {spec.name for spec in profile.nodes} == {'replay', 'perception'}


def test_a_profile_without_a_recording_is_refused():
    with pytest.raises(ConfigurationError, match='give a recording'):
        bringup.profile_from_text('replay', {'bag': ''})
    with pytest.raises(ConfigurationError, match='must be a number'):
        bringup.profile_from_text('replay', {'bag': 'x', 'rate': 'fast'})
