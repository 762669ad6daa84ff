"""The launch files start what bringup says; the rest of it needs ROS's launch."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import asyncio
import importlib.util
import os
import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus

from qwen_embodied import bringup
from qwen_embodied.bringup import graph_environment
from qwen_embodied.nodes import qos
from qwen_embodied.resources import shared_file

PROFILES = tuple(bringup.PROFILES)
GIVEN = {
    'simulation': {'seed': '7', 'light': 'dim', 'namespace': 'left', 'log_level': 'warn'},
    'robot': {'robot': 'ur5e', 'camera': 'realsense', 'remaps': 'joint_states:=/js'},
    'replay': {'bag': 'recording', 'names': 'own'},
}
ALL_NODES = {'arm_controller', 'safety_supervisor', 'perception', 'planner', 'fake_arm'}
# Runs a launch file as `ros2 launch` does, which comes with an installed ROS alone.
START = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
path, *words = sys.argv[1:]
given = [tuple(word.split(':=', 1)) for word in words]
included = IncludeLaunchDescription(PythonLaunchDescriptionSource(path), launch_arguments=given)
service = LaunchService(noninteractive=True)
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""


def file_of(profile):
    return shared_file(f'launch/{profile}.launch.py')


@pytest.mark.parametrize('profile', PROFILES)
def test_a_file_names_its_profile_and_decides_nothing(profile):
    tree = ast.parse(file_of(profile).read_text())
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [(call.func.id, call.args[0].value) for call in called] == [('describe', profile)]


@pytest.fixture
def launching():
    pytest.importorskip('launch_ros', reason='needs ROS: launch_ros is not on PyPI')
    return importlib.import_module('qwen_embodied.nodes.launching')


@pytest.fixture
def context(launching):
    launch = pytest.importorskip('launch')
    made = launch.LaunchContext()
    made._set_asyncio_loop(asyncio.new_event_loop())
    yield made
    made.asyncio_loop.close()


def described(profile):
    spec = importlib.util.spec_from_file_location(f'{profile}_launch', file_of(profile))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate_launch_description()


@pytest.mark.launch
@pytest.mark.parametrize('profile', PROFILES)
def test_every_argument_is_declared_with_description_and_choices(launching, profile):
    found = {item.name: item for item in described(profile).get_launch_arguments()}
    wanted = {item.name: item for item in bringup.arguments_of_profile(profile)}
    assert list(found) == list(wanted)
    for name, item in found.items():
        assert item.description.startswith(wanted[name].description)
        assert item.choices == wanted[name].choices


def without_file(line):
    """Give a command line without its parameter file, and what that file holds."""
    at = line.index('--params-file')
    with open(line[at + 1], encoding='utf-8') as file:
        return sorted(line[:at] + line[at + 2 :]), file.read()


@pytest.mark.launch
@pytest.mark.parametrize('profile', PROFILES)
def test_launch_and_the_command_line_start_the_same_nodes_with_the_same_parameters(
    launching, context, profile, tmp_path
):
    """The same command lines, but for where the ROS arguments stand."""
    context.launch_configurations.update(
        {item.name: item.default for item in bringup.arguments_of_profile(profile)}
        | GIVEN[profile]
    )
    actions = launching.start_nodes(context, profile=profile)
    nodes = [action for action in actions if hasattr(action, 'node_executable')]
    specs = bringup.profile_from_text(profile, GIVEN[profile]).nodes
    assert len(nodes) == len(specs)
    for node, spec in zip(nodes, specs, strict=True):
        node._perform_substitutions(context)
        own = {'name': f'__node:={spec.name}', 'ns': f'__ns:=/{spec.namespace.strip("/")}'}
        context.extend_locals({'ros_specific_arguments': own})
        node.prepare(context)
        line = list(node.process_details['cmd'])
        # launch asks for the arguments of ROS twice; once is enough for ROS too.
        line.remove('--ros-args')
        assert without_file(line) == without_file(spec.command(spec.write_parameters(tmp_path)))


@pytest.mark.launch
def test_what_moves_or_judges_ends_the_launch_and_the_rest_may_start_again(launching, tmp_path):
    for spec in bringup.robot(respawn=True).nodes:
        node = launching.action_of(spec, tmp_path)
        respawns = vars(node)['_ExecuteLocal__respawn']
        assert respawns is (spec.name in ('perception', 'planner'))


@pytest.mark.launch
def test_a_launched_graph_works_and_ends_with_its_safety_node(launching, peer, tmp_path):
    heard = peer.hear(DiagnosticStatus, '/left/arm/status', qos.RELIABLE)
    states = peer.hear(DiagnosticStatus, '/left/safety/state')
    words = ['robot:=panda', 'fake_arm:=true', 'namespace:=left']
    own = {'ROS_DOMAIN_ID': str(peer.domain), 'HOME': str(tmp_path)}
    environment = {**graph_environment(), **own}
    with subprocess.Popen(
        [sys.executable, '-c', START, str(file_of('robot')), *words],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as launched:  # fmt: skip
        try:
            peer.wait_for(lambda: heard and states, 'the nodes')
            # A node that still imports its libraries answers a signal with a traceback.
            peer.wait_for(lambda: set(peer.node.get_node_names()) >= ALL_NODES, 'every node')
            safety = process_of('safety_supervisor_node', launched.pid)
            os.kill(safety, signal.SIGKILL)
            said = launched.communicate(timeout=40)[0]
        finally:
            launched.kill()
    assert re.search(r'safety_supervisor-\d+\] was required: shutting down', said)
    assert 'dry run' in said
    assert 'Traceback' not in said


@pytest.mark.launch
def test_a_wrong_argument_starts_nothing(launching):
    found = subprocess.run(
        [sys.executable, '-c', START, str(file_of('robot')), 'speed:=7'],
        env=graph_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode != 0
    assert 'robot: speed = 7.0; allowed is 0.01 to 1.0' in found.stdout + found.stderr
    assert 'process started' not in found.stdout + found.stderr


def process_of(module, parent):
    """Find the process of a node below another process."""
    lines = subprocess.check_output(['ps', '-o', 'pid=,args=', '--ppid', str(parent)], text=True)
    return next(int(line.split()[0]) for line in lines.splitlines() if module in line)
