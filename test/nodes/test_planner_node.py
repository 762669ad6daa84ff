"""The planner node with a fake cell: it answers every instruction, and never hangs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from qwen_embodied.messages import ArmStatus, JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_image import image_to_ros
from qwen_embodied.nodes.conversions_plan import approval_to_ros
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.safety import Approval
from qwen_embodied.serialization import from_json
from qwen_embodied.workcell import TaskEvent

ROBOT = load_robot('panda')
NAMES = (*ROBOT.all_limits.names, 'panda_finger_joint2')
THINGS = (thing('red_cube_1', 0.5, 0.1), thing('green_cube_1', 0.5, -0.1))
PICTURE = np.zeros((4, 4, 3), np.uint8)


class FakeCell:
    """Sees the same table again and again; every trajectory ends as the test says."""

    def __init__(self, peer, answer='rejected', sees=True, **values):
        self.peer, self.answer, self.sees, self.stamp = peer, answer, sees, 5.0
        self.events = peer.hear(String, 'task/events', qos.RELIABLE)
        self.plans = peer.hear(String, 'plan', qos.LATCHED)
        self.proposed = peer.hear(JointTrajectoryMessage, 'trajectory/proposed', qos.RELIABLE)
        self.node = peer.add(PlannerNode, **values)
        approval = peer.sender(DiagnosticStatus, 'safety/approval', qos.LATCHED)
        approval.publish(approval_to_ros(Approval('auto')))
        self.instruction = peer.sender(String, 'instruction')
        self.state = peer.sender(JointStateMessage, 'joint_states', qos.STATE)
        self.scene = peer.sender(String, 'perception/scene', qos.STATE)
        self.image = peer.sender(Image, 'perception/image', qos.SENSOR)
        self.status = peer.sender(DiagnosticStatus, 'arm/status')
        self.trouble = peer.sender(DiagnosticArray, '/diagnostics', qos.STATE)

    def __call__(self):
        self.stamp += 0.05
        state = JointState(self.stamp, NAMES, [*ROBOT.home, 0.04, 0.04])
        self.state.publish(conversions.joint_state_to_ros(state))
        if self.sees:
            header = conversions.header(self.stamp)
            self.scene.publish(conversions.scene_to_ros(table(*THINGS, stamp=self.stamp)))
            self.image.publish(image_to_ros(self.picture(), header))
        if self.proposed and self.answer:
            name = self.proposed[-1].header.frame_id
            status = ArmStatus(name, self.answer, 'C9 too near')
            self.status.publish(conversions.arm_status_to_ros(status))

    def picture(self):
        return PICTURE

    def say(self, instruction):
        self.instruction.publish(String(data=instruction))

    def heard(self):
        return [from_json(message.data, TaskEvent) for message in self.events]

    def wait_for(self, *kinds):
        """Wait for an event of a kind and give it."""

        def found():
            return [event for event in self.heard() if event.kind in kinds]

        return self.peer.wait_for(found, f'one of {kinds}', each=self)[0]


@pytest.mark.parametrize(
    ('instruction', 'words'),
    [
        ('put the moon in the cup', 'moon'), ('pick up the cube', 'cube'), ('', ''),
        ('colourless green ideas sleep furiously', ''),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_asked_about(peer, instruction, words):
    cell = FakeCell(peer)
    cell.say(instruction)
    event = cell.wait_for('question', 'failed')
    assert event.kind == 'question'
    assert words in event.text
    assert len(event.text) > 10
    assert cell.proposed == []


def test_a_plan_is_published_and_a_rejection_is_in_the_account(peer):
    cell = FakeCell(peer, retries=0)
    cell.say('pick up the red cube')
    event = cell.wait_for('failed', 'succeeded')
    assert event.kind == 'failed'
    assert 'C9 too near' in event.text
    assert '"action": "pick"' in cell.plans[-1].data
    assert [event.kind for event in cell.heard()][:2] == ['accepted', 'looked']


def test_an_instruction_before_the_first_joint_state_has_all_its_time(peer):
    cell = FakeCell(peer)
    cell.say('pick up the red cube')
    peer.wait_for(lambda: cell.heard(), 'the first event')
    assert not cell.proposed
    cell.stamp = 1.7e9
    peer.wait_for(lambda: cell.proposed, 'a trajectory', each=cell)


def test_who_hears_of_the_end_may_give_the_next_instruction_at_once(peer):
    cell = FakeCell(peer, retries=0)
    cell.say('pick up the red cube')
    cell.wait_for('failed')
    cell.say('pick up the green cube')
    accepted = 'accepted', 'pick up the green cube'
    peer.wait_for(
        lambda: accepted in [(event.kind, event.text) for event in cell.heard()], 'it', each=cell
    )


def test_a_second_instruction_is_refused_while_the_first_is_busy(peer):
    cell = FakeCell(peer, answer='executing')
    cell.say('pick up the red cube')
    cell.wait_for('segment')
    cell.say('pick up the green cube')
    event = cell.wait_for('refused')
    assert 'still busy with “pick up the red cube”' in event.text
    assert event.data == {'instruction': 'pick up the green cube'}
    tasks = {event.kind: event.task for event in cell.heard()}
    assert tasks['accepted'] == tasks['segment'] != tasks['refused'] != ''


def test_a_cancelled_task_ends_as_cancelled(peer):
    cell = FakeCell(peer, answer='executing')
    cell.say('pick up the red cube')
    cell.wait_for('segment')
    answer = peer.call('planner/cancel', Trigger)
    assert (answer.success, answer.message) == (True, 'cancelling “pick up the red cube”')
    cell.answer = 'succeeded'
    assert 'cancelled' in cell.wait_for('cancelled', 'failed', 'succeeded').kind


def test_a_cancel_before_the_task_has_begun_is_not_forgotten(peer):
    cell = FakeCell(peer, answer='executing')
    executive, is_cancelled = cell.node._executive, threading.Event()
    begin = executive.run

    def begin_late(instruction):
        is_cancelled.wait(10.0)
        return begin(instruction)

    executive.run = begin_late
    cell.say('pick up the red cube')
    peer.wait_for(lambda: peer.call('planner/cancel', Trigger).success, each=cell)
    is_cancelled.set()
    assert cell.wait_for('cancelled', 'failed', 'succeeded').kind == 'cancelled'


def test_there_is_nothing_to_cancel_when_nothing_is_done(peer):
    FakeCell(peer)
    assert not peer.call('planner/cancel', Trigger).success


def test_without_scenes_the_task_fails_with_what_perception_says(peer):
    cell = FakeCell(peer, sees=False, look_timeout=1.0)
    message = "image dropped: an image with encoding 'yuv422' cannot be read"
    status = conversions.diagnostic('perception', message, {}, level=DiagnosticStatus.ERROR)
    cell.trouble.publish(DiagnosticArray(status=[status]))
    cell.say('pick up the red cube')
    event = cell.wait_for('failed')
    assert 'no new perception/scene for 1 s' in event.text
    assert "encoding 'yuv422'" in event.text
