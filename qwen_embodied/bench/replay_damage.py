"""Damaged recordings: each must be read as it was, refused, or read with a stated doubt."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import shutil
import struct
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from qwen_embodied.bench.replay_bags import as_sqlite, small_bag
from qwen_embodied.errors import ReplayError
from qwen_embodied.replay import TopicMap, find_topics, read_bag
from qwen_embodied.replay.inputs import Inputs

Bytes = bytearray
Damage = Callable[[Bytes, np.random.Generator], Bytes]
BOMB = 3 * 2**30  # bytes that a crafted chunk says it becomes


@dataclass
class Tally:
    """What became of damaged recordings.

    Attributes:
        outcomes: 'same', 'refused', 'stated', 'silently wrong' or 'untyped error', with counts.
        examples: Of the bad ones: which damage, and what happened.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many recordings were read."""
        return sum(self.outcomes.values())

    def note(self, outcome: str, what: str) -> None:
        """Count an outcome and keep the bad ones."""
        self.outcomes[outcome] += 1
        if outcome in ('silently wrong', 'untyped error'):
            self.examples.append(what)


def flip_bit(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Flip one bit."""
    data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
    return data


def change_bytes(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Overwrite up to 64 bytes with noise."""
    at, count = int(rng.integers(len(data))), int(rng.integers(1, 65))
    noise = rng.integers(0, 256, count, dtype=np.uint8).tobytes()
    data[at : at + count] = noise[: len(data) - at]
    return data


def blank(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Overwrite a stretch with 0x00 or 0xFF, as a broken disk does."""
    start, end = sorted(int(place) for place in rng.integers(0, len(data), 2))
    data[start:end] = bytes([255 * int(rng.integers(2))]) * (end - start)
    return data


def truncate(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Cut the file off."""
    return data[: int(rng.integers(len(data)))]


def lie_about_size(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Write a wrong 64-bit or 32-bit number somewhere, often a large one."""
    form = '<Q' if rng.integers(2) else '<I'
    bits = struct.calcsize(form) * 8
    value = int(rng.integers(0, 2**62)) % 2**bits if rng.integers(2) else 2**bits - 1
    at = int(rng.integers(max(1, len(data) - 8)))
    struct.pack_into(form, data, at, value)
    return data


def lie_in_record(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Change the length of a whole record, or the sizes that a chunk says it has."""
    starts = [at for at, _ in _records(data)]
    if not starts:
        return lie_about_size(data, rng)
    at = starts[int(rng.integers(len(starts)))]
    place = at + 1 if data[at] != 6 or rng.integers(2) else at + 9 + 16
    value = BOMB if rng.integers(2) else int(rng.integers(0, 2**20))
    struct.pack_into('<Q', data, place, value)
    return data


def drop_record(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Take a whole record out, or put it there twice."""
    spans = list(_records(data))
    if not spans:
        return truncate(data, rng)
    start, end = spans[int(rng.integers(len(spans)))]
    again = data[start:end] if rng.integers(2) else Bytes()
    return data[:start] + again * 2 + data[end:]


def wrong_magic(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Change the first or the last bytes."""
    at = int(rng.integers(8)) + (0 if rng.integers(2) else max(0, len(data) - 8))
    data[at] ^= 1 + int(rng.integers(255))
    return data


def bomb(data: Bytes, rng: np.random.Generator) -> Bytes:
    """Put in a chunk of a few kilobytes that becomes hundreds of megabytes."""
    import zstandard

    size = int(rng.integers(70, 400)) * 2**20
    packed = zstandard.ZstdCompressor().compress(bytes(2**20)) * (size // 2**20)
    said = size if rng.integers(2) else 1000
    body = struct.pack('<QQQI', 1, 2, said, 0) + struct.pack('<I', 4) + b'zstd'
    body += struct.pack('<Q', len(packed)) + packed
    spans = list(_records(data))
    at = spans[1][0] if len(spans) > 1 else len(data)
    return data[:at] + Bytes(b'\x06' + struct.pack('<Q', len(body)) + body) + data[at:]


DAMAGES: tuple[Damage, ...] = (
    flip_bit, flip_bit, change_bytes, blank, truncate, lie_about_size, lie_in_record, drop_record,
    wrong_magic,
)  # fmt: skip


def _records(data: Bytes) -> Iterator[tuple[int, int]]:
    """Give the places of the records of an MCAP file."""
    at = 8
    while at + 9 <= len(data) - 8 and data[:4] == b'\x89MCA':
        end = at + 9 + struct.unpack_from('<Q', data, at + 1)[0]
        if end > len(data):
            return
        yield at, end
        at = end


def damaged_bags(count: int, folder: Path, seed: int = 0) -> Tally:
    """Damage recordings and read each: as MCAP, recovered, as SQLite, and by its metadata.

    Args:
        count: How many recordings.
        folder: For the recordings.
        seed: Of the damage.
    """
    rng = np.random.default_rng(seed)
    whole = small_bag(folder / 'whole')
    mcap = next(whole.glob('*.mcap')).read_bytes()
    sqlite = as_sqlite(whole, folder / 'whole.db3').read_bytes()
    metadata = (whole / 'metadata.yaml').read_bytes()
    messages = fingerprints(whole, recover=False)
    tally, target = Tally(), folder / 'damaged'
    for number in range(count):
        damage = DAMAGES[number % len(DAMAGES)] if number % 100 else bomb
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        kind = ('mcap', 'mcap', 'recovered', 'db3', 'metadata')[int(rng.integers(5))]
        path = _write(target, kind, (mcap, sqlite, metadata), partial(_damaged, damage, rng))
        what = f'{number}: {getattr(damage, "__name__", "?")} of {kind}'
        tally.note(*judged(path, messages, recover=kind == 'recovered', what=what))
    return tally


def _damaged(damage: Damage, rng: np.random.Generator, data: Bytes) -> Bytes:
    return damage(data, rng)


def _write(
    folder: Path, kind: str, sources: tuple[bytes, bytes, bytes], damage: Callable[[Bytes], Bytes]
) -> Path:
    mcap, sqlite, metadata = sources
    if kind == 'db3':
        (folder / 'damaged.db3').write_bytes(damage(Bytes(sqlite)))
        return folder / 'damaged.db3'
    if kind == 'metadata':
        (folder / 'whole_0.mcap').write_bytes(mcap)
        (folder / 'metadata.yaml').write_bytes(damage(Bytes(metadata)))
        return folder
    (folder / 'damaged.mcap').write_bytes(damage(Bytes(mcap)))
    return folder / 'damaged.mcap'


def fingerprints(path: Path, *, recover: bool) -> list[str]:
    """Give the hash of every message of a recording, in order, after decoding the inputs."""
    bag = read_bag(path, recover=recover)
    found = [
        hashlib.sha256(f'{r.topic.name} {r.topic.type} {r.stamp} '.encode() + r.data).hexdigest()
        for r in bag.messages()
    ]
    with suppress(StopIteration):
        for _ in Inputs(bag, find_topics(bag, TopicMap()), 0.02):
            pass
    return found


def judged(path: Path, messages: list[str], *, recover: bool, what: str) -> tuple[str, str]:
    """Read a damaged recording and say what became of it."""
    with ThreadPoolExecutor(1) as reader:  # its futures hold any exception, whatever its kind
        reading = reader.submit(_read, path, recover)
    error = reading.exception()
    if isinstance(error, ReplayError):
        return 'refused', what
    if error is not None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return 'untyped error', f'{what}: {error!r} in {last.name}'
    found, notes = reading.result()
    if found == messages:
        return 'same', what
    is_prefix = recover and found == messages[: len(found)]
    is_stated = bool(notes) and (is_prefix or path.suffix == '.db3')
    return ('stated' if is_stated else 'silently wrong'), f'{what}: {len(found)} messages'


def _read(path: Path, recover: bool) -> tuple[list[str], tuple[str, ...]]:
    return fingerprints(path, recover=recover), read_bag(path, recover=recover).notes
