"""A robot has the same names in every command and profile."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from typer.testing import CliRunner

from qwen_embodied import bringup
from qwen_embodied.cli import app
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.motion import load_robot
from qwen_embodied.robot_names import ROBOTS, preset_of

COMMANDS = (
    ('replay', 'bag'), ('record',), ('doctor', '--no-graph'), ('plan', 'go home'),
    ('export', '.', '--out', 'out'),
)  # fmt: skip


@pytest.mark.parametrize('name', ROBOTS)
def test_a_name_means_what_it_means_in_the_profile_of_a_robot(name):
    (perception,) = (s for s in bringup.robot(robot=name).nodes if s.name == 'perception')
    assert perception.values()['robot'] == preset_of(name)
    assert preset_of(preset_of(name)) == preset_of(name)


def test_the_ur5e_has_its_gripper():
    assert load_robot(preset_of('ur5e')).gripper is not None


def test_the_path_of_a_file_is_left_as_it_is():
    assert preset_of('own/ur5e.yaml') == 'own/ur5e.yaml'


@pytest.mark.parametrize('words', COMMANDS)
def test_every_command_names_the_robots_that_there_are(words):
    found = CliRunner().invoke(app, [*words, '--robot', 'ur5'])
    assert isinstance(found.exception, ConfigurationError)
    assert "no robot 'ur5'; did you mean ur5e? known are ur5e, " in str(found.exception)


def test_what_is_like_no_name_gets_the_list_alone():
    with pytest.raises(ConfigurationError, match=r"no robot 'spot'; known are .*so101"):
        load_robot('spot')
