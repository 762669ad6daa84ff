"""The recorder writes what is on the wire, byte for byte, and ends its file well."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip('rclpy')

from rclpy.serialization import deserialize_message
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String

from qwen_embodied.bringup import graph_environment
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.recorder_node import RecorderNode
from qwen_embodied.replay import read_bag


def test_messages_are_recorded_as_they_were_sent(peer, tmp_path):
    image = peer.node.create_publisher(Image, 'camera/image', qos.SENSOR)
    states = peer.node.create_publisher(JointState, 'joint_states', qos.STATE)
    plan = peer.node.create_publisher(String, 'plan', qos.LATCHED)
    plan.publish(String(data='early'))
    node = peer.add(RecorderNode, output=str(tmp_path / 'a'), exclude=['/nothing'])
    sent = Image(height=1, width=2, encoding='mono8', step=2, data=b'\x07\x08')

    def send():
        image.publish(sent)
        states.publish(JointState(name=['elbow'], position=[0.5]))

    wanted = ('/camera/image', '/joint_states', '/plan', '/robot_description')
    peer.wait_for(lambda: all(name in node.counts for name in wanted), each=send)
    peer.executor.remove_node(node)
    peer.nodes.remove(node)
    node.destroy_node()
    bag = read_bag(tmp_path / 'a')
    found = {record.topic.name: bytes(record.data) for record in bag.messages()}
    # The bytes between the fields of a message mean nothing, and differ from call to call.
    assert deserialize_message(found['/camera/image'], Image) == sent
    assert deserialize_message(found['/plan'], String) == String(data='early')
    assert b'<robot' in found['/robot_description']
    assert bag.configuration['robot'] == 'panda'
    assert 'camera_position' in bag.configuration['config/1_camera.yaml']


def test_sigterm_leaves_a_whole_recording(peer, tmp_path):
    folder = tmp_path / 'a'
    sender = peer.node.create_publisher(String, 'words', qos.STATE)
    command = 'from qwen_embodied.cli import main; main()'
    line = [sys.executable, '-c', command, 'record', '/words', '--output', str(folder)]
    environment = graph_environment({**os.environ, 'ROS_DOMAIN_ID': str(peer.domain)})
    with subprocess.Popen(line, env=environment, stderr=subprocess.PIPE) as process:
        try:
            peer.wait_for(sender.get_subscription_count)
            for number in range(20):
                sender.publish(String(data=str(number)))
            assert sender.wait_for_all_acked()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
    bag = read_bag(folder)
    assert bag.notes == ()
    assert len(list(bag.messages(['/words']))) == 20
