"""Holds a generation to a JSON schema, token by token, and ends it in time.

torch and llguidance come in as values: `planning/qwen.py` imports them.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ModelCancelledError, ModelError

# From here on only what ends the reply is allowed: the longest step, byte by byte, and the end.
CLOSING_TOKENS = 320
CLOSING_BYTES = 12 * 1024
# As json.dumps writes: what models have seen most, and no room for endless blanks.
FORM = {'whitespace_flexible': False, 'item_separator': ', ', 'key_separator': ': '}
RESOLUTION = 0.001
LONGEST = 256
PLAIN = '[^"\\\\\\x00-\\x1F\\x7F]'


def narrowed(schema: Any) -> Any:
    """Give a schema whose texts are a bounded part of those of the given one.

    Numbers get at most three decimals, because a number without an end would use up the reply;
    free strings get no escapes, because half a surrogate pair is valid JSON and no valid text.
    Every text of the result fits the given schema.
    """
    if isinstance(schema, list):
        return [narrowed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: narrowed(value) for name, value in schema.items()}
    kind = schema.get('type')
    if kind == 'number':
        return {**kept, 'multipleOf': RESOLUTION}
    if kind == 'string' and 'enum' not in schema and 'pattern' not in schema:
        least, most = kept.pop('minLength', 0), kept.pop('maxLength', LONGEST)
        # The length inside the pattern: llguidance then has its masks ready, 20 times as fast.
        return {**kept, 'pattern': f'^{PLAIN}{{{least},{most}}}$'}
    return kept


class Watch:
    """Called once per token: notes the first, and ends a generation that must end."""

    def __init__(self, cancelled: threading.Event, limit: float) -> None:
        """Take the flag of a cancellation, and the longest time in s."""
        self.begun = time.monotonic()
        self.first_token: float | None = None
        self._cancelled, self._limit = cancelled, limit

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Give the scores as they are; raises ModelError when time is up."""
        elapsed = time.monotonic() - self.begun
        self.first_token = elapsed if self.first_token is None else self.first_token
        if self._cancelled.is_set():
            raise ModelCancelledError('the generation was cancelled')
        if elapsed > self._limit:
            raise ModelError(f'the generation took longer than {self._limit:g} s')
        return scores


class Vocabulary:
    """The model's tokens as llguidance knows them, with what each begins with."""

    def __init__(self, build: Callable[..., Any], tokenizer: Any, ends: list[int]) -> None:
        """Take llguidance's tokenizer class, the model's fast tokenizer and what ends a reply."""
        backend = tokenizer.backend_tokenizer
        self.tokenizer = build(backend.to_str(), eos_token=ends)
        count = int(self.tokenizer.vocab_size)
        texts = [self.tokenizer.decode_bytes([token]) for token in range(count)]
        self.sizes = np.array([len(text) for text in texts])
        ending = np.isin(np.arange(count), self.tokenizer.eos_tokens)
        # What ends a reply soonest, in this order, each alone: `}, {` would begin another step.
        alone = [np.array([text == mark for text in texts]) for mark in (b'"', b']', b'}', b',')]
        self.closers = (ending, *alone)


class Constraint:
    """Allows only tokens that go on to a text of the grammar, and ends it before the limit."""

    def __init__(self, torch: Any, matcher: Any, vocabulary: Vocabulary, limit: int) -> None:
        """Take the torch module, a fresh matcher and the longest reply in tokens."""
        self._torch, self._matcher, self._vocabulary = torch, matcher, vocabulary
        self._closing_at = max(1, limit - CLOSING_TOKENS)
        self._tokens = self._bytes = 0
        self._begun = False

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Give scores (1, V) in which every token that is not allowed has -inf."""
        if self._begun:
            self._take(int(input_ids[0, -1]))
        self._begun = True
        allowed = np.zeros(int(scores.shape[-1]), dtype=bool)
        mask = self._allowed()[: len(allowed)]
        allowed[: len(mask)] = mask
        lowest = self._torch.finfo(scores.dtype).min
        kept = self._torch.from_numpy(allowed).to(scores.device)
        finite = scores.nan_to_num(nan=lowest, neginf=lowest)
        return finite.masked_fill(~kept, float('-inf'))

    def _take(self, token: int) -> None:
        self._tokens += 1
        self._bytes += int(self._vocabulary.sizes[token])
        if not self._matcher.consume_token(token):
            raise ModelError(f'the constraint was broken: {self._matcher.get_error()}')

    def _allowed(self) -> NDArray[np.bool_]:
        packed = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        allowed = np.unpackbits(packed, bitorder='little').astype(bool)
        allowed = allowed[: len(self._vocabulary.sizes)]
        if self._tokens < self._closing_at and self._bytes < CLOSING_BYTES:
            return allowed
        choices = (allowed & closer for closer in self._vocabulary.closers)
        return next((choice for choice in choices if choice.any()), allowed)
