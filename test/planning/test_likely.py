"""What strange words may want picked: a guess inside the scope, never beyond it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from hand_made import table, thing
from qwen_embodied.planning import PlanRequest, likely_picks

SCENE = table(
    thing('red_cube_1', 0.45, 0.20), thing('green_cube_1', 0.45, 0.05),
    thing('blue_cube_1', 0.45, -0.10), thing('black_bin_1', 0.63, 0.15),
)  # fmt: skip
CUBES = {'red_cube_1', 'green_cube_1', 'blue_cube_1'}


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('put the smorgle in the black bin', CUBES),
        ('put the smorgle on the red cube', {'green_cube_1', 'blue_cube_1', 'black_bin_1'}),
        ('put the red cube next to the smorgle', {'red_cube_1'}),
        ('put the cube in the bin', CUBES),
        ('put the green cube in the bin', {'green_cube_1'}),
        ('把方块放进黑盒子', CUBES),
    ],
)
def test_what_is_picked_is_said_before_where_it_goes(words, expected):
    assert likely_picks(PlanRequest(words, SCENE)) == expected


@pytest.mark.parametrize(
    'words', ['give the smorgle to the child', 'push the red cube left', 'hello', '', '{smorgle}']
)
def test_words_that_allow_no_pick_give_none(words):
    assert likely_picks(PlanRequest(words, SCENE)) == set()


def test_what_must_not_be_touched_is_never_likely():
    request = PlanRequest('put the smorgle in the black bin but not the red cube', SCENE)
    assert 'red_cube_1' not in likely_picks(request)
