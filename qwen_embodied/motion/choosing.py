"""Choosing among tool poses: the arm posture that reaches, is free, and lies near."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError, MotionError, UnreachableError
from qwen_embodied.motion.collision import NEVER, Collider
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.search import Solution

Array = NDArray[np.float64]
T = TypeVar('T')

COMFORT = 0.35  # rad, distance from a joint limit below which a posture costs more
SAME = 0.05  # rad; from seeds nearer to each other the same posture is found
LOOKED_AT = 120  # postures whose clearance is looked at
TRIES = 40  # postures looked at closely
ROOMY = 0.03  # m, distance from everything from which on more does not count
CROWDED = 1.0  # cost of a posture that just touches something; it grows with the overlap


@dataclass(frozen=True, eq=False)
class Option:
    """One tool pose that would do.

    Attributes:
        index: Of the pose among those given.
        joints: That reach it, (J,) rad.
        cost: Small is good.
    """

    index: int
    joints: Array
    cost: float


def postures(
    robot: Robot, poses: Sequence[Array], costs: Sequence[float], start: Array, margin: float
) -> list[Option]:
    """Solve the inverse kinematics of tool poses, best first.

    Args:
        robot: Whose arm moves.
        poses: Of the tool, (4, 4) each.
        costs: Of each pose beside the arm's posture.
        start: Where the arm is, (J,) rad.
        margin: Distance from joint limits, rad.

    Raises:
        UnreachableError: No pose is reached; says by how much the nearest is missed.
    """
    found: list[Option] = []
    nearest: Solution | None = None
    seeds = (robot.home,) if np.abs(robot.home - start).max() < SAME else (robot.home, start)
    for index, pose in enumerate(poses):
        for seed in seeds:
            solution = robot.solve(pose, seed, margin, restarts=0 if found else 2)
            if solution.reaches:
                cost = costs[index] + _posture_cost(robot, solution.joints, start)
                found.append(Option(index, solution.joints, cost))
            elif nearest is None or solution.error < nearest.error:
                nearest = solution
    if not found and nearest is not None:
        solution = robot.solve(poses[0], robot.home, margin, restarts=30)
        if solution.reaches:
            return [Option(0, solution.joints, costs[0])]
        nearest = min(nearest, solution, key=lambda s: s.error)
        raise UnreachableError('every tool pose', nearest.position_error, nearest.rotation_error)
    return sorted(found, key=lambda option: option.cost)


def _posture_cost(robot: Robot, joints: Array, start: Array) -> float:
    """Travel from the start, and nearness to joint limits."""
    room = np.minimum(joints - robot.limits.lower, robot.limits.upper - joints)
    tight = np.maximum(COMFORT - room, 0.0) / COMFORT
    away = np.abs(joints - start)
    return float(away.max() + 0.2 * away.sum() + 0.3 * np.abs(joints - robot.home).max()
                 + 2.0 * (tight**2).sum())  # fmt: skip


def by_clearance(
    near: Collider, options: Sequence[Option], fingers: Sequence[float], own: float
) -> list[Option]:
    """Order the best options anew: what stands near the hand or arm costs, what touches, most.

    Args:
        near: Without what is to be taken.
        options: In the order of their cost.
        fingers: Position of the gripper's joint for each tool pose.
        own: Distance between the robot's links, m.
    """
    demand = near.demand(ROOMY, own)
    demand.scene[np.ix_(near.hand, near.roles == 'table')] = NEVER

    def cost(option: Option) -> float:
        contact = near.nearest(np.append(option.joints, fingers[option.index]), demand)
        gap = ROOMY if contact is None else contact.distance
        return option.cost + CROWDED * (1.0 - min(gap, ROOMY) / ROOMY)

    return sorted(options[:LOOKED_AT], key=cost)


def first_that_works(options: Sequence[Option], attempt: Callable[[Option], T]) -> T:
    """Give what an attempt makes of the best option for which it raises no MotionError."""
    failure: MotionError | None = None
    for option in options[:TRIES]:
        try:
            return attempt(option)
        except (CollisionError, UnreachableError) as error:
            failure = failure or error
    raise failure or UnreachableError('every tool pose', 0.0, 0.0)
