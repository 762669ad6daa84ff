"""Random scenes, and instructions made of the grammar's own phrases, for laws."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from planning.scenes import SIZES, scene, thing
from qwen_embodied.messages import BASIC_COLOURS

COLOURS_SEEN = ('red', 'green', 'blue')

VAGUE = [
    'it', 'them', 'everything', 'the rest', 'something', 'the leftmost object', 'both cubes',
    'everything that is not red', 'all cubes', 'the largest object', 'the nearest object',
    'two objects', 'the other one', 'the top cube', 'everything except the cubes', 'a cube',
    'the second object from the left', 'the object in the bowl', 'the tallest thing',
]  # fmt: skip
RELATIONS = ['in', 'on', 'to', 'left of', 'to the right of', 'behind', 'in front of', 'next to']
GOALS = [
    'there', 'on the left', 'in the back right corner', 'at 0.5, 0.1', 'on the table',
    'to the left', '10 cm to the right', 'into the matching containers',
]  # fmt: skip
CLAUSES = [
    'put {0} {3}', 'move {0} {3}', 'put {0} and {1} {3}', 'put {0} {3} and {1} {4}',
    'put {0} {3} {4}', 'pick up {0}', 'pick up {0} and put it {3}', 'take {0} out of {1}',
    'stack {0} on {1}', 'build a tower of {0}, {1} and {2}', 'push {0} left',
    'put all but {0} {3}',
    'push {0} forward 5 cm', 'sort everything by colour', 'sort {0} {3}', "don't touch {0}",
    'put it {3}', 'put it down', 'go home', 'wait 2 seconds', 'put {0} {3} except {1}',
]  # fmt: skip
JOINTS = [' and ', ', then ', '. ', ' before you ', ' after that ', ' but ', '; ']


@st.composite
def instructions(draw, seen):
    """One to three clauses, mostly about objects of a scene."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    said = clause(rng, seen)
    for _ in range(int(rng.integers(0, 3))):
        said += rng.choice(JOINTS) + clause(rng, seen)
    return said


def clause(rng, seen):
    """One clause about objects of a scene."""
    nouns = [_noun(rng, seen.objects) for _ in range(3)]
    return rng.choice(CLAUSES).format(*nouns, _goal(rng, seen), _goal(rng, seen))


def _noun(rng, objects):
    if not objects or rng.random() < 0.2:
        return rng.choice([*VAGUE, 'the purple cube'])
    item = objects[int(rng.integers(len(objects)))]
    article = rng.choice(
        ['the', 'a', 'all', 'the left', 'the small'], p=[0.7, 0.1, 0.1, 0.05, 0.05]
    )
    return f'{article} {item.label}{"s" if article == "all" else ""}'.replace('xs', 'xes')


def _goal(rng, seen):
    if rng.random() < 0.25:
        return rng.choice(GOALS)
    containers = [item for item in seen.objects if item.is_container]
    if containers and rng.random() < 0.5:
        return f'in {_noun(rng, containers)}'
    return f'{rng.choice(RELATIONS)} {_noun(rng, seen.objects)}'


def random_scene(seed):
    """Two to nine objects apart from each other, some in containers or on others."""
    rng = np.random.default_rng(seed)
    things, counts = [], {}
    for _ in range(int(rng.integers(2, 10))):
        colour, shape = rng.choice(BASIC_COLOURS[:8]), rng.choice(list(SIZES))
        counts[colour, shape] = counts.get((colour, shape), 0) + 1
        x, y, z = rng.uniform(0.38, 0.70), rng.uniform(-0.32, 0.32), 0.0
        if things and rng.random() < 0.3:
            under = things[int(rng.integers(len(things)))]
            x, y = under.position[:2]
            z = 0.01 if under.is_container else float(under.position[2] + under.size[2] / 2)
        yaw = rng.uniform(-np.pi, np.pi)
        made = thing(colour, shape, x, y, z=z, number=counts[colour, shape], yaw=yaw)
        things.append(made)
    return scene(*things)
