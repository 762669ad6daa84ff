"""An operator's stop over DDS: planner, supervisor and arm controller as nodes, a fake arm."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

pytest.importorskip('rclpy')

from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from nodes.arm_cell import ArmCell, SetPointArm
from nodes.test_planner_node import PICTURE
from qwen_embodied.bringup import simulation
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.conversions_image import image_to_ros
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode
from qwen_embodied.serialization import from_json
from qwen_embodied.workcell import TaskEvent

SETTINGS = {spec.name: dict(spec.usual + spec.parameters) for spec in simulation().nodes}
KINDS = {
    'planner': PlannerNode, 'arm_controller': ArmControllerNode,
    'safety_supervisor': SafetySupervisorNode,
}  # fmt: skip
BUSY = {'lease': 0.4, 'silence_stop': 2.0}  # the three nodes share one thread of the test
THINGS = (thing('red_cube_1', 0.5, 0.2), thing('green_cube_1', 0.5, -0.1))
STOPPED = 'E1 stop'


class Cell(ArmCell):
    """Three nodes, an arm that goes where it is told, and eyes that always see the same."""

    def __init__(self, peer):
        super().__init__(peer)
        self.told = peer.hear(String, 'task/events', qos.RELIABLE)
        self.proposed = peer.hear(JointTrajectoryMessage, 'trajectory/proposed', qos.RELIABLE)
        for name, kind in KINDS.items():
            peer.add(kind, **{**SETTINGS[name], **(BUSY if 'safety' in name else {})})
        self.find_supervisor()
        self.image = peer.sender(Image, 'perception/image', qos.SENSOR)
        self.instruction = peer.sender(String, 'instruction')
        self.count = 0
        self.arm = SetPointArm(peer, self.see)

    def see(self):
        self.count += 1
        if self.count % 10 == 0:
            stamp = self.arm.stamp
            self.scenes.publish(conversions.scene_to_ros(table(*THINGS, stamp=stamp)))
            self.image.publish(image_to_ros(PICTURE, conversions.header(stamp)))

    def say(self, words):
        self.instruction.publish(String(data=words))

    def heard(self):
        return [from_json(message.data, TaskEvent) for message in list(self.told)]

    def ends(self):
        kinds = ('succeeded', 'failed', 'cancelled', 'question')
        return [event for event in self.heard() if event.kind in kinds]

    def segments(self):
        return [event for event in self.heard() if event.kind == 'segment']


@pytest.fixture
def cell(peer):
    made = Cell(peer)
    yield made
    made.arm.pacer.close()


def test_after_a_stop_the_planner_says_why_once_and_proposes_nothing_until_it_is_told_again(cell):
    peer = cell.peer
    cell.arm_it()
    cell.say('pick up the red cube')
    peer.wait_for(lambda: cell.approved and cell.status.state == 'executing', 'a motion')
    proposed = len(cell.proposed)
    assert peer.call('safety_supervisor/stop', Trigger).message == 'STOP_LATCHED'
    peer.wait_for(cell.ends, 'the end of the task')
    assert [event.kind for event in cell.ends()] == ['failed']
    assert STOPPED in cell.ends()[0].text
    assert 'retry' not in [event.kind for event in cell.heard()]
    peer.wait_for(lambda: peer.call('safety_supervisor/reset', Trigger).success, 'a reset')
    peer.wait_for(lambda: cell.state == 'ARMED', 'ARMED')
    seen = cell.count
    peer.wait_for(lambda: cell.count > seen + 100, 'a while in which it may move')
    assert len(cell.proposed) == proposed
    assert len(cell.ends()) == 1
    cell.say('pick up the green cube')
    peer.wait_for(lambda: len(cell.proposed) > proposed, 'a proposal for the new instruction')


def test_while_the_stop_is_latched_an_instruction_is_answered_and_nothing_is_proposed(cell):
    peer = cell.peer
    cell.arm_it()
    peer.call('safety_supervisor/stop', Trigger)
    peer.wait_for(lambda: cell.state == 'STOP_LATCHED', 'STOP_LATCHED')
    cell.say('pick up the red cube')
    peer.wait_for(cell.ends, 'the end of the task')
    assert STOPPED in cell.ends()[0].text
    assert cell.proposed == []
