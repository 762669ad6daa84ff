"""Shorter paths: corners left out, detours cut short, the corners that remain pulled in."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Edge = Callable[[Array, Array], bool]

GAIN = 0.03  # share of the length; what saves less is not worth a check
PULLS = (0.5, 0.25)  # of the way from a corner to the line between its neighbours


def length(path: Array) -> float:
    """Give the length of a path (N, J): the sum of the Euclidean norms of its steps, rad."""
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def shortened(path: Array, edge: Edge, rounds: int, seed: int = 0) -> Array:
    """Shorten a path; the same input gives the same path.

    Args:
        path: Corner points (N, J) rad, N >= 2.
        edge: Says whether a straight joint line is free.
        rounds: Most times that everything is tried; it ends when a round gains little.
        seed: Of the places where detours are cut.

    Returns:
        Corner points (M, J) with the same ends, no longer than the path.
    """
    rng = np.random.default_rng(seed)
    edge = remembering(edge)
    path = without_corners(path, edge)
    for _ in range(rounds):
        before = length(path)
        if len(path) < 3:
            break
        path = without_detours(path, edge, rng, 6 * len(path))
        path = without_corners(path, edge)
        path = pulled(path, edge)
        if length(path) > (1.0 - GAIN) * before:
            break
    return without_doubles(path)


def remembering(edge: Edge) -> Edge:
    """Ask about each line once only."""
    known: dict[tuple[bytes, bytes], bool] = {}

    def is_free(start: Array, end: Array) -> bool:
        key = start.tobytes(), end.tobytes()
        answer = known.get(key)
        if answer is None:
            answer = known[key] = edge(start, end)
        return answer

    return is_free


def without_corners(path: Array, edge: Edge) -> Array:
    """Leave out corners: from each one go straight to the farthest that is seen from it."""
    kept, at = [0], 0
    while at < len(path) - 1:
        # The next corner is always seen; the far ones are tried first.
        at = next(
            (to for to in range(len(path) - 1, at + 1, -1) if edge(path[at], path[to])), at + 1
        )
        kept.append(at)
    left: Array = path[kept]
    return left


def without_detours(path: Array, edge: Edge, rng: np.random.Generator, attempts: int) -> Array:
    """Join two random places on the path by a straight line, many times, where that is free."""
    along = _lengths(path)
    for shares in np.sort(rng.random((attempts, 2))).tolist():
        (a, b), least = (along[-1] * share for share in shares), GAIN * along[-1]
        before, after = bisect_right(along, a), bisect_right(along, b)
        if before == after or after >= len(path):
            continue
        ends = _at(path, along, before, a), _at(path, along, after, b)
        if math.dist(*ends) > b - a - least or not edge(*ends):
            continue
        path = np.concatenate([path[:before], ends, path[after:]])
        along = _lengths(path)
    return without_doubles(path)


def _lengths(path: Array) -> list[float]:
    """Give the way from the start to each point, (N,) rad."""
    return list(accumulate(map(math.dist, path, path[1:]), initial=0.0))


def _at(path: Array, along: list[float], after: int, place: float) -> Array:
    """Give the point at a way from the start, which lies before the point number after."""
    share = (place - along[after - 1]) / (along[after] - along[after - 1])
    point: Array = path[after - 1] + share * (path[after] - path[after - 1])
    return point


def pulled(path: Array, edge: Edge) -> Array:
    """Pull each corner towards the line between its neighbours as far as that is free."""
    path = path.copy()
    for at in range(1, len(path) - 1):
        before, corner, after = path[at - 1 : at + 2]
        way = after - before
        share = np.clip((corner - before) @ way / max(way @ way, 1e-12), 0.0, 1.0)
        foot = before + share * way
        for pull in PULLS:
            moved = corner + pull * (foot - corner)
            if edge(before, moved) and edge(moved, after):
                path[at] = moved
                break
    return path


def without_doubles(path: Array) -> Array:
    """Leave out points that repeat the one before them."""
    moves = np.linalg.norm(np.diff(path, axis=0), axis=1) > 1e-9
    kept: Array = path[np.concatenate([[True], moves])]
    return kept
