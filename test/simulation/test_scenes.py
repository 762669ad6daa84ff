# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from qwen_embodied.errors import ConfigurationError, ContractError
from qwen_embodied.simulation import ObjectSpec, SceneSpec, generate_scene
from qwen_embodied.simulation.scenes import AREA, GAPS, REACH, distance, outline

SORTING = (
    ('red', 'cube'), ('red', 'cube'), ('blue', 'cube'), ('blue', 'cube'),
    ('red', 'bin'), ('blue', 'bin'),
)  # fmt: skip
EVERYTHING = tuple(
    ('green', shape) for shape in ('cube', 'box', 'cylinder', 'ball', 'bowl', 'bin', 'tray')
)


def outlines(scene):
    return [outline(o.size, *o.position[:2], o.yaw) for o in scene.objects]


def test_the_same_seed_gives_the_same_scene_and_another_seed_another():
    assert generate_scene(3) == generate_scene(3)
    assert generate_scene(3) != generate_scene(4)


def test_objects_are_named_by_colour_shape_and_number():
    names = [item.name for item in generate_scene(0, wanted=SORTING).objects]
    assert names[:4] == ['red_cube_1', 'red_cube_2', 'blue_cube_1', 'blue_cube_2']


@pytest.mark.parametrize('wanted', [SORTING, EVERYTHING])
@pytest.mark.parametrize('seed', range(20))
def test_objects_lie_within_reach_and_apart(seed, wanted):
    scene = generate_scene(seed, wanted=wanted)
    places = np.array([item.position[:2] for item in scene.objects])
    assert (places >= [AREA[0][0], AREA[1][0]]).all()
    assert (places <= [AREA[0][1], AREA[1][1]]).all()
    assert (np.hypot(*places.T) <= REACH).all()
    corners = outlines(scene)
    pairs = [(a, b) for at, a in enumerate(corners) for b in corners[:at]]
    assert min(distance(a, b) for a, b in pairs) >= GAPS[-1]


@pytest.mark.parametrize('seed', range(20))
def test_the_usual_scene_leaves_room_for_the_fingers_everywhere(seed):
    corners = outlines(generate_scene(seed))
    pairs = [(a, b) for at, a in enumerate(corners) for b in corners[:at]]
    assert min(distance(a, b) for a, b in pairs) >= GAPS[0]


def test_distractors_are_none_of_the_wanted():
    wanted = (('red', 'cube'),)
    kinds = [(o.colour, o.shape) for o in generate_scene(1, wanted=wanted, distractors=5).objects]
    assert len(kinds) == 6
    assert kinds.count(('red', 'cube')) == 1


def test_the_gap_of_two_rectangles_is_that_of_their_nearest_sides():
    first, second = outline((0.2, 0.1, 1), 0, 0, 0), outline((0.2, 0.1, 1), 0.3, 0, np.pi / 2)
    assert distance(first, second) == pytest.approx(0.15)
    assert distance(first, outline((0.2, 0.1, 1), 0.1, 0, 0)) == pytest.approx(-0.1)


def test_a_table_too_small_for_the_objects_says_so():
    with pytest.raises(ConfigurationError, match='do not fit on the table'):
        generate_scene(0, wanted=(('red', 'tray'),) * 12)


def test_an_unknown_shape_is_refused():
    with pytest.raises(ConfigurationError, match='there is no shape moon'):
        generate_scene(0, wanted=(('red', 'moon'),))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'shape': 'moon'}, 'shape'),
        ({'colour': 'mauve'}, 'colour'),
        ({'name': 'Red Cube'}, 'name'),
        ({'size': (0.04, 0.05, 0.05)}, 'size'),
        ({'size': (0.04, float('nan'), 0.05)}, 'size'),
        ({'position': (0.5, float('inf'), 0.02)}, 'position'),
        ({'yaw': float('nan')}, 'yaw'),
    ],
)
def test_an_object_that_cannot_be_built_is_refused(change, message):
    good = {
        'name': 'red_cube_1', 'shape': 'cube', 'colour': 'red',
        'size': (0.04, 0.04, 0.04), 'position': (0.5, 0.0, 0.02),
    }  # fmt: skip
    ObjectSpec(**good)
    with pytest.raises(ContractError, match=f'ObjectSpec.{message}'):
        ObjectSpec(**(good | change))


def test_doubled_names_are_refused():
    item = generate_scene(0).objects[0]
    with pytest.raises(ContractError, match='different names'):
        SceneSpec((item, item))
