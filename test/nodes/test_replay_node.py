"""A recording on topics: what was measured comes as it was, with /clock; commands do not come."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

import pytest

pytest.importorskip('rclpy')

from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState

from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.errors import ConfigurationError, ReplayError
from qwen_embodied.messages import JointState as Joints
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.replay_node import ReplayNode
from qwen_embodied.replay import BagWriter
from qwen_embodied.replay.definitions import standard
from qwen_embodied.replay.encoding import JOINTS, joint_state


def test_measurements_come_with_their_stamps_and_the_clock(peer, tmp_path):
    bag = small_bag(tmp_path / 'bag', images=5)
    colour = peer.hear(Image, '/replay/camera/color/image_raw', qos.STATE)
    info = peer.hear(CameraInfo, '/replay/camera/color/camera_info', qos.STATE)
    states = peer.hear(JointState, '/replay/joint_states', qos.STATE)
    clock = peer.hear(Clock, '/clock', qos.STATE)
    node = peer.add(ReplayNode, bag=str(bag), wait=2.0)
    peer.wait_for(lambda: node.is_done)
    peer.wait_for(lambda: len(colour) == len(info) == len(states) == 5)
    stamps = [conversions.time_from_ros(message.header.stamp) for message in colour]
    assert stamps == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4])
    times = [conversions.time_from_ros(message.clock) for message in clock]
    assert times == sorted(times)
    topics = dict(node.get_topic_names_and_types())
    assert not [name for name in topics if 'instruction' in name or 'command' in name]


def test_a_type_that_is_not_installed_is_left_out(peer, tmp_path, monkeypatch):
    writer = BagWriter(tmp_path / 'bag')
    writer.add_topic('/tf_static', standard('tf2_msgs/msg/TFMessage'))
    writer.add_topic('/joint_states', standard(JOINTS))
    writer.write('/tf_static', 1, bytes(8))
    writer.write('/joint_states', 2, joint_state(Joints(1.0, ('elbow',), [0.5])))
    writer.close()
    monkeypatch.setitem(sys.modules, 'tf2_msgs', None)
    states = peer.hear(JointState, '/replay/joint_states', qos.STATE)
    node = peer.add(ReplayNode, bag=str(tmp_path / 'bag'), wait=1.0)
    peer.wait_for(lambda: node.is_done and states)
    assert '/replay/tf_static' not in dict(node.get_topic_names_and_types())


def test_what_is_no_recording_is_refused(peer, tmp_path):
    with pytest.raises(ConfigurationError, match='set it to a recording'):
        peer.add(ReplayNode)
    with pytest.raises(ReplayError, match=r'holds no metadata\.yaml'):
        peer.add(ReplayNode, bag=str(tmp_path))
