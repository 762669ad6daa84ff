"""Messages from their serialised form (CDR), without ROS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
from typing import Any

from rosbags.serde import SerdeError
from rosbags.typesys import (
    Stores,
    TypesysError,
    get_types_from_idl,
    get_types_from_msg,
    get_typestore,
)

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.records import Record, Topic

BROKEN = (
    SerdeError, TypesysError, struct.error, ValueError, IndexError, KeyError, TypeError,
    AssertionError, AttributeError, OverflowError, MemoryError, RecursionError,
)  # fmt: skip
DISTRIBUTION = Stores.ROS2_JAZZY


class Decoder:
    """Decodes the standard messages, when a recording defines them as this package knows them."""

    def __init__(self) -> None:
        """Load the definitions."""
        self._store = get_typestore(DISTRIBUTION)
        self._checked: set[Topic] = set()

    def __call__(self, record: Record) -> Any:
        """Decode a message.

        Raises:
            ReplayError: Its type is not known, is defined otherwise, or the bytes are broken.
        """
        topic = record.topic
        if topic not in self._checked:
            self._check(topic)
            self._checked.add(topic)
        try:
            return self._store.deserialize_cdr(record.data, topic.type)
        except BROKEN as error:
            reason = str(error) or type(error).__name__
            raise ReplayError(
                f'a message of {topic.name} at {record.stamp} ns is no {topic.type}: {reason}'
            ) from error

    def _check(self, topic: Topic) -> None:
        known = self._store.fielddefs.get(topic.type)
        if known is None or topic.serialization != 'cdr':
            raise ReplayError(
                f'{topic.name} has the type {topic.type} in {topic.serialization}, which is not '
                'read; map another topic, or convert it'
            )
        if topic.definition and self._defined(topic) != known[1]:
            raise ReplayError(
                f'{topic.name}: the recording defines {topic.type} otherwise than '
                f'{DISTRIBUTION.value}; was it recorded by a changed message package?'
            )

    def _defined(self, topic: Topic) -> Any:
        """Give the fields of a type as the recording defines it."""
        try:
            if topic.definition_form == 'ros2msg':
                types = get_types_from_msg(topic.definition, topic.type)
            else:
                types = get_types_from_idl(topic.definition)
            return types[topic.type][1]
        except BROKEN as error:
            raise ReplayError(f'{topic.name}: its definition of {topic.type} is broken: '
                              f'{error}') from error  # fmt: skip
