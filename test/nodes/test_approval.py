"""Plans that a person approves, over DDS: nothing of any other plan reaches the arm."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import Image
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from nodes.test_safety_supervisor_node import PATIENT, Rig
from qwen_embodied.bringup import graph_environment
from qwen_embodied.errors import ContractError
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_image import image_to_ros
from qwen_embodied.nodes.conversions_plan import (
    PlanOffer,
    approval_from_ros,
    approval_to_ros,
    offer_from_ros,
    offer_to_ros,
)
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.planning import Plan, Step
from qwen_embodied.safety import SIMULATION_PROFILE, Approval, plan_of
from qwen_embodied.serialization import from_json
from qwen_embodied.workcell import TaskEvent

PLAN = Plan(steps=(Step(action='pick', object='red_cube_1'),), summary='pick it')
OFFER = PlanOffer('t1', 1, 'pick up the red cube', PLAN)
PICTURE = np.zeros((4, 4, 3), np.uint8)


class Desk:
    """A supervisor among joint states and images, and a planner that is given an instruction."""

    def __init__(self, peer, mode):
        self.peer = peer
        self.shown = peer.hear(DiagnosticStatus, 'safety/approval', qos.LATCHED)
        self.events = peer.hear(String, 'task/events', qos.RELIABLE)
        self.approved = peer.hear(JointTrajectoryMessage, 'trajectory/approved', qos.RELIABLE)
        self.proposed = peer.hear(JointTrajectoryMessage, 'trajectory/proposed', qos.RELIABLE)
        self.rig = Rig(peer, **{**SIMULATION_PROFILE, **PATIENT, 'approval': mode})
        peer.add(PlannerNode, retries=0)
        self.images = peer.sender(Image, 'perception/image', qos.SENSOR)
        self.say = peer.sender(String, 'instruction')
        self.yes = peer.sender(String, 'safety_supervisor/approve')
        self.rig.wait_for('ARMED')
        peer.wait_for(lambda: self.shown, 'safety/approval')

    def show(self):
        """Publish a scene and its image."""
        now = self.peer.node.get_clock().now().nanoseconds * 1e-9
        seen = table(thing('red_cube_1', 0.5, 0.2), stamp=now)
        self.rig.scenes.publish(conversions.scene_to_ros(seen))
        self.images.publish(image_to_ros(PICTURE, conversions.header(now)))

    @property
    def said(self):
        return approval_from_ros(self.shown[-1])

    def wait_for(self, condition, what):
        self.peer.wait_for(condition, what, each=self.show)

    def kinds(self):
        return [from_json(message.data, TaskEvent).kind for message in list(self.events)]


@pytest.fixture
def desk(peer):
    made = []

    def build(mode):
        made.append(Desk(peer, mode))
        return made[-1]

    yield build
    for one in made:
        one.rig.pacer.close()


def test_a_plan_waits_for_a_person_who_approves_exactly_its_hash(desk, domain):
    cell = desk('ask')
    cell.say.publish(String(data='pick up the red cube'))
    cell.wait_for(lambda: cell.said.state == 'pending', 'a plan that waits')
    plan = cell.said.plan
    assert cell.said.instruction == 'pick up the red cube'
    assert cell.said.steps == ('pick the red cube',)
    cell.wait_for(lambda: 'asked' in cell.kinds(), 'the question')
    cell.yes.publish(String(data=f'{"0" * 64} anna'))
    cell.yes.publish(String(data=plan[:-1] + ' anna'))
    cell.yes.publish(String(data=plan))
    assert (cell.proposed, cell.approved) == ([], [])
    taken = command_line(domain, plan[:12], '--as', 'anna')
    assert (taken.returncode, taken.stderr) == (0, '')
    assert 'pick the red cube' in taken.stdout
    assert plan in taken.stdout
    cell.wait_for(lambda: cell.approved, 'an approved trajectory')
    assert plan_of(cell.approved[0].header.frame_id) == plan
    assert cell.said.reason == 'by anna'


def test_a_refused_plan_ends_the_task_and_nothing_is_proposed(desk, peer):
    cell = desk('ask')
    no = peer.sender(String, 'safety_supervisor/refuse')
    cell.say.publish(String(data='pick up the red cube'))
    cell.wait_for(lambda: cell.said.state == 'pending', 'a plan that waits')
    no.publish(String(data=f'{cell.said.plan} anna'))
    cell.wait_for(lambda: 'failed' in cell.kinds(), 'the end')
    assert 'the plan is refused: by anna' in cell.events[-1].data
    assert cell.proposed == []


def test_deny_refuses_what_a_planner_sends_without_asking(desk, peer):
    cell = desk('deny')
    trajectory = JointTrajectoryMessage(joint_names=list(cell.rig.node._judge.arm_joints))
    send = peer.sender(JointTrajectoryMessage, 'trajectory/proposed')
    cell.say.publish(String(data='pick up the red cube'))
    cell.wait_for(lambda: 'failed' in cell.kinds(), 'the end')
    assert 'approval: deny' in cell.events[-1].data
    send.publish(trajectory)
    cell.wait_for(lambda: cell.rig.node._judge.rejection.reasons, 'the rejection')
    assert cell.approved == []


def command_line(domain, *arguments):
    """Run `qwen-embodied approve` in the test's domain."""
    environment = {**graph_environment(), 'ROS_DOMAIN_ID': str(domain)}
    return subprocess.run(
        [sys.executable, '-m', 'qwen_embodied', 'approve', *arguments],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_offers_and_approvals_survive_the_way_there_and_back():
    assert offer_from_ros(offer_to_ros(OFFER)) == OFFER
    approval = Approval('ask', 'pending', OFFER.hash, 'pick', ('pick it', 'place it'), 'why')
    assert approval_from_ros(approval_to_ros(approval)) == approval
    assert approval_from_ros(approval_to_ros(Approval('auto'))) == Approval('auto')


def test_the_hash_is_of_task_number_words_and_every_step():
    others = [
        PlanOffer('t2', 1, OFFER.instruction, PLAN),
        PlanOffer('t1', 2, OFFER.instruction, PLAN),
        PlanOffer('t1', 1, 'pick up the blue cube', PLAN),
        PlanOffer('t1', 1, OFFER.instruction, PLAN.model_copy(update={'summary': 'x'})),
    ]
    assert len({OFFER.hash, *(offer.hash for offer in others)}) == 5
    assert OFFER.hash == offer_from_ros(offer_to_ros(OFFER)).hash


BROKEN = (
    ('pick"', 'bite"'), ('"number":1', '"number":"1"'), (':1,', ':NaN,'), ('up the', 'up ' * 700),
)  # fmt: skip


@pytest.mark.parametrize(
    'text',
    ['', '{}', '[]', 'x' * 70000, f'{OFFER.text[:-1]},"more":1}}',
     *(OFFER.text.replace(*change) for change in BROKEN)],
)  # fmt: skip
def test_what_is_no_offer_is_refused(text):
    with pytest.raises(ContractError):
        offer_from_ros(String(data=text))
