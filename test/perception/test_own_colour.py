"""Things of the colour of their container, and sides so dark that they have no colour."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perception.drawn import SIZES, Drawn, cube
from perception.tables import Score, scattered, seen, taken
from qwen_embodied.geometry import inverse_pose, pose, rotation_z, transform
from qwen_embodied.messages import CONTAINERS
from qwen_embodied.perception import SceneEstimator

SMALL = {'cube': (0.02, 0.02, 0.02), 'pen': (0.09, 0.018, 0.018), 'box': (0.1, 0.025, 0.03)}


def inside(scene):
    return [one for one in scene.objects if one.shape not in CONTAINERS]


@pytest.mark.parametrize('holder', ['bowl', 'bin', 'tray'])
@pytest.mark.parametrize('what', SMALL)
def test_a_narrow_thing_of_the_colour_of_its_container_is_seen(holder, what):
    shape = 'cube' if what == 'cube' else 'box'
    held = Drawn('blue', shape, SMALL[what], 0.53, 0.005, 0.4, 0.005)
    items = [Drawn('blue', holder, SIZES[holder], 0.53, 0.0), held]
    scene = SceneEstimator()(seen(items, taken(3, 60), 'plain', 1))
    (found,) = inside(scene)
    assert np.linalg.norm(found.position[:2] - held.position[:2]) < 0.012
    assert found.colour == 'blue'


@pytest.mark.parametrize('sensor', ['plain', 'stereo', 'flying'])
@pytest.mark.parametrize('holder', ['bowl', 'bin', 'tray'])
def test_an_empty_container_holds_nothing(holder, sensor):
    for seed, elevation in ((1, 45), (2, 60), (3, 90)):
        items = [Drawn('green', holder, SIZES[holder], 0.53, 0.0, 0.3 * seed)]
        assert inside(SceneEstimator()(seen(items, taken(seed, elevation), sensor, seed))) == []


def in_shadow(frame, items, left):
    """Leave a share of the light on the sides of things, in linear light."""
    v, u = np.mgrid[: frame.depth.shape[0], : frame.depth.shape[1]]
    pixels = np.stack([u, v], axis=-1).reshape(-1, 2).astype(float)
    points = frame.intrinsics.deproject(pixels, frame.depth.astype(float).ravel())
    points = transform(frame.camera_in_base, points)
    dark = np.zeros(len(points), bool)
    for item in items:
        own = transform(inverse_pose(pose(item.position, rotation_z(item.yaw))), points)
        near = (np.abs(own) <= np.array(item.size) / 2 + 0.004).all(axis=1)
        dark |= near & (own[:, 2] < item.size[2] / 2 - 0.004) & (points[:, 2] > 0.003)
    dark = dark.reshape(frame.depth.shape)
    rgb = frame.rgb.copy()
    rgb[dark] = np.rint(255 * (left * (rgb[dark] / 255.0) ** 2.2) ** (1 / 2.2))
    return replace(frame, rgb=rgb)


@pytest.mark.parametrize('left', [0.02, 0.06, 0.12])
@pytest.mark.parametrize('elevation', [30, 45])
def test_a_side_in_deep_shadow_is_no_thing_of_its_own(left, elevation):
    items = scattered(np.random.default_rng(11), 5, ('cube', 'box', 'cylinder'))
    frame = in_shadow(seen(items, taken(5, elevation), 'plain', 0), items, left)
    score = Score()
    score.add(items, SceneEstimator()(frame))
    assert (score.found, score.extra) == (5, 0)


def test_a_dark_block_beneath_a_bright_slab_stays_a_thing():
    below = Drawn('black', 'box', (0.06, 0.06, 0.05), 0.53, 0.0)
    above = Drawn('red', 'box', (0.06, 0.06, 0.02), 0.53, 0.0, 0.0, 0.05)
    scene = SceneEstimator()(seen([below, above], taken(5, 40), 'plain', 0))
    assert {one.colour for one in scene.objects} == {'black', 'red'}


def test_a_dark_thing_before_a_bright_one_stays_a_thing():
    items = [cube('white', 0.53, 0.0), cube('black', 0.48, 0.0)]
    scene = SceneEstimator()(seen(items, taken(5, 45), 'plain', 0))
    assert sorted(one.colour for one in scene.objects) == ['black', 'white']
