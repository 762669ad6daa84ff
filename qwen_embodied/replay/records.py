"""What a recording holds: topics, and messages as they were serialised."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Topic:
    """A topic of a recording.

    Attributes:
        name: With its leading slash.
        type: Such as 'sensor_msgs/msg/Image'.
        definition: Text of the message definition; empty where the recording has none.
        definition_form: 'ros2msg' or 'ros2idl'.
        serialization: 'cdr' is the only one that is decoded.
    """

    name: str
    type: str
    definition: str = field(default='', repr=False)
    definition_form: str = 'ros2msg'
    serialization: str = 'cdr'


class Record(NamedTuple):
    """One message: its topic, when it was recorded (ns) and its bytes."""

    topic: Topic
    stamp: int
    data: bytes | memoryview


class Storage(Protocol):
    """One file of a recording, already checked."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """All topics of the file."""

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last time of recording, ns; None without messages."""

    @property
    def message_count(self) -> int:
        """How many messages the file holds: as it says, else as counted."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: what could not be checked, what is missing."""

    @property
    def configuration(self) -> dict[str, str]:
        """What the recorder wrote about the system it recorded."""

    def messages(self, names: Collection[str]) -> Iterator[Record]:
        """Give the messages of some topics in the order in which they were recorded."""
