"""Whether a tool that points down gets to a point: what planning is told about the arm."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from threading import Lock

import numpy as np

from qwen_embodied.motion.grasp import tool_down
from qwen_embodied.motion.inverse import Inverse
from qwen_embodied.motion.robot import Robot

CELL = 0.01  # m, of the grid on which points are asked once
TURNS = 4  # of the tool about its axis
RESTARTS = 2
MOST = 20_000  # points that are remembered


class Reach:
    """Says of points whether the arm gets there; each point of a grid is computed once.

    It has a solver of its own and may be asked from any thread, also while motions are made.
    """

    def __init__(self, robot: Robot, margin: float = 0.0) -> None:
        """Take the arm and the distance it keeps from its joint limits, rad."""
        self._robot, self._margin = robot, margin
        self._known: dict[tuple[int, int, int], bool] = {}
        self._inverse, self._lock = Inverse(robot), Lock()

    def __call__(self, x: float, y: float, z: float) -> bool:
        """Say whether the tool, pointing down, gets to within a centimetre of x, y, z m."""
        if not np.isfinite((x, y, z)).all():
            return False
        cell = (round(x / CELL), round(y / CELL), round(z / CELL))
        with self._lock:
            if cell not in self._known:
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[cell] = self._solve(np.array(cell) * CELL)
            return self._known[cell]

    def _solve(self, point: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
        home = self._robot.home
        poses = (tool_down(point, np.pi * turn / TURNS) for turn in range(TURNS))
        attempt = self._inverse.attempt
        return any(attempt(pose, home, self._margin, RESTARTS).reaches for pose in poses)
