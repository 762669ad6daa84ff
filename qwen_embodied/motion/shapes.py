"""Solid shapes with a pose: what a collision world is made of."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import coal
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ContractError

Array = NDArray[np.float64]

KINDS = ('box', 'cylinder', 'sphere', 'capsule', 'hull')
FLAT = 1e-4  # m; a hull thinner than this is flat


@dataclass(frozen=True, eq=False)
class Solid:
    """A convex solid: a shape with sizes at a pose.

    Attributes:
        kind: 'box' (x, y, z), 'cylinder' (diameter, diameter, height along z), 'sphere' (diameter
            three times), 'capsule' (diameter, diameter, height with its round ends along z) or
            'hull' (of points).
        size: Of the bounding box along its own axes, (3,) m.
        pose: (4, 4) of its centre in the frame of its owner; of a hull's bounding box.
        points: Corners of a hull in its own frame, (N, 3) m; None for other kinds.
    """

    kind: str
    size: Array
    pose: Array
    points: Array | None = None

    def __post_init__(self) -> None:
        """Refuse shapes without an extent."""
        size, pose = np.array(self.size, dtype=float), np.array(self.pose, dtype=float)
        if size.shape != (3,) or not (np.isfinite(size).all() and (size > 0).all()):
            raise ContractError(f'{self.kind}.size', size.tolist(), 'three positive lengths')
        if pose.shape != (4, 4) or not np.isfinite(pose).all():
            raise ContractError(f'{self.kind}.pose', pose.tolist(), 'a finite (4, 4) pose')
        if self.kind not in KINDS:
            raise ContractError('Solid.kind', self.kind, f'one of {", ".join(KINDS)}')
        if (self.kind == 'hull') != (self.points is not None):
            raise ContractError(f'{self.kind}.points', self.points, 'given for hulls alone')
        if self.kind == 'capsule' and size[2] < size[0]:
            raise ContractError('capsule.size', size.tolist(), 'no lower than wide')
        object.__setattr__(self, 'size', size)
        object.__setattr__(self, 'pose', pose)

    def geometry(self) -> Any:
        """Build coal's shape."""
        x, _, z = self.size.tolist()
        if self.points is not None:
            return _hull(self.points)
        if self.kind == 'box':
            return coal.Box(*self.size.tolist())
        if self.kind == 'capsule':
            return coal.Capsule(x / 2, z - x)
        return coal.Cylinder(x / 2, z) if self.kind == 'cylinder' else coal.Sphere(x / 2)


@dataclass(frozen=True, eq=False)
class Obstacle:
    """A named body of the world; it may have several solids, as a hollow bowl does.

    Attributes:
        name: For a person, or the id of a perceived object.
        solids: In the base frame.
        role: 'table', 'object' or 'obstacle'; the rules for nearness differ.
    """

    name: str
    solids: tuple[Solid, ...]
    role: str = field(default='obstacle')

    def bounds(self) -> tuple[Array, Array]:
        """Give a box around all solids: pose (4, 4) in the base frame, half sizes (3,) m."""
        if len(self.solids) == 1:
            return self.solids[0].pose, self.solids[0].size / 2
        frame = self.solids[0].pose
        corners = np.array(
            [
                (np.linalg.inv(frame) @ solid.pose @ np.append(solid.size / 2 * sign, 1.0))[:3]
                for solid in self.solids
                for sign in np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, -1).T
            ]
        )
        low, high = corners.min(axis=0), corners.max(axis=0)
        centre = frame.copy()
        centre[:3, 3] += frame[:3, :3] @ ((low + high) / 2)
        return centre, (high - low) / 2


def box(name: str, size: Any, pose: Any, role: str = 'obstacle') -> Obstacle:
    """Build a box of a size (x, y, z) m at a pose (4, 4) in the base frame."""
    return Obstacle(name, (Solid('box', size, pose),), role)


def cylinder(name: str, radius: float, height: float, pose: Any) -> Obstacle:
    """Build a cylinder along z of a radius and height, m, about a pose (4, 4)."""
    return Obstacle(name, (Solid('cylinder', np.array([2 * radius, 2 * radius, height]), pose),))


def sphere(name: str, radius: float, position: Any) -> Obstacle:
    """Build a ball of a radius, m, about a position (3,) m in the base frame."""
    place = np.eye(4)
    place[:3, 3] = position
    return Obstacle(name, (Solid('sphere', np.full(3, 2 * radius), place),))


def capsule(name: str, radius: float, height: float, pose: Any) -> Obstacle:
    """Build a cylinder with round ends along z, height m with them, about a pose (4, 4)."""
    return Obstacle(name, (Solid('capsule', np.array([2 * radius, 2 * radius, height]), pose),))


def hull(name: str, points: Any, pose: Any = None) -> Obstacle:
    """Build the convex hull of points (N, 3) m in a frame with a pose (4, 4) in the base frame.

    Raises:
        ContractError: The points are fewer than four or lie in a plane.
    """
    corners = np.array(points, dtype=float)
    if corners.ndim != 2 or corners.shape[1] != 3 or not np.isfinite(corners).all():
        raise ContractError(f'{name}.points', corners.shape, 'finite, of the shape (N, 3)')
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = np.eye(4)
    middle[:3, 3] = (low + high) / 2
    place = middle if pose is None else np.asarray(pose, dtype=float) @ middle
    centred = corners - (low + high) / 2
    if np.linalg.matrix_rank(centred - centred[0], tol=FLAT) < 3:
        raise ContractError(f'{name}.points', len(corners), 'four or more, not all in one plane')
    return Obstacle(name, (Solid('hull', high - low, place, centred),))


def _hull(points: Array) -> Any:
    """Build coal's convex shape."""
    from scipy.spatial import ConvexHull

    found = ConvexHull(points)
    corners = points[found.vertices]
    numbers = {old: new for new, old in enumerate(found.vertices.tolist())}
    vertices, faces = coal.StdVec_Vec3s(), coal.StdVec_Triangle()
    for corner in corners:
        vertices.append(corner)
    for face, outward in zip(found.simplices.tolist(), found.equations[:, :3], strict=True):
        a, b, c = points[face]
        turned = face if np.cross(b - a, c - a) @ outward > 0 else face[::-1]
        faces.append(coal.Triangle(*(numbers[at] for at in turned)))
    return coal.Convex(vertices, faces)


def cover(geometry: Any) -> Array:
    """Cover a coal shape with spheres.

    Returns:
        (N, 4): x y z of the centre in the shape's frame and the radius, m; every point of the
        shape lies in at least one sphere.
    """
    if isinstance(geometry, coal.Sphere):
        return np.array([[0.0, 0.0, 0.0, geometry.radius]])
    if isinstance(geometry, coal.Capsule):
        return _row(geometry.radius, geometry.halfLength, 0.7, inset=False)
    if isinstance(geometry, coal.Cylinder):
        return _row(geometry.radius, geometry.halfLength, 1.0, inset=True)
    if isinstance(geometry, coal.Box):
        return _cells(np.zeros(3), np.array(geometry.halfSide))
    geometry.computeLocalAABB()
    box_of = geometry.aabb_local
    low, high = np.array(box_of.min_), np.array(box_of.max_)
    return _cells((low + high) / 2, (high - low) / 2)


def _row(radius: float, half: float, pitch: float, inset: bool) -> Array:
    """Spheres along z; inset puts them into the middle of slices, else they reach the ends."""
    count = max(int(np.ceil(2 * half / (pitch * radius))), 1)
    slice_half = half / count
    if inset:
        z = -half + slice_half * (2 * np.arange(count) + 1)
    else:
        z = np.linspace(-half, half, count + 1)
    reach = float(np.hypot(radius, slice_half))
    zeros = np.zeros(len(z))
    return np.column_stack([zeros, zeros, z, np.full(len(z), reach)])


def _cells(centre: Array, half: Array) -> Array:
    """One sphere around each cell of a grid over a box."""
    pitch = max(min(max(2 * float(half.min()), 0.03), 0.035), float(half.max()) / 4)
    counts = np.maximum(np.round(2 * half / pitch), 1).astype(int)
    axes = [(2 * np.arange(n) + 1 - n) * h / n for n, h in zip(counts.tolist(), half, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing='ij'), axis=-1).reshape(-1, 3) + centre
    radius = float(np.linalg.norm(half / counts))
    return np.column_stack([grid, np.full(len(grid), radius)])
