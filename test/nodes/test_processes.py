"""The processes of a profile: started, watched, stopped."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
from subprocess import Popen

import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus

from qwen_embodied import processes
from qwen_embodied.bringup import NodeSpec, Profile
from qwen_embodied.errors import ConfigurationError, NodeError
from qwen_embodied.processes import Graph

CONTROLLER = NodeSpec('arm_controller', ('config/6_control.yaml',), moves_arm=True)
SUPERVISOR = NodeSpec('safety_supervisor', ('config/5_safety.yaml',))


@pytest.fixture
def graph(tmp_path, domain):
    graphs = []

    def build(*nodes):
        environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain)}
        graphs.append(Graph(Profile('tested', nodes), tmp_path, environment))
        return graphs[-1]

    yield build
    for made in graphs:
        made.stop()


def is_alive(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_node_is_noticed_and_the_others_are_stopped(graph, peer):
    heard = peer.hear(DiagnosticStatus, 'arm/status')
    states = peer.hear(DiagnosticStatus, 'safety/state')
    with graph(CONTROLLER, SUPERVISOR) as running:
        peer.wait_for(lambda: heard and states, 'the nodes')
        other = running.process_id('arm_controller')
        os.kill(running.process_id('safety_supervisor'), signal.SIGKILL)
        with pytest.raises(NodeError) as caught:
            running.watch(20.0)
    text = str(caught.value)
    assert 'the node safety_supervisor was ended by SIGKILL' in text
    assert 'all others were stopped' in text
    assert 'safety_supervisor.log' in text
    assert not is_alive(other)


def test_a_node_that_refuses_its_parameters_says_so(graph):
    wrong = NodeSpec('arm_controller', parameters=(('lookahead', 9.0),))
    running = graph(wrong)
    running.start()
    with pytest.raises(ConfigurationError, match=r'controller.yaml:\d+: lookahead = 9.0; allowed'):
        running.watch(20.0)


def test_nodes_that_live_are_stopped_cleanly_and_leave_their_logs(graph, peer, tmp_path):
    heard = peer.hear(DiagnosticStatus, 'arm/status')
    with graph(CONTROLLER) as running:
        peer.wait_for(lambda: heard, 'arm/status')
        running.watch(0.1)
        process = running.process_id('arm_controller')
    assert not is_alive(process)
    assert 'Traceback' not in (tmp_path / 'arm_controller.log').read_text()


def test_a_missing_parameter_file_is_named_before_anything_starts(graph):
    running = graph(CONTROLLER, NodeSpec('planner', ('config/9_none.yaml',)))
    with pytest.raises(ConfigurationError, match=r'config/9_none\.yaml is not installed'):
        running.start()
    with pytest.raises(KeyError):
        running.process_id('arm_controller')


@pytest.mark.parametrize('fault', [KeyboardInterrupt, OSError('no more processes')])
def test_what_has_started_is_stopped_when_the_start_is_broken_off(graph, monkeypatch, fault):
    running, started = graph(CONTROLLER, SUPERVISOR), []

    def spawn(line, **options):
        if started:
            raise fault
        started.append(Popen(['sleep', '60'], **options))
        return started[0]

    monkeypatch.setattr(processes.subprocess, 'Popen', spawn)
    with pytest.raises(type(fault) if isinstance(fault, OSError) else fault):
        running.start()
    assert started[0].poll() is not None


def test_a_node_that_may_respawn_starts_again_but_not_for_ever(graph):
    running = graph(NodeSpec('perception', ('config/1_camera.yaml',), respawns=True))
    running.start()
    first = running.process_id('perception')
    os.kill(first, signal.SIGKILL)
    running.watch(1.0)
    second = running.process_id('perception')
    assert second != first
    assert is_alive(second)
    os.kill(second, signal.SIGKILL)
    with pytest.raises(NodeError, match='the node perception was ended by SIGKILL'):
        running.watch(20.0)


def test_the_parameters_of_each_node_lie_beside_its_log(graph, tmp_path):
    with graph(CONTROLLER):
        assert 'goal_time: 0.5' in (tmp_path / 'arm_controller.yaml').read_text()


def test_a_name_that_runs_is_refused_to_a_second_graph_until_the_first_has_ended(graph, domain):
    with graph(CONTROLLER), pytest.raises(NodeError, match=f'/arm_controller .*domain {domain}'):
        graph(SUPERVISOR, CONTROLLER).start()
    with graph(CONTROLLER) as again:
        again.check()


def test_a_graph_that_could_not_start_keeps_no_name(graph, tmp_path):
    with graph(CONTROLLER):
        with pytest.raises(NodeError):
            graph(SUPERVISOR, CONTROLLER).start()
        with graph(SUPERVISOR) as other:
            other.check()


def test_an_operator_refuses_neighbours_and_takes_a_recorder_for_no_planner(domain, peer):
    from std_msgs.msg import String

    from qwen_embodied.nodes.operating import Operator

    peer.hear(String, 'instruction')
    with Operator(domain=domain) as operator:
        node, own = operator.node, peer.node.get_name()
        peer.wait_for(lambda: node.count_subscribers('instruction'), 'a listener')
        operator.refuse_neighbours(('planner',), 0.5)
        with pytest.raises(NodeError, match=f'{own} here: another graph runs'):
            operator.refuse_neighbours((own,), 20.0)
        peer.wait_for(lambda: node.neighbours((own,)), 'the name')
        assert not node.is_listened_to
        peer.sender(String, 'task/events')
        peer.wait_for(lambda: node.is_listened_to, 'who also tells of tasks')
