"""Writes recordings that `ros2 bag info` and Foxglove open: MCAP with zstd, and metadata.yaml.

Chunks reach the file as soon as they are whole. A recorder that is killed loses the chunk it was
filling; `read_bag(path, recover=True)` reads all before it.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

import yaml
from mcap.writer import Writer

from qwen_embodied import __version__
from qwen_embodied.errors import ConfigurationError, ReplayError
from qwen_embodied.replay.bounds import LARGEST_RECORD
from qwen_embodied.replay.definitions import Definition, offered
from qwen_embodied.replay.layout import METADATA, ROOT
from qwen_embodied.replay.mcap_file import METADATA_NAME

CHUNK = 256 * 2**10  # bytes of messages that are lost at most when the recorder is killed
VERSION = 8  # of metadata.yaml


@dataclass(frozen=True)
class Splitting:
    """When a new file is begun; 0 never.

    Attributes:
        size: Of a file, bytes.
        duration: Of the messages of a file, s.
    """

    size: int = 0
    duration: float = 0.0


@dataclass
class _File:
    """What is known of a file of the recording."""

    path: Path
    output: _Whole
    writer: Writer
    channels: dict[str, int] = field(default_factory=dict)
    count: int = 0
    start: int = 0
    end: int = 0

    @property
    def description(self) -> dict[str, object]:
        return {
            'path': self.path.name,
            'starting_time': {'nanoseconds_since_epoch': self.start},
            'duration': {'nanoseconds': self.end - self.start},
            'message_count': self.count,
        }


class BagWriter:
    """Writes serialised messages of any topic; the folder is made and must not be there yet.

    Attributes:
        counts: Messages written, by topic.
        failure: Why nothing is written any more; empty while all is well.
    """

    def __init__(
        self,
        folder: Path,
        *,
        configuration: Mapping[str, str] | None = None,
        splitting: Splitting | None = None,
    ) -> None:
        """Make the folder.

        Args:
            folder: Of the recording.
            configuration: About the system that is recorded; written into each file.
            splitting: When a new file is begun.

        Raises:
            ConfigurationError: The folder is there already, or cannot be made.
        """
        self.folder, self.counts = folder, Counter[str]()
        self._splitting = splitting or Splitting()
        self._configuration = {'version': __version__, **(configuration or {})}
        self._topics: dict[str, Definition] = {}
        self._files: list[_File] = []
        self.failure = ''
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise ConfigurationError(f'{folder}: cannot be made: {error.strerror}') from error

    def add_topic(self, name: str, definition: Definition) -> None:
        """Describe a topic before its first message; a second time changes nothing."""
        self._topics.setdefault(name, definition)

    def write(self, name: str, stamp: int, data: bytes | memoryview) -> None:
        """Write a message.

        Args:
            name: Of a topic that was added.
            stamp: When it was received, ns.
            data: Serialised (CDR).

        Raises:
            ReplayError: The disk is full or the file cannot be written; the recording ends here
                and stays readable up to its last whole chunk.
        """
        if self.failure:
            raise ReplayError(self.failure)
        if len(data) > LARGEST_RECORD // 2:
            raise ReplayError(f'a message of {name} has {len(data)} bytes; at most '
                              f'{LARGEST_RECORD // 2} are recorded')  # fmt: skip
        try:
            file = self._file_for(stamp)
            channel = file.channels.get(name) or self._channel(file, name)
            file.writer.add_message(channel, stamp, bytes(data), stamp, self.counts[name])
        except OSError as error:
            raise self._failure(error) from error
        file.start = min(file.start, stamp) if file.count else stamp
        file.end = max(file.end, stamp)
        file.count += 1
        self.counts[name] += 1

    def close(self) -> None:
        """End the file and write metadata.yaml; raises ReplayError where that fails."""
        if self.failure:
            return
        try:
            if not self._files:
                self._files.append(self._begin())
            self._end_file()
            text = yaml.safe_dump(self._metadata(), sort_keys=False)
            temporary = self.folder / f'{METADATA}.new'
            temporary.write_text(text, encoding='utf-8')
            temporary.replace(self.folder / METADATA)
        except OSError as error:
            raise self._failure(error) from error

    # -- files -----------------------------------------------------------------------------

    def _file_for(self, stamp: int) -> _File:
        if self._files and self._is_full(self._files[-1], stamp):
            self._end_file()
            self._files.append(self._begin())
        elif not self._files:
            self._files.append(self._begin())
        return self._files[-1]

    def _is_full(self, file: _File, stamp: int) -> bool:
        size, duration = self._splitting.size, self._splitting.duration
        if not file.count:
            return False
        is_large = bool(size) and file.output.tell() >= size
        return is_large or bool(duration and (stamp - file.start) * 1e-9 >= duration)

    def _begin(self) -> _File:
        path = self.folder / f'{self.folder.name}_{len(self._files)}.mcap'
        output = _Whole(path.open('xb', buffering=0))
        writer = Writer(output, chunk_size=CHUNK, enable_data_crcs=True)  # type: ignore[arg-type]
        writer.start(profile='ros2', library=f'qwen_embodied {__version__}')
        writer.add_metadata(METADATA_NAME, dict(self._configuration))
        return _File(path, output, writer)

    def _end_file(self) -> None:
        file = self._files[-1]
        if not file.output.closed:
            file.writer.finish()  # type: ignore[no-untyped-call]
            file.output.close()

    def _channel(self, file: _File, name: str) -> int:
        known = self._topics[name]
        schema = file.writer.register_schema(known.type, 'ros2msg', known.text.encode())
        about = {'offered_qos_profiles': offered(known.qos), 'topic_type_hash': known.hash}
        channel = file.channels[name] = file.writer.register_channel(name, 'cdr', schema, about)
        return channel

    def _failure(self, error: OSError) -> ReplayError:
        written = sum(self.counts.values())
        self.failure = (
            f'{self.folder}: cannot be written: {error.strerror}; {written} messages were taken, '
            'read what is whole with --recover'
        )
        for file in self._files:
            if not file.output.closed:
                file.output.close()
        return ReplayError(self.failure)

    def _metadata(self) -> dict[str, object]:
        used = [file for file in self._files if file.count] or self._files
        start = min(file.start for file in used)
        topics = [
            {
                'topic_metadata': {
                    'name': name,
                    'type': known.type,
                    'serialization_format': 'cdr',
                    'offered_qos_profiles': offered(known.qos),
                    'type_description_hash': known.hash,
                },
                'message_count': self.counts[name],
            }
            for name, known in self._topics.items()
        ]
        content = {
            'version': VERSION,
            'storage_identifier': 'mcap',
            'duration': {'nanoseconds': max(file.end for file in used) - start},
            'starting_time': {'nanoseconds_since_epoch': start},
            'message_count': sum(self.counts.values()),
            'topics_with_message_count': topics,
            'compression_format': '',
            'compression_mode': '',
            'relative_file_paths': [file.path.name for file in self._files],
            'files': [file.description for file in self._files],
            'custom_data': dict(self._configuration),
            'ros_distro': 'jazzy',
        }
        return {ROOT: content}


class _Whole:
    """A file without a buffer, so that a process that is killed loses nothing it wrote.

    The MCAP library writes whole chunks.
    """

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self.tell, self.close = file.tell, file.close

    @property
    def closed(self) -> bool:
        return self._file.closed

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        return len(data)
