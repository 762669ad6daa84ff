"""A latched stop and the file that keeps it across restarts (E3)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from qwen_embodied.safety.states import LATCHED

SIZE = 4096  # bytes; a file of one size can be written over even where the disk is full
NONCE_BYTES = 8


@dataclass(frozen=True)
class Latch:
    """Why the arm may not move until a person resets it.

    Attributes:
        state: One of LATCHED.
        reasons: For a person, the rule's id first.
        nonce: To be given to reset it.
    """

    state: str
    reasons: tuple[str, ...]
    nonce: str


def new_nonce() -> str:
    """Give a word that nobody can have known before."""
    return secrets.token_hex(NONCE_BYTES)


class LatchFile:
    """Keeps the latch in a file. Nothing here is on the way of a stop: call it afterwards."""

    def __init__(self, path: str | Path) -> None:
        """Name the file; its folder is made when it is written."""
        self._path = Path(path).expanduser()

    def read(self) -> Latch | None:
        """Give the latch; one that cannot be read is a fault, none was kept when there is none."""
        try:
            text = self._path.read_bytes().rstrip(b'\x00 \n').decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            return self._unreadable(str(error))
        try:
            content = json.loads(text)
            if content is None:
                return None
            latch = Latch(content['state'], tuple(map(str, content['reasons'])), content['nonce'])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return self._unreadable(f'{type(error).__name__} {error}')
        is_whole = latch.state in LATCHED and isinstance(latch.nonce, str) and latch.nonce
        return latch if is_whole else self._unreadable('it holds no latch')

    def write(self, latch: Latch | None) -> str:
        """Keep a latch, or that there is none; gives what went wrong, empty when nothing did."""
        content = None if latch is None else asdict(latch)
        data = json.dumps(content).encode().ljust(SIZE)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._replace(data)
        except OSError as error:
            return self._write_over(data, error)
        return ''

    def _replace(self, data: bytes) -> None:
        """Write beside the file and move it into its place, so that it is never half there."""
        beside = self._path.with_suffix('.new')
        with open(beside, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write_over(self, data: bytes, first: OSError) -> str:
        """Write into the file that is there: a full disk still lets that happen."""
        try:
            with open(self._path, 'r+b') as file:
                file.write(data)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return f'{self._path}: {first.strerror}; a restart forgets the latch'
        return ''

    def _unreadable(self, why: str) -> Latch:
        reason = f'E3 {self._path} cannot be read ({why}); look at the arm, then reset'
        return Latch('FAULT_LATCHED', (reason,), new_nonce())
