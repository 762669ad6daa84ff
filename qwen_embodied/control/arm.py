"""The arm as the tracker sees it, and a fake one for dry runs and tests."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import JointState, JointTrajectory

Array = NDArray[np.float64]


@runtime_checkable
class Arm(Protocol):
    """Anything with joints that can be read and sent to positions."""

    def read(self) -> JointState:
        """Give the measured joint state."""

    def command(self, positions: Array) -> Array:
        """Send the arm to positions (J,), to be reached over the next control period.

        Returns:
            What was really sent, (J,).
        """


class TrajectoryArm(Protocol):
    """An arm whose own controllers draw the curve, such as one of ros2_control."""

    def send(self, controller: str, trajectory: JointTrajectory, start: float) -> None:
        """Send one controller a trajectory in place of what it follows.

        Args:
            controller: Name of the controller.
            trajectory: Of that controller's joints.
            start: When its time 0 is, s on the clock of the joint states.
        """


class FakeArm:
    """An arm without dynamics: it follows its commands perfectly, late, or not at all.

    Args:
        names: Of the joints, in the order of commands.
        positions: Where it starts, (J,) rad or m.
        lag: Time constant with which it follows, s; None follows perfectly.
    """

    def __init__(
        self, names: tuple[str, ...], positions: ArrayLike, *, lag: float | None = None
    ) -> None:
        self.time = 0.0
        self.lag = lag
        self.stuck: set[str] = set()
        self.commands: list[Array] = []
        self._names = names
        self._positions = np.array(positions, dtype=float)
        self._velocities = np.zeros(len(names))
        self._target = self._positions.copy()
        if self._positions.shape != (len(names),):
            raise ContractError(
                'FakeArm.positions', self._positions.tolist(), f'{len(names)} long'
            )

    def read(self) -> JointState:
        """Give the joint state at `time`."""
        return JointState(self.time, self._names, self._positions, self._velocities)

    def command(self, positions: Array) -> Array:
        """Take a target (J,); raises ContractError for one that is not finite."""
        target = np.array(positions, dtype=float)
        if target.shape != self._positions.shape or not np.isfinite(target).all():
            raise ContractError('command', target.tolist(), f'{len(self._names)} finite numbers')
        self._target = target
        self.commands.append(target.copy())
        return target.copy()

    def step(self, seconds: float) -> None:
        """Let time pass and the joints move; those in `stuck` do not."""
        share = 1.0 if self.lag is None else 1.0 - np.exp(-seconds / self.lag)
        free = np.array([name not in self.stuck for name in self._names])
        change = np.where(free, share * (self._target - self._positions), 0.0)
        self._positions = self._positions + change
        self._velocities = change / seconds
        self.time += seconds
