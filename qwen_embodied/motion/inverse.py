"""Inverse kinematics: damped Newton steps on the pose error, within the joint limits."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import JointLimitError, UnreachableError

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]

TOLERANCE = 1e-5  # m and rad
ITERATIONS = 40
RESTARTS = 60
LARGEST_STEP = 0.6  # rad


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a solver ended.

    Attributes:
        joints: (J,) rad, within the limits.
        position_error: What is left, m.
        rotation_error: What is left, rad.
    """

    joints: Array
    position_error: float
    rotation_error: float

    @property
    def reaches(self) -> bool:
        """True within the tolerance of 1e-5."""
        return self.position_error <= TOLERANCE and self.rotation_error <= TOLERANCE

    @property
    def error(self) -> float:
        """One number for comparing, with 1 rad as bad as 0.3 m."""
        return self.position_error + 0.3 * self.rotation_error


class Inverse:
    """Solver for one robot; the same input gives the same output, bit by bit."""

    def __init__(self, robot: Robot) -> None:
        """Take the robot whose limits hold."""
        self._robot = robot
        self._eye = np.eye(6)

    def __call__(self, tool_in_base: ArrayLike, seed: ArrayLike, margin: float) -> Solution:
        """Solve from the seed, then from random starts; raises UnreachableError."""
        best = self.attempt(tool_in_base, np.asarray(seed, dtype=float), margin, RESTARTS)
        if not best.reaches:
            x, y, z = np.asarray(tool_in_base, dtype=float)[:3, 3]
            target = f'the tool pose at ({x:.3f}, {y:.3f}, {z:.3f}) m'
            raise UnreachableError(target, best.position_error, best.rotation_error)
        return best

    def attempt(
        self, tool_in_base: ArrayLike, seed: Array, margin: float, restarts: int
    ) -> Solution:
        """Start at the seed, then at random; give the first that reaches, else the best."""
        matrix = np.asarray(tool_in_base, dtype=float)
        goal = pin.SE3(matrix[:3, :3], matrix[:3, 3])
        limits = self._robot.limits
        lower, upper = limits.lower + margin, limits.upper - margin
        best = self._descend(goal, np.clip(seed, lower, upper), lower, upper)
        if best.reaches or not restarts:
            return best
        rng = np.random.default_rng(0)
        for _ in range(restarts):
            found = self._descend(goal, rng.uniform(lower, upper), lower, upper)
            if found.error < best.error:
                best = found
            if best.reaches:
                break
        return best

    def _descend(self, goal: pin.SE3, q: Array, lower: Array, upper: Array) -> Solution:
        """Run damped Newton steps until the error is small or stops shrinking."""
        stuck, last = 0, np.inf
        for _ in range(ITERATIONS):
            jacobian, placement = self._robot.tool_jacobian(q)
            twist = pin.log6(placement.actInv(goal)).vector
            square = float(twist @ twist)
            if square < 0.04 * TOLERANCE**2:
                break
            stuck = stuck + 1 if square > 0.8 * last else 0
            if stuck > 5:
                break
            last = min(last, square)
            q = self._step(jacobian, twist, q, (lower, upper))
        return _measure(self._robot, q, goal)

    def _step(self, jacobian: Array, twist: Array, q: Array, bounds: tuple[Array, Array]) -> Array:
        """Make one step; joints that it would push through a limit stay where they are."""
        lower, upper = bounds
        damping = 0.02 * min(float(twist @ twist), 1.0) + 1e-8
        step: Array = jacobian.T @ np.linalg.solve(
            jacobian @ jacobian.T + damping * self._eye, twist
        )
        blocked = ((q >= upper) & (step > 0)) | ((q <= lower) & (step < 0))
        if blocked.any():
            free = np.where(blocked, 0.0, jacobian)
            step = free.T @ np.linalg.solve(free @ free.T + damping * self._eye, twist)
        largest = float(np.abs(step).max())
        if largest > LARGEST_STEP:
            step *= LARGEST_STEP / largest
        return np.clip(q + step, lower, upper)

    def check(self, q: Array) -> None:
        """Raise JointLimitError for the first joint outside its limits."""
        limits = self._robot.limits
        for name, value, low, high in zip(
            limits.names, q.tolist(), limits.lower, limits.upper, strict=True
        ):
            if not low - 1e-9 <= value <= high + 1e-9:
                raise JointLimitError(name, value, float(low), float(high))


def _measure(robot: Robot, q: Array, goal: pin.SE3) -> Solution:
    _, placement = robot.tool_jacobian(q)
    twist = pin.log6(placement.actInv(goal))
    distance = float(np.linalg.norm(placement.translation - goal.translation))
    return Solution(q, distance, float(np.linalg.norm(twist.angular)))
