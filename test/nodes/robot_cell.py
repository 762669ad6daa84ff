"""The profile of a real arm in one process, before fake controllers; the test is the camera."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table
from qwen_embodied import bringup
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.conversions_image import image_to_ros
from qwen_embodied.nodes.fake_arm_node import FakeArmNode
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.nodes.rehearsing import TOPIC
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode
from qwen_embodied.rehearsal import Rehearsal
from qwen_embodied.serialization import from_json
from qwen_embodied.workcell import TaskEvent

KINDS = {
    'fake_arm': FakeArmNode, 'arm_controller': ArmControllerNode, 'planner': PlannerNode,
    'safety_supervisor': SafetySupervisorNode,
}  # fmt: skip
# This process is all nodes at once.
BUSY = {
    'arm_controller': {'state_timeout': 0.9, 'state_future': 0.05, 'lease_timeout': 0.9},
    'safety_supervisor': {
        'state_timeout': 0.9, 'state_future': 0.05, 'lease': 0.5, 'silence_stop': 5.0,
        'audit_file': '',
    },
}  # fmt: skip
PICTURE = np.zeros((4, 4, 3), np.uint8)


class RobotCell:
    """The nodes of the profile with their parameters; the test is the camera."""

    def __init__(self, peer, things, *, namespace='', **given):
        self.peer, self.things, self.namespace = peer, things, namespace
        profile = bringup.robot(fake_arm=True, namespace=namespace, **given)
        names = [spec.name for spec in profile.nodes]
        self.values = {spec.name: spec.values() for spec in profile.nodes}
        for name in (name for name in names if name in KINDS):
            self.start(name, {**self.values[name], **BUSY.get(name, {})})
        before = f'/{namespace}/' if namespace else '/'
        self.joints = peer.hear(JointStateMessage, f'{before}joint_states')
        self.events = peer.hear(String, f'{before}task/events', qos.RELIABLE)
        self.approved = peer.hear(
            JointTrajectoryMessage, f'{before}trajectory/approved', qos.RELIABLE
        )
        self.shown = peer.hear(String, before + TOPIC, qos.LATCHED)
        self.instruction = peer.sender(String, f'{before}instruction')
        self.scene = peer.sender(String, f'{before}perception/scene', qos.STATE)
        self.image = peer.sender(Image, f'{before}perception/image', qos.SENSOR)

    def start(self, name, values):
        overrides = [Parameter(key, value=value) for key, value in values.items()]
        node = KINDS[name](
            context=self.peer.context, namespace=self.namespace, parameter_overrides=overrides
        )
        self.peer.nodes.append(node)
        self.peer.executor.add_node(node)

    def see(self):
        """Be the camera for a moment."""
        if self.joints:
            stamp = conversions.time_from_ros(self.joints[-1].header.stamp)
            seen = table(*self.things, stamp=stamp)
            self.image.publish(image_to_ros(PICTURE, conversions.header(stamp)))
            self.scene.publish(conversions.scene_to_ros(seen))

    def say(self, words):
        self.instruction.publish(String(data=words))

    def heard(self):
        return [from_json(message.data, TaskEvent) for message in list(self.events)]

    def kinds(self):
        return [event.kind for event in self.heard()]

    def report(self):
        return from_json(self.shown[-1].data, Rehearsal)

    def positions(self):
        return np.array([message.position for message in list(self.joints)])

    def commands(self):
        """Name what the arm controller could command an arm with, as the graph knows it."""
        node, where = self.peer.node, ('arm_controller', f'/{self.namespace}')
        ways = (
            *node.get_publisher_names_and_types_by_node(*where),
            *node.get_client_names_and_types_by_node(*where),
        )
        return [
            name
            for name, kinds in ways
            if any('trajectory_msgs' in kind or '_action' in name for kind in kinds)
        ]
