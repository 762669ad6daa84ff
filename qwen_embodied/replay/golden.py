"""What changed against an earlier replay of the same recording."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qwen_embodied.errors import ConfigurationError

MOST = 40  # lines
LARGEST = 64 * 2**20  # bytes of a file
UNCOMPARED = ('version',)


def read_golden(path: Path) -> dict[str, Any]:
    """Read the JSON file of an earlier replay; raises ConfigurationError where it is none."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f'{path}: has more than {LARGEST} bytes')
        content = json.loads(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise ConfigurationError(f'{path}: cannot be read: {error.strerror}') from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f'{path}: is no JSON: {error}') from error
    if not isinstance(content, dict) or 'logs' not in content:
        raise ConfigurationError(f'{path}: is no report.json of a replay')
    return content


def compare(earlier: dict[str, Any], now: dict[str, Any]) -> tuple[str, ...]:
    """Say what differs, one line each, at most MOST; empty where nothing does."""
    plain = json.loads(json.dumps(now))
    lines: list[str] = []
    for line in _differences('', _without(earlier), _without(plain)):
        if len(lines) == MOST:
            lines.append('… and more')
            break
        lines.append(line)
    return tuple(lines)


def _without(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in UNCOMPARED}


def _differences(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            place = f'{where}.{key}' if where else key
            yield from _differences(place, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f'{where}: {len(old)} entries became {len(new)}'
        for at, (one, other) in enumerate(zip(old, new, strict=False)):
            yield from _differences(f'{where}[{at}]', one, other)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield f'{where}: {_short(old)} became {_short(new)}'


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f'{text[:77]}…'
