"""SQLite files of rosbag2, read with rosbags; they hold no checksums."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
from rosbags.interfaces import MessageDefinitionFormat
from rosbags.rosbag2.errors import ReaderError
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Reader

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.bounds import LARGEST_DEFINITION, LARGEST_RECORD, MOST_TOPICS
from qwen_embodied.replay.records import Record, Topic

BROKEN = (
    ReaderError, apsw.Error, ValueError, KeyError, IndexError, TypeError, AttributeError,
    OverflowError, MemoryError, RecursionError,
)  # fmt: skip
FORMS = {MessageDefinitionFormat.MSG: 'ros2msg', MessageDefinitionFormat.IDL: 'ros2idl'}
UNSAFE = set('?#%')  # they would end the file's name in the address that SQLite is given


class SqliteFile:
    """One SQLite file; see `records.Storage`."""

    def __init__(self, path: Path) -> None:
        """Check the file.

        Args:
            path: Of the file.

        Raises:
            ReplayError: It is broken, still being written, too large or no rosbag2 file.
        """
        self._path, self._what = path, path.name
        self.configuration: dict[str, str] = {}
        self.notes = (f'{self._what} is SQLite and has no checksums: altered bytes inside of '
                      'messages would not be noticed',)  # fmt: skip
        self._refuse_open()
        with self._reading() as reader:
            self._check(reader)
            self.topics = tuple(_topic(item) for item in reader.connections)
            metadata = reader.metadata
            self.message_count = metadata.message_count
            is_empty = not metadata.message_count
            self.span = None if is_empty else (metadata.start_time, metadata.end_time - 1)

    def messages(self, names: Collection[str]) -> Iterator[Record]:
        """Give the messages of some topics in the order in which they were recorded."""
        topics = {topic.name: topic for topic in self.topics}
        with self._reading() as reader:
            wanted = [item for item in reader.connections if item.topic in names]
            if not wanted:
                return
            for connection, stamp, data in reader.messages(wanted):
                if not isinstance(data, bytes) or not isinstance(stamp, int):
                    raise ReplayError(f'{self._what}: a message of {connection.topic} is no blob')
                yield Record(topics[connection.topic], stamp, data)

    def _refuse_open(self) -> None:
        for ending in ('-wal', '-journal'):
            other = self._path.with_name(self._path.name + ending)
            if other.exists() and other.stat().st_size:
                raise ReplayError(
                    f'{self._what} is still being written, or its recorder was killed: '
                    f'{other.name} is there; close the recorder, or open the file with sqlite3'
                )
        if set(str(self._path)) & UNSAFE:
            raise ReplayError(f'{self._path}: rename it without the characters ? # %')

    def _check(self, reader: Sqlite3Reader) -> None:
        connection = reader.dbconn
        if connection is None:
            raise ReplayError(f'{self._what} is closed')
        fault = connection.execute('PRAGMA quick_check(1)').get
        if fault != 'ok':
            raise ReplayError(f'{self._what} is broken: {str(fault).strip()}')
        largest = connection.execute('SELECT max(length(data)) FROM messages').get
        if (largest or 0) > LARGEST_RECORD:
            raise ReplayError(
                f'{self._what} has a message of {largest} bytes; at most {LARGEST_RECORD} are read'
            )
        if len(reader.connections) > MOST_TOPICS:
            raise ReplayError(f'{self._what} has more than {MOST_TOPICS} topics')

    @contextmanager
    def _reading(self) -> Iterator[Sqlite3Reader]:
        reader = Sqlite3Reader(self._path)
        try:
            reader.open()
            try:
                yield reader
            finally:
                reader.close()
        except BROKEN as error:
            raise ReplayError(f'{self._what} cannot be read: {error}') from error


def _topic(item: Any) -> Topic:
    definition = item.msgdef.data
    if len(definition) > LARGEST_DEFINITION:
        raise ReplayError(f'the definition of {item.msgtype} has {len(definition)} bytes')
    form = FORMS.get(item.msgdef.format, '')
    return Topic(item.topic, item.msgtype, definition, form, item.ext.serialization_format)
