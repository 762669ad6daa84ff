"""A recording is looked at with what is given, else with what was recorded, else with config/."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.replay import TopicMap, configure
from qwen_embodied.replay.config import stage_parameters
from qwen_embodied.replay.system import configuration

RECORDED = {'robot': 'xarm7', 'camera_position': '1 2 3', 'camera_quaternion': '0 0 0 1'}
CELL = """
/**/perception:
  ros__parameters:
    camera_position: [0.1, 0.2, 0.3]
    vanish_after: 9
safety_supervisor:
  ros__parameters:
    max_tool_speed: 0.05
    silence_stop: 1.5
"""


@pytest.fixture
def cell(tmp_path):
    path = tmp_path / 'my_cell.yaml'
    path.write_text(CELL)
    return path


def test_the_recorded_robot_and_camera_are_taken():
    config = configure({}, RECORDED)
    assert (config.robot, config.camera_position) == ('xarm7', [1.0, 2.0, 3.0])
    assert configure({'robot': 'so101'}, RECORDED).robot == 'so101'
    assert configure({}, {}).robot == 'panda'


def test_a_parameter_file_wins_over_what_was_recorded(cell):
    config = configure({'params_files': [str(cell)]}, RECORDED)
    assert config.camera_position == [0.1, 0.2, 0.3]
    assert config.camera_quaternion == [0.0, 0.0, 0.0, 1.0]
    stages = stage_parameters(config)
    assert stages.perception.vanish_after == 9
    assert stages.safety.max_tool_speed == 0.05


def test_sections_of_a_namespace_count_there(cell):
    cell.write_text(CELL.replace('/**/perception', 'left/perception'))
    for namespace, position in (('left', [0.1, 0.2, 0.3]), ('right', [1.0, 2.0, 3.0])):
        topics = TopicMap(namespace=namespace)
        config = configure({'params_files': [str(cell)], 'topics': topics}, RECORDED)
        assert config.camera_position == position


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('perception: {ros__parameters: {camera_position: 3}}', r'camera_position = 3.*a list'),
        ('perceptoin: {ros__parameters: {}}', r'yaml:1: there is no node perceptoin'),
        ('perception: {ros__parameters: {vanish_after: 0}}', r'yaml:1: vanish_after = 0'),
    ],
)
def test_what_is_wrong_in_a_file_is_named(cell, text, words):
    cell.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        stage_parameters(configure({'params_files': [str(cell)]}, {}))


def test_what_a_cell_sets_is_recorded_with_it(cell):
    recorded = configuration('xarm7', str(cell))
    assert recorded['camera_position'] == '0.1 0.2 0.3'
    assert recorded['my_cell.yaml'] == CELL
    assert configure({}, recorded).camera_position == [0.1, 0.2, 0.3]
