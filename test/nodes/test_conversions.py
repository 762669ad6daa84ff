"""Times, joints, trajectories, scenes and statuses there and back."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from std_msgs.msg import String

from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import pose, rotation_x, rotation_z
from qwen_embodied.messages import (
    ArmStatus,
    JointState,
    JointTrajectory,
    LightingReport,
    Scene,
    SceneObject,
)
from qwen_embodied.nodes import conversions, conversions_markers
from qwen_embodied.nodes.conversions_safety import (
    Rejection,
    heartbeat_from_ros,
    safety_from_ros,
    safety_to_ros,
)
from qwen_embodied.safety import SafetyState

NAMES = ('elbow', 'finger')


def trajectory(**changes):
    values = {
        'joint_names': NAMES, 'times': [0.0, 1.9999999999],
        'positions': [[0.0, 0.04], [1.0, 0.0]], 'velocities': [[0.0, 0.0], [0.1, 0.0]],
        'accelerations': None, 'id': 'a1-0007',
    }  # fmt: skip
    return JointTrajectory(**{**values, **changes})


@pytest.mark.parametrize('seconds', [0.0, 0.1, 1.9999999999, 0.9999999996, 1795452719.551897483])
def test_a_time_comes_back_to_the_nanosecond(seconds):
    stamp = conversions.time_to_ros(seconds)
    assert 0 <= stamp.nanosec < 1_000_000_000
    assert conversions.time_from_ros(stamp) == pytest.approx(seconds, abs=1e-6)


@given(st.floats(0.0, 2.0**31 - 1))
def test_no_time_has_a_billion_nanoseconds(seconds):
    stamp = conversions.time_to_ros(seconds)
    assert 0 <= stamp.nanosec < 1_000_000_000


@pytest.mark.parametrize('seconds', [-1e-9, float('nan'), float('inf'), 2.0**31])
def test_a_time_that_a_stamp_cannot_say_is_refused(seconds):
    with pytest.raises(ContractError, match=r'stamp is .* it must be from 0'):
        conversions.time_to_ros(seconds)


@pytest.mark.parametrize('velocities', [None, [0.5, -0.25]])
def test_a_joint_state_comes_back(velocities):
    state = JointState(12.5, NAMES, [1.25, 0.04], velocities)
    back = conversions.joint_state_from_ros(conversions.joint_state_to_ros(state))
    assert (back.stamp, back.names) == (12.5, NAMES)
    assert np.array_equal(back.positions, state.positions)
    assert (back.velocities is None) == (velocities is None)


def test_a_joint_state_with_too_few_positions_is_refused():
    message = conversions.joint_state_to_ros(JointState(0.0, NAMES, [1.0, 2.0]))
    message.position = [1.0]
    with pytest.raises(ContractError, match=r'JointState\.positions'):
        conversions.joint_state_from_ros(message)


@pytest.mark.parametrize('field', ['velocities', 'accelerations'])
def test_a_trajectory_comes_back_with_its_id(field):
    sent = trajectory(**{field: [[0.0, 0.0], [0.5, 0.1]]})
    back = conversions.trajectory_from_ros(conversions.trajectory_to_ros(sent))
    assert back.id == 'a1-0007'
    assert back.joint_names == NAMES
    assert back.times == pytest.approx(sent.times, abs=1e-9)
    for name in ('positions', 'velocities', 'accelerations'):
        ours, theirs = getattr(sent, name), getattr(back, name)
        assert (ours is None) == (theirs is None)
        assert ours is None or np.array_equal(ours, theirs)


def test_a_trajectory_without_points_comes_back():
    sent = JointTrajectory(NAMES, [], np.empty((0, 2)))
    back = conversions.trajectory_from_ros(conversions.trajectory_to_ros(sent))
    assert back.positions.shape == (0, 2)


def test_numbers_that_are_not_finite_reach_the_safety_rules():
    message = conversions.trajectory_to_ros(trajectory())
    message.points[1].positions[0] = float('nan')
    assert np.isnan(conversions.trajectory_from_ros(message).positions[1, 0])


@pytest.mark.parametrize(
    ('break_it', 'reason'),
    [
        (lambda m: setattr(m.points[1], 'positions', [1.0]), 'point 1 is .1 values'),
        (lambda m: setattr(m.points[0], 'velocities', []), 'point 0 is .0 values'),
        (lambda m: setattr(m.points[0], 'effort', [1.0, 1.0]), 'effort'),
        (lambda m: setattr(m.header.stamp, 'sec', 5), 'starts on receipt'),
        (lambda m: setattr(m, 'joint_names', ['elbow']), 'point 0 is .2 values'),
    ],
)
def test_a_malformed_trajectory_is_refused(break_it, reason):
    message = conversions.trajectory_to_ros(trajectory())
    break_it(message)
    with pytest.raises(ContractError, match=reason):
        conversions.trajectory_from_ros(message)


def test_a_set_point_comes_back_with_its_time():
    message = conversions.command_to_ros(NAMES, np.array([0.5, 0.02]), 7.005)
    names, positions, at = conversions.command_from_ros(message)
    assert (names, positions.tolist(), at) == (NAMES, [0.5, 0.02], pytest.approx(7.005))


def test_a_set_point_is_one_point():
    message = conversions.command_to_ros(NAMES, np.array([0.5, 0.02]), 7.0)
    message.points = []
    with pytest.raises(ContractError, match='0 points'):
        conversions.command_from_ros(message)


def scene():
    item = SceneObject(
        'red_cube_1', 'red cube', 'red', 'cube',
        pose([0.5, -0.1, 0.02], rotation_z(0.3)), [0.05, 0.04, 0.04], 0.9, (1.5, 2.0, 30.0, 40.0),
    )  # fmt: skip
    report = LightingReport(120.0, 0.0, 0.01, None, 'good')
    return Scene(3.25, 'panda_link0', (item,), 0.001, report)


def test_a_scene_comes_back():
    back = conversions.scene_from_ros(conversions.scene_to_ros(scene()))
    assert (back.stamp, back.lighting) == (3.25, scene().lighting)
    assert np.array_equal(back.objects[0].object_in_base, scene().objects[0].object_in_base)
    assert back.objects[0].box == (1.5, 2.0, 30.0, 40.0)


def test_text_that_is_no_scene_is_refused():
    with pytest.raises(ContractError, match='Scene'):
        conversions.scene_from_ros(String(data='{"stamp": NaN}'))


@pytest.mark.parametrize('state', ['idle', 'executing', 'succeeded', 'aborted', 'rejected'])
def test_an_arm_status_comes_back(state):
    status = ArmStatus('a1-0007', state, 'C6 elbow: 2 rad/s; "quoted"\nline', 0.1 + 0.2)
    message = conversions.arm_status_to_ros(status, 'panda')
    assert conversions.arm_status_from_ros(message) == status
    bad = {'aborted': DiagnosticStatus.ERROR, 'rejected': DiagnosticStatus.WARN}
    assert message.level == bad.get(state, DiagnosticStatus.OK)


@pytest.mark.parametrize(
    ('values', 'reason'),
    [
        ({}, 'with the keys'),
        ({'trajectory_id': '', 'state': 'flying', 'tracking_error': '0'}, 'flying'),
        ({'trajectory_id': '', 'state': 'idle', 'tracking_error': 'nan'}, 'finite'),
        ({'trajectory_id': '', 'state': 'idle', 'tracking_error': 'much'}, 'a number'),
        *(
            ({'trajectory_id': '', 'state': 'idle', 'tracking_error': '0', 'work': work}, 'whole')
            for work in ('many', '-1', '9' * 5000)
        ),
    ],
)
def test_a_foreign_status_is_refused(values, reason):
    message = DiagnosticStatus(values=[KeyValue(key=k, value=v) for k, v in values.items()])
    with pytest.raises(ContractError, match=reason):
        conversions.arm_status_from_ros(message)


@pytest.mark.parametrize('rejection', [Rejection(), Rejection('a-3', ('C6 too fast', 'C9 near'))])
def test_a_safety_state_comes_back_with_the_last_rejection(rejection):
    state = SafetyState('HOLD', 'hold', ('D1 joint_states: silent for 0.20 s',), 0.1, 41, 'a-2')
    assert safety_from_ros(safety_to_ros(state, rejection)) == (state, rejection)


@pytest.mark.parametrize('key', ['permission', 'lease', 'sequence'])
def test_an_incomplete_lease_is_refused(key):
    message = safety_to_ros(SafetyState('ARMED', 'move', (), 0.1, 1))
    message.values = [pair for pair in message.values if pair.key != key]
    with pytest.raises(ContractError, match=key):
        safety_from_ros(message)


@pytest.mark.parametrize('text', ['-1', '1.5', 'many', '', '9' * 5000, '٣'])
def test_a_lease_with_another_count_is_refused(text):
    message = safety_to_ros(SafetyState('ARMED', 'move', (), 0.1, 1))
    next(pair for pair in message.values if pair.key == 'sequence').value = text
    with pytest.raises(ContractError, match='whole number'):
        safety_from_ros(message)


@pytest.mark.parametrize(
    'values', [{}, {'work': '1'}, {'source': 'a'}, {'source': 'a', 'work': '9' * 5000}]
)
def test_a_heartbeat_without_name_or_count_is_refused(values):
    message = conversions.diagnostic('a', '', {'source': 'perception', 'work': '7'})
    assert heartbeat_from_ros(message) == ('perception', 7)
    with pytest.raises(ContractError, match='safety/heartbeat'):
        heartbeat_from_ros(conversions.diagnostic('a', '', values))


@pytest.mark.parametrize('angle', [0.0, 0.3, np.pi / 2, np.pi, -3.0])
def test_a_pose_comes_back(angle):
    place = pose([0.1, -0.2, 0.3], rotation_x(angle) @ rotation_z(angle))
    back = conversions_markers.pose_from_ros(conversions_markers.pose_to_ros(place))
    assert back == pytest.approx(place, abs=1e-12)


def test_each_object_has_a_solid_and_a_label():
    solid, label = conversions_markers.markers_to_ros(scene()).markers
    assert (solid.type, solid.scale.x, solid.header.frame_id) == (1, 0.05, 'panda_link0')
    assert label.text == 'red_cube_1'
    assert label.pose.position.z > solid.pose.position.z
