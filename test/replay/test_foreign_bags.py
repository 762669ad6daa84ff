"""Recordings as others write them: compressed by file or message, without summary, in parts."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil

import pytest
import yaml
import zstandard
from mcap.writer import Writer as McapWriter
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.errors import ReplayError
from qwen_embodied.replay import BagWriter, Splitting, read_bag, unpacking
from qwen_embodied.replay.definitions import standard
from qwen_embodied.replay.encoding import text

WAYS = [
    (storage, mode)
    for storage in StoragePlugin
    for mode in CompressionMode
    if (storage, mode) != (StoragePlugin.SQLITE3, CompressionMode.STORAGE)
]
STORE = get_typestore(Stores.ROS2_HUMBLE)


def content(path, **options):
    bag = read_bag(path, **options)
    return [(one.topic.name, one.stamp, bytes(one.data)) for one in bag.messages()]


def rewritten(source, target, storage, mode, version=9):
    """Write the messages of a recording with the writer of rosbags."""
    bag = read_bag(source)
    writer = Writer(target, version=version, storage_plugin=storage)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        topics = {
            name: writer.add_connection(name, topic.type, typestore=STORE)
            for name, topic in bag.topics.items()
        }
        for record in bag.messages():
            writer.write(topics[record.topic.name], record.stamp, bytes(record.data))
    return target


@pytest.mark.parametrize('version', [8, 9])
@pytest.mark.parametrize(('storage', 'mode'), WAYS)
def test_every_way_of_rosbag2_to_store_and_compress_is_read(
    small, tmp_path, storage, mode, version
):
    target = rewritten(small, tmp_path / 'other', storage, mode, version)
    assert sorted(content(target)) == sorted(content(small))


def test_what_was_unpacked_goes_with_the_recording(small, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking.tempfile, 'tempdir', str(tmp_path))
    target = rewritten(small, tmp_path / 'a', StoragePlugin.SQLITE3, CompressionMode.FILE)
    bag = read_bag(target)
    assert len(list(tmp_path.glob('qwen_embodied-*/a.db3'))) == 1
    del bag
    assert not list(tmp_path.glob('qwen_embodied-*'))


def test_x14_a_file_that_becomes_too_much_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking.tempfile, 'tempdir', str(tmp_path))
    monkeypatch.setattr(unpacking, 'ANY', 2**22)
    bomb = tmp_path / 'a.mcap.zstd'
    bomb.write_bytes(zstandard.ZstdCompressor().compress(bytes(2**24)))
    with pytest.raises(ReplayError, match=r'a\.mcap\.zstd becomes more than 4194304 bytes'):
        read_bag(bomb)
    assert not list(tmp_path.glob('qwen_embodied-*'))


def test_no_more_is_unpacked_than_the_disk_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, 'LEFT', 2**60)
    packed = tmp_path / 'a.mcap.zstd'
    packed.write_bytes(zstandard.ZstdCompressor().compress(bytes(100)))
    with pytest.raises(ReplayError, match='set TMPDIR to where there is room'):
        read_bag(packed)


def test_a_broken_compressed_file_is_refused(small, tmp_path):
    target = rewritten(small, tmp_path / 'a', StoragePlugin.MCAP, CompressionMode.FILE)
    file = next(target.glob('*.zstd'))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ReplayError, match=r'a\.mcap'):
        read_bag(target)


@pytest.mark.parametrize('chunked', [True, False])
def test_files_without_a_summary_are_counted(small, tmp_path, chunked):
    """As `ros2 bag record --storage-preset-profile fastwrite` leaves them."""
    target = tmp_path / 'fast'
    shutil.copytree(small, target)
    bag, file = read_bag(small), next(target.glob('*.mcap'))
    with file.open('wb') as stream:
        writer = McapWriter(
            stream, use_chunking=chunked, use_statistics=False, use_summary_offsets=False,
            repeat_channels=False, repeat_schemas=False,
        )  # fmt: skip
        writer.start(profile='ros2')
        channels = {}
        for name, topic in bag.topics.items():
            schema = writer.register_schema(topic.type, 'ros2msg', topic.definition.encode())
            channels[name] = writer.register_channel(name, 'cdr', schema)
        for record in bag.messages():
            stamp, data = record.stamp, bytes(record.data)
            writer.add_message(channels[record.topic.name], stamp, data, stamp)
        writer.finish()
    assert content(target) == content(small)
    path = target / 'metadata.yaml'
    path.write_text(path.read_text().replace('message_count: 49', 'message_count: 50'))
    with pytest.raises(ReplayError, match='promises 50 messages; the files hold 49'):
        read_bag(target)


def test_a_file_cut_off_beside_whole_metadata_can_be_recovered(tmp_path):
    folder = small_bag(tmp_path / 'cut', images=60)
    file = next(folder.glob('*.mcap'))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ReplayError, match='--recover'):
        read_bag(folder)
    bag = read_bag(folder, recover=True)
    held = len(list(bag.messages()))
    assert 0 < held < 241
    assert f'promises 241 messages; the files hold {held}' in ' '.join(bag.notes)


def test_a_recording_may_be_reached_by_a_link(small, tmp_path):
    (tmp_path / 'monday').symlink_to(small)
    assert content(tmp_path / 'monday') == content(small)


def test_several_files_are_one_recording_even_when_one_is_compressed(tmp_path):
    writer = BagWriter(tmp_path / 'b', splitting=Splitting(duration=1.0))
    writer.add_topic('/words', standard('std_msgs/msg/String'))
    for second in range(4):
        writer.write('/words', second * 10**9, text(str(second)))
    writer.close()
    before = content(tmp_path / 'b')
    first = tmp_path / 'b' / 'b_0.mcap'
    packed = first.with_name('b_0.mcap.zstd')
    packed.write_bytes(zstandard.ZstdCompressor().compress(first.read_bytes()))
    first.unlink()
    path = tmp_path / 'b' / 'metadata.yaml'
    described = yaml.safe_load(path.read_text())
    root = described['rosbag2_bagfile_information']
    root['compression_mode'], root['compression_format'] = 'FILE', 'zstd'
    root['relative_file_paths'][0] = packed.name
    path.write_text(yaml.safe_dump(described))
    assert content(tmp_path / 'b') == before
    assert len(before) == 4
