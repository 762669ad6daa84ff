"""Slips of the pen: two letters changed round, one left out or one too many, in known words.

Other mistakes are left alone: one letter for another makes 'wall' of 'ball', which is a thing of
its own, and so does what is missing at the beginning of a word.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable

SHORTEST = 3
NO_SLIPS = frozenset(('sack', 'pace', 'tale', 'pate', 'cate', 'lack', 'bind', 'brow', 'pine'))
LONG = 7  # letters from which on one letter may also stand for another


class Spelling:
    """Finds the one known word that a misspelt one stands for."""

    def __init__(self, known: Iterable[str]) -> None:
        """Take the words that may be meant; all others stay as they are."""
        self._by_slip: dict[str, set[str]] = {}
        self._by_gap: dict[str, set[str]] = {}
        for word in known:
            for slip in _slips(word):
                self._by_slip.setdefault(slip, set()).add(word)
            if len(word) >= LONG:
                for gap in _gaps(word):
                    self._by_gap.setdefault(gap, set()).add(word)

    def corrected(self, word: str) -> str:
        """Give the word that is meant, or the same word where that is not certain."""
        if len(word) < SHORTEST or not word.isalpha() or word in NO_SLIPS:
            return word
        found = set(self._by_slip.get(word, ()))
        if len(word) >= LONG:
            found |= {known for gap in _gaps(word) for known in self._by_gap.get(gap, ())}
        return found.pop() if len(found) == 1 else word


def _slips(word: str) -> set[str]:
    """Give the misspellings of a word that are taken for it."""
    if len(word) < SHORTEST:
        return set()
    inner = range(1, len(word) - 1)
    swapped = {word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(len(word) - 1)}
    if len(word) == SHORTEST:
        swapped = {slip for slip in swapped if slip[0] == word[0]}
    missing = {word[:n] + word[n + 1 :] for n in (*inner, len(word) - 1)}
    missing = missing if len(word) > SHORTEST + 1 else set()
    doubled = {word[: n + 1] + word[n] + word[n + 1 :] for n in range(len(word))}
    return (swapped | missing | doubled) - {word}


def _gaps(word: str) -> set[str]:
    """Give a word with each inner letter blotted out."""
    return {f'{word[:n]}?{word[n + 1 :]}' for n in range(1, len(word) - 1)}
