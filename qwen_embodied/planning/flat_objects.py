"""Finds the objects in a model's reply, whatever stands around them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_THOUGHT = '(?:think|thinking|thought|thoughts|reasoning|analysis|scratchpad)'
_THINKS = re.compile(rf'\s*<{_THOUGHT}>')
_THOUGHT_ENDS = re.compile(rf'</{_THOUGHT}>|<\|channel\|>final<\|message\|>')
_DEPTH = 4  # objects within one another that are read
_LAST_COMMA = re.compile(r',(\s*[}\]])')
_HALF_WIDTH = str.maketrans('｛｝［］（），：“”＂、', '{}[](),:""",')


def answer_part(reply: str) -> str:
    """Give what follows the model's thinking.

    Raises:
        ValueError: The thinking began and never ended.
    """
    ends = [match.end() for match in _THOUGHT_ENDS.finditer(reply)]
    if not ends and _THINKS.match(reply):
        raise ValueError('it was cut off while thinking')
    return reply[ends[-1] :] if ends else reply


def half_width(text: str) -> str:
    """Give a text with the brackets, commas, colons and quotes of Chinese print as ASCII ones."""
    return text.translate(_HALF_WIDTH)


def flat_objects(text: str) -> list[dict[str, Any]]:
    """Read every object of a text, the inner before the outer, else in order.

    Single quotes and commas before a bracket, as Python writes them, are read too. Objects that
    are no JSON are skipped when others can be read: they are the end of a reply that was cut
    off, or braces in prose.

    Raises:
        ValueError: A key occurs twice with different values, or nothing can be read though there
            are braces.
    """
    found, faults = [], []
    for span in _spans(text):
        try:
            found.append(_object(span))
        except _DoubledError:
            raise
        except (ValueError, RecursionError) as error:
            faults.append(str(error))
    if not found and faults:
        raise ValueError(f'its JSON cannot be read: {faults[0][:120]}')
    return found


def _object(span: str) -> dict[str, Any]:
    """Read one object, as JSON or as Python writes it."""
    try:
        return _loaded(span)
    except json.JSONDecodeError:
        quoted = span if '"' in span else span.replace("'", '"')
        mended = _LAST_COMMA.sub(r'\1', quoted)
        if mended == span:
            raise
        return _loaded(mended)


def _loaded(span: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(span, object_pairs_hook=_unique, parse_constant=_refuse)
    return content


def _spans(text: str) -> Iterator[str]:
    """Cut out what lies between each brace and the brace that closes it."""
    starts: list[int] = []
    in_string = escaped = False
    for at, character in enumerate(text):
        if in_string and character != '\n':
            in_string = escaped or character != '"'
            escaped = character == '\\' and not escaped
        elif character == '{':
            starts, in_string = [*starts[1 - _DEPTH :], at], False
        elif character == '}' and starts:
            yield text[starts.pop() : at + 1]
        else:
            in_string = bool(starts) and character == '"'
            escaped = False
    if starts and ']' in text[starts[-1] :]:
        # Cut off: what was listed to its end still counts.
        yield f'{text[starts[-1] : text.rindex("]") + 1]}}}'


class _DoubledError(ValueError):
    """A key that occurs twice with different values."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        is_nested = isinstance(value, dict)
        if name in content and content[name] != value and not is_nested:
            raise _DoubledError(f'the key {name!r} occurs twice with different values')
        content[name] = value
    return content


def _refuse(name: str) -> None:
    raise ValueError(f'{name} is no finite number')
