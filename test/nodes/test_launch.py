"""The launch file says what bringup says; its syntax is checked without ROS's launch too."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import importlib.util

import pytest

from qwen_embodied import bringup
from qwen_embodied.resources import shared_file

FILE = shared_file('launch/simulation.launch.py')


def test_the_file_is_made_from_bringup_and_names_no_node_itself():
    names = {node.attr for node in ast.walk(ast.parse(FILE.read_text()))
             if isinstance(node, ast.Attribute)}  # fmt: skip
    assert {'SIMULATION_ARGUMENTS', 'from_text', 'added_environment', 'simulation'} <= names
    assert not any(spec.module in FILE.read_text() for spec in bringup.simulation().nodes)


def test_the_replay_file_is_made_from_bringup_too():
    text = shared_file('launch/replay.launch.py').read_text()
    names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    assert {'REPLAY_ARGUMENTS', 'replay_from_text', 'added_environment'} <= names
    assert not any(spec.module in text for spec in bringup.replay('bag').nodes)


@pytest.fixture
def module():
    pytest.importorskip('launch_ros')
    spec = importlib.util.spec_from_file_location('simulation_launch', FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.launch
def test_every_argument_is_declared_with_description_and_choices(module):
    found = {
        item.name: item for item in module.generate_launch_description().get_launch_arguments()
    }
    assert list(found) == [item.name for item in bringup.SIMULATION_ARGUMENTS]
    assert tuple(found['light'].choices) == bringup.LIGHT_NAMES
    assert all(item.description for item in found.values())


@pytest.mark.launch
def test_the_nodes_are_those_of_the_profile(module):
    launch = pytest.importorskip('launch')
    context = launch.LaunchContext()
    context.launch_configurations.update({'seed': '7', 'light': 'dim', 'namespace': ''})
    nodes = module.start_nodes(context)
    assert [node.node_executable for node in nodes] == [
        spec.name for spec in bringup.simulation().nodes
    ]
