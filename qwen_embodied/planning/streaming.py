"""The answer of an OpenAI-compatible server, read event by event and believed in nothing."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from qwen_embodied.errors import ModelError

TEXT_BYTES = 64 * 1024


@dataclass
class Answer:
    """What has come so far.

    Attributes:
        begun: When the call began, s of the monotonic clock.
        pieces: Of the reply's text.
        id: Of the completion, as the server names it.
        model: Who answers, as the server names it.
        usage: Counts of tokens, where given.
        finish: Why the reply ended; None while it goes on.
        first_token: From the call to the first piece, s.
    """

    begun: float
    pieces: list[str] = field(default_factory=list)
    id: str = ''
    model: str = ''
    usage: dict[str, Any] = field(default_factory=dict)
    finish: str | None = None
    first_token: float | None = None
    size: int = 0

    @property
    def text(self) -> str:
        """The whole reply."""
        return ''.join(self.pieces)

    def count(self, name: str) -> int | None:
        """Give a count of tokens where the server gave one."""
        value = self.usage.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def take(self, event: object) -> bool:
        """Take one event; True when it brought the first piece of the reply.

        Raises:
            ModelError: It is no event of a chat completion, or the reply is too long.
        """
        content = _mapping(event, 'an event')
        if content.get('error'):
            raise ModelError(f'it reports an error: {str(content["error"])[:200]}')
        self._identify(content)
        usage = content.get('usage')
        self.usage = usage if isinstance(usage, dict) else self.usage
        choices = content.get('choices') or []
        if not isinstance(choices, list):
            raise ModelError('its choices are no list')
        before = self.first_token
        for choice in choices[:1]:
            self._choose(_mapping(choice, 'a choice'))
        return before is None and self.first_token is not None

    def _identify(self, content: dict[str, Any]) -> None:
        given = content.get('id')
        if isinstance(given, str) and given:
            if self.id and given != self.id:
                raise ModelError('its events belong to different completions')
            self.id = given
        model = content.get('model')
        self.model = model[:200] if isinstance(model, str) and model else self.model

    def _choose(self, choice: dict[str, Any]) -> None:
        delta = _mapping(choice.get('delta') or choice.get('message') or {}, 'a delta')
        piece = delta.get('content')
        if isinstance(piece, str) and piece:
            if self.first_token is None:
                self.first_token = time.monotonic() - self.begun
            self.pieces.append(piece)
            self.size += len(piece.encode('utf-8', 'surrogatepass'))
        if self.size > TEXT_BYTES:
            raise ModelError(f'its reply is longer than {TEXT_BYTES} bytes')
        reason = choice.get('finish_reason')
        self.finish = reason if isinstance(reason, str) else self.finish


def events(lines: Iterable[str]) -> Iterable[object]:
    """Read server-sent events up to [DONE]; raises ModelError for what is no JSON."""
    for line in lines:
        if not line.startswith('data:'):
            continue
        data = line[5:].strip()
        if data == '[DONE]':
            return
        yield parsed(data)


def parsed(text: str) -> object:
    """Read JSON; raises ModelError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f'it sent what is no JSON: {text[:80]!r}') from error


def _mapping(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelError(f'{what} is no JSON object')
    return value
