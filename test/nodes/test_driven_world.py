"""The simulated time waits for a controller that drives, and not for one that is gone."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from qwen_embodied.messages import JointState
from qwen_embodied.nodes.driven_world import DrivenWorld


class Timeline:
    """A world that only counts its time and its commands."""

    def __init__(self):
        self.time, self.commanded_until = 0.0, -np.inf

    def read(self):
        return JointState(self.time, ('elbow',), [0.0])

    def schedule(self, positions, at):
        self.commanded_until = at
        return positions

    def step(self, seconds):
        self.time += seconds


def test_before_the_first_command_it_does_not_wait():
    driven = DrivenWorld(Timeline(), patience=5.0)
    begun = time.monotonic()
    assert driven.step(0.1).stamp == pytest.approx(0.1)
    assert time.monotonic() - begun < 1.0


def test_it_waits_for_the_set_point_that_it_needs():
    world = Timeline()
    driven = DrivenWorld(world, patience=5.0)
    driven.schedule(np.zeros(1), 0.05)
    timer = threading.Timer(0.1, driven.schedule, [np.zeros(1), 0.2])
    begun = time.monotonic()
    timer.start()
    driven.step(0.1)
    timer.join()
    assert time.monotonic() - begun >= 0.09


def test_a_silent_controller_is_waited_for_once():
    world = Timeline()
    driven = DrivenWorld(world, patience=0.05)
    driven.schedule(np.zeros(1), 0.05)
    begun = time.monotonic()
    for _ in range(50):
        driven.step(0.1)
    assert world.time == pytest.approx(5.0)
    assert time.monotonic() - begun < 1.0
