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


def dropped(seed, count):
    """Give a spec of things above a bin, each of another colour."""
    rng = np.random.default_rng(seed)
    colours = [str(one) for one in rng.permutation(BASIC_COLOURS)]
    sizes = {'cube': (0.042,) * 3, 'cylinder': (0.04, 0.04, 0.06), 'ball': (0.045,) * 3}
    size = (0.18, 0.14, 0.06)
    items = [simulation.ObjectSpec('bin_1', 'bin', colours[0], size, (0.53, 0.0, 0.03))]
    for at in range(count):
        shape = str(rng.choice(list(sizes)))
        place = (0.53 + rng.uniform(-0.05, 0.05), rng.uniform(-0.03, 0.03), 0.1 + 0.07 * at)
        name = f'thing_{at + 1}'
        turn = rng.uniform(-1.5, 1.5)
        items.append(
            simulation.ObjectSpec(name, shape, colours[at + 1], sizes[shape], place, turn)
        )
    return simulation.SceneSpec(tuple(items), seed)


@pytest.mark.parametrize('count', [3, 4])
def test_things_dropped_into_a_bin_are_all_found(count):
    body = load_robot('panda').link_spheres
    for seed in range(3):
        world = simulation.MujocoWorld(dropped(seed, count))
        try:
            world.step(2.0)
            frame, state, truth = world.frame(), world.read(), world.ground_truth()
        finally:
            world.close()
        found = SceneEstimator(body=body)(frame, state).objects
        assert sorted(one.colour for one in found) == sorted(one.colour for one in truth.objects)
        for item in truth.objects:
            same = next(one for one in found if one.colour == item.colour)
            assert np.linalg.norm(same.position - item.position) < 0.015


@pytest.mark.parametrize('shape', ['cube', 'cylinder'])
def test_touching_and_stacked_things_of_the_simulation(shape):
    size = (0.045,) * 3 if shape == 'cube' else (0.045, 0.045, 0.06)
    high = size[2]
    places = [(0.5, 0.0, 0), (0.5455, 0.0, 0), (0.591, 0.0, 0), (0.45, -0.2, 0), (0.455, -0.2, 1)]
    colours = ('red', 'blue', 'yellow', 'green', 'white')
    items = tuple(
        simulation.ObjectSpec(f'{colour}_1', shape, colour, size, (x, y, high / 2 + level * high))
        for colour, (x, y, level) in zip(colours, places, strict=True)
    )
    world = simulation.MujocoWorld(simulation.SceneSpec(items))
    try:
        frame, state = world.frame(), world.read()
    finally:
        world.close()
    found = SceneEstimator(body=load_robot('panda').link_spheres)(frame, state).objects
    for item in items[:3]:
        same = next(one for one in found if one.colour == item.colour)
        assert same.shape == shape
        assert np.linalg.norm(same.position - np.array(item.position)) < 0.008
    top = next(one for one in found if one.colour == 'white')
    assert np.linalg.norm(top.position[:2] - items[4].position[:2]) < 0.008
