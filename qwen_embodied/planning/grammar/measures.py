"""Compares objects: the largest, the leftmost, the nearest to another, the top one."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qwen_embodied.planning.grammar.syntax import Noun
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.grammar.words import EXTREMES

_RELATIVE = 0.06
_TOLERANCES = {
    'height': 0.004, 'length': 0.004, 'x': 0.01, 'y': 0.01, 'reach': 0.01, 'middle': 0.01,
    'level': 0.5, 'distance': 0.01,
}  # fmt: skip


@dataclass(frozen=True)
class Ranking:
    """Names with the best first, and the values they were ranked by (small is good)."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    tolerance: float


def by_extreme(table: Table, names: tuple[str, ...], word: str) -> Ranking:
    """Rank by a word such as 'largest' or 'left'.

    Args:
        table: With positions, sizes and stacks.
        names: To be ranked.
        word: One of EXTREMES.
    """
    measured, largest = EXTREMES[word]
    if measured == 'level':
        names = _stacked(table, names, largest)
    measure = _measures(table, names)[measured]
    tolerance = _TOLERANCES.get(measured)
    values = {name: measure(name) * (-1.0 if largest else 1.0) for name in names}
    if tolerance is None:
        tolerance = _RELATIVE * max((abs(value) for value in values.values()), default=1.0)
    return _ranked(values, tolerance)


def by_distance(table: Table, names: tuple[str, ...], anchor: str, word: str) -> Ranking:
    """Rank by the distance to another object; word: nearest_to or farthest_from."""
    sign = 1.0 if word == 'nearest_to' else -1.0
    spots = table.spots
    values = {name: sign * math.dist(spots[name], spots[anchor]) for name in names}
    return _ranked(values, _TOLERANCES['distance'])


def is_by_place(noun: Noun) -> bool:
    """Say whether a noun is told by where it stands: 'the left one', 'the second cube'."""
    measured = {EXTREMES[word][0] for word in noun.extremes if word in EXTREMES}
    on_side = any(place.kind == 'side' for place in noun.where)
    return noun.ordinal is not None or on_side or bool(measured & {'x', 'y', 'reach', 'middle'})


def beyond(table: Table, names: Iterable[str], than: str, word: str) -> tuple[str, ...]:
    """Give what is clearly larger, taller … than another object; word: one of COMPARED."""
    pairs = {name: by_extreme(table, (name, than), word) for name in names if name != than}
    return tuple(name for name, pair in pairs.items() if best(pair, 1) == (name,))


def best(ranking: Ranking, limit: int | None) -> tuple[str, ...] | None:
    """Give the best of a ranking.

    Args:
        ranking: Of the candidates.
        limit: How many; None for a group such as 'the small cubes', which must be set apart.

    Returns:
        The names, or None when they cannot be told from the next ones.
    """
    values, names = ranking.values, ranking.names
    if limit is None:
        return _group(ranking)
    if len(names) <= limit:
        return names
    return names[:limit] if values[limit] - values[limit - 1] >= ranking.tolerance else None


def on_side(table: Table, names: list[str], side: str) -> frozenset[str]:
    """Give those of the names in one half of the workspace; 'middle' gives the middle third."""
    area = table.workspace
    middle = ((area.x_min + area.x_max) / 2, (area.y_min + area.y_max) / 2)
    tests: dict[str, Callable[[float, float], bool]] = {
        'left': lambda x, y: y > middle[1],
        'right': lambda x, y: y < middle[1],
        'front': lambda x, y: x < middle[0],
        'back': lambda x, y: x > middle[0],
        'middle': lambda x, y: abs(y - middle[1]) <= (area.y_max - area.y_min) / 6,
    }
    return frozenset(name for name in names if tests[side](*table.spots[name]))


def _measures(table: Table, names: tuple[str, ...]) -> dict[str, Callable[[str], float]]:
    items, spots = table.items, table.spots
    centre = np.mean([spots[name] for name in names], axis=0) if names else np.zeros(2)
    levels = [table.level(name) for name in names]
    is_pile = bool(names) and max(math.dist(spots[n], centre) for n in names) < 0.02
    half = float(np.mean(levels)) if levels else 0.0
    return {
        'volume': lambda name: float(np.prod(items[name].size)),
        'height': lambda name: float(items[name].size[2]),
        'length': lambda name: float(max(items[name].size[:2])),
        'x': lambda name: spots[name][0],
        'y': lambda name: spots[name][1],
        'reach': lambda name: math.hypot(*spots[name]),
        'middle': lambda name: (
            abs(table.level(name) - half)
            if is_pile
            else math.dist(spots[name], (float(centre[0]), float(centre[1])))
        ),
        'level': lambda name: float(table.level(name)),
    }


def _stacked(table: Table, names: tuple[str, ...], is_top: bool) -> tuple[str, ...]:
    """Keep what belongs to a stack, where there is one."""
    standing = [name for name in names if table.level(name) > 0]
    carrying = [n for n in names if any(table.level(upper) > 0 for upper in table.upon(n))]
    return tuple((standing if is_top else carrying) or names)


def _ranked(values: dict[str, float], tolerance: float) -> Ranking:
    names = tuple(sorted(values, key=lambda name: (round(values[name], 6), name)))
    return Ranking(names, tuple(values[name] for name in names), tolerance)


def _group(ranking: Ranking) -> tuple[str, ...] | None:
    """Cut a ranking at its widest gap, if that gap is clear."""
    values = ranking.values
    gaps = [after - before for before, after in pairwise(values)]
    if not gaps:
        return ranking.names
    cut = max(range(len(gaps)), key=lambda n: gaps[n])
    others = max((gap for n, gap in enumerate(gaps) if n != cut), default=0.0)
    if gaps[cut] < max(2 * ranking.tolerance, 1.5 * others):
        return None
    return ranking.names[: cut + 1]
