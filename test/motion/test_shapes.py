"""Solids: every kind has the distance that geometry says."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import coal
import numpy as np
import pytest

from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import pose, rotation_x, rotation_z
from qwen_embodied.motion import Solid, box, capsule, cylinder, hull, sphere
from qwen_embodied.motion.shapes import cover

AT = [0.4, 0.1, 0.3]
CUBE = np.array(np.meshgrid(*[[-0.1, 0.1]] * 3)).reshape(3, -1).T


def distance(obstacle, point):
    solid = obstacle.solids[0]
    place = coal.Transform3s(solid.pose[:3, :3], solid.pose[:3, 3])
    ball = coal.Sphere(1e-6)
    there = coal.Transform3s(np.eye(3), np.array(point, dtype=float))
    result = coal.DistanceResult()
    return coal.distance(solid.geometry(), place, ball, there, coal.DistanceRequest(), result)


@pytest.mark.parametrize(
    ('obstacle', 'point', 'expected'),
    [
        (box('b', [0.2, 0.4, 0.6], pose(AT)), [1.0, 0.1, 0.3], 0.5),
        (box('b', [0.2, 0.4, 0.6], pose(AT, rotation_z(np.pi / 2))), [1.0, 0.1, 0.3], 0.4),
        (sphere('s', 0.1, AT), [0.4, 0.1, 1.0], 0.6),
        (cylinder('c', 0.1, 0.4, pose(AT)), [1.0, 0.1, 0.3], 0.5),
        (cylinder('c', 0.1, 0.4, pose(AT)), [0.4, 0.1, 1.0], 0.5),
        (capsule('k', 0.1, 0.4, pose(AT)), [0.4, 0.1, 1.0], 0.5),
        (capsule('k', 0.1, 0.4, pose(AT, rotation_x(np.pi / 2))), [0.4, 0.8, 0.3], 0.5),
        (hull('h', CUBE, pose(AT)), [1.0, 0.1, 0.3], 0.5),
        (hull('h', CUBE + AT), [0.4, 0.1, 1.0], 0.6),
        (hull('h', [[0, 0, 0], [0.3, 0, 0], [0, 0.3, 0], [0, 0, 0.3]]), [0.3] * 3, 0.6 / 3**0.5),
    ],
)
def test_distance_is_that_of_the_shape(obstacle, point, expected):
    assert distance(obstacle, point) == pytest.approx(expected, abs=1e-4)


def test_points_inside_a_hull_change_nothing(rng):
    inside = rng.uniform(-0.09, 0.09, (30, 3))
    filled = hull('h', np.concatenate([CUBE, inside]))
    for point in rng.uniform(-0.5, 0.5, (40, 3)):
        assert distance(filled, point) == pytest.approx(distance(hull('h', CUBE), point), abs=1e-5)


@pytest.mark.parametrize('kind', ['box', 'cylinder', 'sphere', 'capsule', 'hull'])
def test_spheres_cover_each_kind(kind, rng):
    made = {
        'box': box('a', [0.1, 0.2, 0.3], np.eye(4)),
        'cylinder': cylinder('a', 0.05, 0.3, np.eye(4)),
        'sphere': sphere('a', 0.1, [0, 0, 0]),
        'capsule': capsule('a', 0.05, 0.3, np.eye(4)),
        'hull': hull('a', CUBE),
    }[kind]
    spheres = cover(made.solids[0].geometry())
    points = rng.uniform(-0.2, 0.2, (3000, 3))
    inside = points[[distance(made, point) <= 0 for point in points]]
    gaps = np.linalg.norm(inside[:, None] - spheres[:, :3], axis=2) - spheres[:, 3]
    assert len(inside) > 20
    assert gaps.min(axis=1).max() <= 1e-6


@pytest.mark.parametrize(
    ('build', 'message'),
    [
        (lambda: Solid('cone', [1, 1, 1], np.eye(4)), 'Solid.kind'),
        (lambda: Solid('hull', [1, 1, 1], np.eye(4)), 'hull.points'),
        (lambda: Solid('box', [1, 1, 1], np.eye(4), CUBE), 'box.points'),
        (lambda: capsule('k', 0.2, 0.3, np.eye(4)), 'no lower than wide'),
        (lambda: hull('h', [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]), 'not all in one plane'),
        (lambda: hull('h', [[0, 0, np.nan]] * 4), 'finite'),
        (lambda: box('b', [0, 1, 1], np.eye(4)), 'three positive lengths'),
    ],
)
def test_shapes_without_volume_are_refused(build, message):
    with pytest.raises(ContractError, match=message):
        build()
