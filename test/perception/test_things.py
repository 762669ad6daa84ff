"""Things that are not neatly apart: leaning, stacked, in a row, painted, without depth."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from perception.drawn import SIZES, Drawn, draw
from perception.tables import Score, filled, in_row, leaning, scattered, seen, stacked, taken
from qwen_embodied.perception import SceneEstimator

TABLE = (168, 150, 128)


def found(items, take, sensor='plain'):
    return SceneEstimator()(seen(items, take, sensor, take.seed)).objects


def scored(scenes, takes, reach=0.02):
    score = Score()
    for items, take in zip(scenes, takes, strict=True):
        score.add(
            items, SceneEstimator()(seen(items, take, 'plain', take.seed)), take.table, reach
        )
    return score


@pytest.mark.parametrize('elevation', [90, 60])
@pytest.mark.parametrize('shape', ['bowl', 'bin'])
def test_a_cube_that_leans_on_a_wall_is_a_cube(shape, elevation):
    for seed in range(3):
        items = leaning(np.random.default_rng(seed), shape)
        things = found(items, taken(seed, elevation))
        assert sorted(one.shape for one in things) == sorted(['cube', shape])
        leaner = next(one for one in things if one.shape == 'cube')
        assert np.linalg.norm(leaner.position - items[1].position) < 0.01
        assert leaner.colour in (items[1].colour, 'unknown')


@pytest.mark.parametrize('elevation', [90, 60])
def test_a_bin_that_fills_up_shows_all_that_is_in_it(elevation):
    scenes = [filled(np.random.default_rng(count), 'bin', count) for count in (1, 3, 5)]
    score = scored(scenes, [taken(0, elevation) for _ in scenes])
    assert (score.found, score.extra) == (score.count, 0)
    assert np.median(score.apart) < 0.004


def test_a_ball_on_a_post_is_a_ball_and_something_under_it():
    post = Drawn('blue', 'cylinder', (0.045, 0.045, 0.06), 0.53, 0.0)
    ball = Drawn('red', 'ball', (0.045,) * 3, 0.531, 0.001, 0, 0.06)
    upper, lower = sorted(found([post, ball], taken(0, 90)), key=lambda one: -one.position[2])
    assert upper.label == 'red ball'
    assert np.linalg.norm(upper.position - ball.position) < 0.004
    assert lower.shape == 'unknown'
    assert lower.confidence <= 0.3
    assert np.linalg.norm(lower.position - post.position) < 0.01


@pytest.mark.parametrize('count', [2, 3, 4])
def test_stacks_are_taken_apart_from_the_side(count):
    score = scored(
        [stacked(np.random.default_rng(seed), count) for seed in (2, 3, 5)],
        [taken(seed, 45) for seed in (2, 3, 5)],
        reach=0.03,
    )
    assert score.found >= 0.8 * score.count
    assert np.median(score.apart) < 0.006


@pytest.mark.parametrize('count', [2, 3, 4])
@pytest.mark.parametrize('elevation', [90, 50])
def test_cubes_of_many_colours_side_by_side_are_parted(count, elevation):
    items = in_row(np.random.default_rng(count), count, same=False)
    colours = ('red', 'blue', 'yellow', 'green')
    items = [replace(one, colour=colour) for one, colour in zip(items, colours, strict=False)]
    things = found(items, taken(1, elevation))
    assert sorted(one.label for one in things) == sorted(f'{one.colour} cube' for one in items)


@pytest.mark.parametrize('count', [2, 3, 4])
def test_cubes_of_one_colour_are_parted_at_their_seams(count):
    items = [
        replace(one, colour='red')
        for one in in_row(np.random.default_rng(3), count, same=True, gap=0.004)
    ]
    score = Score()
    score.add(items, SceneEstimator()(seen(items, taken(0, 90), 'plain')), reach=0.005)
    assert (score.found, score.extra) == (count, 0)


def test_a_row_without_a_seam_is_told_to_be_perhaps_several():
    items = [replace(one, colour='red') for one in in_row(np.random.default_rng(0), 3, same=True)]
    (row,) = found(items, taken(0, 90))
    assert row.label == 'red box, perhaps 3 cubes'
    assert row.confidence < 0.8


@pytest.mark.parametrize('shape', ['cube', 'cylinder', 'ball', 'box'])
def test_a_thing_of_two_colours_is_one_thing(shape):
    item = Drawn('red', shape, SIZES[shape], 0.53, 0.05, 0.4, second='blue', stripe=0.012)
    (thing,) = found([item], taken(0, 90))
    assert thing.shape == shape
    assert set(thing.label.split()) == {'red', 'and', 'blue', shape}
    assert np.linalg.norm(thing.position - item.position) < 0.004


def test_speckled_things_are_not_left_out():
    items = scattered(np.random.default_rng(1), 4, ('cube', 'box'))
    frame = draw(items, taken(0, 90))
    mask = (np.nan_to_num(frame.depth, nan=9.0) < 1.085)[..., None]
    speckles = np.random.default_rng(0).integers(0, 256, frame.rgb.shape, dtype=np.uint8)
    speckled = replace(frame, rgb=np.where(mask, speckles, frame.rgb))
    score = Score()
    score.add(items, SceneEstimator()(speckled))
    assert (score.found, score.extra) == (score.count, 0)


@pytest.mark.parametrize('elevation', [90, 50])
def test_things_of_the_tables_colour_are_seen(elevation):
    items = [replace(one, rgb=TABLE) for one in scattered(np.random.default_rng(2), 5)]
    score = scored([items], [taken(0, elevation)])
    assert (score.shaped, score.extra) == (score.count, 0)


def test_glass_is_reported_where_it_stands():
    items = scattered(np.random.default_rng(0), 4, ('cube', 'cylinder', 'ball'), gap=0.06)
    items = [replace(one, depthless=at < 2) for at, one in enumerate(items)]
    things = found(items, taken(0, 90))
    glass = [one for one in things if 'without depth' in one.label]
    assert (len(things), len(glass)) == (4, 2)
    for item in items[:2]:
        apart = min(np.linalg.norm((one.position - item.position)[:2]) for one in glass)
        assert apart < 0.015


def test_a_container_without_depth_at_its_rim_is_still_one():
    for shape in ('bowl', 'bin', 'tray'):
        item = Drawn('blue', shape, SIZES[shape], 0.53, 0.0, 0.3)
        (thing,) = found([item], taken(0, 50), 'edgeless')
        assert thing.shape == shape
        assert np.linalg.norm(thing.position - item.position) < 0.01


def test_thirty_things_close_together():
    items = scattered(
        np.random.default_rng(4), 30, ('cube', 'ball', 'cylinder'), 0.004, (0.2, 0.3)
    )
    score = scored([items], [taken(0, 90)])
    assert score.count >= 25
    assert (score.shaped, score.extra) == (score.count, 0)
