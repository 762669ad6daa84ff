"""The estimator on frames of the simulated camera, scored against its ground truth."""

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from qwen_embodied.geometry import yaw_of
from qwen_embodied.messages import BASIC_COLOURS
from qwen_embodied.motion import load_robot
from qwen_embodied.perception import SceneEstimator

simulation = pytest.importorskip('qwen_embodied.simulation')
SOLIDS, CONTAINERS = ['cube', 'box', 'cylinder', 'ball'], ['bowl', 'bin', 'tray']


def wanted(seed):
    rng = np.random.default_rng(seed + 1000)
    shapes = [*rng.choice(SOLIDS, 4), *rng.choice(CONTAINERS, 2 - seed % 2, replace=False)]
    return tuple((str(rng.choice(BASIC_COLOURS)), str(shape)) for shape in shapes)


def pairs(seed, body):
    """Give (true, found) objects of a scene; found is None where nothing is within 3 cm."""
    world = simulation.MujocoWorld(simulation.generate_scene(seed, wanted=wanted(seed)))
    try:
        frame, state, truth = world.frame(), world.read(), world.ground_truth()
    finally:
        world.close()
    found = SceneEstimator(body=body)(frame, state).objects
    result = []
    for item in truth.objects:
        near = [one for one in found if np.linalg.norm(one.position - item.position) < 0.03]
        nearest = min(
            near, key=lambda one: np.linalg.norm(one.position - item.position), default=None
        )
        result.append((item, nearest))
    return result, len(found) - len(truth.objects)


def turned(item, found):
    period = np.pi / 2 if item.shape == 'cube' else np.pi
    apart = yaw_of(found.object_in_base) - yaw_of(item.object_in_base)
    return abs((apart + period / 2) % period - period / 2)


def test_eight_scenes_with_the_robot_in_view():
    body = load_robot('panda').link_spheres
    scored = [pairs(seed, body) for seed in range(8)]
    assert sum(abs(surplus) for _, surplus in scored) == 0
    both = [pair for scene, _ in scored for pair in scene]
    right = [f is not None and (f.colour, f.shape) == (t.colour, t.shape) for t, f in both]
    assert np.mean(right) >= 0.98
    both = [pair for pair, is_right in zip(both, right, strict=True) if is_right]
    apart = [np.linalg.norm(f.position - t.position) for t, f in both]
    sizes = [np.abs(f.size - t.size).max() for t, f in both]
    yaws = [turned(t, f) for t, f in both if t.shape in ('cube', 'box', 'bin', 'tray')]
    assert np.median(apart) <= 0.004
    assert max(apart) <= 0.01
    assert np.median(sizes) <= 0.005
    assert np.degrees(np.median(yaws)) <= 3.0
