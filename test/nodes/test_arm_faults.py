"""Faults F1 to F10 over DDS, given to the arm controller as if approved: refused, arm unmoved."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

pytest.importorskip('rclpy')

from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticStatus
from hypothesis import given, settings
from std_msgs.msg import Header
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage
from trajectory_msgs.msg import JointTrajectoryPoint

from control.malformed import classes
from nodes.arm_cell import HOME, NAMES, ROBOT, ArmCell, SetPointArm, turn
from qwen_embodied.bringup import simulation
from qwen_embodied.control import TrajectoryGoal
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.conversions_safety import safety_to_ros
from qwen_embodied.safety import SafetyState

SETTINGS = next(
    dict(n.usual + n.parameters) for n in simulation().nodes if n.name == 'arm_controller'
)
LIMITS = ROBOT.all_limits.scaled(0.5, 0.5, 1.0)
CLASSES = classes(TrajectoryGoal.of(turn()), LIMITS, HOME)


class UnguardedCell(ArmCell):
    """The arm controller with an arm and a lease that never ends, but no supervisor's rules."""

    def __init__(self, peer):
        super().__init__(peer)
        peer.add(ArmControllerNode, **SETTINGS)
        self.count = itertools.count()
        self.approve = peer.sender(JointTrajectoryMessage, 'trajectory/approved')
        self.lease = peer.node.create_publisher(DiagnosticStatus, 'safety/state', qos.STATE)
        self.arm = SetPointArm(peer, self.permit)
        peer.wait_for(lambda: self.arm.commands, 'a command')

    def permit(self):
        self.lease.publish(safety_to_ros(SafetyState('ARMED', 'move', (), 0.1, next(self.count))))

    def ends(self, message):
        """Send a trajectory under a name of its own and give how it ended."""
        name = message.header.frame_id = f'x-{next(self.count)}'
        self.approve.publish(message)
        ended = ('rejected', 'aborted', 'succeeded')
        self.peer.wait_for(
            lambda: self.status.trajectory_id == name and self.status.state in ended, name
        )
        return self.status


@pytest.fixture(scope='module')
def cell(shared_peer):
    made = UnguardedCell(shared_peer)
    yield made
    made.arm.pacer.close()


def duration(seconds):
    """Write a time; what a message cannot hold becomes a second's worth of nanoseconds."""
    if not math.isfinite(seconds):
        return Duration(nanosec=1_500_000_000)
    whole = math.floor(seconds)
    return Duration(sec=whole, nanosec=round((seconds - whole) * 1e9) % 1_000_000_000)


def written(goal):
    """Write a goal, right or wrong, as a message."""
    at = duration(goal.stamp)
    points = [
        JointTrajectoryPoint(
            positions=list(p.positions), velocities=list(p.velocities),
            accelerations=list(p.accelerations), effort=list(p.effort),
            time_from_start=duration(p.time),
        )
        for p in goal.points
    ]  # fmt: skip
    return JointTrajectoryMessage(
        header=Header(stamp=Time(sec=at.sec, nanosec=at.nanosec)),
        joint_names=list(goal.joint_names),
        points=points,
    )


@pytest.mark.parametrize('name', CLASSES)
def test_a_malformed_trajectory_is_refused_with_its_rule_and_the_arm_stays(cell, name):
    @settings(max_examples=12, deadline=None)
    @given(CLASSES[name])
    def check(case):
        goal, rules = case
        status = cell.ends(written(goal))
        assert status.state == 'rejected'
        assert {reason.split()[0] for reason in status.reason.split('; ')} & set(rules)
        assert np.array_equal(cell.arm.positions, HOME)

    check()
    assert cell.peer.fault is None


def test_a_state_that_is_not_finite_stops_the_arm_on_finite_commands(cell):
    message = written(TrajectoryGoal.of(turn(angle=0.8, seconds=4.0)))
    name = message.header.frame_id = 'moving'
    cell.approve.publish(message)
    cell.peer.wait_for(lambda: cell.arm.positions[0] > HOME[0] + 0.1, 'a part of the way')

    def broken(state):
        state.position[1] = math.nan
        return state

    cell.arm.spoil = broken
    cell.wait_for_status(name, 'aborted')
    commands = cell.arm.commanded()
    assert np.isfinite(commands).all()
    steps = np.abs(np.diff(commands, axis=0)).max(axis=0)
    assert (steps <= LIMITS.velocity / 100.0 + 1e-9).all()
    assert HOME[0] < commands[-1, 0] < HOME[0] + 0.8
    assert commands.shape[1] == len(NAMES)
    assert conversions.command_from_ros(cell.arm.commands[-1])[0] == NAMES
