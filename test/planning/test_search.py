"""The search: fewest movements, obstacles moved aside, contradictions named."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
from collections import deque

import numpy as np
import pytest

from planning.scenes import scene, thing
from qwen_embodied.planning.facts import rests
from qwen_embodied.planning.goals import Goal
from qwen_embodied.planning.search import NoWayError, Start, search

COLOURS = ('red', 'green', 'blue', 'yellow', 'purple')


def start_of(where, held=None, fixed=()):
    items = {item.id: item for item in where.objects}
    spots = {key: tuple(map(float, item.position[:2])) for key, item in items.items()}
    return Start(items, rests(where, without=held), spots, held, frozenset(fixed))


def stacks(rng):
    """Five cubes in random stacks; gives the scene and each cube's support."""
    order = [f'{colour}_cube_1' for colour in rng.permutation(COLOURS)]
    things, below, tops, count = [], {}, [], 0
    for name in order:
        on = tops.pop(int(rng.integers(len(tops)))) if tops and rng.random() < 0.5 else None
        if on is None:
            spot, count = (0.42, -0.28 + 0.14 * count, 0.0), count + 1
        else:
            spot = (on[1][0], on[1][1], on[1][2] + 0.045)
        below[name] = on[0] if on else None
        colour = name.split('_')[0]
        things.append(thing(colour, 'cube', spot[0], spot[1], z=spot[2]))
        tops.append((name, spot))
    return scene(*things), below


def fewest(below, goals):
    """Breadth first over all stacks: the least number of movements, or None."""
    names = sorted(below)

    def holds(state):
        return all(state[names.index(upper)] == lower for upper, lower in goals.items())

    first = tuple(below[name] for name in names)
    queue, seen = deque([(first, 0)]), {first}
    while queue:
        state, cost = queue.popleft()
        if holds(state):
            return cost
        free = [name for name in names if name not in state]
        for name in free:
            for onto in [None, *(other for other in free if other != name)]:
                changed = list(state)
                changed[names.index(name)] = onto
                if tuple(changed) not in seen:
                    seen.add(tuple(changed))
                    queue.append((tuple(changed), cost + 1))
    return None


@pytest.mark.parametrize('seed', range(60))
def test_no_other_sequence_is_shorter(seed):
    rng = np.random.default_rng(seed)
    where, below = stacks(rng)
    order = [str(name) for name in rng.permutation(sorted(below))][: int(rng.integers(2, 5))]
    goals = {upper: lower for lower, upper in itertools.pairwise(order)}
    wanted = tuple(Goal(upper, 'on', lower) for upper, lower in goals.items())
    found = search(start_of(where), wanted)
    assert len(found) == fewest(below, goals)


def test_what_is_in_the_way_is_moved_aside_once():
    where = scene(
        thing('red', 'cube', 0.5, 0.1), thing('green', 'cube', 0.5, 0.1, z=0.045),
        thing('blue', 'bowl', 0.6, -0.2),
    )  # fmt: skip
    found = search(start_of(where), (Goal('red_cube_1', 'in', 'blue_bowl_1'),))
    assert [(m.object, m.goal is None) for m in found] == [
        ('green_cube_1', True), ('red_cube_1', False),
    ]  # fmt: skip


def test_a_swap_of_places_takes_three_movements():
    where = scene(thing('red', 'cube', 0.5, 0.1), thing('green', 'cube', 0.5, -0.1))
    goals = (
        Goal('red_cube_1', 'at', None, (0.5, -0.1)), Goal('green_cube_1', 'at', None, (0.5, 0.1)),
    )  # fmt: skip
    assert len(search(start_of(where), goals)) == 3


def test_what_holds_already_needs_nothing():
    where = scene(thing('red', 'cube', 0.5, 0.1), thing('green', 'cube', 0.5, 0.1, z=0.045))
    assert search(start_of(where), (Goal('green_cube_1', 'on', 'red_cube_1'),)) == ()


def test_what_must_not_be_touched_is_named():
    where = scene(
        thing('red', 'cube', 0.5, 0.1), thing('green', 'cube', 0.5, 0.1, z=0.045),
        thing('blue', 'bowl', 0.6, -0.2),
    )  # fmt: skip
    with pytest.raises(NoWayError, match='green cube is in the way, and I must not touch it'):
        search(
            start_of(where, fixed=('green_cube_1',)), (Goal('red_cube_1', 'in', 'blue_bowl_1'),)
        )


@pytest.mark.parametrize(
    ('goals', 'words'),
    [
        ((('red', 'green'), ('green', 'red')), 'above itself'),
        ((('red', 'green'), ('blue', 'green')), 'only one thing can stand on the green cube'),
    ],
)
def test_contradictions_are_named(goals, words):
    where = scene(*(thing(c, 'cube', 0.45, 0.1 * n) for n, c in enumerate(COLOURS[:3])))
    wanted = tuple(Goal(f'{a}_cube_1', 'on', f'{b}_cube_1') for a, b in goals)
    with pytest.raises(NoWayError, match=words):
        search(start_of(where), wanted)


def test_a_held_object_is_put_down_first():
    where = scene(thing('red', 'cube', 0.5, 0.1), thing('blue', 'bowl', 0.6, -0.2),
                  thing('green', 'cube', 0.4, -0.1))  # fmt: skip
    found = search(
        start_of(where, held='green_cube_1'), (Goal('red_cube_1', 'in', 'blue_bowl_1'),)
    )
    assert [movement.object for movement in found] == ['green_cube_1', 'red_cube_1']


def test_a_budget_of_states_ends_the_search():
    where, _ = stacks(np.random.default_rng(3))
    names = sorted(item.id for item in where.objects)
    goals = tuple(Goal(u, 'on', low) for low, u in itertools.pairwise(names))
    with pytest.raises(NoWayError, match='no way to do that within my time'):
        search(start_of(where), goals, most=0)
