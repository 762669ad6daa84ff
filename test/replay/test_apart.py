"""Where images are read and corrected decides how fast a replay is, and nothing else."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import multiprocessing
import shutil
from itertools import islice

import numpy as np
import pytest

from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.errors import ReplayError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.motion import load_robot
from qwen_embodied.perception import PerceptionParameters, SceneEstimator
from qwen_embodied.replay import BagWriter, TopicMap, configure, find_topics, read_bag, rerun
from qwen_embodied.replay.apart import Apart
from qwen_embodied.replay.definitions import standard
from qwen_embodied.replay.moments import MomentReader, Source
from replay.conftest import TASK

pytestmark = pytest.mark.skipif(not Apart.is_possible(), reason='one core, or no memfd')


def source_of(bag):
    config = configure({}, bag.configuration)
    names = load_robot('panda').all_limits.names
    camera = pose(config.camera_position, rotation_of(config.camera_quaternion))
    topics = find_topics(bag, TopicMap())
    return Source(bag, topics, 0.02, names, 'panda', PerceptionParameters(), ['none'], camera)


def test_every_way_gives_the_same_bytes(task_bag, tmp_path):
    config = configure({'instruction': TASK, 'every': 2}, {})
    found = {}
    for way in ('here', 'thread', 'process'):
        report = rerun(read_bag(task_bag), config, folder=tmp_path / way, way=way)
        logs = ('scenes.jsonl', 'plan.jsonl', 'trajectories.jsonl')
        found[way] = report.plain(), [(tmp_path / way / name).read_bytes() for name in logs]
    assert found['here'] == found['thread'] == found['process']


def test_another_process_sees_the_same_and_may_find_ahead(task_bag):
    source = source_of(read_bag(task_bag))
    moments = iter(Apart(source))
    found_ahead = 0
    for one, other in zip(islice(MomentReader(source), 12), moments, strict=False):
        assert [state.stamp for state in one.states] == [state.stamp for state in other.states]
        assert np.array_equal(one.frame.rgb, other.frame.rgb)
        assert np.array_equal(one.corrected.rgb, other.corrected.rgb)
        assert np.array_equal(one.frame.depth, other.frame.depth, equal_nan=True)
        for name in ('height', 'raised', 'robot', 'depth'):
            same = getattr(one.surface, name), getattr(other.surface, name)
            assert np.array_equal(*same, equal_nan=name == 'depth')
        scenes = [estimated(one, None), estimated(other, other.found)]
        assert scenes[0] == scenes[1]
        found_ahead += other.found is not None
    assert found_ahead  # whoever compares is the slower one
    moments.close()
    assert not multiprocessing.active_children()


def estimated(moment, found):
    scene = SceneEstimator()(moment.corrected, moment.state, moment.light, moment.surface, found)
    return [(item.id, item.object_in_base.tobytes()) for item in scene.objects]


def test_a_process_that_ended_before_its_moments_were_taken_is_no_error(task_bag, tmp_path):
    bag, writer, images = read_bag(task_bag), BagWriter(tmp_path / 'short'), 0
    for topic in bag.topics.values():
        writer.add_topic(topic.name, standard(topic.type))
    for record in bag.messages():
        images += record.topic.type.endswith('Image')
        if images > 6:
            break
        writer.write(record.topic.name, record.stamp, bytes(record.data))
    writer.close()
    moments = iter(Apart(source_of(read_bag(tmp_path / 'short'))))
    assert next(moments).frame is not None
    process = multiprocessing.active_children()[0]
    process.join(30.0)
    assert not process.is_alive()
    assert len([one for one in moments if one.frame is not None]) == 2


def test_a_process_that_is_killed_is_one_error(task_bag):
    moments = iter(Apart(source_of(read_bag(task_bag))))
    next(moments)
    multiprocessing.active_children()[0].kill()
    with pytest.raises(
        ReplayError, match=r'ended with -9; is there enough memory\? --one-process'
    ):
        list(moments)


def test_what_the_other_process_refuses_is_refused_here(tmp_path):
    bag = read_bag(small_bag(tmp_path / 'a', images=2))
    with pytest.raises(ReplayError, match=r'lack panda_joint1.*they hold elbow, wrist'):
        list(Apart(source_of(bag)))


def test_a_file_that_breaks_meanwhile_is_refused(task_bag, tmp_path):
    folder = shutil.copytree(task_bag, tmp_path / 'cut')
    bag = read_bag(folder)
    file = next(folder.glob('*.mcap'))
    file.write_bytes(file.read_bytes()[:-200_000])
    with pytest.raises(ReplayError, match='ends in the middle'):
        list(Apart(source_of(bag)))
