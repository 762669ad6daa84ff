"""How large a message may be that a node reads: what is larger is dropped before it is looked at.

Types of a fixed size need no bound; a type that is not named here cannot be heard.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from qwen_embodied.errors import ContractError

MOST_JOINTS = 128
MOST_ID = 512  # characters of the id of a trajectory, which every status repeats
MOST_IMAGE = 64 * 2**20  # bytes: 16.8 million pixels of 32 bits
MOST_FILE = 20_000_000  # bytes of a compressed image
MOST_VALUES = 256  # of a diagnostic status
MOST_STATUSES = 256
MOST_TEXT = 16 * 1024  # characters, of texts that nothing else is said of
MOST_REASONS = 256 * 1024  # characters in one status
LONG_TEXTS = {
    'perception/scene': 4_000_000,
    'task/events': 4_000_000,
    'robot_description': 4_000_000,
    'plan/proposed': 64 * 1024,
}

Sizes = Iterable[tuple[str, int, int]]  # name, size, largest


def _text(message: Any, topic: str) -> Sizes:
    yield 'characters', len(message.data), LONG_TEXTS.get(topic, MOST_TEXT)


def _joints(message: Any, topic: str) -> Sizes:
    for name in ('name', 'position', 'velocity', 'effort'):
        yield f'of {name}', len(getattr(message, name)), MOST_JOINTS


def _trajectory(message: Any, topic: str) -> Sizes:
    # Of points and joints the rules say more, and give an answer (C2).
    yield 'characters of its id', len(message.header.frame_id), MOST_ID


def _status(message: Any, topic: str) -> Sizes:
    yield 'values', len(message.values), MOST_VALUES
    if len(message.values) <= MOST_VALUES:
        texts = sum(len(pair.key) + len(pair.value) for pair in message.values)
        yield 'characters', texts + len(message.message), MOST_REASONS


def _statuses(message: Any, topic: str) -> Sizes:
    yield 'statuses', len(message.status), MOST_STATUSES
    for status in message.status[:MOST_STATUSES]:
        yield from _status(status, topic)


def _image(message: Any, topic: str) -> Sizes:
    yield 'bytes', len(message.data), MOST_IMAGE


def _file(message: Any, topic: str) -> Sizes:
    yield 'bytes', len(message.data), MOST_FILE


def _lens(message: Any, topic: str) -> Sizes:
    yield 'coefficients', len(message.d), MOST_JOINTS


def _fixed(message: Any, topic: str) -> Sizes:
    return ()


SIZES: dict[str, Callable[[Any, str], Sizes]] = {
    'String': _text,
    'JointState': _joints,
    'JointTrajectory': _trajectory,
    'DiagnosticStatus': _status,
    'DiagnosticArray': _statuses,
    'Image': _image,
    'CompressedImage': _file,
    'CameraInfo': _lens,
    'PoseStamped': _fixed,
    'Bool': _fixed,
    'Float64': _fixed,
    'Clock': _fixed,
}


def check_size(message: object, topic: str) -> None:
    """Refuse a message that is too large; raises ContractError with what is too much."""
    kind = type(message).__name__
    if kind not in SIZES:
        raise ContractError(topic, kind, 'of a type that nodes/bounds.py knows')
    for name, size, largest in SIZES[kind](message, topic):
        if size > largest:
            raise ContractError(topic, f'{size} {name}', f'at most {largest}')
