"""The robot's own description and configured obstacles, over real DDS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import signal

import pytest

pytest.importorskip('rclpy')

from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from nodes.test_arm_nodes import Cell, turn
from qwen_embodied.errors import ConfigurationError, RobotModelError
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode
from qwen_embodied.resources import shared_file

PANDA = shared_file('config/robots/panda.urdf').read_text(encoding='utf-8')
NODES = (ArmControllerNode, SafetySupervisorNode, PlannerNode)
PATIENCE = 20.0


def limited(text, joint, **values):
    """Give the description with other limits of a joint; None takes one away."""
    start = text.index(f'<joint name="{joint}"')
    end = text.index('</joint>', start)
    part = text[start:end]
    for key, value in values.items():
        new = '' if value is None else f' {key}="{value}"'
        part = re.sub(rf'(<limit[^>]*?)\s{key}="[^"]*"', rf'\1{new}', part)
    return text[:start] + part + text[end:]


def describe(peer, text):
    """Latch a description, as robot_state_publisher does."""
    publisher = peer.node.create_publisher(String, 'robot_description', qos.LATCHED)
    publisher.publish(String(data=text))
    return publisher


@pytest.fixture
def described(peer):
    def make(text, **more):
        describe(peer, text)
        settings = {'robot_description': 'topic', **more}
        cells.append(Cell(peer, settings, **settings))
        return cells[-1]

    cells = []
    yield make
    for cell in cells:
        cell.arm.pacer.close()


def test_the_limits_of_the_robots_own_description_win(described):
    cell = described(limited(PANDA, 'panda_joint1', lower=-0.2, upper=0.2))
    cell.arm_it()
    cell.send(turn(angle=0.3))
    cell.wait_for_status('a-1', 'rejected')
    assert 'C5 panda_joint1' in cell.status.reason
    cell.send(turn(angle=0.1, name='a-2'))
    cell.wait_for_status('a-2', 'succeeded')


def test_a_trajectory_through_a_configured_obstacle_is_refused(peer, tmp_path):
    path = tmp_path / 'cell.yaml'
    where = 'size: [0.1, 0.1, 1.5], position: [0.33, 0.22, 0.75]'
    path.write_text(f'obstacles: [{{name: pillar, kind: box, {where}}}]')
    cell = Cell(peer, obstacles=str(path))
    try:
        cell.arm_it()
        cell.send(turn(angle=0.6, seconds=3.0))
        cell.wait_for_status('a-1', 'rejected')
        assert re.search(r'C9 panda_\w+ and pillar', cell.status.reason)
        cell.send(turn(angle=-0.3, name='a-2'))
        cell.wait_for_status('a-2', 'succeeded')
    finally:
        cell.arm.pacer.close()


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (limited(PANDA, 'panda_joint3', velocity=None), 'panda_joint3 has no velocity limit'),
        (limited(PANDA, 'panda_joint4', upper='nan'), "panda_joint4 has the upper limit 'nan'"),
        (PANDA.replace('panda_hand_tcp', 'tip'), 'no link panda_hand_tcp; it has'),
        (PANDA.replace('"panda_joint5"', '"wrist"'), 'no movable joint panda_joint5'),
        (PANDA.replace('panda_finger_joint1', 'claw'), 'no gripper joint panda_finger_joint1'),
        (PANDA.replace('</robot>', ''), 'cannot be read'),
        ('hello', 'holds no URDF'),
        ('', 'holds no URDF'),
    ],
)
def test_what_a_description_lacks_is_named_and_nothing_moves(peer, text, words):
    describe(peer, text)
    sent = peer.hear(JointTrajectoryMessage, 'arm/command')
    for kind in NODES:
        with pytest.raises(RobotModelError, match=words):
            peer.add(kind, robot_description='topic')
    assert sent == []


def test_a_continuous_joint_and_absent_meshes_are_no_hindrance(described):
    text = PANDA.replace('<joint name="panda_joint7" type="revolute">',
                         '<joint name="panda_joint7" type="continuous">')  # fmt: skip
    text = re.sub(
        r'<collision>.*?</collision>',
        '<collision><geometry><mesh filename="package://gone/link.stl"/></geometry></collision>',
        text, count=3, flags=re.DOTALL,
    )  # fmt: skip
    cell = described(text)
    cell.arm_it()
    cell.send(turn(angle=0.1))
    cell.wait_for_status('a-1', 'succeeded')


@pytest.mark.parametrize('kind', NODES)
def test_silence_is_an_error_with_the_ways_out(peer, kind):
    with pytest.raises(RobotModelError, match=r'in 0\.2 s; start robot_state_publisher, or set'):
        peer.add(kind, robot_description='topic', description_timeout=0.2)


def test_a_path_replaces_the_presets_urdf(peer, tmp_path):
    path = tmp_path / 'mine.urdf'
    path.write_text(limited(PANDA, 'panda_joint3', velocity=None), encoding='utf-8')
    with pytest.raises(RobotModelError, match='panda_joint3 has no velocity limit'):
        peer.add(ArmControllerNode, robot_description=str(path))


def test_a_file_of_obstacles_that_is_not_there_ends_the_node(peer):
    for kind in (PlannerNode, SafetySupervisorNode):
        with pytest.raises(ConfigurationError, match=r'nowhere\.yaml: cannot be read'):
            peer.add(kind, obstacles='nowhere.yaml')


def test_a_process_says_it_in_one_line_and_ends(peer, start):
    describe(peer, limited(PANDA, 'panda_joint3', velocity=None))
    process = start('arm_controller_node', '-p', 'robot_description:=topic')
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert 'panda_joint3 has no velocity limit' in errors
    assert 'Traceback' not in errors


def test_a_signal_ends_the_wait_for_a_description(peer, start):
    waiting = peer.node.create_publisher(String, 'robot_description', qos.LATCHED)
    process = start('safety_supervisor_node', '-p', 'robot_description:=topic')
    peer.wait_for(waiting.get_subscription_count, 'a subscriber')
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, 'Traceback' in errors) == (0, False), errors
