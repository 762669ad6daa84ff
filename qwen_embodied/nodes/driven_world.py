"""A simulated world whose time waits for the set-points of a controller that drives it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from typing import Protocol

from qwen_embodied.messages import Array, JointState


class SteppedWorld(Protocol):
    """What is needed of a simulated world."""

    @property
    def time(self) -> float:
        """Simulated time, s."""
        ...

    @property
    def commanded_until(self) -> float:
        """Time of the last command, s; minus infinity before the first."""
        ...

    def read(self) -> JointState:
        """Measure all joints."""
        ...

    def schedule(self, positions: Array, at: float) -> Array:
        """Reach positions (J,) at a simulated time, s."""
        ...

    def step(self, seconds: float) -> None:
        """Advance the simulated time."""
        ...


class DrivenWorld:
    """Steps a world in one thread while another one brings its set-points.

    Without waiting a late process would show as a jerk that no real-time controller makes. A
    controller that stays silent is not waited for again until it speaks.
    """

    def __init__(self, world: SteppedWorld, patience: float) -> None:
        """Drive a world; `patience` is the longest wait for one set-point, s."""
        self._world, self._patience = world, patience
        self._commanded = threading.Condition()
        self._is_driven = False

    def step(self, seconds: float) -> JointState:
        """Advance the time, after waiting for the set-point that it needs; gives the joints."""
        world, until = self._world, self._world.time + seconds
        if self._is_driven and world.commanded_until < until:
            with self._commanded:
                self._is_driven = self._commanded.wait_for(
                    lambda: world.commanded_until >= until, self._patience
                )
        world.step(seconds)
        return world.read()

    def schedule(self, positions: Array, at: float) -> None:
        """Take a set-point (J,) for a simulated time, s."""
        with self._commanded:
            self._world.schedule(positions, at)
            self._is_driven = True
            self._commanded.notify()
