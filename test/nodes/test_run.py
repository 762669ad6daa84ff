"""Nodes as processes: they end cleanly, and say in one line why they cannot start."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import importlib
import signal

import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future

from qwen_embodied.errors import (
    CameraError,
    ConfigurationError,
    MissingDependencyError,
)
from qwen_embodied.nodes.run import exit_code, serve_until
from qwen_embodied.nodes.wiring import every

PATIENCE = 20.0


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_node_with_zero_and_without_a_traceback(peer, start, number):
    heard = peer.hear(DiagnosticStatus, 'arm/status')
    process = start('arm_controller_node')
    peer.wait_for(lambda: heard, 'arm/status')
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert 'Traceback' not in errors


class Broken(Node):
    """Fails in every tick, and is at rest five ticks after it was asked to rest."""

    def __init__(self, context):
        super().__init__('broken', context=context)
        self.rested, self.left = Future(), None
        every(self, 0.01, self.tick)

    def tick(self):
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                self.rested.set_result(None)
        raise ZeroDivisionError('on purpose')

    def come_to_rest(self):
        self.left = 5
        return self.rested


def test_f23_a_node_that_ends_by_a_fault_comes_to_rest_first(domain):
    context = Context()
    context.init(domain_id=domain)
    node, executor = Broken(context), SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        with pytest.raises(ZeroDivisionError, match='on purpose'):
            serve_until(executor, node, Future())
        assert node.rested.done()
    finally:
        node.destroy_node()
        executor.shutdown()
        context.try_shutdown()


@pytest.mark.parametrize(
    ('setting', 'reason'),
    [
        ('lookahead:=7.0', 'arm_controller: lookahead = 7.0; allowed is 0.0 to 0.1'),
        ('robot:=r2d2', "there is no robot 'r2d2'; known are ur5e"),
        ('goal_tolerence:=0.01', 'did you mean goal_tolerance'),
    ],
)
def test_a_wrong_parameter_is_one_line_and_exit_code_two(start, setting, reason):
    process = start('arm_controller_node', '-p', setting)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert reason in errors
    assert len(errors.strip().splitlines()) == 1


@pytest.mark.parametrize(
    'module', ['arm_controller', 'safety_supervisor', 'perception', 'planner', 'simulation']
)
def test_help_names_every_parameter_and_starts_nothing(start, module):
    process = start(f'{module}_node', '--help')
    said, errors = process.communicate(timeout=PATIENCE)
    node = importlib.import_module(f'qwen_embodied.nodes.{module}_node')
    assert process.returncode == 0, errors
    for field in dataclasses.fields(node.Parameters):
        assert f'  {field.name} ' in said


def test_arguments_that_ros_cannot_read_are_exit_code_two(start):
    process = start('arm_controller_node', '-r', '__ns:=no namespace')
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert 'ROS could not start' in errors
    assert 'Traceback' not in errors


FILE = """\
/**:
  ros__parameters:
    use_sim_time: true
/**/arm_controller:
  ros__parameters:
    {}
/**/planner:
  ros__parameters: {{retries: 3}}
"""


@pytest.mark.parametrize(
    ('line', 'reason'),
    [
        ('goal_tolerance: 7.0', '6: goal_tolerance = 7.0; allowed is'),
        ('goal_tolerance: wide', "6: goal_tolerance = 'wide'; it must be a float"),
        ('goal_tolerence: 0.01', '6: there is no parameter goal_tolerence; did you mean goal_tol'),
        ('use_sim_time: soon', "6: use_sim_time = 'soon'; it must be true or false"),
        ('robot: [panda', 'cannot be read'),
    ],
)
def test_a_wrong_file_is_one_line_with_file_and_line(start, tmp_path, line, reason):
    path = tmp_path / 'mine.yaml'
    path.write_text(FILE.format(line), encoding='utf-8')
    process = start('arm_controller_node', '-r', '__ns:=/cell', '--params-file', str(path))
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert f'{path}:' in errors
    assert reason in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_section_that_ros_would_pass_over_is_refused(start, tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text('arm_controller: {ros__parameters: {robot: ur5e}}\n', encoding='utf-8')
    process = start('arm_controller_node', '-r', '__ns:=/cell', '--params-file', str(path))
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert '/arm_controller does not mean /cell/arm_controller; write /**/arm' in errors


@pytest.mark.parametrize(
    ('error', 'code'),
    [
        (ConfigurationError('x'), 2), (MissingDependencyError('x', 'y'), 3), (CameraError('x'), 1),
    ],
)  # fmt: skip
def test_errors_have_the_exit_codes_of_the_command_line(error, code):
    assert exit_code(error) == code
