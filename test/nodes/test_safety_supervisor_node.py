"""The supervisor over DDS: stop inputs, resets with a nonce, faults, and what it keeps."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import Bool, Float64, String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from hand_made import table, thing
from nodes.arm_cell import turn
from qwen_embodied.messages import ArmStatus, JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_safety import camera_values, safety_from_ros
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.nodes.safety_supervisor_node import SafetySupervisorNode
from qwen_embodied.safety import CameraSample, verify_chain

ROBOT = load_robot('panda')
NAMES = ROBOT.all_limits.names
HOME = [*ROBOT.home, ROBOT.gripper.open]
# One process is everything here, so its loops are late now and then.
PATIENT = {'latch_file': '', 'audit_file': '', 'loop_overrun': 0.9, 'state_timeout': 0.9,
           'state_future': 0.09, 'silence_stop': 5.0, 'healthy_time': 0.2}  # fmt: skip


class Rig:
    """A supervisor, and a peer that is an arm and its controller."""

    def __init__(self, peer, **values):
        self.peer = peer
        self.states = peer.hear(DiagnosticStatus, 'safety/state')
        self.node = peer.add(SafetySupervisorNode, **{**PATIENT, **values})
        self.joints = peer.node.create_publisher(JointStateMessage, 'joint_states', qos.STATE)
        self.status = peer.node.create_publisher(DiagnosticStatus, 'arm/status', qos.RELIABLE)
        self.scenes = peer.node.create_publisher(String, 'perception/scene', qos.STATE)
        self.work = 0
        self.pacer = Pacer('arm', 50.0, self.tick)

    def tick(self):
        stamp, self.work = self.peer.node.get_clock().now().nanoseconds * 1e-9, self.work + 1
        state = JointState(stamp, NAMES, HOME, [0.0] * len(NAMES))
        self.joints.publish(conversions.joint_state_to_ros(state))
        status = ArmStatus('', 'idle', work=self.work)
        self.status.publish(conversions.arm_status_to_ros(status))
        if self.work % 10 == 1:
            self.scenes.publish(conversions.scene_to_ros(table(thing('red_cube_1', 0.5, 0.2))))

    @property
    def said(self):
        return safety_from_ros(self.states[-1])[0]

    def wait_for(self, state):
        self.peer.wait_for(lambda: self.states and self.said.state == state, state)

    def call(self, name):
        return self.peer.call(f'safety_supervisor/{name}', Trigger)


@pytest.fixture
def rig(peer):
    made = []

    def build(**values):
        made.append(Rig(peer, **values))
        return made[-1]

    yield build
    for one in made:
        one.pacer.close()


def test_a_reset_of_a_real_arm_needs_nonce_and_name(rig):
    cell = rig()
    cell.wait_for('DISARMED')
    reset = cell.peer.sender(String, 'safety_supervisor/reset_with')
    cell.call('stop')
    cell.wait_for('STOP_LATCHED')
    refused = cell.call('reset')
    assert not refused.success
    assert '~/reset_with' in refused.message
    assert 'reset first' in cell.call('arm').message
    reset.publish(String(data='0123456789abcdef anna'))
    reset.publish(String(data=cell.said.nonce))
    cell.peer.wait_for(
        lambda: cell.said.state == 'DISARMED', 'the reset',
        each=lambda: reset.publish(String(data=f'{cell.said.nonce} anna')),
    )  # fmt: skip
    cell.peer.wait_for(lambda: cell.call('arm').success, 'armed')


def test_a_latch_outlasts_a_restart_and_the_audit_is_whole(rig, peer, tmp_path):
    files = {'latch_file': str(tmp_path / 'latch.json'), 'audit_file': str(tmp_path / 'a.jsonl')}
    cell = rig(**files)
    cell.wait_for('DISARMED')
    cell.call('stop')
    cell.wait_for('STOP_LATCHED')
    nonce = cell.said.nonce
    peer.executor.remove_node(cell.node)
    cell.node.destroy_node()
    peer.nodes.remove(cell.node)
    cell.states.clear()
    peer.nodes.append(node := SafetySupervisorNode(
        context=peer.context,
        parameter_overrides=[Parameter(k, value=v) for k, v in {**PATIENT, **files}.items()],
    ))  # fmt: skip
    peer.executor.add_node(node)
    cell.wait_for('STOP_LATCHED')
    assert cell.said.nonce == nonce
    assert cell.said.reasons == ('E1 stop: service ~/stop',)
    lines = (tmp_path / 'a.jsonl').read_text().splitlines()
    assert verify_chain(lines) == []
    assert any('E1 stop' in line for line in lines)


def test_a_pressed_button_stops_and_cannot_be_reset(rig, peer):
    button = peer.node.create_publisher(Bool, 'safety/stop', qos.LATCHED)
    button.publish(Bool(data=True))  # before the supervisor comes up
    cell = rig(simulation=True)
    cell.wait_for('STOP_LATCHED')
    assert not cell.call('reset').success
    button.publish(Bool(data=False))
    cell.peer.wait_for(lambda: cell.call('reset').success, 'the reset')


def test_e1_a_button_that_is_not_latched_is_heard_and_is_no_fault(rig, peer):
    cell = rig(simulation=True)
    cell.wait_for('DISARMED')
    quiet = PublisherEventCallbacks(use_default_callbacks=False)
    button = peer.node.create_publisher(Bool, 'safety/stop', qos.STATE, event_callbacks=quiet)
    peer.wait_for(button.get_subscription_count, 'the supervisor')
    seen = len(cell.states)
    peer.wait_for(lambda: len(cell.states) > seen + 30, 'a while')
    assert cell.said.state == 'DISARMED'
    peer.wait_for(lambda: cell.said.state != 'DISARMED', 'the stop',
                  each=lambda: button.publish(Bool(data=True)))  # fmt: skip
    assert cell.said.state == 'STOP_LATCHED'


def test_f23_an_exception_in_a_callback_is_a_fault_and_the_lease_goes_on(rig, monkeypatch):
    cell = rig()
    cell.wait_for('DISARMED')

    def broken(*_):
        raise ZeroDivisionError('on purpose')

    monkeypatch.setattr(cell.node._supervisor, 'on_arm_status', broken)
    cell.wait_for('FAULT_LATCHED')
    assert 'exception in arm/status: ZeroDivisionError: on purpose' in cell.said.reasons[0]
    count = len(cell.states)
    cell.peer.wait_for(lambda: len(cell.states) > count + 5, 'the lease')
    assert cell.said.permission == 'stop'


def test_f27_a_second_publisher_of_commands_is_a_fault_that_names_the_topic(rig, peer):
    cell = rig()
    cell.wait_for('DISARMED')
    for _ in range(2):
        peer.node.create_publisher(JointTrajectoryMessage, 'arm/command', qos.STATE)
    cell.wait_for('FAULT_LATCHED')
    assert cell.said.reasons == ('D9 arm/command has 2 publishers, allowed 1',)


def test_f27_a_second_client_of_a_controller_is_a_fault_that_names_its_action(rig, peer):
    action = 'arm/follow_joint_trajectory'
    cell = rig(command_topics=[action])
    peer.node.create_client(Trigger, f'{action}/_action/send_goal')
    cell.wait_for('DISARMED')
    peer.node.create_client(Trigger, f'{action}/_action/send_goal')
    cell.wait_for('FAULT_LATCHED')
    assert cell.said.reasons == (f'D9 {action} has 2 publishers, allowed 1',)


def test_f27_a_publisher_on_the_topic_of_a_controller_driven_by_goals_is_a_fault(rig, peer):
    cell = rig(command_topics=['arm/follow_joint_trajectory'])
    cell.wait_for('DISARMED')
    peer.node.create_publisher(JointTrajectoryMessage, 'arm/joint_trajectory', qos.RELIABLE)
    cell.wait_for('FAULT_LATCHED')
    assert cell.said.reasons == ('D9 arm/joint_trajectory has 1 publishers, allowed 0',)


def test_f27_a_publisher_that_cannot_be_heard_is_a_fault_that_names_the_topic(rig, peer):
    cell = rig()
    cell.wait_for('DISARMED')
    quiet = PublisherEventCallbacks(use_default_callbacks=False)
    peer.node.create_publisher(
        JointTrajectoryMessage, 'trajectory/proposed', qos.NEWEST, event_callbacks=quiet
    )
    cell.wait_for('FAULT_LATCHED')
    assert cell.said.reasons[0].startswith('D9 trajectory/proposed: somebody offers')


def test_people_slow_the_pace_and_the_operator_too(rig, peer):
    cell = rig(people='shared', people_timeout=2.0, people_clear=0.3)
    people = peer.sender(Float64, 'safety/people', qos.STATE)
    speed = peer.sender(Float64, 'safety_supervisor/speed_scale', qos.STATE)

    def at(distance, scale):
        peer.wait_for(
            lambda: cell.said.scale == pytest.approx(scale), f'the pace {scale}',
            each=lambda: people.publish(Float64(data=distance)),
        )  # fmt: skip

    people.publish(Float64(data=9.0))
    cell.wait_for('INIT')
    peer.wait_for(lambda: cell.call('arm').success, 'armed',
                  each=lambda: people.publish(Float64(data=9.0)))  # fmt: skip
    at(9.0, 1.0)
    at(1.6, 0.5)
    speed.publish(Float64(data=0.25))
    at(1.6, 0.25)
    at(0.5, 0.0)
    assert cell.said.state == 'HOLD'


def test_e5_a_proposal_that_waits_is_answered_when_another_or_a_stop_comes(rig, peer):
    cell = rig(simulation=True, self_arming=True, healthy_time=10.0, hardware_status=True)
    cell.wait_for('INIT')
    proposed = peer.sender(JointTrajectoryMessage, 'trajectory/proposed')

    def propose(name):
        proposed.publish(conversions.trajectory_to_ros(turn(name=name)))

    def refused():
        return safety_from_ros(cell.states[-1])[1]

    propose('a-1')
    propose('a-2')
    peer.wait_for(lambda: refused().trajectory_id == 'a-1', 'the first answer')
    assert refused().reasons == ('E5 another trajectory was proposed while it waited',)
    cell.call('stop')
    peer.wait_for(lambda: refused().trajectory_id == 'a-2', 'the second answer')
    assert 'E1 stop' in refused().reasons[0]


def test_a_dark_camera_withholds_new_plans_only(rig, peer):
    cell = rig(simulation=True, self_arming=True)
    cell.wait_for('ARMED')
    images = peer.sender(DiagnosticStatus, 'safety/camera', qos.STATE)

    def black():
        stamp = peer.node.get_clock().now().nanoseconds * 1e-9
        values = camera_values(CameraSample(stamp, cell.work, 1.0, 0.0, 0.9))
        images.publish(conversions.diagnostic('camera', '', values))

    peer.wait_for(lambda: cell.said.withheld, 'a reason', each=black)
    assert cell.said.withheld == ('D10 camera: mean luma 1, allowed 8',)
    assert cell.said.state == 'ARMED'


def test_f26_the_clock_of_a_running_node_cannot_be_changed(rig, peer):
    cell = rig()
    client = peer.node.create_client(SetParameters, 'safety_supervisor/set_parameters')
    assert client.wait_for_service(20.0)
    for name in ('use_sim_time', 'self_arming'):
        value = ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=True)
        change = ParameterMessage(name=name, value=value)
        future = client.call_async(SetParameters.Request(parameters=[change]))
        peer.wait_for(future.done, 'an answer')
        assert not future.result().results[0].successful
    assert not cell.node.get_parameter('use_sim_time').value
