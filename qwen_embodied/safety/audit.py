"""The audit: one JSON line per decision, each with the hash of the one before (E6)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from qwen_embodied.errors import ConfigurationError

NOTHING = '0' * 64  # hash before the first line
LARGEST = 4 * 1024 * 1024  # bytes of a file before the next one is begun
FILES = 5  # kept beside the newest
# What a kind of decision means; its message follows.
SENTENCES = {
    'start': 'The supervisor started',
    'rejected': 'A trajectory was rejected',
    'state': 'The state became {state}',
    'arm': 'The permission to move was given',
    'reset': 'A stop or a fault was reset',
    'disabled': 'Rules are switched off',
    'speed': 'The pace was changed',
}
TAIL = 64 * 1024  # bytes read to find the last line


class AuditTrail:
    """Makes lines of decisions, each bound to the one before."""

    def __init__(self, last: str = NOTHING, number: int = 0) -> None:
        """Go on after a line with a hash and a number."""
        self.last, self.number = last, number

    def line(self, values: Mapping[str, Any]) -> str:
        """Give the next line; the trail goes on only with `accept`."""
        content = {'n': self.number + 1, **values, 'before': self.last}
        return json.dumps({**content, 'hash': _hash(content)}, ensure_ascii=True)

    def accept(self, line: str) -> None:
        """Take a line as written."""
        content = json.loads(line)
        self.last, self.number = content['hash'], content['n']


class AuditFile:
    """A trail in files of bounded size. Nothing here is on the way of a stop: call it afterwards.

    Args:
        path: Of the newest file; older ones have a number before the suffix, 1 the youngest.
        largest: Bytes of one file.
    """

    def __init__(self, path: str | Path, largest: int = LARGEST) -> None:
        self._path, self._largest = Path(path).expanduser(), largest
        self._lost = 0
        self._trail: AuditTrail | None = None

    def append(self, values: Mapping[str, Any]) -> str:
        """Write one decision; gives what went wrong, empty when nothing did.

        What could not be written is counted in the next line that can.
        """
        if self._lost:
            values = {**values, 'lost': self._lost}
        try:
            self._append(values)
        except OSError as error:
            self._lost += 1
            return f'{self._path}: {error.strerror}; {self._lost} decisions are not written'
        self._lost = 0
        return ''

    def _append(self, values: Mapping[str, Any]) -> None:
        if self._trail is None:
            self._trail = self._resumed()
        self._rotate()
        line = self._trail.line(values)
        data = line.encode() + b'\n'
        # Without a buffer, whose rest would still be written when the file is closed.
        with open(self._path, 'ab', buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            written = file.write(data)
            if written != len(data):
                file.truncate(size)  # half a line would break the chain
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._trail.accept(line)

    def _resumed(self) -> AuditTrail:
        """Go on after the last whole line; half a line after it is cut off."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            return AuditTrail()
        with open(self._path, 'r+b') as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - TAIL, 0))
            tail = file.read()
            whole = tail.rfind(b'\n') + 1
            file.truncate(size - len(tail) + whole)
        lines = tail[:whole].splitlines() or [b'']
        content = _read(lines[-1].decode(errors='replace'))
        return AuditTrail() if content is None else AuditTrail(content['hash'], content['n'])

    def _rotate(self) -> None:
        if not self._path.exists() or self._path.stat().st_size < self._largest:
            return
        names = [self._path, *(self._older(at) for at in range(1, FILES + 1))]
        for young, old in reversed(list(itertools.pairwise(names))):
            if young.exists():
                os.replace(young, old)

    def _older(self, number: int) -> Path:
        return self._path.with_suffix(f'.{number}{self._path.suffix}')


def verify_chain(lines: Iterable[str]) -> list[str]:
    """Check that no line was changed, taken out or added; gives what is wrong, line by line.

    The first line may follow one of an older file.
    """
    faults: list[str] = []
    before: str | None = None
    number: int | None = None
    for row, line in enumerate(lines, start=1):
        content = _read(line)
        if content is None:
            faults.append(f'line {row} is no decision')
            continue
        said = content.pop('hash')
        if said != _hash(content):
            faults.append(f'line {row} was changed: its hash is another')
        if before is not None and content['before'] != before:
            faults.append(f'line {row} does not follow line {row - 1}')
        elif number is not None and content['n'] != number + 1:
            faults.append(f'line {row} has number {content["n"]}, expected {number + 1}')
        before, number = said, content['n']
    return faults


def explain(line: str) -> list[str]:
    """Give one decision as lines for a person.

    Raises:
        ConfigurationError: The line is no decision.
    """
    content = _read(line)
    if content is None:
        raise ConfigurationError(f'{line[:60]!r} is no decision')
    from qwen_embodied.safety.rules import RULES

    text = [f'decision {content["n"]} at {content.get("date", content.get("time", "?"))}']
    rule = RULES.get(str(content.get('rule')))
    if rule is not None:
        text += [f'rule {rule.id}: {rule.text}', f'why: {rule.why}']
    text.append(_sentence(str(content.get('kind', '')), content))
    shown = ('value', 'limit', 'state', 'trajectory_id', 'operator', 'configuration', 'lost')
    return text + [f'{name}: {content[name]}' for name in shown if name in content]


def _sentence(kind: str, content: Mapping[str, Any]) -> str:
    """Say what was decided, with its message."""
    message = str(content.get('message', ''))
    if kind == 'approved':
        return f'A trajectory of {message} was approved.'
    request, refused, _ = kind.partition(' refused')
    if refused and not request.startswith('plan'):
        said = f'A request to {request} was refused'
    elif kind.startswith('plan '):
        said = f'A plan was {kind.removeprefix("plan ")}'
    else:
        said = SENTENCES.get(kind, f'Something was decided ({kind or "of no kind"})')
    said = said.replace('{state}', str(content.get('state', 'another')))
    return f'{said}: {message}' if message else f'{said}.'


def _read(line: str) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(content, dict) and {'n', 'before', 'hash'} <= content.keys()
    return content if is_one and isinstance(content['n'], int) else None


def _hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
