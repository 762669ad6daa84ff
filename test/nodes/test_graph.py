"""The whole graph as a person uses it: processes, the operator, a killed node, transports."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal

import pytest

pytest.importorskip('rclpy')

from qwen_embodied.bench.transport import probe_transport
from qwen_embodied.bringup import simulation
from qwen_embodied.errors import NodeError
from qwen_embodied.nodes.operating import Operator
from qwen_embodied.processes import Graph


def test_nobody_there_is_said_in_a_sentence(domain):
    with Operator(domain=domain) as operator:
        with pytest.raises(NodeError, match=r'no joint_states for .*the simulation running'):
            operator.wait_until_ready(0.5)
        with pytest.raises(NodeError, match='no answer from simulation/score'):
            operator.score(0.2)


def test_a_silent_graph_is_given_up(domain, monkeypatch):
    monkeypatch.setattr('qwen_embodied.nodes.operating.SILENCE', 0.3)
    with Operator(domain=domain) as operator:
        with pytest.raises(NodeError, match=r'no joint_states for .* the task is given up'):
            list(operator.carry_out('home'))
        assert 'no joint_states' in operator.record.reason


def test_an_instruction_is_carried_out_and_a_killed_node_is_reported(domain, tmp_path):
    pytest.importorskip('mujoco')
    environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain)}
    graph = Graph(simulation(seed=1), tmp_path, environment)
    with graph, Operator(check=graph.check, domain=domain) as operator:
        operator.wait_until_ready(40.0)
        kinds = [event.kind for event in operator.carry_out('pick up the red cube', 90.0)]
        record = operator.record
        assert (kinds[0], kinds[-1], record.success) == ('accepted', 'succeeded', True), record
        cube = operator.score().find('red_cube_1')
        assert cube.position[2] > 0.05
        assert record.before is not None
        assert record.plan.startswith('{')
        assert len(record.joint_log) > 100
        assert record.trajectories
        os.kill(graph.process_id('planner'), signal.SIGKILL)
        with pytest.raises(NodeError, match='the node planner was ended by SIGKILL'):
            list(operator.carry_out('home', 30.0))
    for log in tmp_path.glob('*.log'):
        assert 'Traceback' not in log.read_text(), log.name


def test_no_image_is_lost_between_two_processes():
    found = probe_transport(3.0)
    assert found['sent'] >= 50
    assert found['received'] == found['sent']
    assert found['image_p50_ms'] < 50.0
