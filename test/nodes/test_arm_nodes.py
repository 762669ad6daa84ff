"""Arm controller and safety supervisor over DDS, with a fake arm and a fake planner."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy')

from std_srvs.srv import Trigger

from nodes.arm_cell import HOME, NAMES, RATE, ArmCell, SetPointArm, turn
from qwen_embodied.bringup import simulation
from qwen_embodied.nodes import conversions
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode

SETTINGS = {spec.name: dict(spec.usual + spec.parameters) for spec in simulation().nodes}


class Cell(ArmCell):
    """The two nodes and an arm that is driven by set-points."""

    def __init__(self, peer, controller=None, **supervisor):
        super().__init__(peer)
        peer.add(ArmControllerNode, **SETTINGS['arm_controller'], **(controller or {}))
        self.supervisor = peer.add(
            SafetySupervisorNode, **SETTINGS['safety_supervisor'], **supervisor
        )
        self.find_supervisor()
        self.arm = SetPointArm(peer)


@pytest.fixture
def cell(peer):
    made = Cell(peer)
    yield made
    made.arm.pacer.close()


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
