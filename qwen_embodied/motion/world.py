"""The world around the robot: table, obstacles, perceived objects and what the tool holds."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import pose, rotation_y, rotation_z
from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.motion.shapes import Obstacle, Solid, box

if TYPE_CHECKING:
    from qwen_embodied.motion.collision import Contact
    from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]

WALL = 0.005  # m, assumed thickness of the walls and floors of containers
SEGMENTS = 12  # of a bowl's wall
TABLE = (1.8, 2.4, 0.4)  # m; x from -0.3 to 1.5
FAR = 1.0  # m; clearance looks no further


@dataclass(frozen=True, eq=False)
class World:
    """Obstacles in the base frame; change it with attach(), detach() and without().

    Attributes:
        boxes: With a role each.
        cylinders: As boxes.
        spheres: As boxes.
        capsules: As boxes.
        hulls: As boxes; convex.
        attached: What the tool holds, with solids in the tool frame; or None.
    """

    boxes: Sequence[Obstacle] = ()
    cylinders: Sequence[Obstacle] = ()
    spheres: Sequence[Obstacle] = ()
    capsules: Sequence[Obstacle] = ()
    hulls: Sequence[Obstacle] = ()
    attached: Obstacle | None = None

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """All obstacles, boxes first."""
        return (*self.boxes, *self.cylinders, *self.spheres, *self.capsules, *self.hulls)

    @classmethod
    def from_scene(
        cls, scene: Scene, ignore: Iterable[str] = (), obstacles: Sequence[Obstacle] = ()
    ) -> World:
        """Build the table, the perceived objects without some ids, and more obstacles."""
        left_out = set(ignore)
        seen = [solid_object(item) for item in scene.objects if item.id not in left_out]
        return cls(boxes=(table(scene.table_height), *seen, *obstacles))

    @classmethod
    def of(cls, *items: SceneObject) -> World:
        """Build objects alone, without a table."""
        return cls(boxes=tuple(solid_object(item) for item in items))

    def without(self, names: Iterable[str]) -> World:
        """Give the world without some obstacles."""
        left_out = set(names)
        kept: dict[str, Any] = {
            field: tuple(item for item in getattr(self, field) if item.name not in left_out)
            for field in ('boxes', 'cylinders', 'spheres', 'capsules', 'hulls')
        }
        return replace(self, **kept)

    def attach(self, item: SceneObject, item_in_tool: Array) -> World:
        """Give the world in which the tool holds an object at a pose (4, 4)."""
        solids = tuple(_solids(item, item_in_tool))
        return replace(self.without([item.id]), attached=Obstacle(item.id, solids, 'object'))

    def detach(self) -> World:
        """Give the world in which the tool holds nothing."""
        return replace(self, attached=None)

    def clearance(self, robot: Robot, row: Array) -> Contact | None:
        """Give what is nearest to the robot or what it holds; None when all is beyond 1 m.

        Args:
            robot: Whose links count.
            row: Joints (J,) or (J + 1,).
        """
        from qwen_embodied.motion.collision import NEVER, Collider

        collider = Collider(robot, self)
        return collider.nearest(np.asarray(row, dtype=float), collider.demand(FAR, NEVER))

    def collides(self, robot: Robot, row: Array, margin: float = 0.0) -> bool:
        """True when joints (J,) or (J + 1,) bring anything nearer than a margin, m."""
        from qwen_embodied.motion.collision import Collider

        collider = Collider(robot, self)
        demand = collider.demand(margin, margin)
        return not collider.free(np.asarray(row, dtype=float), demand)


def table(height: float) -> Obstacle:
    """Build the table with its top at a height, m."""
    centre = [TABLE[0] / 2 - 0.3, 0.0, height - TABLE[2] / 2]
    return box('table', TABLE, pose(centre), 'table')


def solid_object(item: SceneObject) -> Obstacle:
    """Turn a perceived object into an obstacle; containers are hollow."""
    return Obstacle(item.id, tuple(_solids(item, item.object_in_base)), 'object')


def _solids(item: SceneObject, frame: Array) -> list[Solid]:
    size = item.size
    if item.shape == 'cylinder':
        across = float(size[:2].max())
        return [Solid('cylinder', np.array([across, across, size[2]]), frame)]
    if item.shape == 'ball':
        return [Solid('sphere', np.full(3, float(size.max())), frame)]
    if item.shape == 'bowl':
        return _bowl(size, frame)
    return _bin(size, frame) if item.is_container else [Solid('box', size, frame)]


def _bin(size: Array, frame: Array) -> list[Solid]:
    """A floor and four walls."""
    x, y, z = size
    wall = min(WALL, float(size.min()) / 4)
    solids = [Solid('box', np.array([x, y, wall]), frame @ pose([0, 0, (wall - z) / 2]))]
    for sign in (-1.0, 1.0):
        at = [sign * (x - wall) / 2, 0.0, 0.0]
        solids.append(Solid('box', np.array([wall, y, z]), frame @ pose(at)))
        at = [0.0, sign * (y - wall) / 2, 0.0]
        solids.append(Solid('box', np.array([x, wall, z]), frame @ pose(at)))
    return solids


def bowl_profile(size: Array) -> Array:
    """Give (radius, z) m of a bowl's outer side from foot to rim, (4, 2), z from its foot.

    A camera from above sees only the rim; the belly is assumed round, on a foot half as wide.
    """
    turn = np.linspace(0.0, np.pi / 2, 4)
    rim = float(size[:2].mean()) / 2
    return np.column_stack([rim * (0.5 + 0.5 * np.sin(turn)), size[2] * (1.0 - np.cos(turn))])


def _bowl(size: Array, frame: Array) -> list[Solid]:
    """A round floor and rings of slanted plates."""
    profile = bowl_profile(size)
    foot = 2.0 * float(profile[0, 0])
    floor = np.array([foot, foot, WALL])
    solids = [Solid('cylinder', floor, frame @ pose([0, 0, (WALL - size[2]) / 2]))]
    for low, high in pairwise(profile):
        run, rise = high - low
        length = float(np.hypot(run, rise))
        width = 2.0 * float(high[0]) * np.tan(np.pi / SEGMENTS)
        tilt = rotation_y(-np.arctan2(rise, run))
        middle = (low + high) / 2 + np.array([-rise, run]) / length * WALL / 2
        plate = pose([middle[0], 0.0, middle[1] - size[2] / 2], tilt)
        for number in range(SEGMENTS):
            turned = pose(np.zeros(3), rotation_z(2 * np.pi * number / SEGMENTS))
            extent = np.array([length, width, WALL])
            solids.append(Solid('box', extent, frame @ turned @ plate))
    return solids
