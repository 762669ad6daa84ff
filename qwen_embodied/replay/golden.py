"""What changed against an earlier replay of the same recording."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from qwen_embodied.errors import ConfigurationError

MOST = 40  # lines
LARGEST = 64 * 2**20  # bytes of a file
FEW = 3  # differences of the first scene that differs
SCENES = 'scenes.jsonl'
LAST = ('light', 'joints', 'scene')
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


def compare_scenes(earlier: Path, now: Path) -> tuple[str, ...]:
    """Say how many scenes differ, and what is the first; empty where a log is missing or none do.

    Args:
        earlier: Folder of the earlier replay.
        now: Folder of this one.
    """
    try:
        old, new = (
            (folder / SCENES).read_text(encoding='utf-8').splitlines() for folder in (earlier, now)
        )
        pairs = [(one, other) for one, other in zip(old, new, strict=False) if one != other]
        first = [json.loads(line) for line in pairs[0]] if pairs else []
    except (OSError, ValueError):
        return ()
    count = len(pairs) + abs(len(old) - len(new))
    if not count:
        return ()
    said = f'scenes: {count} of {max(len(old), len(new))} differ'
    if not first:
        return (said,)
    what = islice(_differences('', *first), FEW)
    return (f'{said}, from {first[1].get("stamp")} s on: {"; ".join(what)}',)


def _without(report: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not compared, and put what has many figures last."""
    names = sorted((name for name in report if name not in UNCOMPARED), key=LAST.__contains__)
    return {name: report[name] for name in names}


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
