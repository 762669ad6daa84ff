"""Shortening: never longer, same ends, only over free lines."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from qwen_embodied.motion.smoothing import length, remembering, shortened, without_corners


def around_a_disc(start, end):
    """Free where the line stays outside the unit disc."""
    way = end - start
    share = np.clip(-(start @ way) / max(way @ way, 1e-12), 0.0, 1.0)
    return bool(np.linalg.norm(start + share * way) >= 1.0)


def detour(rng):
    angles = np.linspace(np.pi, 0.0, 12)
    radius = rng.uniform(1.3, 2.5, 12)
    radius[[0, -1]] = 1.5
    return np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])


@pytest.mark.parametrize('seed', range(8))
def test_a_path_around_a_disc_becomes_nearly_the_shortest(seed):
    path = detour(np.random.default_rng(seed))
    short = shortened(path, around_a_disc, rounds=8)
    tangents = 2 * np.sqrt(1.5**2 - 1.0)
    shortest = tangents + np.pi - 2 * np.arccos(1.0 / 1.5)
    np.testing.assert_array_equal(short[[0, -1]], path[[0, -1]])
    assert all(around_a_disc(a, b) for a, b in pairwise(short))
    assert shortest - 1e-9 <= length(short) <= 1.06 * shortest
    assert length(short) <= length(path)


def test_without_obstacles_the_line_alone_is_left(rng):
    path = rng.uniform(-1, 1, (9, 7))
    short = shortened(path, lambda *_: True, rounds=3)
    np.testing.assert_array_equal(short, path[[0, -1]])


def test_where_nothing_else_is_free_the_path_stays(rng):
    path = rng.uniform(-1, 1, (9, 7))
    np.testing.assert_array_equal(shortened(path, lambda *_: False, rounds=3), path)


def test_corners_are_left_out_to_the_farthest_that_is_seen():
    path = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    kept = without_corners(path, lambda a, b: bool(abs(b - a)[0] <= 3.0))
    np.testing.assert_array_equal(kept[:, 0], [0.0, 3.0, 4.0])


def test_same_path_gives_the_same_bytes(rng):
    path = detour(rng)
    twice = [shortened(path, around_a_disc, rounds=4).tobytes() for _ in range(2)]
    assert twice[0] == twice[1]


def test_no_line_is_asked_about_twice(rng):
    asked = []

    def edge(start, end):
        asked.append((start.tobytes(), end.tobytes()))
        return around_a_disc(start, end)

    path = detour(rng)
    short = shortened(path, edge, rounds=8)
    assert len(asked) == len(set(asked))
    np.testing.assert_array_equal(short, shortened(path, around_a_disc, rounds=8))
    assert remembering(around_a_disc)(path[0], path[-1]) is around_a_disc(path[0], path[-1])
