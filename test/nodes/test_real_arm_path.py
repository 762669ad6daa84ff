"""The way to a real arm over DDS: approved, followed by a controller's topic, measured, told."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy

import numpy as np
import pytest

pytest.importorskip('rclpy')

from sensor_msgs.msg import JointState as JointStateMessage
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from nodes.arm_cell import HOME, NAMES, ArmCell, turn
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.fake_arm_node import FakeArmNode
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode

ARM, HAND = 'panda_arm_controller', 'panda_hand_controller'
KEPT = {'latch_file': '', 'audit_file': '', 'loop_overrun': 0.5}
BUSY = {'state_timeout': 0.9, 'state_future': 0.05}  # this process is four nodes at once


class Cell(ArmCell):
    """Supervisor, arm controller and the fake arm behind its controllers."""

    def __init__(self, peer):
        super().__init__(peer)
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
        self.find_supervisor()
        self.arm_it()

    def measured(self):
        return conversions.joint_state_from_ros(self.joints[-1]).of(NAMES)

    def track(self):
        """Give the measured positions (N, J) and their stamps (N,) s so far."""
        states = [conversions.joint_state_from_ros(message) for message in list(self.joints)]
        return np.array([state.of(NAMES) for state in states]), np.array(
            [state.stamp for state in states]
        )


@pytest.fixture
def cell(peer):
    return Cell(peer)


def swing(angle=0.3, seconds=2.5):
    return turn(angle, seconds, fingers=0.02)


def test_a_proposed_trajectory_moves_the_arm_through_its_controllers(cell):
    cell.send(swing())
    cell.wait_for_status('a-1', 'succeeded')
    wanted = HOME.copy()
    wanted[0], wanted[-1] = 0.3, 0.02
    cell.peer.wait_for(lambda: np.abs(cell.measured() - wanted).max() < 2e-3, 'the goal')
    assert [len(cell.sent[name]) for name in (ARM, HAND)] == [1, 1]
    assert cell.sent[ARM][0].joint_names == list(NAMES[:7])
    assert cell.sent[HAND][0].joint_names == list(NAMES[7:])
    assert cell.peer.fault is None


def test_a_cancelled_motion_rests_on_its_path_within_a_fraction_of_a_second(cell):
    cell.send(swing(angle=0.8, seconds=5.0))
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
    cell.send(swing(angle=0.8, seconds=5.0))
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
    cell.send(swing(seconds=0.1))
    cell.wait_for_status('a-1', 'rejected')
    assert cell.sent[ARM] == cell.sent[HAND] == []
