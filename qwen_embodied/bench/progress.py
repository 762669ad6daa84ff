"""How far a bench is, on the error stream."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar('T')

LINES = 20  # of one measurement


def shown(items: Sequence[T], words: str) -> Iterator[T]:
    """Go through items and say at times which one is under way, and of how many."""
    every = max(len(items) // LINES, 1)
    for number, item in enumerate(items):
        if number % every == 0:
            sys.stderr.write(f'{words} {number + 1} of {len(items)}\n')
            sys.stderr.flush()
        yield item
