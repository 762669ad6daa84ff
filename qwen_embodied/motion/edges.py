"""Straight joint lines, proved free over their whole length and not only at samples.

While the joints run through a stretch of the line, no point of the robot moves farther from where
it is in the middle of the stretch than the sum over the joints of half the joint's way times its
reach. So a stretch is free when its middle keeps the wanted distance plus that; otherwise it is
cut in shorter ones. Where the way is tighter than GRAIN, sampling every GRAIN has to do.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.motion.body import Part
from qwen_embodied.motion.broadphase import PostureCheck
from qwen_embodied.motion.collision import Collider, Demand
from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]

GRAIN = 0.001  # m; a stretch in which nothing moves farther is not cut again
CUT = 3  # shorter stretches from one; odd, so that the middle stays one
LADDER = tuple(GRAIN * CUT**n for n in (1, 2, 3))  # m; extra distances that can be asked for
ROOMY = 1  # of the ladder, asked for where a line is to be proved later
LEAST_SHARE = 0.05  # of the extra distance, for parts that hardly move


def joint_reaches(robot: Robot, parts: tuple[Part, ...]) -> Array:
    """Bound how far any point of a part moves for a joint's motion: (J, P) m per rad or m.

    Holds in every posture. Zero for a joint that does not move the part.

    Args:
        robot: Whose joints move.
        parts: The robot's own, then what it holds.
    """
    held = [robot.chain.reaches(part) for part in parts[len(robot.parts) :]]
    reaches = np.column_stack([robot.reaches, *held])
    return reaches[[robot.model.getJointId(name) for name in robot.joint_names]]


class EdgeCheck:
    """Judges straight joint lines, with the gripper held at one opening."""

    def __init__(self, collider: Collider, demand: Demand, opening: float | None = None) -> None:
        """Take the bodies, the distances to keep, and the gripper's joint, m."""
        reaches = joint_reaches(collider.robot, collider.parts)
        total = reaches.sum(axis=0)
        self._share = np.maximum(total / total.max(), LEAST_SHARE)
        self._rates = reaches / self._share
        self._collider, self._demand = collider, demand
        self._tail = np.array([] if opening is None else [opening])
        self._exact = collider.check(demand)
        self._levels: dict[int, PostureCheck] = {}

    def row(self, point: Array) -> Array:
        """Add the gripper's joint to arm joints (J,)."""
        return np.concatenate([point, self._tail])

    def is_free_at(self, point: Array) -> bool:
        """True when a posture (J,) keeps its distances."""
        return not self._exact.hits(self.row(point))

    def sampled(self, step: float, *, roomy: bool = False) -> Callable[[Array, Array], bool]:
        """Give a quicker question: are samples free that lie a step of the robot apart?

        Args:
            step: Farthest that any point of the robot moves from sample to sample, m.
            roomy: Ask for a little more than the distances, so that the line can be proved later.
        """
        check = self._level(ROOMY) if roomy else self._exact

        def is_free(start: Array, end: Array) -> bool:
            way = end - start
            count = max(int(np.ceil(self._sweep(way) / step)), 1)
            rows = np.empty((count, len(way) + len(self._tail)))
            rows[:, : len(way)] = start + _order(count)[:, None] * way
            rows[:, len(way) :] = self._tail
            return not any(map(check.hits, rows))

        return is_free

    def proves(self, start: Array, end: Array) -> bool:
        """True when the line keeps its distances; exactly at its ends, within GRAIN elsewhere."""
        if not (self.is_free_at(start) and self.is_free_at(end)):
            return False
        way = end - start
        half = self._sweep(way) / 2
        count = max(int(np.ceil(half / LADDER[-1])), 1)
        half /= count
        level = sum(half > extra for extra in (GRAIN, *LADDER[:-1]))
        width = 1.0 / count
        stretches = [(width * (number + 0.5), width, level) for number in range(count)]
        while stretches:
            middle, width, level = stretches.pop()
            row = self.row(start + middle * way)
            if not level:
                if self._exact.hits(row):
                    return False
            elif self._level(level - 1).hits(row):
                third = width / CUT
                stretches += [(middle + third * side, third, level - 1) for side in (1, 0, -1)]
        return True

    def _sweep(self, way: Array) -> float:
        return float((np.abs(way) @ self._rates).max())

    def _level(self, number: int) -> PostureCheck:
        """Give the check with an extra distance of the ladder, made when it is first wanted."""
        known = self._levels.get(number)
        if known is None:
            known = self._levels[number] = self._wider(LADDER[number])
        return known

    def _wider(self, extra: float) -> PostureCheck:
        """Ask for more distance: the extra for the part that moves most, less for others."""
        collider, demand, share = self._collider, self._demand, self._share
        between = share[collider.pairs].max(axis=1, initial=0.0)
        scene = demand.scene + extra * share[:, None]
        return collider.bodies.check(scene, demand.own + extra * between)


@cache
def _order(count: int) -> Array:
    """Give the shares 1/count to 1 of a line, the end first and then by halving gaps, (count,)."""
    numbers = np.arange(1, count + 1)
    halvings = np.where(numbers == count, 2 * count, numbers & -numbers)
    return np.array(numbers[np.argsort(-halvings, kind='stable')] / count)
