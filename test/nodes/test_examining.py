"""The doctor in real graphs: what it hears of them, and which of its checks then fail."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import json
import threading
from functools import partial

import pytest

pytest.importorskip('rclpy')

from pydantic import TypeAdapter
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from doctor.well import WELL, changed
from qwen_embodied.cameras import camera_remappings
from qwen_embodied.doctor import Status
from qwen_embodied.doctor.examination import examine
from qwen_embodied.doctor.facts import Wanted
from qwen_embodied.doctor.gathering import running
from qwen_embodied.doctor.heard import Graph
from qwen_embodied.doctor.scope import COLOUR, DEPTH, JOINTS, LENS
from qwen_embodied.doctor.trying import robot_facts
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.examining import Examiner
from qwen_embodied.nodes.fake_arm_node import FakeArmNode

SECONDS, PATIENCE = 0.8, 20.0
PANDA = robot_facts('panda')


def seen(peer, transports=('raw', 'raw'), namespace='', seconds=SECONDS, names=None):
    """Examine the graph of a peer, and bring it through JSON as the doctor does."""
    with Examiner(namespace, transports, peer.domain, names) as examiner:
        graph = examiner.examine(seconds, PATIENCE)
    text = json.dumps(dataclasses.asdict(graph))
    return TypeAdapter(Graph).validate_json(text)


def judged(graph, **wanted):
    """Judge a graph of which all else is well."""
    wanted = running(Wanted(planner='grammar', **wanted), graph)
    facts = changed(graph=graph, own_robot=None, robot=PANDA, wanted=wanted)
    return {finding.name: finding for finding in examine(facts)}


@pytest.fixture
def publish(peer):
    """Publish messages again and again, and give the topic's publisher."""

    def begin(topic, message, profile=qos.STATE, rate=50.0):
        publisher = peer.node.create_publisher(type(message), topic, profile)

        def tick():
            if hasattr(message, 'header') and message.header.frame_id != 'unstamped':
                message.header.stamp = peer.node.get_clock().now().to_msg()
            publisher.publish(message)

        peer.node.create_timer(1.0 / rate, tick)
        peer.executor.wake()
        return publisher

    return begin


def image(encoding='rgb8', width=8, height=6, fill=7, size=3):
    return Image(
        encoding=encoding, width=width, height=height, step=width * size,
        data=bytes([fill]) * (width * height * size),
    )  # fmt: skip


def info(width=8, height=6, focal=600.0):
    return CameraInfo(width=width, height=height, k=[focal, 0.0, 4.0, 0.0, focal, 3.0, 0, 0, 1.0],
                      distortion_model='plumb_bob', d=[0.0] * 5)  # fmt: skip


def test_nobody_there_is_an_empty_graph(domain):
    with Examiner(domain=domain) as examiner:
        graph = examiner.examine(SECONDS)
    assert (graph.nodes, graph.topics, graph.rmw) == ((), {}, 'rmw_fastrtps_cpp')
    assert judged(graph)['nodes'].status is Status.SKIP


def test_a_node_of_this_package_that_comes_late_is_waited_for(peer):
    def begin(name):
        peer.add(partial(Node, name))

    for name in ('perception', 'planner', 'safety_supervisor'):
        begin(name)
    late = threading.Timer(1.0, begin, ['arm_controller'])
    late.start()
    graph = seen(peer, seconds=0.2)
    late.join()
    assert graph.named('arm_controller')


def test_a_camera_that_is_well_passes(peer, publish):
    publish(COLOUR, image())
    publish(DEPTH, image('16UC1', fill=4, size=2))  # 0x0404 is 1028 mm
    publish(LENS, info())
    found = judged(graph := seen(peer))
    for name in ('colour', 'encodings', 'depth', 'depth unit', 'camera_info', 'types', 'QoS'):
        assert found[name].status is Status.PASS, found[name]
    assert graph.depth.middle == pytest.approx(1.028)
    assert graph.streams[COLOUR].count > 5


def test_a_driver_without_perception_is_heard_under_the_names_that_are_given(peer, publish):
    names = dict(camera_remappings('orbbec', '/front'))
    publish('/front/color/image_raw', image())
    publish('/front/depth/image_raw', image('16UC1', fill=4, size=2))
    publish('/front/color/camera_info', info())
    peer.add(partial(Node, 'up'))
    found = judged(graph := seen(peer, names=names))
    for name in ('colour', 'encodings', 'depth', 'depth unit', 'camera_info', 'types'):
        assert found[name].status is Status.PASS, found[name]
    assert graph.nodes == ('/peer',)
    assert graph.real(COLOUR) == '/front/color/image_raw'


@pytest.mark.parametrize(
    ('messages', 'name', 'words'),
    [
        ({COLOUR: image('yuv999')}, 'encodings', 'yuv999'),
        ({COLOUR: image(), DEPTH: image('8UC1', size=1)}, 'encodings', '8UC1'),
        ({DEPTH: image('32FC1', fill=0x45, size=4)}, 'depth unit', '3156 m'),
        ({DEPTH: image('16UC1', fill=0, size=2)}, 'depth', '0%'),
        ({COLOUR: image(), LENS: info(focal=0.0)}, 'camera_info', 'not calibrated'),
        ({COLOUR: image(), LENS: info(width=16)}, 'camera_info', '16x6'),
        ({COLOUR: image(), DEPTH: image('16UC1', width=4, fill=4, size=2)}, 'pairs', 'ratio'),
        ({COLOUR: image()}, 'depth', 'nobody publishes'),
        ({JOINTS: String()}, 'types', 'std_msgs/msg/String'),
    ],
)  # fmt: skip
def test_a_camera_that_is_ill_fails(peer, publish, messages, name, words):
    for topic, message in messages.items():
        publish(topic, message)
    found = judged(seen(peer), pair_tolerance=10.0)[name]
    assert found.status in (Status.FAIL, Status.WARN)
    assert words in found.found


def test_compressed_images_are_read_too(peer, publish):
    publish(f'{COLOUR}/compressed', CompressedImage(format='jpeg', data=b'\xff\xd8 no picture'))
    graph = seen(peer, ('compressed', 'none'))
    found = judged(graph, colour_transport='compressed', depth_transport='none')
    assert found['encodings'].status is Status.FAIL
    assert found['colour'].status is not Status.FAIL


def test_a_fake_arm_behind_its_controllers_passes_and_is_told_apart(peer):
    peer.add(FakeArmNode)
    peer.add(ArmControllerNode, backend='topic')
    found = judged(graph := seen(peer, seconds=1.0), backend='topic')
    for name in ('joint_states', 'joint names', 'joint values', 'stamps of joint_states'):
        assert found[name].status is Status.PASS, found[name]
    assert found['controllers'].status is Status.PASS, found['controllers']
    assert graph.parameters['/arm_controller']['backend'] == 'topic'
    assert found['nodes'].found == 'perception, planner, safety_supervisor does not run'
    assert found['use_sim_time'].status is Status.PASS
    told = Wanted(backend='topic')
    other = changed(WELL, graph=graph, own_robot=None, robot=robot_facts('ur5e'), wanted=told)
    told = {finding.name: finding for finding in examine(other)}
    assert told['joint names'].status is Status.FAIL
    assert told['controllers'].status is Status.FAIL


def test_tolerances_are_asked_of_the_controllers_themselves(peer, domain):
    (name, joints), *_ = PANDA.controllers.items()
    from rclpy.node import Node

    controller = Node(name, context=peer.context)
    controller.declare_parameter(f'constraints.{joints[0]}.trajectory', 0.1)
    peer.nodes.append(controller)
    peer.executor.add_node(controller)
    graph = seen(peer)
    assert graph.parameters[f'/{name}'][f'constraints.{joints[0]}.trajectory'] == 0.1
    found = judged(graph)['tolerances']
    assert found.status is Status.WARN
    assert f'{joints[0]}.goal is off' in found.found


@pytest.mark.parametrize(
    ('state', 'name', 'words'),
    [
        (JointStateMessage(name=['a'], position=[0.0], velocity=[0.0]), 'joint names', 'misses'),
        (JointStateMessage(name=['panda_joint1'], position=[9.0]), 'joint values', '= 9.000'),
        (JointStateMessage(name=['a'], position=[float('nan')]), 'joint values', 'no finite'),
    ],
)
def test_joint_states_that_are_wrong_fail(peer, publish, state, name, words):
    publish(JOINTS, state, rate=100.0)
    found = judged(seen(peer))[name]
    assert found.status is Status.FAIL
    assert words in found.found


def test_unstamped_and_doubled_joint_states_fail(peer, publish):
    state = JointStateMessage(name=['a'], position=[0.0])
    state.header.frame_id = 'unstamped'
    publish(JOINTS, state)
    from rclpy.node import Node

    second = Node('second', context=peer.context)
    second.create_publisher(JointStateMessage, JOINTS, qos.STATE)
    peer.nodes.append(second)
    found = judged(seen(peer))
    assert 'stamped with 0' in found['stamps of joint_states'].found
    assert found['joint_states'].found == '/peer and /second publish it'


def test_a_publisher_that_offers_less_than_is_asked_for_is_found(peer, publish):
    peer.node.create_subscription(String, 'instruction', lambda message: None, qos.RELIABLE)
    weak = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    publish('instruction', String(), weak)
    publish(
        'robot_description', String(), QoSProfile(depth=1, durability=DurabilityPolicy.VOLATILE)
    )
    graph = seen(peer)
    assert {item.topic for item in graph.mismatches} == {'/instruction', '/robot_description'}
    found = judged(graph)['QoS']
    assert found.status is Status.FAIL
    assert 'RELIAB' in found.found.upper()


def test_simulated_time_that_a_node_does_not_take_is_found(peer, publish):
    clock = Clock()
    clock.clock.sec = 5
    publish('/clock', clock, rate=100.0)
    peer.add(FakeArmNode)
    found = judged(seen(peer))
    assert found['/clock'].found == 'it stands at 5.00 s'
    assert found['use_sim_time'].status is Status.FAIL
    assert '/fake_arm' in found['use_sim_time'].found


def test_a_graph_in_a_namespace_is_seen_under_its_relative_names(peer):
    peer.node.create_publisher(JointTrajectory, '/cell/arm/command', qos.STATE)
    peer.node.create_publisher(JointTrajectory, 'arm/status', qos.STATE)
    graph = seen(peer, namespace='/cell/')
    assert {'arm/command', '/arm/status'} <= set(graph.topics)


def test_a_latched_description_is_heard(peer, publish):
    publish('robot_description', String(data='<robot name="x"/>'), qos.LATCHED)
    graph = seen(peer)
    assert graph.description == '<robot name="x"/>'
    assert (graph.safety, graph.edges) == ('', None)


def test_a_graph_in_a_namespace_may_have_a_clock_of_its_own(peer, publish):
    clock = Clock()
    clock.clock.sec = 5
    publish('/cell/clock', clock, rate=100.0)
    found = judged(seen(peer, namespace='cell'))
    assert found['/clock'].found == 'it stands at 5.00 s'
