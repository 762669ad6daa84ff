"""Distances in a world: a quick yes or no for many postures, names and numbers for one."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import coal
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.motion.allowed import own_pairs
from qwen_embodied.motion.body import Part, make_part
from qwen_embodied.motion.broadphase import Bodies, PostureCheck
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]
FEW = 3  # rows; up to here distances are computed at once
NEVER = -np.inf  # a distance that is always kept: the pair is not looked at

# Sample, part, other part or name of an obstacle, distance and allowed distance (m).
Pair = tuple[int, int, int | str, float, float]

_REQUEST = coal.DistanceRequest()


@dataclass(frozen=True)
class Contact:
    """Two bodies that are nearer than allowed.

    Attributes:
        sample: Row of the positions that were checked.
        first: Link of the robot.
        second: Link or object.
        distance: Between them, m; negative when they overlap.
        allowed: Smallest allowed distance, m.
    """

    sample: int
    first: str
    second: str
    distance: float
    allowed: float


@dataclass(frozen=True, eq=False)
class Demand:
    """The distances that must be kept.

    Attributes:
        scene: (P, O) m for each part of the robot and obstacle; NEVER leaves a pair out.
        own: Between parts of the robot, m.
    """

    scene: Array
    own: float


class Collider:
    """Collision queries of one robot in one world; build a new one when the world changes."""

    def __init__(self, robot: Robot, world: World) -> None:
        """Gather the parts of the robot, of what it holds, and of the world."""
        self.robot, self.world = robot, world
        held = world.attached
        extra: list[Part] = []
        if held is not None:
            for solid in held.solids:
                placement = robot.tool_in_body @ solid.pose
                extra.append(make_part(held.name, robot.tool_body, solid.geometry(), placement))
        self.parts = (*robot.parts, *extra)
        self.held = np.array([False] * len(robot.parts) + [True] * len(extra))
        self.hand = self.held | _hand(robot, self.parts)
        self.fixed = np.array([part.body == 0 for part in self.parts])
        self.base = np.array([part.body <= 1 for part in self.parts])
        self.pairs = _held_pairs(robot, len(extra))
        self.roles = np.array([obstacle.role for obstacle in world.obstacles], dtype=object)
        self._checks: dict[Demand, PostureCheck] = {}
        self._gather()

    def _gather(self) -> None:
        spheres = [part.spheres for part in self.parts]
        counts = [len(group) for group in spheres]
        every = np.concatenate(spheres)
        self._starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        self._centres, self._radii = every[:, :3], every[:, 3]
        self._carrier = np.repeat([part.body for part in self.parts], counts)
        bounds = [obstacle.bounds() for obstacle in self.world.obstacles]
        self._solids = [
            [(solid.geometry(), _transform(solid.pose)) for solid in obstacle.solids]
            for obstacle in self.world.obstacles
        ]
        if bounds:
            self._axes = np.concatenate([frame[:3, :3] for frame, _ in bounds], axis=1)
            self._origins = np.concatenate([frame[:3, :3].T @ frame[:3, 3] for frame, _ in bounds])
            self._halves = np.array([half for _, half in bounds])
        rough = [_bounding(part) for part in self.parts]
        self._rough = np.array(rough)
        self._rough_carrier = np.array([part.body for part in self.parts])

    # -- queries --------------------------------------------------------------------------

    def demand(self, scene: float, own: float) -> Demand:
        """Demand one distance to everything in the scene and one between the robot's parts, m."""
        table = np.full((len(self.parts), len(self.world.obstacles)), float(scene))
        table[self.fixed] = NEVER
        table[np.ix_(self.base, self.roles == 'table')] = NEVER
        return Demand(table, own)

    def first(self, rows: Array, demand: Demand) -> Contact | None:
        """Give the contact of the first row (N, J + 1) that is nearer than the demand; or None."""
        check = self.check(demand) if len(rows) > FEW else None
        for sample, row in enumerate(rows):
            if check is not None and not check.hits(row):
                continue
            for pair in self._near(self.robot.chain.poses(row[None]), demand):
                if not pair[3] >= pair[4]:
                    return self._contact(pair, sample)
        return None

    def check(self, demand: Demand) -> PostureCheck:
        """Give the quick question whether a posture keeps the demand."""
        known = self._checks.get(demand)
        if known is None:
            known = self._checks[demand] = self.bodies.check(demand.scene, demand.own)
        return known

    @cached_property
    def bodies(self) -> Bodies:
        """All shapes, as Pinocchio's broad phase wants them."""
        return Bodies(self.robot, self.parts, self.world.obstacles, self.pairs)

    def nearest(self, row: Array, demand: Demand) -> Contact | None:
        """Give the pair of one row with the least distance over its demand, within the demand."""
        bodies = self.robot.chain.poses(np.atleast_2d(row))
        pair = min(self._near(bodies, demand), key=lambda p: p[3] - p[4], default=None)
        return None if pair is None else self._contact(pair, 0)

    def _contact(self, pair: Pair, start: int) -> Contact:
        sample, first, second, distance, allowed = pair
        other = second if isinstance(second, str) else self.parts[second].link
        return Contact(start + sample, self.parts[first].link, other, distance, float(allowed))

    def free(self, rows: Array, demand: Demand) -> bool:
        """True when every row keeps its distances."""
        return self.first(np.atleast_2d(rows), demand) is None

    def _near(self, bodies: Array, demand: Demand) -> Iterator[Pair]:
        """Give exact distances of the pairs that spheres do not exclude, in order of rows."""
        scene = self._near_scene(bodies, demand.scene)
        own = self._near_own(bodies, demand.own)
        for sample in np.flatnonzero(scene.any(axis=(1, 2)) | own.any(axis=1)).tolist():
            poses: dict[int, Any] = {}
            for a, other in np.argwhere(scene[sample]).tolist():
                distance = self._to_obstacle(self._pose(bodies[sample], a, poses), a, other)
                name = self.world.obstacles[other].name
                yield sample, a, name, distance, demand.scene[a, other]
            for a, b in self.pairs[own[sample]].tolist():
                distance = _distance(
                    self.parts[a].geometry,
                    self._pose(bodies[sample], a, poses),
                    self.parts[b].geometry,
                    self._pose(bodies[sample], b, poses),
                )
                yield sample, a, b, distance, demand.own

    # -- parts of a query -----------------------------------------------------------------

    def _near_scene(self, bodies: Array, limits: Array) -> NDArray[np.bool_]:
        """Mark (N, P, O) pairs whose spheres come nearer to the bounds than the limit."""
        count = len(self.world.obstacles)
        if not count:
            return np.zeros((len(bodies), len(self.parts), 0), dtype=bool)
        frames = bodies[:, self._carrier]
        centres = np.einsum('nsij,sj->nsi', frames[..., :3, :3], self._centres)
        centres += frames[..., :3, 3]
        local = (centres.reshape(-1, 3) @ self._axes - self._origins).reshape(-1, count, 3)
        outside = np.maximum(np.abs(local) - self._halves, 0.0)
        gaps = np.sqrt((outside**2).sum(axis=2)).reshape(len(bodies), -1, count)
        gaps -= self._radii[:, None]
        return np.minimum.reduceat(gaps, self._starts, axis=1) < limits

    def _near_own(self, bodies: Array, limit: float) -> NDArray[np.bool_]:
        """Mark (N, pairs) pairs of parts whose bounding spheres come nearer than the limit."""
        frames = bodies[:, self._rough_carrier]
        centres = np.einsum('nsij,sj->nsi', frames[..., :3, :3], self._rough[:, :3])
        centres += frames[..., :3, 3]
        a, b = self.pairs[:, 0], self.pairs[:, 1]
        gap = np.sqrt(((centres[:, a] - centres[:, b]) ** 2).sum(axis=2))
        near: NDArray[np.bool_] = gap < self._rough[a, 3] + self._rough[b, 3] + limit
        return near

    def _pose(self, bodies: Array, index: int, poses: dict[int, Any]) -> Any:
        if index not in poses:
            part = self.parts[index]
            poses[index] = _transform(bodies[part.body] @ part.pose)
        return poses[index]

    def _to_obstacle(self, pose: Any, index: int, other: int) -> float:
        geometry = self.parts[index].geometry
        return min(_distance(geometry, pose, solid, place) for solid, place in self._solids[other])


def _transform(pose: Array) -> Any:
    return coal.Transform3s(pose[:3, :3], pose[:3, 3])


def _distance(first: Any, first_pose: Any, second: Any, second_pose: Any) -> float:
    result = coal.DistanceResult()
    return float(coal.distance(first, first_pose, second, second_pose, _REQUEST, result))


def _bounding(part: Part) -> Array:
    """One sphere around a part, in the frame of its body."""
    part.geometry.computeLocalAABB()
    centre = part.pose[:3, :3] @ np.array(part.geometry.aabb_center) + part.pose[:3, 3]
    return np.append(centre, float(part.geometry.aabb_radius))


def _hand(robot: Robot, parts: tuple[Part, ...]) -> NDArray[np.bool_]:
    """Mark the parts that may work on objects: the gripper's, or beyond the last joint's link."""
    links = robot.gripper.links if robot.gripper is not None else ()
    wrist = robot.model.frames[robot.chain.link_of(robot.tool_body)].name
    return np.array(
        [
            part.body >= robot.tool_body and (part.link in links if links else part.link != wrist)
            for part in parts
        ]
    )


def _held_pairs(robot: Robot, extra: int) -> NDArray[np.int64]:
    """Add pairs of what is held with the links of the arm, up to the one before the wrist."""
    pairs = own_pairs(robot)
    before = int(robot.model.parents[robot.tool_body])
    arm = [at for at, part in enumerate(robot.parts) if part.body < before]
    first = len(robot.parts)
    more = [(at, first + number) for at in arm for number in range(extra)]
    return np.concatenate([pairs, np.array(more, dtype=np.int64).reshape(-1, 2)])
