"""A replay plans and judges what was recorded, and gives the same logs every time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.errors import ReplayError
from qwen_embodied.replay import ReplayConfig, TopicMap, configure, read_bag, rerun
from qwen_embodied.replay.golden import compare, compare_scenes, read_golden
from qwen_embodied.replay.outcome import write_report
from replay.conftest import TASK


@pytest.fixture(scope='module')
def config():
    return configure({'instruction': TASK}, {})


@pytest.fixture(scope='module')
def report(task_bag, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp('logs')
    return rerun(read_bag(task_bag), config, folder=folder), folder


def test_the_recorded_task_is_planned_and_approved(report):
    found, _ = report
    assert found.success
    assert found.is_good
    assert [step.action for step in found.plan.steps] == ['pick', 'place']
    assert all(not item.breaches for item in found.judged)
    assert found.seen.scenes == found.seen.images


def test_the_recorded_arm_moved_as_planned_and_within_its_limits(report):
    found, _ = report
    assert found.joints.breaches == ()
    assert all(item.is_within for item in found.joints.ranges)
    assert found.joints.distance[0] < 0.1


def test_a_second_replay_gives_the_same_bytes(report, task_bag, config, tmp_path):
    found, folder = report
    again = rerun(read_bag(task_bag), config, folder=tmp_path)
    for name in ('scenes.jsonl', 'plan.jsonl', 'trajectories.jsonl'):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    assert again.plain() == found.plain()
    assert again.digest() == found.digest()


def test_the_report_is_one_file_without_links(report, tmp_path):
    found, _ = report
    page, data = write_report(found, tmp_path, changes=())
    text = page.read_text()
    assert text.count('<img src="data:image/jpeg;base64,') == 3 * len(found.seen.shown)
    assert 'http' not in text
    assert '<script' not in text
    assert read_golden(data)['success'] is True


def test_golden_names_what_changed(report, tmp_path):
    found, _ = report
    _, data = write_report(found, tmp_path)
    golden = read_golden(data)
    assert compare(golden, found.plain()) == ()
    other = replace(found, reason='<b>no</b>', success=False)
    changes = compare(golden, other.plain())
    assert changes == ('success: true became false', 'reason: "" became "<b>no</b>"')
    text = write_report(other, tmp_path, changes)[0].read_text()
    assert '<b>no</b>' not in text


def test_scenes_that_changed_are_counted_and_the_first_one_is_told(tmp_path):
    for name, second in (('a', 1), ('b', 2)):
        (tmp_path / name).mkdir()
        lines = [f'{{"stamp": {at}, "objects": [{{"size": {at // second}}}]}}' for at in range(4)]
        (tmp_path / name / 'scenes.jsonl').write_text('\n'.join(lines))
    (said,) = compare_scenes(tmp_path / 'a', tmp_path / 'b')
    assert said == 'scenes: 3 of 4 differ, from 1 s on: objects[0].size: 1 became 0'
    assert compare_scenes(tmp_path / 'a', tmp_path / 'a') == ()
    assert compare_scenes(tmp_path, tmp_path / 'a') == ()


def test_a_time_to_plan_and_every_nth_image(task_bag):
    config = configure({'instruction': 'pick the green cube', 'at': 0.5, 'every': 4}, {})
    found = rerun(read_bag(task_bag), config)
    assert 0.5 <= found.planned_at < 3.0
    assert found.seen.scenes == -(-found.seen.images // 4)
    assert 'scenes were made of every 4th image' in found.notes


def test_what_cannot_be_done_is_refused_with_its_reason(task_bag):
    config = configure({'instruction': 'pick the purple ball', 'at': 0.0, 'every': 10}, {})
    found = rerun(read_bag(task_bag), config)
    assert not found.success
    assert 'purple' in found.reason
    assert json.dumps(found.plain())


def test_joints_of_another_robot_are_named(tmp_path):
    bag = read_bag(small_bag(tmp_path / 'x', images=2))
    with pytest.raises(ReplayError, match=r'lack panda_joint1.*they hold elbow, wrist'):
        rerun(bag, ReplayConfig())


def test_recorded_names_can_be_mapped(tmp_path):
    bag = read_bag(small_bag(tmp_path / 'x', images=2))
    topics = TopicMap(joints={'elbow': 'panda_joint1'})
    with pytest.raises(ReplayError, match=r'lack panda_joint2, .*they hold panda_joint1, wrist'):
        rerun(bag, ReplayConfig(topics=topics))
