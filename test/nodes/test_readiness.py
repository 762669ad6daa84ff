"""What `up` says of nodes that come up, and of those that do not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

pytest.importorskip('rclpy')

from rclpy.parameter import Parameter
from std_msgs.msg import String

from hand_made import table
from qwen_embodied import bringup
from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.fake_arm_node import FakeArmNode
from qwen_embodied.nodes.readiness import Readiness
from qwen_embodied.nodes.rehearsing import TOPIC
from qwen_embodied.nodes.replay_node import ReplayNode
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode
from qwen_embodied.rehearsal import Rehearsal
from qwen_embodied.serialization import to_json


@pytest.fixture
def readiness(peer):
    with Readiness(bringup.robot(fake_arm=True, robot='panda'), peer.domain) as made:
        yield made


def test_each_node_is_ready_when_it_works_and_the_others_say_why_not(peer, readiness):
    assert readiness.ready() == ()
    assert set(readiness.missing().values()) == {'it has not joined the graph'}
    peer.add(ArmControllerNode, dry_run=True, state_timeout=0.9)
    peer.add(
        SafetySupervisorNode, state_timeout=0.9, silence_stop=5.0, lease=0.5, latch_file='',
        audit_file='',
    )  # fmt: skip
    peer.wait_for(lambda: 'arm_controller' in readiness.ready(), 'the arm controller')
    peer.wait_for(lambda: 'INIT' in readiness.missing().get('safety_supervisor', ''), 'INIT')
    assert 'joint_states' in readiness.missing()['safety_supervisor']
    assert readiness.missing()['planner'] == 'it has not joined the graph'
    peer.add(FakeArmNode, robot='panda')
    scenes = peer.sender(String, 'perception/scene', qos.STATE)
    peer.wait_for(
        lambda: {'fake_arm', 'safety_supervisor'} <= set(readiness.ready()), 'all but two',
        each=lambda: scenes.publish(conversions.scene_to_ros(table())),
    )  # fmt: skip
    assert set(readiness.missing()) == {'perception', 'planner'}


def test_what_was_ready_and_fell_silent_is_named(peer, readiness, monkeypatch):
    arm = peer.add(FakeArmNode, robot='panda')
    peer.wait_for(lambda: 'fake_arm' in readiness.ready(), 'the arm')
    monkeypatch.setattr('qwen_embodied.nodes.readiness.RECENT', 0.2)
    peer.executor.remove_node(arm)
    peer.wait_for(lambda: 'fake_arm' in readiness.missing(), 'silence')
    assert 'silent for' in readiness.missing()['fake_arm']


@pytest.mark.parametrize('namespace', ['', 'left'])
def test_a_recording_that_has_ended_is_not_called_silent(peer, tmp_path, monkeypatch, namespace):
    bag = small_bag(tmp_path / 'bag', images=3)
    monkeypatch.setattr('qwen_embodied.nodes.readiness.RECENT', 0.1)
    with Readiness(bringup.replay(str(bag), namespace=namespace), peer.domain) as readiness:
        assert readiness.ended == ''
        node = ReplayNode(
            context=peer.context, namespace=namespace,
            parameter_overrides=[Parameter('bag', value=str(bag))],
        )  # fmt: skip
        peer.nodes.append(node)
        peer.wait_for(lambda: readiness.ended, 'the end')
        assert readiness.ended == 'the recording has ended after 0.2 s'
        assert set(readiness.missing()) == {'perception'}


def test_what_a_dry_run_showed_is_given_once_as_lines(peer, readiness):
    shown = Rehearsal('home', False, 'no arm', ('go home',), ())
    out = peer.sender(String, TOPIC, qos.LATCHED)
    out.publish(String(data=to_json(shown)))
    lines = []

    def come():
        lines.extend(readiness.take_lines())
        return lines

    peer.wait_for(come, 'the lines')
    assert lines == shown.lines()
    assert readiness.take_lines() == []
