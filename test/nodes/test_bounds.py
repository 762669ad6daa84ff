"""Messages that are too large are dropped before anything of them is read, on every topic."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import Bool, Header, String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.errors import ContractError
from qwen_embodied.nodes import bounds, qos
from qwen_embodied.nodes.bounds import check_size
from qwen_embodied.nodes.wiring import hear

NODES = Path(bounds.__file__).parent
# Those below check sizes themselves; a recorder keeps what it hears as it is, and a probe hears
# itself only.
AS_BYTES = {'overheard.py', 'recorder_node.py', 'transport_probe.py'}  # never decoded on arrival
SUBSCRIBERS = {
    'camera_inputs.py', 'guarding.py', 'overheard.py', 'recorder_node.py', 'robots.py',
    'standing_in.py', 'transport_probe.py', 'wiring.py',
}  # fmt: skip


def values(count, size=1):
    return [KeyValue(key=str(at), value='x' * size) for at in range(count)]


LARGE = {
    'a text': String(data='x' * (bounds.MOST_TEXT + 1)),
    'names': JointStateMessage(name=['j'] * 129),
    'positions': JointStateMessage(position=[0.0] * 129),
    'efforts': JointStateMessage(effort=[0.0] * 129),
    'an id': JointTrajectoryMessage(header=Header(frame_id='x' * 513)),
    'values': DiagnosticStatus(values=values(257)),
    'long values': DiagnosticStatus(values=values(10, 30_000)),
    'a message': DiagnosticStatus(message='x' * 300_000),
    'statuses': DiagnosticArray(status=[DiagnosticStatus()] * 257),
    'one status of many': DiagnosticArray(status=[DiagnosticStatus(values=values(257))]),
    'a file': CompressedImage(data=bytes(20_000_001)),
    'a lens': CameraInfo(d=[0.0] * 129),
}


@pytest.mark.parametrize('name', LARGE)
def test_x08_what_is_too_large_is_refused_by_its_size(name):
    with pytest.raises(ContractError, match=r'the/topic .* at most'):
        check_size(LARGE[name], 'the/topic')


@pytest.mark.parametrize(
    'message',
    [String(data='x' * bounds.MOST_TEXT), JointStateMessage(name=['j'] * 128), Bool(),
     DiagnosticStatus(values=values(256)), Image(data=bytes(640 * 480 * 3))],
)  # fmt: skip
def test_what_is_of_a_usual_size_passes(message):
    check_size(message, 'the/topic')


def test_a_scene_may_be_longer_than_an_instruction():
    message = String(data='x' * 100_000)
    check_size(message, 'perception/scene')
    with pytest.raises(ContractError):
        check_size(message, 'instruction')


def test_x08_a_large_message_is_dropped_and_the_next_one_is_heard(peer):
    read, heard = [], []

    def convert(message):
        read.append(len(message.data))
        return message.data

    hear(peer.node, 'words', qos.RELIABLE, convert, heard.append, String)
    out = peer.sender(String, 'words')
    out.publish(String(data='x' * 1_000_000))
    out.publish(String(data='hello'))
    peer.wait_for(lambda: heard, 'the second message')
    assert (read, heard) == ([5], ['hello'])


def test_x08_every_subscription_checks_sizes():
    calling = set()
    for path in NODES.glob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Attribute) and node.attr == 'create_subscription':
                calling.add(path.name)
    assert calling == SUBSCRIBERS
    # What stands in for an arm in trials hears only the nodes that are tried.
    for name in SUBSCRIBERS - AS_BYTES - {'standing_in.py'}:
        way = 'reader(self._node, ' if name == 'guarding.py' else 'check_size(message, '
        assert way in (NODES / name).read_text(encoding='utf-8')


def test_x08_every_type_that_is_heard_has_a_bound():
    """`hear(node, topic, profile, convert, action, KIND)`: the last argument names the type."""
    kinds = set()
    for path in NODES.glob('*.py'):
        tree = ast.parse(path.read_text(encoding='utf-8'))
        renamed = {
            alias.asname: alias.name for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) for alias in node.names if alias.asname
        }  # fmt: skip
        imported = {
            alias.asname or alias.name for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or '').endswith('_msgs.msg')
            for alias in node.names
        }  # fmt: skip
        for node in ast.walk(tree):
            name = (
                getattr(node.func, 'id', getattr(node.func, 'attr', ''))
                if isinstance(node, ast.Call)
                else ''
            )
            if name in ('hear', '_listen'):
                named = {getattr(item, 'id', '') for item in node.args}
                kinds |= {renamed.get(item, item) for item in named & imported}
    assert kinds >= {'String', 'JointState', 'Image', 'JointTrajectory'}
    assert kinds <= set(bounds.SIZES)
