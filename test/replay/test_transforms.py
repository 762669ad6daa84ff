"""A recording's own transforms are held against the place where the camera was taken to be."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.geometry import inverse_pose, pose, quaternion_of, rotation_x, rotation_z
from qwen_embodied.messages import JointState
from qwen_embodied.replay import BagWriter, TopicMap, encoding, read_bag
from qwen_embodied.replay.definitions import standard, typestore
from qwen_embodied.replay.transforms import KIND, camera_doubt

TOPICS = TopicMap(joint_states='/joint_states')
CAMERA_IN_BASE = pose([0.4, 0.1, 1.2], rotation_x(3.0) @ rotation_z(0.3))
LINK_IN_CAMERA = pose([0.0, 0.02, 0.01], rotation_z(-0.7))


def transforms(edges):
    types = typestore().types

    def one(parent, child, matrix):
        place = types['geometry_msgs/msg/Vector3'](*matrix[:3, 3].tolist())
        turn = types['geometry_msgs/msg/Quaternion'](*quaternion_of(matrix[:3, :3]).tolist())
        stamp = types['builtin_interfaces/msg/Time'](0, 0)
        return types['geometry_msgs/msg/TransformStamped'](
            types['std_msgs/msg/Header'](stamp, parent), child,
            types['geometry_msgs/msg/Transform'](place, turn),
        )  # fmt: skip

    message = types[KIND]([one(*edge) for edge in edges])
    return bytes(typestore().serialize_cdr(message, KIND))


def doubt(folder, edges, used=CAMERA_IN_BASE, data=None):
    writer = BagWriter(folder / 'bag')
    writer.add_topic('/tf_static', standard(KIND))
    writer.add_topic('/joint_states', standard(encoding.JOINTS))
    writer.write('/tf_static', 1, transforms(edges) if data is None else data)
    writer.write('/joint_states', 2, encoding.joint_state(JointState(1.0, ('a',), [0.0])))
    writer.close()
    return camera_doubt(read_bag(folder / 'bag'), TOPICS, 'base', 'optical', used)


CHAIN = (
    ('base', 'camera', CAMERA_IN_BASE @ inverse_pose(LINK_IN_CAMERA)),
    ('camera', 'optical', LINK_IN_CAMERA),
)


def test_the_same_place_is_no_news(tmp_path):
    assert doubt(tmp_path, CHAIN) == ''


def test_another_place_is_told_with_what_to_write(tmp_path):
    used = CAMERA_IN_BASE.copy()
    used[0, 3] += 0.1
    said = doubt(tmp_path, CHAIN, used)
    assert 'tf_static puts optical 0.100 m and 0.0 degrees from where' in said
    assert 'camera_position: [0.4, 0.1, 1.2]' in said


def test_base_and_camera_may_stand_side_by_side_in_the_world(tmp_path):
    base_in_world = pose([1.0, -2.0, 0.5], rotation_z(1.1))
    edges = (
        ('world', 'base', base_in_world), ('/world', '/optical', base_in_world @ CAMERA_IN_BASE),
    )  # fmt: skip
    assert doubt(tmp_path, edges) == ''


@pytest.mark.parametrize(
    'edges',
    [(), CHAIN[1:], (*CHAIN, ('optical', 'base', np.eye(4)))],
    ids=['none', 'apart', 'a ring'],
)
def test_what_does_not_hang_together_says_nothing(tmp_path, edges):
    used = CAMERA_IN_BASE.copy()
    used[0, 3] += 0.1
    assert doubt(tmp_path, edges, used) == ''


def test_a_broken_message_does_not_end_the_replay(tmp_path):
    assert doubt(tmp_path, (), data=b'\x00\x01\x00\x00\xff\xff\xff\xff') == ''
