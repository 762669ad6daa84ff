"""The way to a real arm over DDS: approved, followed by a controller's topic, measured, told."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.conversions_safety import safety_from_ros
from qwen_embodied.nodes.fake_arm_node import FakeArmNode
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode

ROBOT = load_robot('panda')
NAMES = ROBOT.all_limits.names
HOME = np.array([*ROBOT.home, ROBOT.gripper.open])
ARM, HAND = 'panda_arm_controller', 'panda_hand_controller'
KEPT = {'latch_file': '', 'audit_file': '', 'loop_overrun': 0.5}
BUSY = {'state_timeout': 0.9, 'state_future': 0.05}  # this process is four nodes at once


class Cell:
    """Supervisor, arm controller and fake arm, and everything they say."""

    def __init__(self, peer):
        self.peer = peer
        self.statuses = peer.hear(DiagnosticStatus, 'arm/status', qos.RELIABLE)
        self.states = peer.hear(DiagnosticStatus, 'safety/state')
        self.joints = peer.hear(JointStateMessage, 'joint_states')
        self.sent = {
            name: peer.hear(JointTrajectoryMessage, f'{name}/joint_trajectory', qos.RELIABLE)
            for name in (ARM, HAND)
        }
        peer.add(FakeArmNode)
        peer.add(ArmControllerNode, backend='topic', lookahead=0.1, lease_timeout=0.4,
                 path_tolerance=0.1, **BUSY)  # fmt: skip
        self.supervisor = peer.add(
            SafetySupervisorNode, self_arming=True, lease=0.4, silence_stop=2.0, **KEPT, **BUSY
        )
        self.propose = peer.sender(JointTrajectoryMessage, 'trajectory/proposed')
        scenes = peer.sender(String, 'perception/scene', qos.STATE)
        seen = conversions.scene_to_ros(table(thing('red_cube_1', 0.5, 0.2)))
        peer.wait_for(
            lambda: self.states and safety_from_ros(self.states[-1])[0].state == 'ARMED',
            'ARMED', each=lambda: scenes.publish(seen),
        )  # fmt: skip

    @property
    def status(self):
        return conversions.arm_status_from_ros(self.statuses[-1])

    def measured(self):
        return conversions.joint_state_from_ros(self.joints[-1]).of(NAMES)

    def track(self):
        """Give the measured positions (N, J) and their stamps (N,) s so far."""
        states = [conversions.joint_state_from_ros(message) for message in list(self.joints)]
        return np.array([state.of(NAMES) for state in states]), np.array(
            [state.stamp for state in states]
        )

    def send(self, trajectory):
        self.propose.publish(conversions.trajectory_to_ros(trajectory))

    def wait_for_status(self, name, state):
        self.peer.wait_for(
            lambda: (self.status.trajectory_id, self.status.state) == (name, state),
            f'{name} {state}',
        )


@pytest.fixture
def cell(peer):
    return Cell(peer)


def turn(angle=0.3, seconds=2.5, name='a-1', fingers=0.02):
    u = np.linspace(0.0, 1.0, 60)[:, None]
    change = np.zeros(len(NAMES))
    change[0], change[-1] = angle, fingers - HOME[-1]
    return JointTrajectory(
        NAMES,
        u[:, 0] * seconds,
        HOME + change * (10 * u**3 - 15 * u**4 + 6 * u**5),
        change * (30 * u**2 - 60 * u**3 + 30 * u**4) / seconds,
        change * (60 * u - 180 * u**2 + 120 * u**3) / seconds**2,
        name,
    )


def test_a_proposed_trajectory_moves_the_arm_through_its_controllers(cell):
    cell.send(turn())
    cell.wait_for_status('a-1', 'succeeded')
    wanted = HOME.copy()
    wanted[0], wanted[-1] = 0.3, 0.02
    cell.peer.wait_for(lambda: np.abs(cell.measured() - wanted).max() < 2e-3, 'the goal')
    assert [len(cell.sent[name]) for name in (ARM, HAND)] == [1, 1]
    assert cell.sent[ARM][0].joint_names == list(NAMES[:7])
    assert cell.sent[HAND][0].joint_names == list(NAMES[7:])
    assert cell.peer.fault is None


def test_a_cancelled_motion_rests_on_its_path_within_a_fraction_of_a_second(cell):
    cell.send(turn(angle=0.8, seconds=5.0))
    cell.wait_for_status('a-1', 'executing')
    cell.peer.wait_for(lambda: cell.measured()[0] > 0.25, 'half the way')
    at = cell.track()[1][-1]
    assert cell.peer.call('arm_controller/cancel', Trigger).success
    cell.wait_for_status('a-1', 'aborted')
    assert 'cancelled' in cell.status.reason
    rested = cell.peer.wait_for(
        lambda: (np.ptp(cell.track()[0][-20:, 0]) < 1e-5) and cell.track()[1][-1], 'rest'
    )
    assert rested - at < 1.5
    assert 0.25 < cell.measured()[0] < 0.75
    on_path = (cell.measured()[-1] - HOME[-1]) / (0.02 - HOME[-1])
    assert cell.measured()[0] / 0.8 == pytest.approx(on_path, abs=2e-3)
    assert len(cell.sent[ARM]) == 2


def test_the_arm_holds_when_the_supervisor_is_gone_and_the_stop_begins_where_it_is(cell):
    cell.send(turn(angle=0.8, seconds=5.0))
    cell.wait_for_status('a-1', 'executing')
    cell.peer.wait_for(lambda: cell.measured()[0] > 0.2, 'a part of the way')
    cell.peer.executor.remove_node(cell.supervisor)
    cell.wait_for_status('a-1', 'aborted')
    assert 'safety supervisor: silent for' in cell.status.reason
    cell.peer.wait_for(lambda: np.ptp(cell.track()[0][-20:, 0]) < 1e-5, 'rest')
    first, second = cell.sent[ARM][:2]
    before, after = (curve_of(message) for message in (first, second))
    later = stamp_of(second) - stamp_of(first)
    overlap = np.linspace(0.0, 0.09, 40)  # s; the lookahead is 0.1
    wanted = before.sample(later + overlap).positions
    assert after.sample(overlap).positions == pytest.approx(wanted, abs=1e-6)


def curve_of(message):
    message = copy.deepcopy(message)
    message.header.stamp.sec = message.header.stamp.nanosec = 0
    return TrajectorySpline(conversions.trajectory_from_ros(message))


def stamp_of(message):
    return conversions.time_from_ros(message.header.stamp)


def test_a_bad_trajectory_reaches_no_controller(cell):
    cell.send(turn(seconds=0.1))
    cell.wait_for_status('a-1', 'rejected')
    assert cell.sent[ARM] == cell.sent[HAND] == []
