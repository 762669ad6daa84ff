"""The light and sensor model, against what optics say."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.simulation import CONDITIONS, condition_named
from qwen_embodied.simulation.conditions import SEVERITIES
from qwen_embodied.simulation.exposure import Camera, Sensor, decode
from qwen_embodied.simulation.lamps import MAINS, Lamp, Room

PLAIN = Camera(vignetting=0.0, veil=0.0)


@pytest.fixture(scope='module')
def sensor():
    return Sensor(160, 120, 5)


def grey(level):
    return np.full((120, 160, 3), level, np.float32)


@pytest.mark.parametrize('level', [0.02, 0.2, 0.7])
def test_a_photograph_decodes_to_the_light(sensor, level):
    light = decode(sensor.develop(grey(level), PLAIN, 0.0))
    assert light.mean() == pytest.approx(level, rel=0.02)


def test_shot_noise_grows_with_the_root_of_the_light(sensor):
    camera = replace(PLAIN, full_well=500.0, read_noise=0.0)
    levels = np.array([0.1, 0.4, 0.8])
    noise = [decode(sensor.develop(grey(level), camera, 0.0)).std() for level in levels]
    assert noise == pytest.approx(np.sqrt(levels / 500.0), rel=0.1)


def test_gain_makes_noise(sensor):
    noise = [sensor.develop(grey(0.3), replace(PLAIN, gain=gain), 0.0).std() for gain in (1, 4)]
    assert noise[1] == pytest.approx(2 * noise[0], rel=0.25)


def test_too_much_light_clips(sensor):
    assert (sensor.develop(grey(1.5), PLAIN, 0.0) == 255).mean() > 0.99


def test_the_lens_darkens_corners_and_scatters_light(sensor):
    dark = sensor.develop(grey(0.4), replace(PLAIN, vignetting=0.5), 0.0)
    assert decode(dark)[:6, :6].mean() < 0.6 * decode(dark)[57:63, 77:83].mean()
    light = grey(0.0)
    light[:, 80:] = 0.8
    veiled = decode(sensor.develop(light, replace(PLAIN, veil=0.2), 0.0))
    assert veiled[:, :80].mean() == pytest.approx(0.2 * 0.4, rel=0.1)


@pytest.mark.parametrize(('assumed', 'sign'), [(3500.0, -1), (5000.0, 0), (8000.0, 1)])
def test_a_wrong_white_balance_tints(sensor, assumed, sign):
    rgb = sensor.develop(grey(0.3), replace(PLAIN, white_balance=assumed), 0.0)
    r, _, b = decode(rgb).mean(axis=(0, 1))
    assert np.sign(np.round(np.log(r / b), 1)) == sign


def test_flicker_makes_bands_of_the_right_width():
    camera = Camera(line_time=1e-4, shutter=1e-3)
    rows = camera.flicker(0.5, 0.0, 400).ravel()
    crossings = np.flatnonzero(np.diff(np.sign(rows - 1)) != 0)
    assert np.diff(crossings).mean() == pytest.approx(1 / (2 * MAINS * 1e-4), rel=0.05)


def test_a_shutter_of_a_whole_period_sees_no_flicker():
    rows = Camera(shutter=1 / MAINS).flicker(0.8, 0.0, 480)
    assert np.ptp(rows) < 1e-6


def test_the_same_seed_and_time_give_the_same_photograph(sensor):
    first, again, later = (sensor.develop(grey(0.3), PLAIN, time) for time in (0.1, 0.1, 0.2))
    assert (first == again).all()
    assert (first != later).any()


def test_a_moving_lamp_returns_after_a_turn():
    lamp = Lamp((1.0, 0.0, 2.0), 1.0, orbit=0.5)
    assert lamp.place(0.0) == pytest.approx(lamp.place(4.0))
    assert lamp.place(0.0) != lamp.place(1.0)


def test_a_room_swings_about_its_mean():
    room = Room((), swing=0.3)
    times = np.arange(0, 3, 0.01)
    assert np.mean([room.brightness(time) for time in times]) == pytest.approx(1.0, abs=1e-3)


def test_there_are_enough_conditions_and_each_has_five_severities():
    assert len(CONDITIONS) >= 13
    for name in CONDITIONS:
        made = [condition_named(f'{name}@{level}') for level in SEVERITIES]
        assert all((one.name, one.severity) == (name, n + 1) for n, one in enumerate(made))
        assert name == 'normal' or len({(one.room, one.camera) for one in made}) == 5


@pytest.mark.parametrize('name', ['moon', 'tungsten@6', 'tungsten@x', '@2', 'tungsten@'])
def test_unknown_conditions_are_refused(name):
    if name == 'tungsten@':
        assert condition_named(name).severity == 3
        return
    with pytest.raises(ConfigurationError, match=r'condition|severity'):
        condition_named(name)


@pytest.fixture(scope='module')
def world():
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    world = MujocoWorld(generate_scene(4))
    yield world
    world.close()


def test_light_adds_up(world):
    """Two lamps together give the sum of each alone: the model is linear."""
    from qwen_embodied.simulation import Laboratory
    from qwen_embodied.simulation.laboratory import radiance

    laboratory = Laboratory(world.model)
    layers = laboratory.layers(world.snapshot())
    normal = condition_named('normal')
    one, two = normal.room.lamps

    def lit(*lamps):
        room = Room(lamps, ambient=0.0)
        return radiance(layers, replace(normal, room=room), 0.0)

    assert lit(one) + lit(two) == pytest.approx(lit(one, two), abs=1e-5)
    twice = replace(one, intensity=2 * one.intensity)
    assert lit(twice) == pytest.approx(2 * lit(one), abs=1e-5)
    laboratory.close()


def test_a_shadow_is_dark_and_a_near_bulb_falls_off(world):
    from qwen_embodied.simulation import Laboratory

    laboratory = Laboratory(world.model)
    layers = laboratory.layers(world.snapshot())
    lamp = Lamp((0.55, -1.2, 0.7), 1.0)
    shade = layers.shading(lamp, lamp.position)
    assert (shade[100:400, 150:500] < 0.02).mean() > 0.01
    bulb = replace(lamp, falls_off=True)
    ratio = layers.shading(bulb, bulb.position)[240] / np.maximum(shade[240], 0.05)
    assert ratio.max() > 2 * ratio[shade[240] > 0.1].min()
    laboratory.close()


def test_a_world_takes_a_condition_for_its_light(world):
    world.set_light('normal')
    plain = world.frame().rgb
    world.set_light('tungsten@5')
    warm = world.frame()
    world.set_light('normal')
    r, _, b = warm.rgb.reshape(-1, 3).mean(axis=0)
    assert r > 1.5 * b
    assert np.abs(plain.astype(float).mean(axis=(0, 1)) - (r, r, r)).max() < 60
    assert np.isfinite(warm.depth).mean() > 0.8
    with pytest.raises(ConfigurationError, match='severity'):
        world.set_light('tungsten@9')
