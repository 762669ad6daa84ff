"""Collision-free joint paths and straight tool lines."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import CollisionError, UnreachableError
from qwen_embodied.motion.collision import Collider, Demand
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.sampling import connect
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

LARGEST_JUMP = 0.2  # rad between neighbouring points of a straight line


@dataclass(frozen=True)
class PathOptions:
    """How a path is searched for.

    Attributes:
        margin: Distance kept from the scene, m.
        own_margin: Distance kept between the robot's links, m.
        opening: Position of one finger on the way, m; None is open.
        resolution: Largest joint step between checked points, rad.
        iterations: Budget of the sampling planner; a count, so that results repeat.
        limit_margin: Distance kept from joint limits, rad.
        shortcuts: Attempts to shorten a sampled path.
    """

    margin: float = 0.025
    own_margin: float = 0.012
    opening: float | None = None
    resolution: float = 0.02
    iterations: int = 2000
    limit_margin: float = 0.06
    shortcuts: int = 80


class PathChecker:
    """Checks joint paths of the arm in a world, with the gripper held at one opening."""

    def __init__(
        self, collider: Collider, demand: Demand, opening: float, resolution: float
    ) -> None:
        """Take the distances to keep, the finger position (m) and the joint step (rad)."""
        self._collider, self._demand = collider, demand
        self._opening, self._resolution = opening, resolution

    def rows(self, points: Array) -> Array:
        """Add the gripper's column to arm joints (N, J)."""
        if self._collider.robot.gripper is None:
            return points
        return np.column_stack([points, np.full(len(points), self._opening)])

    def demand_free(self, points: Array) -> bool:
        """True when every point (N, J) keeps its distances."""
        return self._collider.free(self.rows(points), self._demand)

    def edge_free(self, start: Array, end: Array) -> bool:
        """True when the straight joint line keeps its distances; the start is not checked."""
        count = max(int(np.ceil(np.abs(end - start).max() / self._resolution)), 1)
        share = (np.arange(count) + 1.0)[:, None] / count
        return self.demand_free(start + share * (end - start))

    def require(self, part: str, point: Array) -> None:
        """Raise CollisionError naming a part of the motion when a point is too near something."""
        contact = self._collider.first(self.rows(np.atleast_2d(point)), self._demand)
        if contact is not None:
            second = contact.second
            if contact.distance > 0:
                second += (
                    f' nearly ({contact.distance * 1e3:.0f} of {contact.allowed * 1e3:.0f} mm)'
                )
            raise CollisionError(part, contact.first, second)

    def blocker(self, start: Array, end: Array) -> tuple[str, str]:
        """Name what blocks the straight joint line."""
        count = max(int(np.ceil(np.abs(end - start).max() / self._resolution)), 1)
        line = start + np.linspace(0.0, 1.0, count + 1)[:, None] * (end - start)
        contact = self._collider.first(self.rows(line), self._demand)
        return (contact.first, contact.second) if contact else ('the arm', 'no single body')


def plan_path(
    robot: Robot,
    world: World,
    start: ArrayLike,
    goal: ArrayLike,
    options: PathOptions | None = None,
) -> Array:
    """Find a joint path: the straight line where it is free, else one by RRT-Connect.

    Args:
        robot: Whose arm moves.
        world: What it must not touch.
        start: Joints (J,) rad.
        goal: Joints (J,) rad.
        options: Margins and budget.

    Returns:
        Corner points (N, J) rad; the straight joint lines between them are free.

    Raises:
        JointLimitError: The start or the goal is outside the limits.
        CollisionError: Names the part (start, goal, path) and the two bodies.
    """
    options = options or PathOptions()
    collider = Collider(robot, world)
    demand = collider.demand(options.margin, options.own_margin)
    return search(collider, demand, np.asarray(start, float), np.asarray(goal, float), options)


def search(
    collider: Collider, demand: Demand, start: Array, goal: Array, options: PathOptions
) -> Array:
    """Do the work of plan_path for a collider and distances that the caller has."""
    robot = collider.robot
    robot.check(start)
    robot.check(goal)
    opening = options.opening
    if opening is None:
        opening = robot.gripper.open if robot.gripper else 0.0
    checker = PathChecker(collider, demand, opening, options.resolution)
    checker.require('start', start)
    checker.require('goal', goal)
    if checker.edge_free(start, goal):
        return np.stack([start, goal])
    lower = np.minimum(robot.limits.lower + options.limit_margin, np.minimum(start, goal))
    upper = np.maximum(robot.limits.upper - options.limit_margin, np.maximum(start, goal))
    found = connect(checker.edge_free, start, goal, (lower, upper), options.iterations)
    if found is None:
        raise CollisionError('path', *checker.blocker(start, goal))
    return _shortened(found, checker, options.shortcuts)


def _shortened(path: Array, checker: PathChecker, attempts: int) -> Array:
    """Replace detours by straight joint lines where those are free; repeats exactly."""
    rng = np.random.default_rng(0)
    for _ in range(attempts):
        if len(path) < 3:
            break
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        a, b = np.sort(rng.uniform(0.0, along[-1], 2))
        ends = [np.array([np.interp(s, along, column) for column in path.T]) for s in (a, b)]
        before, after = path[along < a], path[along > b]
        direct = float(np.linalg.norm(ends[1] - ends[0]))
        if direct > 0.98 * (b - a) or not checker.edge_free(ends[0], ends[1]):
            continue
        path = np.concatenate([before, ends, after])
    return _without_doubles(path)


def _without_doubles(path: Array) -> Array:
    moves = np.linalg.norm(np.diff(path, axis=0), axis=1) > 1e-9
    kept: Array = path[np.concatenate([[True], moves])]
    return kept


def straight_path(
    robot: Robot, start: ArrayLike, offset: ArrayLike, *, step: float = 0.005, margin: float = 0.05
) -> Array:
    """Move the tool along a straight line without turning it.

    Args:
        robot: Whose arm moves.
        start: Joints (J,) rad.
        offset: Way of the tool in axes of the base, (3,) m.
        step: Distance between points, m.
        margin: Distance kept from joint limits, rad.

    Returns:
        Joints (N, J) rad along the line, the start first.

    Raises:
        UnreachableError: Where the line leaves the reach, or would need another arm posture.
    """
    way = np.asarray(offset, dtype=float)
    q = np.array(start, dtype=float)
    count = max(int(np.ceil(np.linalg.norm(way) / step)), 1)
    origin = robot.forward(q)
    points = [q]
    for number in range(1, count + 1):
        target = origin.copy()
        target[:3, 3] += way * (number / count)
        found = robot.solve(target, q, margin)
        jump = float(np.abs(found.joints - q).max())
        if not (found.reaches and jump <= LARGEST_JUMP):
            name = f'the straight line from {origin[:3, 3].round(3).tolist()} m'
            raise UnreachableError(name, found.position_error, max(found.rotation_error, jump))
        q = found.joints
        points.append(q)
    return np.array(points)
