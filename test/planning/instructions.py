"""Random scenes, and instructions made of the grammar's own phrases, for laws."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from planning.scenes import SIZES, scene, thing

from qwen_embodied.messages import BASIC_COLOURS

COLOURS_SEEN = ('red', 'green', 'blue')

_nouns = st.one_of(
    st.builds(
        '{} {} {}'.format,
        st.sampled_from(['the', 'a', 'all', 'both', 'two', 'every', 'the other', 'the leftmost']),
        st.sampled_from([*BASIC_COLOURS, 'big', 'small', '', 'red or blue']),
        st.sampled_from(['cube', 'cubes', 'ball', 'box', 'bowl', 'one', 'object', 'bins', 'tray']),
    ),
    st.sampled_from(
        ['it', 'them', 'everything', 'the rest', 'everything that is not red', 'something blue',
         'the cube nearest to the bowl', 'the second cube from the left', 'the top cube',
         'everything except the cubes', 'the object in the bowl', 'the cube on the box']
    ),
)  # fmt: skip
_places = st.one_of(
    st.builds(
        '{} {}'.format,
        st.sampled_from(
            ['in', 'on', 'to', 'left of', 'to the right of', 'behind', 'in front of', 'next to']
        ),
        _nouns,
    ),
    st.sampled_from(
        ['there', 'on the left', 'in the back right corner', 'at 0.5, 0.1', 'on the table',
         'to the left', 'on top of each other', 'into the matching bins', '']
    ),
)  # fmt: skip
_clauses = st.one_of(
    st.builds('put {} {}'.format, _nouns, _places),
    st.builds('move {} {}'.format, _nouns, _places),
    st.builds('put {} and {} {}'.format, _nouns, _nouns, _places),
    st.builds('put {} {} {}'.format, _nouns, _places, _places),
    st.builds('pick up {}'.format, _nouns),
    st.builds('take {} out of {}'.format, _nouns, _nouns),
    st.builds('stack {} on {}'.format, _nouns, _nouns),
    st.builds('build a tower of {}, {} and {}'.format, _nouns, _nouns, _nouns),
    st.builds('push {} {}'.format, _nouns, st.sampled_from(['left', 'forward 5 cm', 'back'])),
    st.builds('sort {} by colour'.format, _nouns),
    st.builds("don't touch {}".format, _nouns),
    st.sampled_from(['put it down', 'go home', 'wait 2 seconds', 'sort the cubes by colour']),
)
_joints = st.sampled_from([' and ', ', then ', '. ', ' before you ', ' after that ', ' but '])


@st.composite
def instructions(draw):
    """One to four clauses joined by words of time."""
    said = draw(_clauses)
    for _ in range(draw(st.integers(0, 3))):
        said += draw(_joints) + draw(_clauses)
    return said


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
