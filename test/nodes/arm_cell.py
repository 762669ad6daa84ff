"""What the tests of the arm's nodes share: the nodes, what they say, and an arm."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from quintic import quintic
from qwen_embodied.messages import JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_safety import safety_from_ros
from qwen_embodied.nodes.pacing import Pacer

ROBOT = load_robot('panda')
NAMES = ROBOT.all_limits.names
HOME = np.array([*ROBOT.home, ROBOT.gripper.open])
RATE = 100.0


def turn(angle=0.3, seconds=1.5, name='a-1', fingers=HOME[-1]):
    """Turn the first joint from home, while one finger moves to a position."""
    goal = HOME.copy()
    goal[0], goal[-1] = HOME[0] + angle, fingers
    return quintic(NAMES, HOME, goal, seconds, name, count=40)


class SetPointArm:
    """Publishes joint states and goes at once where it is told.

    `each` is called before each joint state; `spoil` changes a message before it is sent.
    """

    def __init__(self, peer, each=lambda: None):
        self.lock, self.stamp, self.positions = threading.Lock(), 10.0, HOME.copy()
        self.each, self.spoil = each, lambda message: message
        self.joints = peer.node.create_publisher(JointStateMessage, 'joint_states', qos.STATE)
        self.clock = peer.node.create_publisher(Clock, '/clock', qos.NEWEST)
        self.commands = peer.hear(JointTrajectoryMessage, 'arm/command')
        self.pacer = Pacer('arm', RATE, self.tick)

    def tick(self):
        self.stamp += 1 / RATE
        self.each()
        if self.commands:
            self.positions = np.array(self.commands[-1].points[0].positions)
        state = JointState(self.stamp, NAMES, self.positions, np.zeros(len(NAMES)))
        self.clock.publish(Clock(clock=conversions.time_to_ros(self.stamp)))
        self.joints.publish(self.spoil(conversions.joint_state_to_ros(state)))

    def commanded(self):
        """Give every command so far, (N, J)."""
        return np.array([message.points[0].positions for message in list(self.commands)])


class ArmCell:
    """What the arm controller and the supervisor say, and the ways to speak to them."""

    def __init__(self, peer):
        self.peer = peer
        self.statuses = peer.hear(DiagnosticStatus, 'arm/status', qos.RELIABLE)
        self.states = peer.hear(DiagnosticStatus, 'safety/state')
        self.approved = peer.hear(JointTrajectoryMessage, 'trajectory/approved', qos.RELIABLE)

    def find_supervisor(self):
        """Wait until the supervisor listens."""
        self.propose = self.peer.sender(JointTrajectoryMessage, 'trajectory/proposed')
        self.scenes = self.peer.sender(String, 'perception/scene', qos.STATE)

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
            lambda: (
                self.statuses and (self.status.trajectory_id, self.status.state) == (name, state)
            ),
            f'{name} {state}',
        )
