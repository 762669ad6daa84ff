"""What is wrong with a recording ends as one typed error, or as a part that is said to be one."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import resource

import pytest
from typer.testing import CliRunner

from qwen_embodied.cli import app
from qwen_embodied.errors import ConfigurationError, ReplayError
from qwen_embodied.replay import BagWriter, TopicMap, configure, encoding, read_bag, rerun
from qwen_embodied.replay.definitions import Definition, standard
from qwen_embodied.replay.outcome import write_report

FEW = {'every': 6}
FOREIGN = Definition('my_msgs/msg/Thing', 'float64 secret\n')
INFO = '/camera/color/camera_info'


@pytest.fixture
def rewritten(task_bag, tmp_path):
    """Writes the recorded task again, twice over, or without topics, or with a foreign one."""

    def write(*, times=1, without=(), foreign=False):
        bag, writer = read_bag(task_bag), BagWriter(tmp_path / 'again')
        for topic in bag.topics.values():
            if topic.name not in without:
                writer.add_topic(topic.name, standard(topic.type))
        if foreign:
            writer.add_topic('/thing', FOREIGN)
            writer.write('/thing', 1, b'\x00\x01\x00\x00' + bytes(8))
        for turn in range(times):
            for record in bag.messages():
                if record.topic.name not in without:
                    stamp = record.stamp + turn * (bag.end - bag.start + 1)
                    writer.write(record.topic.name, stamp, bytes(record.data))
        writer.close()
        return tmp_path / 'again'

    return write


def test_a_looped_recording_is_replayed_up_to_the_loop_and_says_so(rewritten, task_bag, tmp_path):
    rerun(read_bag(task_bag), configure(FEW, {}), folder=tmp_path / 'once')
    found = rerun(read_bag(rewritten(times=2)), configure(FEW, {}), folder=tmp_path / 'looped')
    assert 'went back by' in found.partial
    assert 'what came after was not replayed' in found.partial
    assert not found.is_good
    once, looped = (
        (tmp_path / name / 'scenes.jsonl').read_text().splitlines() for name in ('once', 'looped')
    )
    assert looped == once[: len(looped)]
    assert len(looped) >= len(once) - 1  # the last image may have waited for its joint state
    assert found.plain()['partial'] == found.partial


def test_the_command_fails_when_only_a_part_was_replayed(rewritten, tmp_path):
    words = ['replay', str(rewritten(times=2)), '--every', '20', '--output', str(tmp_path / 'r')]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 1
    assert 'only a part: the stamps of' in found.output
    assert 'only a part' in (tmp_path / 'r' / 'report.html').read_text().lower()


def test_topics_of_unknown_types_do_no_harm(rewritten, task_bag):
    found = rerun(read_bag(rewritten(foreign=True)), configure(FEW, {}))
    assert found.is_good
    assert found.logs.scenes == rerun(read_bag(task_bag), configure(FEW, {})).logs.scenes


def test_a_topic_of_an_unknown_type_cannot_be_used(rewritten):
    bag = read_bag(rewritten(foreign=True))
    config = configure({'topics': TopicMap(joint_states='/thing')}, {})
    with pytest.raises(ReplayError, match='/thing has the type my_msgs/msg/Thing in cdr'):
        rerun(bag, config)


def test_a_recording_of_unknown_types_only_has_no_images(tmp_path):
    writer = BagWriter(tmp_path / 'a')
    writer.add_topic('/thing', FOREIGN)
    writer.write('/thing', 1, bytes(12))
    writer.close()
    with pytest.raises(ReplayError, match='the recording has no colour images'):
        rerun(read_bag(tmp_path / 'a'), configure({}, {}))


@pytest.mark.parametrize(
    ('without', 'said'),
    [
        (('/camera/color/image_raw',), 'no colour images'),
        ((INFO,), 'no camera_info'),
        (('/joint_states',), 'no joint states'),
    ],
)
def test_what_a_replay_needs_is_named(rewritten, without, said):
    with pytest.raises(ReplayError, match=f'{said}; record them, or map a topic'):
        rerun(read_bag(rewritten(without=without)), configure({}, {}))


def test_a_calibration_that_is_announced_and_never_comes(rewritten):
    folder = rewritten(without=(INFO,))
    bag = read_bag(folder)
    bag.topics[INFO] = bag.topics['/joint_states'].__class__(INFO, encoding.INFO)
    with pytest.raises(ReplayError, match=r'no image of .* could be used: .*no camera_info yet'):
        rerun(bag, configure({}, {}))


@pytest.mark.parametrize('most', [0, 2000])
def test_a_full_disk_ends_a_replay_with_one_error(task_bag, tmp_path, most):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(ConfigurationError, match=r'jsonl: cannot be written: File too large'):
            rerun(read_bag(task_bag), configure(FEW, {}), folder=tmp_path / 'r')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_ends_the_writing_of_a_report(task_bag, tmp_path):
    report = rerun(read_bag(task_bag), configure({'every': 30}, {}))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(ConfigurationError, match='cannot be written: File too large'):
            write_report(report, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
