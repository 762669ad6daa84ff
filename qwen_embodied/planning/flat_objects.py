"""Finds the JSON objects in a model's reply, whatever stands around them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def answer_part(reply: str) -> str:
    """Give what follows the model's thinking.

    Raises:
        ValueError: The thinking began and never ended.
    """
    _, closed, rest = reply.rpartition('</think>')
    if not closed and reply.lstrip().startswith('<think>'):
        raise ValueError('it was cut off while thinking')
    return rest if closed else reply


def flat_objects(text: str) -> list[dict[str, Any]]:
    """Read every innermost object of a text, in order.

    Objects that are no JSON are skipped when others can be read: they are the end of a reply
    that was cut off, or braces in prose.

    Raises:
        ValueError: A key occurs twice with different values, or nothing can be read though there
            are braces.
    """
    found, faults = [], []
    for span in _spans(text):
        try:
            found.append(json.loads(span, object_pairs_hook=_unique, parse_constant=_refuse))
        except _DoubledError:
            raise
        except (ValueError, RecursionError) as error:
            faults.append(str(error))
    if not found and faults:
        raise ValueError(f'its JSON cannot be read: {faults[0][:120]}')
    return found


def _spans(text: str) -> Iterator[str]:
    """Cut out what lies between a brace and the brace that closes it, without one inside."""
    start: int | None = None
    in_string = escaped = False
    for at, character in enumerate(text):
        if start is None:
            start = at if character == '{' else None
            in_string = escaped = False
        elif in_string and character != '\n':
            in_string = escaped or character != '"'
            escaped = character == '\\' and not escaped
        elif character == '{':
            start, in_string = at, False
        elif character == '}':
            yield text[start : at + 1]
            start = None
        else:
            in_string = character == '"'
    if start is not None and ']' in text[start:]:
        # Cut off: what was listed to its end still counts.
        yield f'{text[start : text.rindex("]") + 1]}}}'


class _DoubledError(ValueError):
    """A key that occurs twice with different values."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content and content[name] != value:
            raise _DoubledError(f'the key {name!r} occurs twice with different values')
        content[name] = value
    return content


def _refuse(name: str) -> None:
    raise ValueError(f'{name} is no finite number')
