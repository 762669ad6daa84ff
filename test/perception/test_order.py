"""Order statistics agree with the general functions."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.perception.filling import fill_holes
from qwen_embodied.perception.order import percentiles


@pytest.mark.parametrize('count', [1, 2, 3, 50, 997])
@pytest.mark.parametrize('kind', [np.float64, np.uint16, np.uint8])
def test_percentiles_lie_between_neighbours_as_those_of_numpy_do(count, kind):
    values = (250 * np.random.default_rng(count).random(count)).astype(kind)
    asked = (0.0, 2.0, 50.0, 60.0, 98.5, 100.0)
    assert percentiles(values, asked) == pytest.approx(np.percentile(values, asked).tolist())


def test_a_hole_takes_the_nearest_depth_within_two_pixels_and_says_where_its_colour_differs():
    depth = np.full((9, 12), 1.0, np.float32)
    depth[:, 5:] = 0.9
    depth[2:7, 3:8] = np.nan
    rgb = np.full((9, 12, 3), 100, np.uint8)
    rgb[4, 6] = 200
    filled, foreign = fill_holes(depth, rgb)
    assert filled[4, 3] == np.float32(1.0)
    assert filled[4, 7] == filled[4, 6] == np.float32(0.9)
    assert np.isnan(filled[4, 5])
    assert np.argwhere(foreign).tolist() == [[4, 6]]


def test_depth_without_holes_stays_as_it_is():
    depth = np.random.default_rng(0).uniform(0.5, 1.0, (8, 8)).astype(np.float32)
    filled, foreign = fill_holes(depth, np.zeros((8, 8, 3), np.uint8))
    np.testing.assert_array_equal(filled, depth)
    assert not foreign.any()
