"""Depth cameras, lenses, tables and rooms of other kinds than ours."""

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from perception.sensors import SENSORS
from perception.tables import LENSES, Score, scattered, seen, taken
from qwen_embodied.perception import SceneEstimator

USUAL = [name for name in SENSORS if name != 'wide']


def score_of(take, sensor='plain', seeds=(0,)):
    score = Score()
    for seed in seeds:
        items = scattered(np.random.default_rng(seed), 5, gap=0.02)
        score.add(items, SceneEstimator()(seen(items, take, sensor, seed)), take.table)
    return score


@pytest.mark.parametrize('elevation', [90, 50])
@pytest.mark.parametrize('sensor', USUAL)
def test_each_kind_of_depth_camera_will_do(sensor, elevation):
    score = score_of(taken(1, elevation), sensor, seeds=(0, 3))
    assert (score.shaped, score.extra) == (score.count, 0)
    assert np.median(score.apart) < 0.004
    assert max(score.apart) < 0.01
    assert np.median(score.sizes) < (0.0075 if sensor == 'flying' else 0.005)
    assert np.median(score.yaws) < 3.0


def test_thin_walls_without_depth_are_reported():
    score = score_of(taken(1, 90), 'wide', seeds=(0, 2))
    assert score.found == score.count


@pytest.mark.parametrize('elevation', [90, 45])
@pytest.mark.parametrize('lens', LENSES)
def test_each_lens_will_do(lens, elevation):
    score = score_of(taken(2, elevation, lens, distance=0.9))
    assert (score.found, score.extra) == (score.count, 0)
    assert np.median(score.apart) < 0.004


@pytest.mark.parametrize('elevation', [90, 45, 38])
@pytest.mark.parametrize('table', [-0.3, 0.4, 1.0])
def test_walls_and_the_floor_are_no_objects(table, elevation):
    paint = tuple(np.random.default_rng(elevation).integers(40, 220, 3))
    room = taken(0, elevation, table=table, edges=(0.1, 0.95, -0.5, 0.5), wall=1.8,
                 table_paint=paint)  # fmt: skip
    scene = SceneEstimator()(seen(scattered(np.random.default_rng(1), 4), room, 'plain'))
    assert scene.table_height == pytest.approx(table, abs=0.003)
    score = Score()
    score.add(scattered(np.random.default_rng(1), 4), scene, table)
    assert (score.found, score.extra) == (score.count, 0)
