"""Messages copy what they get, cannot be written to, and refuse what breaks their contract."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import (
    ArmStatus,
    Frame,
    JointState,
    JointTrajectory,
    Scene,
    SceneObject,
)

CUBE = {
    'id': 'red_cube_1',
    'label': 'red cube',
    'colour': 'red',
    'shape': 'cube',
    'object_in_base': np.eye(4),
    'size': (0.04, 0.04, 0.04),
    'confidence': 0.9,
}
TRAJECTORY = {'joint_names': ('a', 'b'), 'times': [0, 1, 2], 'positions': np.zeros((3, 2))}


def cube(**changes):
    return SceneObject(**{**CUBE, **changes})


def trajectory(**changes):
    return JointTrajectory(**{**TRAJECTORY, **changes})


def arrays_of(message):
    values = [getattr(message, field.name) for field in dataclasses.fields(message)]
    return [value for value in values if isinstance(value, np.ndarray)]


@pytest.fixture
def one_of_each(frame):
    state = JointState(0.0, ('a',), [0.1], [0.2])
    return [frame, cube(), state, trajectory(velocities=np.ones((3, 2)))]


def test_arrays_are_read_only(one_of_each):
    for message in one_of_each:
        assert arrays_of(message)
        for array in arrays_of(message):
            with pytest.raises(ValueError, match='read-only'):
                array[...] = 0


def test_fields_are_frozen(one_of_each):
    for message in one_of_each:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(message, dataclasses.fields(message)[0].name, None)


def test_frame_keeps_its_pixels_when_the_source_changes(frame):
    rgb, depth = np.array(frame.rgb), np.array(frame.depth)
    copy = dataclasses.replace(frame, rgb=rgb, depth=depth)
    rgb[:], depth[:] = 0, 0
    assert np.array_equal(copy.rgb, frame.rgb)
    assert np.array_equal(copy.depth, frame.depth)


def test_trajectory_keeps_its_points_when_the_source_changes():
    positions = np.zeros((3, 2))
    kept = trajectory(positions=positions)
    positions[:] = 7
    assert not kept.positions.any()


def test_lists_become_float_arrays():
    state = JointState(0.0, ['a', 'b'], [1, 2])
    assert state.names == ('a', 'b')
    assert state.positions.dtype == np.float64


def test_frame_may_lack_depth(frame):
    assert dataclasses.replace(frame, depth=None).depth is None


def test_frame_keeps_invalid_depth_as_nan(frame):
    depth = np.full((6, 8), np.nan)
    assert np.isnan(dataclasses.replace(frame, depth=depth).depth).all()


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'rgb': np.zeros((8, 6, 3), np.uint8)}, 'Frame.rgb'),
        ({'rgb': np.zeros((6, 8, 3), np.float32)}, 'uint8'),
        ({'rgb': np.zeros((6, 8), np.uint8)}, 'Frame.rgb'),
        ({'depth': np.zeros((8, 6))}, 'Frame.depth'),
        ({'camera_in_base': np.eye(3)}, 'camera_in_base'),
    ],
)
def test_frame_refuses(frame, changes, words):
    with pytest.raises(ContractError, match=words):
        Frame(**{**vars(frame), **changes})


@pytest.mark.parametrize('name', ['', 'Red', '1cube', 'a-b', 'a b', 'é', 'x' * 65])
def test_object_refuses_the_id(name):
    with pytest.raises(ContractError, match=r'SceneObject\.id is .*\[a-z\]'):
        cube(id=name)


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'colour': 'mauve'}, "colour is 'mauve'.*'purple'"),
        ({'shape': 'moon'}, "shape is 'moon'.*'bowl'"),
        ({'confidence': 1.01}, 'between 0 and 1'),
        ({'confidence': -0.01}, 'between 0 and 1'),
        ({'confidence': float('nan')}, 'between 0 and 1'),
        ({'size': (0.04, 0.04, 0.0)}, 'finite and positive'),
        ({'size': (0.04, np.inf, 0.04)}, 'finite and positive'),
        ({'size': (0.04, 0.04)}, r'array of shape \(3,\)'),
        ({'object_in_base': np.full((4, 4), np.nan)}, 'finite'),
        ({'object_in_base': np.eye(3)}, r'array of shape \(4, 4\)'),
    ],
)
def test_object_refuses(changes, words):
    with pytest.raises(ContractError, match=words):
        cube(**changes)


def test_object_gives_its_place_and_whether_it_holds_things():
    pose = np.eye(4)
    pose[:3, 3] = 0.5, -0.1, 0.02
    assert cube(object_in_base=pose).position.tolist() == [0.5, -0.1, 0.02]
    assert not cube().is_container
    assert all(cube(shape=shape).is_container for shape in ('bowl', 'bin', 'tray'))


def test_scene_finds_by_id():
    scene = Scene(0.0, 'base', [cube(), cube(id='red_cube_2')], 0.0)
    assert scene.find('red_cube_2') is scene.objects[1]
    assert scene.find('blue_bowl_1') is None


def test_scene_refuses_doubled_ids():
    with pytest.raises(ContractError, match='different ids'):
        Scene(0.0, 'base', (cube(), cube()), 0.0)


def test_joint_state_gives_positions_in_any_order():
    state = JointState(0.0, ('a', 'b', 'c'), [1, 2, 3])
    assert state.of(('c', 'a')).tolist() == [3, 1]


def test_joint_state_names_the_joint_it_lacks():
    with pytest.raises(ContractError, match=r"with the joints \['wrist'\]"):
        JointState(0.0, ('a',), [1]).of(('a', 'wrist'))


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ((('a', 'a'), [1, 2]), 'all different'),
        ((('a', 'b'), [1]), 'JointState.positions'),
        ((('a',), [1], [1, 2]), 'JointState.velocities'),
        (('ab', [1, 2]), 'a tuple of names'),
        ((('a', ''), [1, 2]), 'a tuple of names'),
        ((('a', 3), [1, 2]), 'a tuple of names'),
    ],
)
def test_joint_state_refuses(arguments, words):
    with pytest.raises(ContractError, match=words):
        JointState(0.0, *arguments)


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'times': [[0, 1, 2]]}, 'JointTrajectory.times'),
        ({'positions': np.zeros((2, 2))}, r'JointTrajectory.positions.*\(3, 2\)'),
        ({'velocities': np.zeros((3, 1))}, 'JointTrajectory.velocities'),
        ({'accelerations': np.zeros(3)}, 'JointTrajectory.accelerations'),
        ({'joint_names': 'ab'}, 'a tuple of names'),
    ],
)
def test_trajectory_refuses(changes, words):
    with pytest.raises(ContractError, match=words):
        trajectory(**changes)


def test_trajectory_lasts_until_its_last_point():
    assert trajectory().duration == 2.0
    assert trajectory(times=[], positions=np.zeros((0, 2))).duration == 0.0


def test_arm_status_refuses_unknown_states():
    with pytest.raises(ContractError, match=r"'dancing'.*'executing'"):
        ArmStatus('t1', 'dancing')


def test_contract_error_carries_its_data():
    with pytest.raises(ContractError) as caught:
        ArmStatus('t1', 'dancing')
    assert (caught.value.field, caught.value.value) == ('ArmStatus.state', 'dancing')
