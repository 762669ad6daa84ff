"""Collision-free joint paths and straight tool lines."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import (
    CollisionError,
    PathNotFoundError,
    SingularityError,
    UnreachableError,
)
from qwen_embodied.motion.collision import Collider, Demand
from qwen_embodied.motion.edges import GRAIN, EdgeCheck
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.sampling import connect
from qwen_embodied.motion.smoothing import shortened
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

LARGEST_JUMP = 0.2  # rad between neighbouring points of a straight line
COARSE = 0.15  # m, step of the robot between samples in the first search
FINE = 0.1  # m, step between samples when a path is shortened
FIRST_TRY = 60  # samples of the first search
LONGER = 1.5  # factor from one try to the next
SHOWN = 0.01  # rad, step when the blocking body is looked for


@dataclass(frozen=True)
class PathOptions:
    """How a path is searched for.

    Attributes:
        margin: Distance kept from the scene, m.
        own_margin: Distance kept between the robot's links, m.
        opening: Position of one finger on the way, m; None is open.
        iterations: Budget of the sampling planner; a count, so that results repeat.
        seconds: Budget of time for the search; None leaves it to the count. The straight line is
            tried whatever the budget. What time ends need not repeat.
        limit_margin: Distance kept from joint limits, rad.
        rounds: Most rounds of shortening a sampled path.
    """

    margin: float = 0.025
    own_margin: float = 0.012
    opening: float | None = None
    iterations: int = 2000
    seconds: float | None = None
    limit_margin: float = 0.06
    rounds: int = 5


class Budget:
    """Counts samples and time."""

    def __init__(self, iterations: int, seconds: float | None) -> None:
        """Start the clock."""
        self.spent, self._iterations, self._seconds = 0, iterations, seconds
        self._begun = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._begun

    @property
    def is_spent(self) -> bool:
        """True when nothing is left."""
        late = self._seconds is not None and self.elapsed >= self._seconds
        return late or self.spent >= self._iterations

    def slice(self, samples: int) -> Callable[[], bool]:
        """Give a question that counts samples and says when a share of them, or all, is spent."""
        last = self.spent + samples

        def is_over() -> bool:
            self.spent += 1
            return self.spent > last or self.is_spent

        return is_over


def plan_path(
    robot: Robot,
    world: World,
    start: ArrayLike,
    goal: ArrayLike,
    options: PathOptions | None = None,
) -> Array:
    """Find a joint path: the straight line where it is free, else one by RRT-Connect, shortened.

    Args:
        robot: Whose arm moves.
        world: What it must not touch.
        start: Joints (J,) rad.
        goal: Joints (J,) rad.
        options: Margins and budget.

    Returns:
        Corner points (N, J) rad; the straight joint lines between them are proved free.

    Raises:
        JointLimitError: The start or the goal is outside the limits.
        CollisionError: Names the part (start, goal) and the two bodies.
        PathNotFoundError: The budget was spent; names what blocks the straight way.
    """
    options = options or PathOptions()
    collider = Collider(robot, world)
    demand = collider.demand(options.margin, options.own_margin)
    return search(collider, demand, np.asarray(start, float), np.asarray(goal, float), options)


def blocked_by(
    robot: Robot, world: World, options: PathOptions | None = None
) -> Callable[[Array], tuple[str, str] | None]:
    """Give what `Search.blocked` asks, so that an inverse ends where `plan_path` may begin.

    Args:
        robot: Whose arm moves.
        world: What it must not touch.
        options: Margins and the gripper's opening, as for the path.

    Returns:
        Gives the names of the two bodies that are too near at joints (J,), or None.
    """
    options = options or PathOptions()
    collider = Collider(robot, world)
    demand = collider.demand(options.margin, options.own_margin)
    edges = EdgeCheck(collider, demand, _opening(robot, options))

    def touching(joints: Array) -> tuple[str, str] | None:
        if edges.is_free_at(joints):
            return None
        contact = collider.first(edges.row(joints)[None], demand)
        return None if contact is None else (contact.first, contact.second)

    return touching


def _opening(robot: Robot, options: PathOptions) -> float | None:
    """Give the gripper's joint during the motion; None for an arm without a gripper."""
    if robot.gripper is None:
        return None
    return robot.gripper.open if options.opening is None else options.opening


def search(
    collider: Collider, demand: Demand, start: Array, goal: Array, options: PathOptions
) -> Array:
    """Do the work of plan_path for a collider and distances that the caller has."""
    return Search(collider, demand, start, goal, options).path()


class Search:
    """One search, step by step."""

    def __init__(
        self, collider: Collider, demand: Demand, start: Array, goal: Array, options: PathOptions
    ) -> None:
        """Check the ends; raises as plan_path."""
        robot = collider.robot
        self._collider, self._demand, self._options = collider, demand, options
        self._budget = Budget(options.iterations, options.seconds)
        robot.check(start)
        robot.check(goal)
        self._ends = start, goal
        self._edges = EdgeCheck(collider, demand, _opening(robot, options))
        self._require('start', start)
        self._require('goal', goal)
        margin = options.limit_margin
        lower = np.minimum(robot.limits.lower + margin, np.minimum(start, goal))
        upper = np.maximum(robot.limits.upper - margin, np.maximum(start, goal))
        self._bounds = lower, upper
        self._step, self._samples, self._seed = COARSE, FIRST_TRY, 0

    def path(self) -> Array:
        """Give the straight line or a shortened path, proved free; raises PathNotFoundError."""
        if self._edges.sampled(COARSE)(*self._ends) and self._edges.proves(*self._ends):
            return np.stack(self._ends)
        while True:
            found = self.candidate()
            path = shortened(found, self._edges.sampled(FINE, roomy=True), self._options.rounds)
            if all(self._edges.proves(a, b) for a, b in pairwise(path)):
                return path
            self._step = max(self._step / 3, GRAIN)

    def candidate(self) -> Array:
        """Give a path free at samples of the present step; raises PathNotFoundError.

        Times of RRT-Connect spread over three orders of magnitude. It is begun anew with other
        samples, each time for longer, which tames the worst of them.
        """
        edge = self._edges.sampled(self._step)
        while not self._budget.is_spent:
            self._seed += 1
            is_over = self._budget.slice(self._samples)
            self._samples = int(self._samples * LONGER)
            found = connect(edge, *self._ends, self._bounds, is_over, self._seed)
            if found is not None:
                return found
        raise PathNotFoundError(*self._blocker(), self._budget.spent, self._budget.elapsed)

    def _require(self, part: str, point: Array) -> None:
        """Raise CollisionError naming a part of the motion when a point is too near something."""
        if self._edges.is_free_at(point):
            return
        contact = self._collider.first(self._edges.row(point)[None], self._demand)
        if contact is None:
            return
        second = contact.second
        if contact.distance > 0:
            second += f' nearly ({contact.distance * 1e3:.1f} of {contact.allowed * 1e3:.1f} mm)'
        raise CollisionError(part, contact.first, second)

    def _blocker(self) -> tuple[str, str]:
        """Name what blocks the straight joint line."""
        start, goal = self._ends
        count = max(int(np.ceil(np.abs(goal - start).max() / SHOWN)), 1)
        line = start + np.linspace(0.0, 1.0, count + 1)[:, None] * (goal - start)
        rows = np.array([self._edges.row(point) for point in line])
        contact = self._collider.first(rows, self._demand)
        return (contact.first, contact.second) if contact else ('the arm', 'no single body')


def straight_path(
    robot: Robot, start: ArrayLike, offset: ArrayLike, *, step: float = 0.005,
    margin: float = 0.05, condition: float = np.inf,
) -> Array:  # fmt: skip
    """Move the tool along a straight line without turning it.

    Args:
        robot: Whose arm moves.
        start: Joints (J,) rad.
        offset: Way of the tool in axes of the base, (3,) m.
        step: Distance between points, m.
        margin: Distance kept from joint limits, rad.
        condition: Largest condition number of the tool's Jacobian on the line (m and rad).

    Returns:
        Joints (N, J) rad along the line, the start first.

    Raises:
        UnreachableError: Where the line leaves the reach, or would need another arm posture.
        SingularityError: Where the line comes too near a singularity.
    """
    way = np.asarray(offset, dtype=float)
    q = np.array(start, dtype=float)
    count = max(int(np.ceil(np.linalg.norm(way) / step)), 1)
    origin = robot.forward(q)
    name = f'the straight line from {origin[:3, 3].round(3).tolist()} m'
    points = [q]
    for number in range(1, count + 1):
        target = origin.copy()
        target[:3, 3] += way * (number / count)
        near = robot.solve(target, q, margin)
        jump = float(np.abs(near.joints - q).max())
        if not (near.reaches and jump <= LARGEST_JUMP):
            raise UnreachableError(name, near.position_error, max(near.rotation_error, jump))
        q = near.joints
        points.append(q)
    found = np.array(points)
    if np.isfinite(condition):
        worst = float(robot.conditions(found).max())
        if not worst <= condition:
            raise SingularityError(name, worst, condition)
    return found
