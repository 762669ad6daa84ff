"""Joint limits are addressed by name and refuse what no joint has."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qwen_embodied.errors import ContractError


def test_a_share_of_the_limits_leaves_positions_alone(limits):
    half = limits.scaled(0.5, 0.25, 1.0)
    assert np.allclose(half.velocity, limits.velocity / 2)
    assert np.allclose(half.acceleration, limits.acceleration / 4)
    assert np.array_equal(half.jerk, limits.jerk)
    assert np.array_equal(half.upper, limits.upper)


def test_limits_follow_the_order_of_names(limits):
    turned = limits.of(('finger', 'elbow'))
    assert turned.names == ('finger', 'elbow')
    assert turned.upper.tolist() == [0.04, 2.0]
    assert turned.of(limits.names).jerk.tolist() == limits.jerk.tolist()


def test_unknown_joints_are_named(limits):
    with pytest.raises(ContractError, match=r"\['wrist'\].*elbow"):
        limits.of(('elbow', 'wrist'))


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'lower': [0.0]}, 'lower.*2 finite numbers'),
        ({'velocity': [1.0, np.nan]}, 'velocity.*finite'),
        ({'acceleration': [np.inf, 1.0]}, 'acceleration.*finite'),
        ({'lower': [2.0, 0.0]}, 'upper.*above lower'),
        ({'velocity': [0.0, 1.0]}, 'velocity.*> 0'),
        ({'acceleration': [1.0, -1.0]}, 'acceleration.*> 0'),
        ({'jerk': [0.0, 0.0]}, 'jerk.*> 0'),
    ],
)
def test_useless_limits_are_refused(limits, changes, words):
    with pytest.raises(ContractError, match=words):
        dataclasses.replace(limits, **changes)


def test_limits_cannot_be_written_to(limits):
    with pytest.raises(ValueError, match='read-only'):
        limits.upper[0] = 9.0
