"""Fixtures for the tests of motion."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.things import make_object, make_scene, make_state
from qwen_embodied.motion import load_robot


@pytest.fixture(scope='session')
def robot():
    return load_robot('panda')


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def at_home(robot):
    return make_state(robot, np.append(robot.home, robot.gripper.open))


@pytest.fixture
def table_scene():
    return make_scene(
        make_object('cube', 0.50, 0.12, yaw=0.3),
        make_object('bowl', 0.50, -0.15),
        make_object('bin', 0.63, 0.27, yaw=0.4),
        make_object('cylinder', 0.42, -0.30),
        make_object('ball', 0.40, 0.25),
    )
