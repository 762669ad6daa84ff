"""A record of the joints at every step of the physics."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Trace:
    """Commanded and measured joint positions over time, for tests and plots."""

    def __init__(self, joints: tuple[str, ...]) -> None:
        """Start empty; `joints` names the measured columns, the first of them are commanded."""
        self.joints = joints
        self._rows: list[tuple[float, Array, Array]] = []

    def add(self, time: float, commanded: Array, measured: Array) -> None:
        """Add one step: time in s, commanded (8,) and measured (9,) positions."""
        self._rows.append((time, commanded.copy(), measured.copy()))

    @property
    def times(self) -> Array:
        """Of the steps, (N,) s."""
        return np.array([row[0] for row in self._rows])

    @property
    def commanded(self) -> Array:
        """What the servos were told, (N, 8) rad and m."""
        return np.array([row[1] for row in self._rows])

    @property
    def measured(self) -> Array:
        """What the joints did, (N, 9) rad and m."""
        return np.array([row[2] for row in self._rows])
