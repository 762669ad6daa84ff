"""The robot's body as the safety rules ask for it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.motion.collision import NEVER, Collider, Contact, Demand
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

SCENE_DISTANCE = 0.02  # m, of every link from the scene while the tool moves fast
OWN_DISTANCE = 0.01  # m, between links
TABLE_SINK = 0.01  # m, by which a held object may seem to overlap the table it stands on


class BodyChecker:
    """Where the tool is, and what the body touches, for many joint positions at once."""

    def __init__(
        self,
        robot: Robot,
        world: World,
        *,
        scene_distance: float = SCENE_DISTANCE,
        own_distance: float = OWN_DISTANCE,
    ) -> None:
        """Take the robot, the world it is in and the distances to keep, m."""
        self._collider = Collider(robot, world)
        self._robot = robot
        self._fast = self._collider.demand(scene_distance, own_distance)
        self._slow = slow_demand(self._collider, scene_distance, own_distance)

    def tool_positions(self, positions: ArrayLike) -> Array:
        """Give the tool's position (N, 3) m for joints (N, J) or (N, J + 1)."""
        result: Array = self._robot.tool_poses(positions)[:, :3, 3]
        return result

    def link_spheres(self, positions: ArrayLike) -> Array:
        """Cover every moving link and what it holds: (N, S, 4) x y z radius in the base, m.

        Args:
            positions: Arm joints and gripper, (N, J + 1).
        """
        bodies = self._robot.chain.poses(np.atleast_2d(np.asarray(positions, dtype=float)))
        # What the first joint turns stays where it is.
        moving = [part for part in self._collider.parts if part.body > 1]
        result = []
        for part in moving:
            pose = bodies[:, part.body]
            turned = part.spheres[:, :3] @ pose[:, :3, :3].transpose(0, 2, 1)
            radii = np.broadcast_to(part.spheres[:, 3:], (len(pose), len(part.spheres), 1))
            result.append(np.concatenate([turned + pose[:, None, :3, 3], radii], axis=2))
        return np.concatenate(result, axis=1)

    def conditions(self, positions: ArrayLike) -> Array:
        """Give the condition number of the tool's Jacobian (N,) for joints (N, J)."""
        return self._robot.conditions(positions)

    def contact(self, positions: ArrayLike, slow: ArrayLike) -> Contact | None:
        """Give the first sample that is too near something.

        Args:
            positions: Arm joints and gripper, (N, J + 1).
            slow: (N,) marks samples where the tool moves slowly enough to work: there the hand,
                the fingers and what they hold may come near the table and touch objects.
        """
        rows = np.atleast_2d(np.asarray(positions, dtype=float))
        calm = np.broadcast_to(np.asarray(slow, dtype=bool), len(rows))
        found = [
            self._first(rows, np.flatnonzero(chosen), demand)
            for chosen, demand in ((~calm, self._fast), (calm, self._slow))
        ]
        contacts = [contact for contact in found if contact is not None]
        return min(contacts, key=lambda contact: contact.sample, default=None)

    def _first(self, rows: Array, index: NDArray[np.int64], demand: Demand) -> Contact | None:
        contact = self._collider.first(rows[index], demand)
        if contact is None:
            return None
        sample = int(index[contact.sample])
        return Contact(sample, contact.first, contact.second, contact.distance, contact.allowed)


def slow_demand(collider: Collider, scene: float, own: float) -> Demand:
    """Let the hand and what it holds work: touch objects, come near the table but not into it."""
    demand = collider.demand(scene, own)
    table = demand.scene.copy()
    for column, role in enumerate(collider.roles):
        if role == 'object':
            table[collider.hand, column] = NEVER
        elif role == 'table':
            table[collider.hand, column] = 0.0
            table[collider.held, column] = -TABLE_SINK
    return Demand(table, own)
