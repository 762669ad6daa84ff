# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from qwen_embodied.simulation.sensor import SensorNoise, SensorParameters


@pytest.fixture
def noise():
    return SensorNoise(160, 120, 150.0, 3, SensorParameters())


def flat(distance):
    return np.full((120, 160), distance, dtype=np.float32)


@pytest.mark.parametrize('distance', [0.5, 1.0, 2.0])
def test_depth_errors_grow_with_the_square_of_the_distance(noise, distance):
    # A slope, so that the true depth falls everywhere between two quanta.
    true = flat(distance) + np.linspace(0, 0.01, 160, dtype=np.float32)
    error = noise.depth(true, 0.0) - true
    quantum = 0.001 / np.sqrt(12)
    assert error.mean() == pytest.approx(0.0, abs=2e-4 * distance**2)
    assert error.std() == pytest.approx(np.hypot(0.0012 * distance**2, quantum), rel=0.15)


@pytest.mark.parametrize('distance', [0.1, 5.0, 12.0])
def test_depth_out_of_range_is_a_hole(noise, distance):
    assert np.isnan(noise.depth(flat(distance), 0.0)).all()


def test_steps_in_depth_are_holes_and_gentle_slopes_are_not(noise):
    true = flat(1.0)
    true[:, 80:] = 0.95
    holes = np.isnan(noise.depth(true, 0.0))
    assert holes[:, 79:81].mean() > 0.9
    assert not holes[:, :78].any()
    slope = (1.0 + np.arange(160) * 0.005).astype(np.float32)[None].repeat(120, axis=0)
    assert np.isnan(noise.depth(slope, 0.0)).mean() < 0.01


def test_grazed_surfaces_are_holes(noise):
    steep = (1.0 + np.arange(160) * 0.1 / 10).astype(np.float32)[None].repeat(120, axis=0)
    steep = 1.0 + (steep - 1.0) * 15
    assert np.isnan(noise.depth(steep, 0.0)).mean() > 0.9


def test_the_same_time_errs_alike_and_another_differently(noise):
    first, again, later = (noise.depth(flat(1.0), time) for time in (0.1, 0.1, 0.2))
    assert first.tobytes() == again.tobytes()
    assert (first != later).mean() > 0.3


def test_colour_noise_is_small_and_never_wraps(noise):
    for level in (0, 128, 255):
        rgb = noise.colour(np.full((120, 160, 3), level, dtype=np.uint8), 0.0).astype(int)
        assert np.abs(rgb - level).max() < 10
