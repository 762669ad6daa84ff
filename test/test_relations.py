"""What the relations mean, on both sides of each border."""

import numpy as np
import pytest

from hand_made import moved, table, thing
from qwen_embodied.errors import ContractError
from qwen_embodied.relations import not_at, support_of, unmet

CUBE = thing('red_cube_1', 0.5, 0.1)


@pytest.mark.parametrize(
    ('relation', 'offset'),
    [
        ('left_of', (0, 0.1, 0)),
        ('right_of', (0, -0.1, 0)),
        ('behind', (0.1, 0, 0)),
        ('in_front_of', (-0.1, 0, 0)),
    ],
)
def test_a_side_holds_for_its_own_direction_alone(relation, offset):
    neighbour = moved(thing('blue_cube_1', 0.5, 0.1), offset)
    assert unmet(neighbour, relation, CUBE) is None
    for other in {'left_of', 'right_of', 'behind', 'in_front_of'} - {relation}:
        assert other.replace('_', ' ') in unmet(neighbour, other, CUBE)


def test_sides_are_opposite():
    rng = np.random.default_rng(1)
    for _ in range(50):
        x, y = rng.uniform(-0.2, 0.2, 2)
        other = thing('blue_cube_1', 0.5 + x, 0.1 + y)
        left = unmet(other, 'left_of', CUBE) is None
        assert left == (unmet(CUBE, 'right_of', other) is None)


@pytest.mark.parametrize('yaw', [0.0, 0.7])
def test_in_needs_the_centre_over_the_floor_and_the_bottom_below_the_rim(yaw):
    bin_ = thing('blue_bin_1', 0.5, 0.0, yaw=yaw)
    assert unmet(thing('red_cube_1', 0.5, 0.0, 0.005), 'in', bin_) is None
    assert 'above' in unmet(thing('red_cube_1', 0.5, 0.0, 0.09), 'in', bin_)
    assert 'beside' in unmet(thing('red_cube_1', 0.5, 0.2), 'in', bin_)
    assert 'no container' in unmet(bin_, 'in', CUBE)


def test_on_needs_contact_between_bottom_and_top():
    assert unmet(thing('blue_cube_1', 0.5, 0.1, 0.045), 'on', CUBE) is None
    assert '20 mm' in unmet(thing('blue_cube_1', 0.5, 0.1, 0.065), 'on', CUBE)
    assert 'beside' in unmet(thing('blue_cube_1', 0.55, 0.1, 0.045), 'on', CUBE)


def test_next_to_measures_between_faces():
    assert unmet(thing('blue_cube_1', 0.5, 0.2), 'next_to', CUBE) is None
    assert 'away' in unmet(thing('blue_cube_1', 0.5, 0.35), 'next_to', CUBE)
    assert 'over' in unmet(thing('blue_cube_1', 0.5, 0.1, 0.045), 'next_to', CUBE)


def test_at_says_how_far_it_is():
    assert not_at(CUBE, (0.52, 0.1)) is None
    assert '10 cm' in not_at(CUBE, (0.6, 0.1))


def test_an_unknown_relation_is_named():
    with pytest.raises(ContractError, match='above'):
        unmet(CUBE, 'above', CUBE)


def test_support_is_what_carries():
    bowl, upper = thing('blue_bowl_1', 0.6, -0.2), thing('green_cube_1', 0.5, 0.1, 0.045)
    inside = thing('pink_ball_1', 0.6, -0.2, 0.005)
    scene = table(CUBE, bowl, upper, inside)
    assert support_of(upper, scene).id == 'red_cube_1'
    assert support_of(inside, scene).id == 'blue_bowl_1'
    assert support_of(CUBE, scene) is None
