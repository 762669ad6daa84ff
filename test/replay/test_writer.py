"""What is recorded can be read: by this package, by rosbags, after a crash, on a full disk."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rosbags.interfaces import QosDurability, QosReliability
from rosbags.rosbag2 import Reader

from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.errors import ConfigurationError, ReplayError
from qwen_embodied.replay import BagWriter, Splitting, encoding, read_bag
from qwen_embodied.replay.definitions import Delivery, standard
from qwen_embodied.replay.recorder import Recorder

ROOT = Path(__file__).resolve().parents[2]
TEXT = standard(encoding.TEXT)
FOREVER = """
import sys
from pathlib import Path
from qwen_embodied.replay import BagWriter, encoding
from qwen_embodied.replay.definitions import standard
writer = BagWriter(Path(sys.argv[1]))
writer.add_topic('/words', standard(encoding.TEXT))
number = 0
while True:
    number += 1
    writer.write('/words', number, encoding.text(f'{number} ' * 500))
    if number == 3000:
        sys.stdout.write('many\\n')
        sys.stdout.flush()
"""


def words(folder, **ways):
    return [bytes(record.data) for record in read_bag(folder, **ways).messages()]


def noise(count):
    rng = np.random.default_rng(1)
    return [encoding.text(rng.bytes(4000).hex()) for _ in range(count)]


def writer_of(folder, **ways):
    writer = BagWriter(folder, **ways)
    writer.add_topic('/words', TEXT)
    return writer


def test_rosbags_opens_what_was_written_with_types_and_delivery(tmp_path):
    folder = tmp_path / 'a'
    writer = BagWriter(folder)
    writer.add_topic('/plan', standard(encoding.TEXT, Delivery(1, is_latched=True)))
    writer.add_topic('/image', standard(encoding.IMAGE, Delivery(5, is_reliable=False)))
    writer.write('/plan', 5, encoding.text('x'))
    writer.close()
    with Reader(folder) as reader:
        plan, image = sorted(reader.connections, key=lambda item: item.topic, reverse=True)
        assert [data for _, _, data in reader.messages()] == [encoding.text('x')]
        assert (reader.start_time, reader.message_count) == (5, 1)
    assert plan.ext.offered_qos_profiles[0].durability is QosDurability.TRANSIENT_LOCAL
    assert image.ext.offered_qos_profiles[0].reliability is QosReliability.BEST_EFFORT
    assert plan.digest.startswith('RIHS01_')


def test_an_empty_recording_is_one(tmp_path):
    BagWriter(tmp_path / 'a').close()
    assert words(tmp_path / 'a') == []


def test_a_folder_that_is_there_is_not_overwritten(tmp_path):
    with pytest.raises(ConfigurationError, match='File exists'):
        BagWriter(tmp_path)


@pytest.mark.parametrize('splitting', [Splitting(duration=1.0), Splitting(size=300_000)])
def test_files_are_split_and_read_as_one(tmp_path, splitting):
    folder = tmp_path / 'a'
    writer = writer_of(folder, splitting=splitting)
    sent = noise(200)
    for number, data in enumerate(sent):
        writer.write('/words', number * 20_000_000, data)
    writer.close()
    assert len(list(folder.glob('*.mcap'))) >= 2
    assert words(folder) == sent


def test_what_a_killed_recorder_wrote_can_be_recovered(tmp_path):
    folder = tmp_path / 'a'
    line = [sys.executable, '-c', FOREVER, str(folder)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    with pytest.raises(ReplayError, match='--recover'):
        read_bag(folder)
    found = words(folder, recover=True)
    assert len(found) > 2000
    assert found == [encoding.text(f'{n} ' * 500) for n in range(1, len(found) + 1)]


def write_all(writer, sent):
    for number, data in enumerate(sent):
        writer.write('/words', number, data)


def test_a_full_disk_is_one_error_and_what_was_written_stays(tmp_path):
    writer = writer_of(tmp_path / 'a')
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    sent = noise(200)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, limits[1]))
    try:
        with pytest.raises(ReplayError, match=r'cannot be written: File too large; \d+ messages'):
            write_all(writer, sent)
        writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with pytest.raises(ReplayError, match='File too large'):
        writer.write('/words', 999, sent[0])
    found = words(tmp_path / 'a', recover=True)
    assert found
    assert found == sent[: len(found)]


def test_the_recorder_drops_and_counts_what_it_cannot_hold(tmp_path):
    recorder = Recorder(writer_of(tmp_path / 'a'), most_waiting=100)
    assert not recorder.take('/words', 1, bytes(200))
    assert recorder.take('/words', 2, encoding.text('short'))
    recorder.close()
    assert recorder.drops == {'/words': 1}
    assert recorder.counts == {'/words': 1}
    assert not recorder.take('/words', 3, b'')


def test_the_recorder_says_once_that_it_failed(tmp_path, monkeypatch):
    writer = writer_of(tmp_path / 'a')
    recorder = Recorder(writer)
    monkeypatch.setattr(Path, 'open', _full)
    recorder.take('/words', 1, encoding.text('x'))
    with pytest.raises(ReplayError, match='No space left'):
        recorder.close()
    assert recorder.drops == {'/words': 1}


def _full(*arguments, **ways):
    raise OSError(28, 'No space left on device')


def test_a_recording_of_a_recording_is_the_same(tmp_path):
    first = small_bag(tmp_path / 'a', images=3)
    bag, copy = read_bag(first), BagWriter(tmp_path / 'b')
    for topic in bag.topics.values():
        copy.add_topic(topic.name, standard(topic.type))
    for record in bag.messages():
        copy.write(record.topic.name, record.stamp, record.data)
    copy.close()
    assert words(tmp_path / 'b') == words(first)


def test_who_only_records_loads_no_stage():
    heavy = ['pinocchio', 'ompl', 'cv2', 'qwen_embodied.motion', 'qwen_embodied.perception']
    code = (
        f'import sys, qwen_embodied.replay.system; print([m for m in {heavy} if m in sys.modules])'
    )
    assert subprocess.check_output([sys.executable, '-c', code], text=True).strip() == '[]'
