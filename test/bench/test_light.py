"""A reduced light bench with thresholds, and its parts."""

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from qwen_embodied.bench.light_scenes import COLUMNS, Tally, clahe, gray_world, stages
from qwen_embodied.messages import SceneObject

light = pytest.importorskip('qwen_embodied.bench.light')
CONDITIONS = ('normal@1', 'dimmed@5', 'tungsten@5', 'greenish@5', 'gradient@5', 'flicker@5')


@pytest.fixture(scope='module')
def tallies():
    columns = {name: COLUMNS[name] for name in ('ours', 'raw')}
    return light.measure(range(1000, 1002), CONDITIONS, columns)


def test_things_are_named_rightly_in_any_light(tallies):
    own = [tallies[name, 'ours'] for name in CONDITIONS]
    count = sum(one.count for one in own)
    assert count >= 55
    assert sum(one.right for one in own) >= 0.93 * count
    assert sum(one.wrong for one in own) <= 0.05 * count


def test_places_and_sizes_are_right_in_any_light(tallies):
    for name in CONDITIONS:
        assert np.median(tallies[name, 'ours'].position) <= 0.004
        assert np.median(tallies[name, 'ours'].size) <= 0.005


def test_the_correction_is_worth_its_while(tallies):
    def right(column):
        return sum(tallies[name, column].right for name in CONDITIONS)

    assert right('ours') >= right('raw')


def test_the_rows_carry_counts_intervals_and_the_other_columns(tallies):
    rows = [row for row in light.naming_rows(tallies) if 'tungsten@5' in row.name]
    assert '95 % interval' in rows[0].name
    assert 'raw' in rows[0].peer


def item(**changes):
    values = {
        'id': 'a', 'label': 'red ball', 'colour': 'red', 'shape': 'ball',
        'object_in_base': np.eye(4), 'size': [0.05, 0.05, 0.05], 'confidence': 1.0,
    }  # fmt: skip
    return SceneObject(**values | changes)


def test_unknown_is_not_wrong_and_missing_is_not_right():
    tally = Tally()
    tally.add(item(), item(), False)
    tally.add(item(), item(colour='unknown'), False)
    tally.add(item(), None, False)
    tally.add(item(), item(colour='blue'), False)
    tally.add(item(), item(colour='blue'), True)
    assert (tally.right, tally.wrong, tally.count) == (1, 1, 4)
    assert (tally.wrong_clipped, tally.clipped) == (1, 1)


def test_an_object_knows_its_pixels():
    stage = next(stages(range(3, 4)))
    for one in stage.objects:
        rows, columns, inside = stage.pixels(one)
        assert 0.2 < inside.mean() <= 1.0
        white = np.zeros(stage.frame.rgb.shape, np.uint8)
        white[rows, columns][inside] = 255
        assert stage.is_clipped(one, white)
        assert not stage.is_clipped(one, np.zeros_like(white))


def test_the_usual_corrections_do_what_they_are_known_for():
    rng = np.random.default_rng(0)
    rgb = rng.integers(40, 80, (48, 64, 3)).astype(np.uint8)
    assert clahe(rgb).std() > rgb.std()
    warm = (rgb * [1.5, 1.0, 0.6]).astype(np.uint8)
    assert np.ptp(gray_world(warm).reshape(-1, 3).mean(axis=0)) < 1.0
