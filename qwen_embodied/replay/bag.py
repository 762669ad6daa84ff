"""A recording of one or several files, as one stream of messages."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.layout import Layout, find_files
from qwen_embodied.replay.mcap_file import McapFile
from qwen_embodied.replay.records import Record, Storage, Topic
from qwen_embodied.replay.sqlite_file import SqliteFile


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
            yield from storage.messages(chosen)


def read_bag(path: Path | str, *, recover: bool = False) -> Bag:
    """Open a rosbag2 recording, MCAP or SQLite, and check its files.

    Args:
        path: Folder of the recording, or one storage file.
        recover: Take what is whole of a recording that was cut off; the notes say so.

    Raises:
        ReplayError: It is no recording of ROS 2, is broken, cut off or still being written.
    """
    path = Path(path)
    layout = find_files(path, recover=recover)
    per_message = layout.compression == 'message'
    storages = tuple(
        McapFile(file, recover=recover)
        if kind == 'mcap'
        else SqliteFile(file, compressed_messages=per_message)
        for file, kind in layout.files
    )
    if per_message and any(kind == 'mcap' for _, kind in layout.files):
        raise ReplayError('metadata.yaml: MCAP with messages compressed one by one is not read')
    held = sum(storage.message_count or 0 for storage in storages)
    if layout.message_count is not None and held != layout.message_count:
        raise ReplayError(
            f'metadata.yaml promises {layout.message_count} messages; the files hold {held}'
        )
    return Bag(path, layout, storages)


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
