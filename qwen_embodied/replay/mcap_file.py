"""MCAP files: every byte is checked before the first message is given.

The `mcap` library reads the records with its checksums on. rosbags reads MCAP too, but it
decompresses before it looks at sizes, does not check what lies outside of chunks, and needs the
index at the end of the file, which a recording that was cut off does not have.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import IO

from mcap.exceptions import EndOfFile, McapError
from mcap.records import (
    Channel,
    Chunk,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Message,
    Metadata,
    Schema,
    Statistics,
)
from mcap.stream_reader import StreamReader, breakup_chunk

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.bounds import (
    LARGEST_DEFINITION,
    LARGEST_RECORD,
    LARGEST_TOTAL,
    MOST_TOPICS,
)
from qwen_embodied.replay.decompression import decompress
from qwen_embodied.replay.records import Record, Topic

BROKEN = (McapError, struct.error, ValueError, KeyError, IndexError, OverflowError, MemoryError)
METADATA_NAME = 'qwen_embodied'
UNCHECKED = 'has no checksums: altered bytes would not be noticed'


class McapFile:
    """One MCAP file; see `records.Storage`."""

    def __init__(self, path: Path, *, recover: bool = False) -> None:
        """Check the file.

        Args:
            path: Of the file.
            recover: Take a file without an end up to its last whole chunk.

        Raises:
            ReplayError: It is broken, cut off, too large or no MCAP file of ROS 2.
        """
        self._path, self._what = path, path.name
        self._end: int | None = None  # records of the data section, when the file has no end
        self._channels: dict[int, Topic] = {}
        self._schemas: dict[int, Schema] = {}
        self._stated: int | None = None  # messages, as the file says
        self._counted = 0
        self._has_crc, self._is_known, self._total = True, False, 0
        self.notes: tuple[str, ...] = ()
        self.configuration: dict[str, str] = {}
        self.span: tuple[int, int] | None = None
        self._check(recover)
        self.topics = tuple({topic.name: topic for topic in self._channels.values()}.values())

    def messages(self, names: Collection[str]) -> Iterator[Record]:
        """Give the messages of some topics, in the order of their times within each chunk."""
        try:
            yield from self._messages(names)
        except EndOfFile as error:  # the file was whole when it was checked
            raise self._cut_off() from error

    def _messages(self, names: Collection[str]) -> Iterator[Record]:
        seen = 0
        with _reading(self._path, check=False) as records:
            for record in self._within(records):
                if isinstance(record, Chunk):
                    found = sorted(self._chunk_messages(record), key=_log_time)
                else:
                    found = [record] if isinstance(record, Message) else []
                    self._know(record)
                seen += len(found)
                yield from self._chosen(found, names)
        if self._stated is not None and seen != self._stated:
            raise ReplayError(
                f'{self._what} says it holds {self._stated} messages and holds {seen}'
            )

    @property
    def message_count(self) -> int:
        """How many messages the file holds: as it says, else as counted."""
        return self._counted if self._stated is None else self._stated

    # -- the first pass --------------------------------------------------------------------

    def _check(self, recover: bool) -> None:
        count = 0
        try:
            with _reading(self._path, check=True) as records:
                for record in records:
                    self._inspect(record)
                    count += 1
        except EndOfFile as error:
            if not recover or not count:
                raise self._cut_off() from error
            self._end = count
            self.notes += (f'{self._what} has no end: it is read up to its last whole chunk',)
        if self._end is not None or self._stated is None:
            self._look_inside()
        self._finish()

    def _cut_off(self) -> ReplayError:
        return ReplayError(
            f'{self._what} ends in the middle: it is still being written, or was cut off; '
            'wait for the recorder to end, or recover what is whole with --recover'
        )

    def _inspect(self, record: McapRecord) -> None:
        if isinstance(record, Header) and record.profile != 'ros2':
            raise ReplayError(f'{self._what} has the profile {record.profile!r}; ros2 is read')
        if isinstance(record, Chunk):
            self._inspect_chunk(record)
        elif isinstance(record, Message):
            self._stretch(record.log_time, record.log_time)
            self._has_crc = False
        elif isinstance(record, Metadata) and record.name == METADATA_NAME:
            self.configuration.update(record.metadata)
        elif isinstance(record, Statistics):
            self._stated = record.message_count
        elif isinstance(record, DataEnd):
            self._has_crc = self._has_crc or bool(record.data_section_crc)
        else:
            self._know(record)

    def _inspect_chunk(self, chunk: Chunk) -> None:
        self._stretch(chunk.message_start_time, chunk.message_end_time)
        self._has_crc = self._has_crc and bool(chunk.uncompressed_crc)
        self._total += chunk.uncompressed_size
        if self._total > LARGEST_TOTAL:
            raise ReplayError(f'{self._what} becomes more than {LARGEST_TOTAL} bytes')

    def _stretch(self, start: int, end: int) -> None:
        if not start and not end:  # a chunk without messages
            return
        first, last = self.span or (start, end)
        self.span = min(first, start), max(last, end)

    def _look_inside(self) -> None:
        """Look into the chunks for what the summary at the end would have said."""
        with _reading(self._path, check=False) as records:
            for record in self._within(records):
                if isinstance(record, Chunk):
                    self._counted += len(self._chunk_messages(record))
                else:
                    self._counted += isinstance(record, Message)

    def _finish(self) -> None:
        self._is_known = True
        if not self._has_crc:
            self.notes += (f'{self._what} {UNCHECKED}',)
        if self._stated is None and self._end is None:
            self.notes += (f'{self._what} does not say how many messages it should hold',)

    # -- records ---------------------------------------------------------------------------

    def _within(self, records: Iterator[McapRecord]) -> Iterator[McapRecord]:
        """Give the data section."""
        for record in islice(records, self._end):
            if isinstance(record, DataEnd | Footer):
                return
            yield record

    def _chunk_messages(self, chunk: Chunk) -> list[Message]:
        what = f'a chunk of {self._what}'
        raw = decompress(what, chunk.data, chunk.compression, chunk.uncompressed_size)
        plain = replace(chunk, compression='', data=raw)
        found = []
        with _typed(self._what):
            for record in breakup_chunk(plain, validate_crc=True):
                if isinstance(record, Message):
                    found.append(record)
                else:
                    self._know(record)
        return found

    def _know(self, record: McapRecord) -> None:
        """Take schemas and channels; what contradicts an earlier one is refused."""
        if isinstance(record, Schema):
            if len(record.data) > LARGEST_DEFINITION:
                raise ReplayError(
                    f'{self._what}: the definition of {record.name} has {len(record.data)} '
                    f'bytes; at most {LARGEST_DEFINITION} are read'
                )
            if self._schemas.setdefault(record.id, record) != record:
                raise ReplayError(f'{self._what}: schema {record.id} is there twice and differs')
        elif isinstance(record, Channel):
            self._know_channel(record)

    def _know_channel(self, channel: Channel) -> None:
        schema = self._schemas.get(channel.schema_id)
        if schema is None:
            raise ReplayError(f'{self._what}: {channel.topic} has no schema; is it a ROS 2 bag?')
        text = schema.data.decode('utf-8', 'replace')
        topic = Topic(channel.topic, schema.name, text, schema.encoding, channel.message_encoding)
        if self._is_known and channel.id not in self._channels:
            raise ReplayError(
                f'{self._what}: {channel.topic} is missing in the summary at its end'
            )
        if self._channels.setdefault(channel.id, topic) != topic:
            raise ReplayError(f'{self._what}: channel {channel.id} is there twice and differs')
        if len(self._channels) > MOST_TOPICS:
            raise ReplayError(f'{self._what} has more than {MOST_TOPICS} topics')

    def _chosen(self, found: list[Message], names: Collection[str]) -> Iterator[Record]:
        for message in found:
            topic = self._channels.get(message.channel_id)
            if topic is None:
                raise ReplayError(f'{self._what}: a message of channel {message.channel_id}, '
                                  'which the file does not describe')  # fmt: skip
            if topic.name in names:
                yield Record(topic, message.log_time, message.data)


def _log_time(message: Message) -> int:
    return message.log_time


@contextmanager
def _typed(what: str) -> Iterator[None]:
    """Turn the errors of broken records into one ReplayError."""
    try:
        yield
    except EndOfFile:
        raise
    except BROKEN as error:
        raise ReplayError(f'{what} is broken: {error or type(error).__name__}') from error


@contextmanager
def _reading(path: Path, *, check: bool) -> Iterator[Iterator[McapRecord]]:
    """Open a file for its records, one at a time."""
    try:
        file = path.open('rb')
    except OSError as error:
        raise ReplayError(f'{path.name} cannot be read: {error.strerror}') from error
    with file, _typed(path.name):
        yield StreamReader(
            _Bounded(file),  # type: ignore[arg-type]
            emit_chunks=True,
            validate_crcs=check,
            record_size_limit=LARGEST_RECORD,
        ).records


class _Bounded:
    """Reads no more at once than a record may hold, whatever a length inside it says."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        if size > LARGEST_RECORD:
            raise ValueError(f'a length of {size} bytes')
        data = self._file.read(size)
        if len(data) < size:
            raise EndOfFile
        return data
