"""The pace at which time runs along a path: 1 while it moves, 0 while it holds."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.path import CommandPath

Array = NDArray[np.float64]
FASTEST = 50.0  # 1/s; bounds the change of pace where no joint moves
USABLE = (
    1.05  # of the acceleration limit; what motion leaves at its own limit, to slow down at all
)
REFINEMENTS = 3
LONGEST_STEP = 0.02  # s, over which the bounds of the pace are taken as constant
LOOK_AHEAD = np.linspace(0.0, 1.0, 5)


class Pace:
    """Place on a path and the pace there; changes of pace keep the joint accelerations.

    With q(s) the path and r = ds/dt the pace, the joints accelerate by q''·r² + q'·dr/dt. Since
    the path keeps its limits at r = 1, slowing down is possible everywhere, for all joints
    together, and it stays on the path.
    """

    def __init__(self, path: CommandPath, acceleration: Array, pace: float = 1.0) -> None:
        self.path = path
        self.at = 0.0
        self.pace = pace
        self._acceleration = USABLE * acceleration

    @property
    def is_at_end(self) -> bool:
        """True once the last point is commanded."""
        return self.at >= self.path.duration

    @property
    def is_at_rest(self) -> bool:
        """True while time stands still."""
        return self.pace == 0.0

    def rest(self) -> None:
        """Stop time at once: for an arm that rests because it was sent nothing for a while."""
        self.pace = 0.0

    def advance(self, seconds: float, target: float) -> None:
        """Let real time pass, s; the pace goes towards a target, 0 to 1."""
        while seconds > LONGEST_STEP:
            self._advance(LONGEST_STEP, target)
            seconds -= LONGEST_STEP
        self._advance(seconds, target)

    def _advance(self, seconds: float, target: float) -> None:
        if self.pace == target:
            self.at = min(self.at + target * seconds, self.path.duration)
            return
        lowest, highest = self._bounds(seconds)
        if self.pace > target:
            pace = max(self.pace + lowest * seconds, target)
        else:
            pace = min(self.pace + highest * seconds, target)
        self.at = min(self.at + 0.5 * (self.pace + pace) * seconds, self.path.duration)
        self.pace = pace

    def now(self) -> tuple[Array, Array]:
        """Give the commanded positions and velocities (J,) at this place and pace."""
        positions, velocities, _ = self.path.sample(np.array([self.at]))
        return positions[0], velocities[0] * self.pace

    def _bounds(self, seconds: float) -> tuple[float, float]:
        """Give the lowest (<= 0) and highest (>= 0) change of pace over the next step, 1/s."""
        ahead = self.at + max(self.pace, 0.05) * seconds * LOOK_AHEAD
        _, velocity, bend = self.path.sample(ahead)
        speed = np.maximum(np.abs(velocity), 1e-9)
        along = np.sign(velocity) * bend
        before = along * self.pace**2
        lowest, highest = 0.0, 0.0
        for _ in range(REFINEMENTS):  # the bend counts by the pace, which the change alters
            slower, faster = (
                along * float(np.clip(self.pace + change * seconds, 0.0, 1.0)) ** 2
                for change in (min(lowest, 0.0), max(highest, 0.0))
            )
            limit = self._acceleration
            lowest = float(np.max((-limit - np.minimum(before, slower)) / speed))
            highest = float(np.min((limit - np.maximum(before, faster)) / speed))
        return min(max(lowest, -FASTEST), 0.0), max(min(highest, FASTEST), 0.0)
