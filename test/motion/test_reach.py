"""What planning is told of the arm: where a tool that points down gets to."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.errors import UnreachableError
from qwen_embodied.motion import Reach, load_robot
from qwen_embodied.motion.grasp import tool_down

ROBOT = load_robot('panda')


@pytest.mark.parametrize('point', [(0.5, 0.0, 0.02), (0.4, 0.3, 0.02), (0.65, -0.2, 0.3)])
def test_points_of_the_table_are_reached(point):
    assert Reach(ROBOT)(*point)


@pytest.mark.parametrize(
    'point', [(0.75, 0.35, 0.02), (1.2, 0.0, 0.02), (0.5, 0.0, 1.5), (np.nan, 0.0, 0.0)]
)
def test_points_beyond_the_arm_are_not(point):
    assert not Reach(ROBOT)(*point)


def test_what_is_denied_has_no_posture():
    with pytest.raises(UnreachableError):
        ROBOT.inverse(tool_down(np.array([0.72, 0.36, 0.02]), 0.0))
    assert not Reach(ROBOT)(0.72, 0.36, 0.02)
