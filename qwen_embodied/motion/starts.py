"""Postures that an arm can start from, found by the tool pose they give."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]

POSTURES = 10_000
FIRST = 2500  # looked at for the first start: most goals need no other
FEW = 60  # of those, among which to choose the second
POOL = 400  # nearest ones among which to choose
ALIKE = 1.0  # rad; postures whose joints all differ by less resemble one another
REACH_WEIGHT = 4.5  # of a distance as long as the arm, against a rotation matrix's distance


class Starts:
    """A table of random postures within the limits; the same for every run."""

    def __init__(self, robot: Robot) -> None:
        """Compute the tool pose of every posture; takes about 50 ms."""
        rng = np.random.default_rng(0)
        lower, upper = robot.limits.lower, robot.limits.upper
        self.joints: Array = rng.uniform(lower, upper, (POSTURES, len(lower)))
        poses = robot.tool_poses(self.joints)
        centre = poses[:, :3, 3].mean(axis=0)
        reach = float(np.linalg.norm(poses[:, :3, 3] - centre, axis=1).max())
        self._weight = REACH_WEIGHT / max(reach, 1e-3)
        self._features = self._describe(poses)
        self._squares = (self._features**2).sum(axis=1) / 2

    def near(self, tool_in_base: Array) -> Iterator[Array]:
        """Give postures (J,) whose tool poses are near to one (4, 4), nearest first.

        Of postures that resemble one another only the first is given: a descent from the others
        would mostly end at the same place.
        """
        wanted = self._describe(tool_in_base[None])[0]
        distance = self._squares[:FIRST] - self._features[:FIRST].dot(wanted)
        first = self.joints[distance.argmin()]
        yield first
        second = _unlike(self._nearest(distance, FEW), first)[:1]
        yield from second
        pool = self._nearest(self._squares - self._features.dot(wanted), POOL)
        for given in (first, *second):
            pool = _unlike(pool, given)
        while len(pool):
            yield pool[0]
            pool = _unlike(pool, pool[0])

    def _nearest(self, distance: Array, count: int) -> Array:
        """Give the postures (count, J) of the least distances, the nearest first."""
        chosen = np.argpartition(distance, count)[:count]
        nearest: Array = self.joints[chosen[np.argsort(distance[chosen])]]
        return nearest

    def _describe(self, poses: Array) -> NDArray[np.float32]:
        """Give (N, 12) whose Euclidean distance grows with that of the poses (N, 4, 4)."""
        result = np.empty((len(poses), 12), dtype=np.float32)
        result[:, :3] = poses[:, :3, 3] * self._weight
        result[:, 3:] = poses[:, :3, :3].reshape(-1, 9)
        return result


def _unlike(pool: Array, given: Array) -> Array:
    """Leave out the postures (N, J) that resemble a given one."""
    left: Array = pool[np.abs(pool - given).max(axis=1) > ALIKE]
    return left
