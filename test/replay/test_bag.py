"""A recording is read as it was written, or refused by name, never half and never changed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sqlite3
import struct

import numpy as np
import pytest
import yaml
from mcap.writer import CompressionType, Writer

from qwen_embodied.bench.replay_bags import COLOUR, STATES, as_sqlite, small_bag
from qwen_embodied.bench.replay_damage import damaged_bags, fingerprints
from qwen_embodied.errors import ReplayError
from qwen_embodied.replay import read_bag
from qwen_embodied.replay.decompression import decompress


def write_mcap(path, *, profile='ros2', compression=CompressionType.ZSTD, size=100):
    with path.open('wb') as file:
        writer = Writer(file, compression=compression, chunk_size=200)
        writer.start(profile=profile)
        schema = writer.register_schema('std_msgs/msg/String', 'ros2msg', b'string data')
        channel = writer.register_channel('/words', 'cdr', schema)
        for number in range(4):
            writer.add_message(channel, number + 1, bytes(size), number + 1)
        writer.finish()
    return path


def edited(folder, **changes):
    path = folder / 'metadata.yaml'
    content = yaml.safe_load(path.read_text())
    content['rosbag2_bagfile_information'].update(changes)
    path.write_text(yaml.safe_dump(content))


def test_gives_every_message_in_order(small):
    bag = read_bag(small)
    records = list(bag.messages())
    stamps = [record.stamp for record in records]
    assert len(records) == 49
    assert stamps == sorted(stamps)
    assert bag.topics[COLOUR].type == 'sensor_msgs/msg/Image'
    assert bag.configuration['seed'] == '0'
    assert bag.notes == ()


def test_gives_chosen_topics_only(small):
    assert {record.topic.name for record in read_bag(small).messages([STATES])} == {STATES}


def test_the_file_alone_reads_as_its_folder(small):
    file = next(small.glob('*.mcap'))
    assert fingerprints(file, recover=False) == fingerprints(small, recover=False)


@pytest.mark.parametrize('form', [CompressionType.NONE, CompressionType.LZ4, CompressionType.ZSTD])
def test_reads_every_compression(tmp_path, form):
    path = write_mcap(tmp_path / 'a.mcap', compression=form)
    assert len(list(read_bag(path).messages())) == 4


def test_sqlite_gives_the_same_messages_and_says_it_has_no_checksums(small, tmp_path):
    path = as_sqlite(small, tmp_path / 'a.db3')
    assert [(r.topic.name, r.stamp, bytes(r.data)) for r in read_bag(path).messages()] == [
        (r.topic.name, r.stamp, bytes(r.data)) for r in read_bag(small).messages()
    ]
    assert 'no checksums' in read_bag(path).notes[0]


def test_f28_every_flipped_bit_of_a_message_is_noticed(copied):
    folder, file = copied
    whole = file.read_bytes()
    for at in np.linspace(200, len(whole) * 0.9, 40).astype(int):
        data = bytearray(whole)
        data[at] ^= 16
        file.write_bytes(data)
        with pytest.raises(ReplayError):
            fingerprints(folder, recover=False)


def test_f28_damaged_recordings_are_never_silently_wrong(tmp_path):
    tally = damaged_bags(150, tmp_path, seed=7)
    assert tally.total == 150
    assert tally.examples == []
    assert tally.outcomes['refused'] > 75


def test_a_recording_that_was_cut_off_is_refused_and_can_be_recovered(copied):
    _, file = copied
    whole = fingerprints(file, recover=False)
    file.write_bytes(file.read_bytes()[:-500])
    with pytest.raises(ReplayError, match=r'still being written, or was cut off.*--recover'):
        read_bag(file)
    assert 'no end' in read_bag(file, recover=True).notes[0]
    assert fingerprints(file, recover=True) == whole


def test_a_folder_without_metadata_is_refused_and_can_be_recovered(copied):
    folder, _ = copied
    (folder / 'metadata.yaml').unlink()
    with pytest.raises(ReplayError, match=r'no metadata.yaml: it is still being written'):
        read_bag(folder)
    bag = read_bag(folder, recover=True)
    assert 'did not end' in bag.notes[0]
    assert len(list(bag.messages())) == 49


def test_no_bag(tmp_path):
    with pytest.raises(ReplayError, match='does not exist'):
        read_bag(tmp_path / 'nowhere')
    with pytest.raises(ReplayError, match=r'holds no metadata\.yaml'):
        read_bag(tmp_path)
    (tmp_path / 'a.mcap').write_bytes(b'')
    with pytest.raises(ReplayError, match='it is empty'):
        read_bag(tmp_path / 'a.mcap')
    (tmp_path / 'a.mcap').write_bytes(b'hello world')
    with pytest.raises(ReplayError, match='begins with 68656c6c6f'):
        read_bag(tmp_path / 'a.mcap')


def test_a_bag_of_ros_1_says_how_to_convert_it(tmp_path):
    (tmp_path / 'old.bag').write_bytes(b'#ROSBAG V2.0\n' + bytes(50))
    for path in (tmp_path, tmp_path / 'old.bag'):
        with pytest.raises(ReplayError, match=r'ROS 1; convert it: rosbags-convert'):
            read_bag(path)
    with pytest.raises(ReplayError, match="the profile 'ros1'"):
        read_bag(write_mcap(tmp_path / 'old.mcap', profile='ros1'))


def test_x14_metadata_cannot_point_elsewhere(copied, tmp_path):
    folder, file = copied
    outside = tmp_path / 'other.mcap'
    file.rename(outside)
    edited(folder, relative_file_paths=['../other.mcap'])
    with pytest.raises(ReplayError, match=r'other\.mcap is missing'):
        read_bag(folder)
    (folder / 'other.mcap').symlink_to(outside)
    with pytest.raises(ReplayError, match='is no file of the recording'):
        read_bag(folder)


def test_metadata_that_promises_other_messages_is_refused(copied):
    folder, _ = copied
    edited(folder, message_count=50)
    with pytest.raises(ReplayError, match='promises 50 messages; the files hold 49'):
        read_bag(folder)


@pytest.mark.parametrize('text', ['', 'a: [', '- 1', 'rosbag2_bagfile_information: 3', '\x00'])
def test_broken_metadata(copied, text):
    folder, _ = copied
    (folder / 'metadata.yaml').write_text(text)
    with pytest.raises(ReplayError, match=r'metadata\.yaml'):
        read_bag(folder)


def test_x14_a_chunk_that_says_it_becomes_too_much_is_not_decompressed():
    with pytest.raises(ReplayError, match='4294967296 bytes; at most 67108864'):
        decompress('a chunk', bytes(1000), 'zstd', 2**32)
    with pytest.raises(ReplayError, match='1000 bytes become 40000000; at most 100 times'):
        decompress('a chunk', bytes(1000), 'zstd', 4 * 10**7)


def test_a_black_image_is_read(tmp_path):
    path = write_mcap(tmp_path / 'a.mcap', size=25_000_000)
    assert path.stat().st_size < 20_000
    assert [len(record.data) for record in read_bag(path).messages()] == [25_000_000] * 4


def test_a_chunk_that_becomes_more_than_it_says_is_cut_short():
    import zstandard

    packed = zstandard.ZstdCompressor().compress(bytes(2**26))
    with pytest.raises(ReplayError, match='becomes 1000 bytes and becomes more than 1001'):
        decompress('a chunk', packed, 'zstd', 1000)


def test_x14_a_record_of_four_gibibytes_is_refused(copied):
    _, file = copied
    data = bytearray(file.read_bytes())
    struct.pack_into('<Q', data, 9 + 1 + 8 + 40 - 9, 2**32)
    file.write_bytes(data)
    with pytest.raises(ReplayError):
        read_bag(file)


def test_sqlite_that_is_still_being_written_is_refused(small, tmp_path):
    path = as_sqlite(small, tmp_path / 'a.db3')
    (tmp_path / 'a.db3-wal').write_bytes(b'more')
    with pytest.raises(ReplayError, match='still being written'):
        read_bag(path)


def test_sqlite_with_a_huge_message_is_refused(small, tmp_path):
    path = as_sqlite(small, tmp_path / 'a.db3')
    connection = sqlite3.connect(path)
    connection.execute('UPDATE messages SET data = zeroblob(70000000) WHERE id = 3')
    connection.commit()
    connection.close()
    with pytest.raises(ReplayError, match='a message of 70000000 bytes; at most 67108864'):
        read_bag(path)


def test_a_long_recording_is_read_in_bounded_memory(tmp_path):
    import tracemalloc

    folder = small_bag(tmp_path / 'long', images=400)
    tracemalloc.start()
    count = sum(1 for _ in read_bag(folder).messages())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1601
    assert peak < folder.stat().st_size + 4e6
