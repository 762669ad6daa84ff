"""The policy against a running graph; parameters that nobody changes; a key that nobody reads."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import inspect
import json
import math
import threading
from contextlib import suppress

import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node, NodeNameNonExistentError
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import Float64, String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from nodes.test_planner_node import FakeCell
from nodes.test_safety_supervisor_node import PATIENT, Rig
from planning import scripted_server as scripted
from policy_file import NODES
from qwen_embodied.bringup import simulation
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.approver import Approver, ApproverNode
from qwen_embodied.nodes.collecting import Collector
from qwen_embodied.nodes.operator_node import OperatorNode
from qwen_embodied.nodes.perception_node import PerceptionNode
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.nodes.readiness import ReadinessNode
from qwen_embodied.nodes.safety_supervisor_node import Parameters, SafetySupervisorNode
from qwen_embodied.planning.addresses import KEY_VARIABLE
from qwen_embodied.security import FILES

KEY = 'sk-3f9d2c7b1a8e5064'
SECOND = {
    '/camera_2/aligned_depth_to_color/image_raw', '/camera_2/color/camera_info',
    '/camera_2/color/image_raw',
}  # fmt: skip
DRY = {'/dry_run/report', '/safety_supervisor/get_parameters'}
# What a node needs with other parameters, or on a real arm, than in this simulation.
OTHERWISE = {
    'perception': {
        '/camera/aligned_depth_to_color/image_raw/compressedDepth',
        '/camera/color/image_raw/compressed', *SECOND,
        '/camera_2/aligned_depth_to_color/image_raw/compressedDepth',
        '/camera_2/color/image_raw/compressed',
    },
    'planner': {
        '/perception/camera_info', '/perception/camera_pose', '/perception/depth',
        '/robot_description', *DRY,
    },
    'safety_supervisor': {'/robot_description'},
    'arm_controller': {'/robot_description'},
    # `ros2 topic pub`, `ros2 service call` and use_sim_time of a person.
    'operator': {
        '/clock', '/safety_supervisor/reset_with', '/safety_supervisor/speed_scale',
        '/planner/pause', '/planner/resume', '/safety_supervisor/arm',
        '/safety_supervisor/reset', '/safety_supervisor/stop',
    },
}  # fmt: skip


def asked(node, name):
    """Give what a node publishes, hears, serves and calls in the graph."""
    found = {
        'publish': node.get_publisher_names_and_types_by_node,
        'subscribe': node.get_subscriber_names_and_types_by_node,
        'reply': node.get_service_names_and_types_by_node,
        'request': node.get_client_names_and_types_by_node,
    }
    return {right: {item for item, _ in ask(name, '/')} for right, ask in found.items()}


def build(peer, spec):
    """Run a node of the simulation's profile in the peer."""
    module = importlib.import_module(spec.module)
    kind = next(
        value for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Node) and value.__module__ == spec.module
    )  # fmt: skip
    files = [word for path in spec.config_files() for word in ('--params-file', path)]
    values = [Parameter(name, value=value) for name, value in spec.parameters]
    node = kind(context=peer.context, cli_args=['--ros-args', *files], parameter_overrides=values)
    peer.nodes.append(node)
    peer.executor.add_node(node)


def gaps(peer):
    """Give for each node what the policy lacks and what it allows without need."""
    found = {}
    for name, rights in NODES.items():
        try:
            used = asked(peer.node, name)
        except NodeNameNonExistentError:
            continue
        spare = OTHERWISE.get(name, set())
        lacks = {item for right in used for item in used[right] - rights[right]}
        surplus = {item for right in used for item in rights[right] - used[right] - spare}
        if lacks or surplus:
            found[name] = {'lacks': lacks, 'without need': surplus}
    return found


def add_persons(peer):
    """Run the nodes of the command line in the peer, among them one that takes samples."""
    collector = object.__new__(Collector)
    for node in (
        OperatorNode(context=peer.context), ApproverNode(peer.context, ''),
        ReadinessNode(simulation().nodes, context=peer.context),
        collector._built(peer.context, ''),
    ):  # fmt: skip
        peer.nodes.append(node)
        peer.executor.add_node(node)


def test_x01_the_policy_allows_a_dry_run_and_a_second_camera(peer):
    used = {'perception': SECOND, 'planner': DRY}
    peer.add(PerceptionNode, second_camera='camera_2')
    peer.add(PlannerNode, dry_run=True)
    peer.wait_for(
        lambda: all(
            used[name] <= {item for names in asked(peer.node, name).values() for item in names}
            for name in used if name in peer.node.get_node_names()
        ) and {*used} <= {*peer.node.get_node_names()},
        'both',
    )  # fmt: skip
    assert [found['lacks'] for found in gaps(peer).values() if found['lacks']] == []


def test_x01_the_policy_allows_what_the_nodes_do_and_nothing_else(peer):
    pytest.importorskip('mujoco')
    for spec in simulation().nodes:
        build(peer, spec)
    add_persons(peer)
    with suppress(AssertionError):
        peer.wait_for(lambda: not gaps(peer), 'a graph as in the policy', 8.0)
    assert {*peer.node.get_node_names()} >= {*NODES}
    assert gaps(peer) == {}


def test_x01_a_publisher_that_the_policy_does_not_know_would_be_seen(peer):
    sly = Node('planner', context=peer.context)
    sly.create_publisher(DiagnosticArray, 'arm/command', qos.STATE)
    peer.nodes.append(sly)
    peer.wait_for(
        lambda: '/arm/command' in gaps(peer).get('planner', {}).get('lacks', ()), 'the gap'
    )


def other(value):
    """Give a value of the same type that differs, and one that is no number where there is one."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [value * 1.5 + 0.01, math.nan, math.inf]
    if isinstance(value, str):
        return ['x', '']
    return [value[:-1] if len(value) > 3 else [*value, value[-1]]]


def test_x04_no_parameter_of_the_supervisor_can_be_set_while_it_runs(peer):
    node = peer.add(SafetySupervisorNode, **PATIENT)
    names = [*Parameters.__dataclass_fields__, 'use_sim_time']
    before = {name: node.get_parameter(name).value for name in names}
    changes = [
        Parameter(name, value=value).to_parameter_msg()
        for name in names for value in other(_plain(before[name])) if value != before[name]
    ]  # fmt: skip
    changes.append(Parameter('invented', value=1.0).to_parameter_msg())
    client = peer.node.create_client(SetParameters, 'safety_supervisor/set_parameters')
    assert client.wait_for_service(20.0)
    future = client.call_async(SetParameters.Request(parameters=changes))
    peer.wait_for(future.done, 'an answer')
    assert len(changes) > len(names)
    assert not any(result.successful for result in future.result().results)
    assert {name: node.get_parameter(name).value for name in names} == before


def _plain(value):
    return value if isinstance(value, bool | int | float | str) else list(value)


def leaks(handler):
    """Say the key in every way a server can."""
    handler.plain(f'{{"error": {{"message": "bad key {KEY}", "code": "{KEY}"}}}}', 401)


def drops(handler):
    handler.plain(KEY, 500, X_Key=KEY)


def repeats(handler):
    choice = {'index': 0, 'finish_reason': 'stop', 'message': {'content': KEY}}
    handler.plain(json.dumps({'id': KEY, 'model': scripted.MODEL, 'choices': [choice]}))


@pytest.mark.parametrize('behaviour', [leaks, drops, repeats])
def test_x16_a_key_is_in_no_log_event_status_or_record(
    peer, tmp_path, monkeypatch, capfd, behaviour
):
    pytest.importorskip('openai')
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    heard = peer.hear(DiagnosticArray, '/diagnostics', qos.STATE)
    with scripted.serving(behaviour) as server:
        cell = FakeCell(
            peer, retries=0, planner='server', servers=server.url, model=scripted.MODEL,
            record=str(tmp_path),
        )  # fmt: skip
        cell.say('fetch the thing behind the moon')
        cell.wait_for('failed', 'question')
        peer.wait_for(lambda: heard, 'diagnostics', each=cell)
    assert any(KEY in request[0].get('authorization', '') for request in server.requests)
    said = [*(message.data for message in cell.events), repr(heard), *capfd.readouterr()]
    said += [path.read_text() for path in tmp_path.rglob('*') if path.is_file()]
    assert [text[:200] for text in said if KEY in text] == []


@pytest.mark.parametrize('has_files', [False, True])
def test_x02_a_node_that_should_be_secured_and_cannot_be_does_not_start(
    start, monkeypatch, tmp_path, has_files
):
    """The rclpy of PyPI has no security compiled in: it must end, not go on without."""
    monkeypatch.setenv('ROS_SECURITY_ENABLE', 'true')
    if has_files:
        monkeypatch.setenv('ROS_SECURITY_STRATEGY', 'Enforce')
        monkeypatch.setenv('ROS_SECURITY_KEYSTORE', str(tmp_path))
        folder = tmp_path / 'enclaves' / 'qwen_embodied' / 'arm_controller'
        folder.mkdir(parents=True)
        for name in FILES:
            (folder / name).touch()
    process = start('arm_controller_node')
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert ('could not start the node' if has_files else 'would not be secured') in said
    assert 'Traceback' not in said


def test_x02_a_person_does_not_join_a_graph_that_is_secured_by_half(domain, monkeypatch):
    monkeypatch.setenv('ROS_SECURITY_ENABLE', 'true')
    with pytest.raises(ConfigurationError, match='would not be secured'):
        Approver(domain=domain)


def test_x18_a_stop_is_served_while_every_topic_is_flooded(peer):
    cell = Rig(peer, simulation=True, self_arming=True)
    cell.wait_for('ARMED')
    floods = {
        topic: (peer.sender(kind, topic, qos.STATE), kind())
        for topic, kind in (
            ('safety/heartbeat', DiagnosticStatus), ('safety/camera', DiagnosticStatus),
            ('perception/scene', String), ('joint_states', JointStateMessage),
            ('trajectory/proposed', JointTrajectoryMessage), ('safety/people', Float64),
        )
    }  # fmt: skip
    sent, ended = [], threading.Event()

    def flood():
        while not ended.is_set():
            for publisher, message in floods.values():
                publisher.publish(message)
            sent.append(len(floods))

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        peer.wait_for(lambda: len(sent) > 100, 'a flood')
        assert cell.call('stop').success
        cell.wait_for('STOP_LATCHED')
        count = len(cell.states)
        peer.wait_for(lambda: len(cell.states) > count + 5, 'the lease')
    finally:
        ended.set()
        thread.join()
        cell.pacer.close()
    assert cell.said.permission == 'stop'
