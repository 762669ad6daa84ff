"""The profile of a real arm over DDS before fake controllers: dry, armed, two in one graph."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from qwen_embodied import bringup
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.conversions_image import image_to_ros
from qwen_embodied.nodes.fake_arm_node import FakeArmNode
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.nodes.rehearsing import TOPIC
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode
from qwen_embodied.rehearsal import BY_RULES, BY_SUPERVISOR, Rehearsal
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
BOWL = thing('blue_bowl_1', 0.5, -0.2)


class Cell:
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


def test_a_dry_run_shows_plan_motions_and_verdicts_and_has_no_way_to_the_arm(peer):
    things = (thing('red_cube_1', 0.5, 0.1), BOWL)
    cell = Cell(peer, things, robot='ur5e')
    cell.say('put the red cube in the blue bowl')
    peer.wait_for(lambda: cell.shown, 'what the dry run shows', patience=60, each=cell.see)
    report = cell.report()
    assert report.success, report.reason
    assert report.steps == ('pick the red cube', 'place the red cube in the blue bowl')
    assert all(motion.approved and motion.duration > 0 for motion in report.motions)
    assert [motion.segment for motion in report.motions][-1] == 'home'
    assert [motion.judge for motion in report.motions][:2] == [BY_SUPERVISOR, BY_RULES]
    assert any('can be done' in line for line in report.lines())
    peer.wait_for(lambda: len(cell.approved) == 1, 'the one trajectory that starts where it is')
    assert cell.commands() == []
    for controller in ('scaled_joint_trajectory_controller', 'robotiq_gripper_controller'):
        assert peer.node.count_publishers(f'/{controller}/joint_trajectory') == 0
    assert np.ptp(cell.positions(), axis=0).max() == 0.0
    peer.wait_for(lambda: 'succeeded' in cell.kinds(), 'the end')
    ends = [event for event in cell.heard() if event.kind == 'succeeded']
    assert ends[0].text.startswith('dry run, nothing moved')
    assert ends[0].data['dry_run'] is True


def test_what_the_supervisor_refuses_is_refused_in_a_dry_run_too(peer, tmp_path):
    box = tmp_path / 'low.yaml'
    box.write_text(
        'safety_supervisor: {ros__parameters: {workspace_upper: [0.9, 0.8, 0.05]}}\n'
        'planner: {ros__parameters: {retries: 0}}'
    )
    cell = Cell(peer, (thing('red_cube_1', 0.5, 0.1),), robot='panda', params_file=str(box))
    cell.say('pick up the red cube')
    peer.wait_for(lambda: cell.shown, 'what the dry run shows', patience=60, each=cell.see)
    report = cell.report()
    assert not report.success
    assert not any(motion.approved for motion in report.motions)
    assert 'C8' in report.reason
    assert 'REFUSED: ' in '\n'.join(report.lines())
    assert cell.approved == []


def test_an_arm_moves_only_once_it_is_armed_and_at_a_tenth_of_its_speed(peer, tmp_path):
    once = tmp_path / 'once.yaml'
    once.write_text('planner: {ros__parameters: {retries: 0}}')
    given = {'robot': 'ur5e', 'dry_run': False, 'params_file': str(once)}
    cell = Cell(peer, (thing('red_cube_1', 0.5, 0.1),), **given)
    assert len(cell.commands()) == 2
    cell.say('pick up the red cube')
    peer.wait_for(lambda: 'failed' in cell.kinds(), 'the refusal', patience=60, each=cell.see)
    assert 'DISARMED' in cell.heard()[-1].text
    assert np.ptp(cell.positions(), axis=0).max() == 0.0
    assert peer.call('safety_supervisor/arm', Trigger).success
    cell.say('pick up the red cube')
    peer.wait_for(
        lambda: np.ptp(cell.positions(), axis=0).max() > 0.2, 'motion', patience=60, each=cell.see
    )
    robot, moved = load_robot('ur5e_2f85'), cell.approved[-1]
    limits = dict(zip(robot.all_limits.names, robot.all_limits.velocity, strict=True))
    allowed = 0.1 * np.array([limits[name] for name in moved.joint_names])
    assert (np.abs([point.velocities for point in moved.points]) <= allowed).all()
    assert peer.call('planner/cancel', Trigger).success


def test_two_arms_in_one_domain_do_each_their_own(peer):
    left = Cell(peer, (thing('red_cube_1', 0.5, 0.1),), robot='panda', namespace='left')
    right = Cell(peer, (thing('green_cube_1', 0.45, -0.1),), robot='ur5e', namespace='right')

    def see():
        left.see()
        right.see()

    left.say('pick up the red cube')
    right.say('pick up the green cube')
    peer.wait_for(lambda: left.shown and right.shown, 'both', patience=60, each=see)
    for cell, colour in ((left, 'red'), (right, 'green')):
        assert cell.report().success, cell.report().reason
        assert cell.report().instruction == f'pick up the {colour} cube'
        tasks = {event.task for event in cell.heard()}
        assert len(tasks) == 1
        assert len(cell.approved) == 1
        assert set(cell.joints[-1].name) >= set(cell.approved[0].joint_names)
    assert not {e.task for e in left.heard()} & {e.task for e in right.heard()}
