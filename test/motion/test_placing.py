"""Places that meet a relation and overlap nothing."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.things import make_object, make_scene
from qwen_embodied.errors import CollisionError, ContractError, GroundingError
from qwen_embodied.messages import Scene
from qwen_embodied.motion import Place, places
from qwen_embodied.relations import unmet

CUBE = make_object('cube', 0.40, -0.30, name='green_cube_1')


def moved(item, pose):
    return make_object(item.shape, pose[0, 3], pose[1, 3], on=pose[2, 3] - item.size[2] / 2,
                       yaw=float(np.arctan2(pose[1, 0], pose[0, 0])), name=item.id)  # fmt: skip


def circle_gap(first, second):
    distance = np.linalg.norm(first.position[:2] - second.position[:2])
    return distance - np.hypot(*first.size[:2]) / 2 - np.hypot(*second.size[:2]) / 2


@pytest.mark.parametrize('relation', ['left_of', 'right_of', 'in_front_of', 'behind', 'next_to'])
def test_places_beside_meet_the_relation_and_overlap_nothing(relation):
    target = make_object('box', 0.55, 0.05, yaw=0.4)
    other = make_object('cylinder', 0.55, 0.17)
    request = Place(CUBE, relation, target, make_scene(target, other, CUBE))
    for pose in places(request):
        there = moved(CUBE, pose)
        assert unmet(there, relation, target) is None
        assert circle_gap(there, other) > -0.01
        assert there.position[2] == pytest.approx(CUBE.size[2] / 2)
        assert 0.28 <= pose[0, 3] <= 0.78


@pytest.mark.parametrize('shape', ['bowl', 'bin', 'tray'])
def test_places_in_a_container_lie_inside_on_its_floor(shape):
    target = make_object(shape, 0.55, 0.1, yaw=0.6)
    found = places(Place(CUBE, 'in', target, make_scene(target, CUBE)))
    for pose in found:
        there = moved(CUBE, pose)
        assert unmet(there, 'in', target) is None
        assert there.position[2] == pytest.approx(0.005 + CUBE.size[2] / 2)


def test_several_things_find_room_side_by_side_in_a_bin():
    target = make_object('bin', 0.55, 0.1, yaw=0.6)
    inside = []
    for number in range(3):
        item = make_object('cube', 0.4, -0.3, name=f'cube_{number}')
        pose = places(Place(item, 'in', target, make_scene(target, *inside)))[0]
        inside.append(moved(item, pose))
    for a in range(3):
        for b in range(a):
            away = np.linalg.norm(inside[a].position - inside[b].position)
            assert away > 0.05


def test_full_container_says_with_what_it_is_full():
    target = make_object('bin', 0.55, 0.1, size=(0.09, 0.08, 0.06))
    inside = make_object('ball', 0.55, 0.1, on=0.005, name='yellow_ball_1')
    with pytest.raises(CollisionError, match=r'place in the red bin 1.*touches yellow ball 1'):
        places(Place(CUBE, 'in', target, make_scene(target, inside)))


def test_thing_that_finds_no_floor_in_a_bowl_comes_to_lie_on_what_is_there():
    target = make_object('bowl', 0.55, 0.1)
    inside = make_object('ball', 0.55, 0.1, on=0.005, name='yellow_ball_1')
    pose = places(Place(CUBE, 'in', target, make_scene(target, inside)))[0]
    assert pose[2, 3] == pytest.approx(0.055 + 0.0225)
    assert np.hypot(*(pose[:2, 3] - target.position[:2])) < 0.04


def test_stacking_is_centred_and_aligned():
    target = make_object('cube', 0.5, 0.1, yaw=0.5)
    pose = places(Place(CUBE, 'on', target, make_scene(target)))[0]
    np.testing.assert_allclose(pose[:3, 3], [0.5, 0.1, 0.045 + 0.0225])
    assert np.arctan2(pose[1, 0], pose[0, 0]) == pytest.approx(0.5)


def test_occupied_top_is_refused():
    target = make_object('cube', 0.5, 0.1)
    above = make_object('ball', 0.5, 0.1, on=0.045)
    with pytest.raises(CollisionError, match=r'place on the red cube 1.*red ball 1'):
        places(Place(CUBE, 'on', target, make_scene(target, above)))


def test_position_is_kept_unless_something_stands_there():
    pose = places(Place(CUBE, 'at', None, make_scene(), (0.5, 0.2)))[0]
    np.testing.assert_allclose(pose[:2, 3], [0.5, 0.2])
    with pytest.raises(CollisionError, match=r'the position.*red ball 1'):
        places(Place(CUBE, 'at', None, make_scene(make_object('ball', 0.5, 0.2)), (0.5, 0.2)))


def test_no_room_beside_names_the_edge():
    target = make_object('cube', 0.31, 0.0)
    with pytest.raises(CollisionError, match=r'place in front of.*edge of the workspace'):
        places(Place(CUBE, 'in_front_of', target, make_scene(target)))


def test_table_height_is_used():
    scene = Scene(0.0, 'panda_link0', (), 0.02)
    pose = places(Place(CUBE, 'at', None, scene, (0.5, 0.2)))[0]
    assert pose[2, 3] == pytest.approx(0.02 + 0.0225)


def test_requests_that_say_too_little_are_refused():
    with pytest.raises(ContractError, match='under'):
        Place(CUBE, 'under', CUBE, make_scene())
    with pytest.raises(ContractError, match='two or three numbers'):
        Place(CUBE, 'at', None, make_scene())
    with pytest.raises(GroundingError, match='nothing is not in the scene'):
        Place(CUBE, 'on', None, make_scene())
    with pytest.raises(ContractError, match='a bowl, bin or tray'):
        places(Place(CUBE, 'in', make_object('cube', 0.5, 0.1), make_scene()))
