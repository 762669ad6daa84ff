"""A recording of one or several files, as one stream of messages."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
import weakref
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.decompression import decompress_message
from qwen_embodied.replay.layout import Layout, find_files
from qwen_embodied.replay.mcap_file import McapFile
from qwen_embodied.replay.records import Record, Storage, Topic
from qwen_embodied.replay.sqlite_file import SqliteFile
from qwen_embodied.replay.unpacking import unpacked


class Bag:
    """A recording whose files were checked.

    Attributes:
        path: As given.
        topics: Of all files, by name.
        start: Time of the first message, ns.
        end: Time of the last message, ns.
        notes: What a reader must know: what could not be checked, what is missing.
        configuration: What the recorder wrote about the system it recorded.
    """

    def __init__(self, path: Path, layout: Layout, storages: tuple[Storage, ...]) -> None:
        """Join checked files."""
        self.path, self._storages = path, storages
        self._is_packed = layout.compression == 'message'
        self.topics = _joined(storages)
        spans = [storage.span for storage in storages if storage.span is not None]
        self.start = min((first for first, _ in spans), default=0)
        self.end = max((last for _, last in spans), default=0)
        self.notes = (*layout.notes, *(note for item in storages for note in item.notes))
        self.configuration: dict[str, str] = dict(layout.configuration)
        for storage in storages:
            self.configuration.update(storage.configuration)

    @property
    def duration(self) -> float:
        """From the first to the last message, s."""
        return (self.end - self.start) * 1e-9

    def messages(self, names: Collection[str] | None = None) -> Iterator[Record]:
        """Give the messages of some topics, or of all, in the order of recording.

        Raises:
            ReplayError: A file turns out to be broken, or holds another number of messages
                than it says.
        """
        chosen = set(self.topics) if names is None else set(names)
        for storage in self._storages:
            records = storage.messages(chosen)
            yield from map(_unpacked, records) if self._is_packed else records


def read_bag(path: Path | str, *, recover: bool = False) -> Bag:
    """Open a rosbag2 recording, MCAP or SQLite, and check its files.

    Args:
        path: Folder of the recording, or one storage file. What rosbag2 compressed as a whole is
            unpacked into a temporary folder, which goes with the recording.
        recover: Take what is whole of a recording that was cut off; the notes say so.

    Raises:
        ReplayError: It is no recording of ROS 2, is broken, cut off or still being written.
    """
    path = Path(path)
    layout, folder = unpacked(find_files(path, recover=recover))
    with ExitStack() as on_error:
        on_error.callback(_remove, folder)
        bag = _opened(path, layout, recover)
        on_error.pop_all()
    weakref.finalize(bag, _remove, folder)
    return bag


def _opened(path: Path, layout: Layout, recover: bool) -> Bag:
    storages = tuple(
        McapFile(file, recover=recover) if kind == 'mcap' else SqliteFile(file)
        for file, kind in layout.files
    )
    held = sum(storage.message_count for storage in storages)
    promised = layout.message_count
    if promised is not None and held != promised:
        words = f'metadata.yaml promises {promised} messages; the files hold {held}'
        if not recover:
            raise ReplayError(words)
        layout = replace(layout, notes=(*layout.notes, words))
    return Bag(path, layout, storages)


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _unpacked(record: Record) -> Record:
    return record._replace(
        data=decompress_message(f'a message of {record.topic.name}', record.data)
    )


def _joined(storages: tuple[Storage, ...]) -> dict[str, Topic]:
    topics: dict[str, Topic] = {}
    for storage in storages:
        for topic in storage.topics:
            known = topics.setdefault(topic.name, topic)
            if known.type != topic.type:
                raise ReplayError(
                    f'{topic.name} is {known.type} in one file and {topic.type} in another'
                )
    return topics
