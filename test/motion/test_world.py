"""Distances in the world."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.things import make_object, make_scene
from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import inverse_pose, pose, rotation_x, transform
from qwen_embodied.motion import Collider, Solid, World, box
from qwen_embodied.motion.shapes import cover
from qwen_embodied.motion.world import solid_object


def reach_down(robot, x, y, z, finger=0.04):
    return np.append(robot.inverse(pose([x, y, z], rotation_x(np.pi))), finger)


def test_clearance_to_the_table_is_the_height_of_the_finger_tips(robot):
    row = reach_down(robot, 0.5, 0.0, 0.10)
    contact = World.from_scene(make_scene()).clearance(robot, row)
    assert contact.second == 'table'
    assert contact.distance == pytest.approx(0.10 - 0.0086, abs=2e-3)


@pytest.mark.parametrize(('gap', 'hits'), [(0.019, True), (0.021, False)])
def test_margin_is_exact_to_a_millimetre(robot, gap, hits):
    row = reach_down(robot, 0.5, 0.0, 0.0086 + gap)
    assert World.from_scene(make_scene()).collides(robot, row, margin=0.02) == hits


def test_folded_arm_touches_itself(robot):
    row = np.append(robot.home, 0.04)
    assert not World().collides(robot, row)
    row[3], row[1] = -3.0, 1.7
    row[5] = 0.0
    assert World().collides(robot, row, margin=0.05)


@pytest.mark.parametrize('shape', ['bowl', 'bin'])
def test_gripper_fits_into_a_hollow_container(robot, shape):
    size = (0.2, 0.2, 0.06)
    scene = make_scene(make_object(shape, 0.5, 0.0, size=size))
    inside = reach_down(robot, 0.5, 0.0, 0.03, finger=0.02)
    assert not World.from_scene(scene).collides(robot, inside)
    in_the_wall = reach_down(robot, 0.5 + 0.098, 0.0, 0.03, finger=0.0)
    assert World.from_scene(scene).collides(robot, in_the_wall)


def test_ignored_objects_are_left_out(robot):
    scene = make_scene(make_object('cube', 0.5, 0.0))
    row = reach_down(robot, 0.5, 0.0, 0.03)
    assert World.from_scene(scene).clearance(robot, row).second == 'red_cube_1'
    assert World.from_scene(scene, ignore=['red_cube_1']).clearance(robot, row).second == 'table'


def test_attached_object_moves_with_the_tool(robot):
    cube = make_object('cube', 0.5, 0.0)
    wall = box('wall', (0.02, 0.5, 0.5), pose([0.6, 0.0, 0.4]))
    row = reach_down(robot, 0.5, 0.0, 0.4)
    bar = make_object('box', 0.0, 0.0, size=(0.17, 0.04, 0.02), name='bar')
    item_in_tool = inverse_pose(robot.forward(row[:7])) @ pose([0.5, 0.0, 0.4])
    world = World(boxes=(wall,))
    free = world.attach(cube, item_in_tool).clearance(robot, row)
    long = world.attach(bar, item_in_tool).clearance(robot, row)
    assert long.first == 'bar'
    assert long.distance == pytest.approx(0.6 - 0.01 - 0.5 - 0.085, abs=1e-3)
    assert free.distance > long.distance


def test_held_object_is_no_longer_an_obstacle(robot):
    cube = make_object('cube', 0.5, 0.0)
    world = World.from_scene(make_scene(cube)).attach(cube, np.eye(4))
    assert [item.name for item in world.obstacles] == ['table']
    assert world.detach().attached is None


def test_spheres_cover_every_shape(robot, rng):
    for part in robot.parts:
        part.geometry.computeLocalAABB()
        aabb = part.geometry.aabb_local
        points = rng.uniform(np.array(aabb.min_), np.array(aabb.max_), (2000, 3))
        inside = points[[holds(part.geometry, point) for point in points]]
        spheres = cover(part.geometry)
        gaps = np.linalg.norm(inside[:, None] - spheres[:, :3], axis=2) - spheres[:, 3]
        assert gaps.min(axis=1).max() <= 1e-9, part.link


def holds(geometry, point):
    kind = type(geometry).__name__
    if kind == 'Box':
        return bool((np.abs(point) <= geometry.halfSide).all())
    across = np.hypot(point[0], point[1])
    if kind == 'Cylinder':
        return across <= geometry.radius and abs(point[2]) <= geometry.halfLength
    along = max(abs(point[2]) - geometry.halfLength, 0.0)
    return np.hypot(across, along) <= geometry.radius


def test_quick_check_agrees_with_exact_distances(robot, rng, table_scene):
    collider = Collider(robot, World.from_scene(table_scene))
    demand, wide = collider.demand(0.02, 0.01), collider.demand(9.0, 9.0)
    limits = robot.all_limits
    for row in rng.uniform(limits.lower, limits.upper, (200, 8)):
        nearest = collider.nearest(row, wide)
        scene_gap = nearest.distance - nearest.allowed
        contact = collider.first(row[None], demand)
        exact = [found.distance - (0.02 if found.allowed == 9.0 else 0.01) for found in [nearest]]
        assert np.isfinite(scene_gap)
        if contact is None:
            assert exact[0] >= -0.01


def test_bowl_walls_stay_within_the_bowl():
    bowl = make_object('bowl', 0.5, 0.1, yaw=0.5)
    for solid in solid_object(bowl).solids:
        local = transform(inverse_pose(bowl.object_in_base), solid.pose[:3, 3])
        assert (np.abs(local) <= bowl.size / 2).all()


def test_solids_without_extent_are_refused():
    with pytest.raises(ContractError, match='three positive lengths'):
        Solid('box', (0.1, 0.0, 0.1), np.eye(4))
    with pytest.raises(ContractError, match='finite'):
        Solid('box', (0.1, 0.1, 0.1), np.full((4, 4), np.nan))
