"""Arm controller and safety supervisor over DDS, with a fake arm and a fake planner."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from qwen_embodied.bringup import simulation
from qwen_embodied.messages import JointState, JointTrajectory
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.conversions_safety import safety_from_ros
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode

ROBOT = load_robot('panda')
NAMES = ROBOT.all_limits.names
HOME = np.array([*ROBOT.home, ROBOT.gripper.open])
SETTINGS = {spec.name: dict(spec.parameters) for spec in simulation().nodes}
RATE = 100.0


class FakeArm:
    """Publishes joint states and goes at once where it is told."""

    def __init__(self, peer):
        self.lock, self.stamp, self.positions = threading.Lock(), 10.0, HOME.copy()
        self.joints = peer.node.create_publisher(JointStateMessage, 'joint_states', qos.STATE)
        self.clock = peer.node.create_publisher(Clock, '/clock', qos.NEWEST)
        self.commands = peer.hear(JointTrajectoryMessage, 'arm/command')
        self.pacer = Pacer('arm', RATE, self.tick)

    def tick(self):
        self.stamp += 1 / RATE
        if self.commands:
            self.positions = np.array(self.commands[-1].points[0].positions)
        state = JointState(self.stamp, NAMES, self.positions, np.zeros(len(NAMES)))
        self.clock.publish(Clock(clock=conversions.time_to_ros(self.stamp)))
        self.joints.publish(conversions.joint_state_to_ros(state))


class Cell:
    """The two nodes, a fake arm and everything they say."""

    def __init__(self, peer, controller=None, **supervisor):
        self.peer = peer
        self.statuses = peer.hear(DiagnosticStatus, 'arm/status')
        self.states = peer.hear(DiagnosticStatus, 'safety/state')
        self.approved = peer.hear(JointTrajectoryMessage, 'trajectory/approved', qos.RELIABLE)
        peer.add(ArmControllerNode, **SETTINGS['arm_controller'], **(controller or {}))
        self.supervisor = peer.add(
            SafetySupervisorNode, **SETTINGS['safety_supervisor'], **supervisor
        )
        self.propose = peer.sender(JointTrajectoryMessage, 'trajectory/proposed')
        self.scenes = peer.sender(String, 'perception/scene', qos.STATE)
        self.arm = FakeArm(peer)

    def arm_it(self):
        seen = conversions.scene_to_ros(table(thing('red_cube_1', 0.5, 0.2)))
        self.peer.wait_for(
            lambda: self.state == 'ARMED', 'ARMED', each=lambda: self.scenes.publish(seen)
        )

    @property
    def state(self):
        return safety_from_ros(self.states[-1])[0].state if self.states else ''

    @property
    def status(self):
        return conversions.arm_status_from_ros(self.statuses[-1])

    def send(self, trajectory):
        self.propose.publish(conversions.trajectory_to_ros(trajectory))

    def wait_for_status(self, name, state):
        self.peer.wait_for(
            lambda: (self.status.trajectory_id, self.status.state) == (name, state),
            f'{name} {state}',
        )


@pytest.fixture
def cell(peer):
    made = Cell(peer)
    yield made
    made.arm.pacer.close()


def turn(angle=0.3, seconds=1.5, name='a-1'):
    u = np.linspace(0.0, 1.0, 40)[:, None]
    change = np.zeros(len(NAMES))
    change[0] = angle
    return JointTrajectory(
        NAMES,
        u[:, 0] * seconds,
        HOME + change * (10 * u**3 - 15 * u**4 + 6 * u**5),
        change * (30 * u**2 - 60 * u**3 + 30 * u**4) / seconds,
        change * (60 * u - 180 * u**2 + 120 * u**3) / seconds**2,
        name,
    )


def test_a_good_trajectory_is_approved_and_followed_to_its_end(cell):
    cell.arm_it()
    cell.send(turn())
    cell.wait_for_status('a-1', 'succeeded')
    assert [message.header.frame_id for message in cell.approved] == ['a-1']
    assert cell.arm.positions[0] == pytest.approx(HOME[0] + 0.3, abs=1e-3)
    assert cell.peer.fault is None


def test_set_points_lie_ahead_of_the_joint_state_that_caused_them(cell):
    cell.peer.wait_for(lambda: cell.arm.commands, 'a command')
    names, positions, at = conversions.command_from_ros(cell.arm.commands[0])
    assert names == NAMES
    assert positions == pytest.approx(HOME)
    assert at == pytest.approx(round(at * RATE) / RATE, abs=1e-6)


@pytest.mark.parametrize(
    ('broken', 'rule'),
    [
        (turn(seconds=0.1), 'C6'),
        (turn(angle=float('nan')), 'C2'),
        (replace(turn(), positions=turn().positions + 0.05), 'C3'),
        (replace(turn(), joint_names=('x', *NAMES[1:])), 'C1'),
    ],
)
def test_a_bad_trajectory_is_rejected_and_the_controller_passes_on_why(cell, broken, rule):
    cell.arm_it()
    cell.send(broken)
    cell.wait_for_status('a-1', 'rejected')
    assert rule in cell.status.reason
    assert cell.approved == []
    assert np.array_equal(cell.arm.positions, HOME)


def test_a_message_that_cannot_be_converted_is_rejected_too(cell):
    cell.arm_it()
    message = conversions.trajectory_to_ros(turn())
    message.points[3].positions = [1.0]
    cell.propose.publish(message)
    cell.wait_for_status('a-1', 'rejected')
    assert 'C1' in cell.status.reason


def test_nothing_is_approved_before_a_scene_was_seen(cell):
    cell.peer.wait_for(lambda: cell.states and cell.statuses, 'the nodes')
    cell.send(turn())
    cell.wait_for_status('a-1', 'rejected')
    assert 'surroundings' in cell.status.reason


def test_the_controller_holds_when_the_supervisor_is_gone(cell):
    cell.arm_it()
    cell.send(turn(angle=0.6, seconds=4.0))
    cell.wait_for_status('a-1', 'executing')
    cell.peer.executor.remove_node(cell.supervisor)
    cell.wait_for_status('a-1', 'aborted')
    assert 'safety supervisor: silent for' in cell.status.reason
    held = cell.arm.positions.copy()
    count = len(cell.arm.commands)
    cell.peer.wait_for(lambda: len(cell.arm.commands) > count + 20, 'further set-points')
    assert np.array_equal(cell.arm.positions, held)
    assert 0.0 < held[0] - HOME[0] < 0.6


def test_a_stop_ends_the_motion_and_only_a_reset_lets_it_begin_again(cell):
    cell.arm_it()
    cell.send(turn(angle=0.6, seconds=4.0))
    cell.wait_for_status('a-1', 'executing')
    assert cell.peer.call('safety_supervisor/stop', Trigger).message == 'STOP_LATCHED'
    cell.wait_for_status('a-1', 'aborted')
    assert 'E1 stop' in cell.status.reason
    assert not cell.peer.call('safety_supervisor/arm', Trigger).success
    cell.peer.wait_for(lambda: cell.peer.call('safety_supervisor/reset', Trigger).success)
    cell.peer.wait_for(lambda: cell.state == 'ARMED', 'ARMED')
