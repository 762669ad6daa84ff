"""Topics are found by their type, and what is missing or doubtful is named."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.bench.replay_bags import CALIBRATION, COLOUR, DEPTH, STATES, small_bag
from qwen_embodied.errors import CameraError, ConfigurationError, ReplayError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import JointState
from qwen_embodied.replay import BagWriter, TopicMap, encoding, find_topics, read_bag, read_map
from qwen_embodied.replay.definitions import Definition, standard
from qwen_embodied.replay.inputs import ClockJumpError, Inputs, RawImages

LENS = Intrinsics(8, 6, 10.0, 10.0, 3.5, 2.5)
RGB, METRES = np.zeros((6, 8, 3), np.uint8), np.ones((6, 8), np.float32)


def messages(stamp):
    state = JointState(stamp, ('elbow',), [0.0])
    return {
        '/a/colour': encoding.image(RGB, stamp, 'camera'),
        '/a/info': encoding.camera_info(LENS, stamp, 'camera'),
        '/b/depth': encoding.depth_image(METRES, stamp, 'camera'),
        '/joints': encoding.joint_state(state),
    }


def bag_of(folder, stamps, without=(), definition=None):
    writer = BagWriter(folder)
    kinds = {
        '/a/colour': encoding.IMAGE, '/a/info': encoding.INFO, '/b/depth': encoding.IMAGE,
        '/joints': encoding.JOINTS,
    }  # fmt: skip
    for name, kind in kinds.items():
        if name not in without:
            writer.add_topic(name, (definition or {}).get(name) or standard(kind))
    for number, stamp in enumerate(stamps):
        for name, data in messages(stamp).items():
            if name not in without:
                writer.write(name, number + 1, data)
    writer.close()
    return read_bag(folder)


def inputs(bag, **given):
    return Inputs(bag, find_topics(bag, TopicMap(**given)), 0.02)


def test_own_names_are_found(small):
    found = find_topics(read_bag(small), TopicMap())
    assert found == TopicMap(COLOUR, CALIBRATION, DEPTH, STATES)


def test_other_names_are_found_by_type_and_encoding(tmp_path):
    found = find_topics(bag_of(tmp_path / 'x', [1.0]), TopicMap())
    assert found == TopicMap('/a/colour', '/a/info', '/b/depth', '/joints')


@pytest.mark.parametrize(
    ('without', 'words'),
    [
        (('/a/colour', '/b/depth'), 'no colour images'),
        (('/a/info',), 'no camera_info'),
        (('/joints',), 'no joint states'),
    ],
)
def test_what_is_missing_is_named(tmp_path, without, words):
    with pytest.raises(ReplayError, match=words):
        inputs(bag_of(tmp_path / 'x', [1.0], without))


def test_without_depth_images_come_alone(tmp_path):
    bag = bag_of(tmp_path / 'x', [1.0, 1.1], without=('/b/depth',))
    images = [item for item in inputs(bag) if isinstance(item, RawImages)]
    assert [item.depth for item in images] == [None, None]


def test_several_candidates_must_be_named(tmp_path):
    folder = small_bag(tmp_path / 'x', images=1)
    bag = read_bag(folder)
    bag.topics['/other/joints'] = bag.topics[STATES]
    with pytest.raises(ReplayError, match='is not in the recording; it holds'):
        find_topics(bag, TopicMap(colour='/nowhere'))


def test_a_map_is_read_from_yaml(tmp_path):
    path = tmp_path / 'map.yaml'
    path.write_text('colour: /c\njoints: {a1: panda_joint1}\n')
    assert read_map(path) == TopicMap(colour='/c', joints={'a1': 'panda_joint1'})
    path.write_text('color: /c\n')
    with pytest.raises(ConfigurationError, match='no parameter color; did you mean colour'):
        read_map(path)
    path.write_text('joints: [1]\n')
    with pytest.raises(ConfigurationError, match='joints must map'):
        read_map(path)


def test_a_type_that_is_defined_otherwise_is_refused(tmp_path):
    other = Definition(encoding.JOINTS, 'std_msgs/Header header\nfloat32[] position\n')
    bag = bag_of(tmp_path / 'x', [1.0], definition={'/joints': other})
    with pytest.raises(ReplayError, match='defines sensor_msgs/msg/JointState otherwise'):
        list(inputs(bag))


def test_a_message_that_is_not_of_its_type_is_refused(tmp_path):
    bag = bag_of(tmp_path / 'x', [1.0], definition={'/joints': standard(encoding.IMAGE)})
    with pytest.raises(ReplayError, match=r'a message of /joints at 1 ns is no'):
        list(inputs(bag, colour='/a/colour', joint_states='/joints', depth='/b/depth'))


def test_images_are_joined_by_their_stamps_and_kept_in_order(tmp_path):
    found = [i.stamp for i in inputs(bag_of(tmp_path / 'x', [1.0, 1.1, 1.2])) if
             isinstance(i, RawImages)]  # fmt: skip
    assert found == [1.0, 1.1, 1.2]


def test_a_looped_recording_is_noticed(tmp_path):
    read = inputs(bag_of(tmp_path / 'x', [93.0, 93.1, 1.0, 1.1]))
    with pytest.raises(ClockJumpError, match=r'went back by 92.1 s, from 93.100 to 1.000'):
        list(read)


def test_late_messages_are_counted_and_gaps_are_noted(tmp_path):
    read = inputs(bag_of(tmp_path / 'x', [1.0, 0.9, 30.0]))
    assert len([item for item in read if isinstance(item, RawImages)]) == 2
    assert read.drops['/joints: older than one already used'] == 1
    assert '/joints: nothing for 29.0 s from 1.000 on' in read.notes


def two_arms(folder, *more):
    writer = BagWriter(folder)
    kinds = {
        'camera/color/image_raw': encoding.IMAGE, 'camera/color/camera_info': encoding.INFO,
        'joint_states': encoding.JOINTS,
    }  # fmt: skip
    data = messages(1.0)
    given = dict(zip(kinds, (data['/a/colour'], data['/a/info'], data['/joints']), strict=True))
    for below in ('/left', '/right', *more):
        for name, kind in kinds.items():
            writer.add_topic(f'{below}/{name}', standard(kind))
            writer.write(f'{below}/{name}', 1, given[name])
    writer.close()
    return read_bag(folder)


def test_of_two_arms_one_is_chosen_by_its_namespace(tmp_path):
    bag = two_arms(tmp_path / 'x')
    with pytest.raises(ReplayError, match=r'several topics that may be colour.*--namespace'):
        find_topics(bag, TopicMap())
    found = find_topics(bag, TopicMap(namespace='right'))
    assert found.colour == '/right/camera/color/image_raw'
    assert found.joint_states == '/right/joint_states'
    with pytest.raises(ReplayError, match='no colour images below /middle'):
        find_topics(bag, TopicMap(namespace='middle'))


def test_names_without_a_namespace_win(tmp_path):
    found = find_topics(two_arms(tmp_path / 'x', ''), TopicMap())
    assert found.colour == '/camera/color/image_raw'
    assert found.camera_info == '/camera/color/camera_info'
    assert found.joint_states == '/joint_states'


def test_why_images_cannot_be_read_is_said(tmp_path):
    wrong = Intrinsics(8, 3, 10.0, 10.0, 3.5, 1.0)
    writer = BagWriter(tmp_path / 'x')
    for name, kind in (('/c', encoding.IMAGE), ('/i', encoding.INFO), ('/j', encoding.JOINTS)):
        writer.add_topic(name, standard(kind))
    writer.write('/i', 1, encoding.camera_info(wrong, 1.0, 'camera'))
    writer.write('/c', 2, encoding.image(RGB, 1.0, 'camera'))
    writer.write('/j', 3, messages(1.0)['/joints'])
    writer.close()
    reading = inputs(read_bag(tmp_path / 'x'))
    images = next(item for item in reading if isinstance(item, RawImages))
    with pytest.raises(CameraError) as error:
        images.frame(np.eye(4))
    for _ in range(2):
        reading.drop_frame(error.value)
    assert reading.drops == {'/c: unreadable': 2}
    assert reading.notes == [f'/c: {error.value}']
