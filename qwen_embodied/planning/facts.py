"""What the geometry of a scene says in words: what rests where, what can be lifted."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import Scene, SceneObject

WIDEST_GRIP = 0.075
CONTACT_TOLERANCE = 0.02
NO_SUPPORT = ('ball', 'bowl', 'bin')
ROUND = ('ball', 'cylinder', 'bowl')
APART = 0.025  # m, between what is put down and its neighbours, for the open fingers
PACKING = 0.9  # share of a container's outline that what lies in it may cover


@dataclass(frozen=True)
class Workspace:
    """The part of the table where things may be put, m in the base frame."""

    x_min: float = 0.38
    x_max: float = 0.70
    y_min: float = -0.32
    y_max: float = 0.32

    def holds(self, x: float, y: float) -> bool:
        """Say whether a point lies inside or on the border."""
        return self.x_min <= x <= self.x_max and self.y_min <= y <= self.y_max


@dataclass(frozen=True)
class Rest:
    """Where an object rests: 'in' or 'on' another one."""

    relation: str
    target: str


def is_liftable(item: SceneObject) -> bool:
    """Say whether the gripper can reach around the object's narrower side."""
    return bool(min(item.size[0], item.size[1]) <= WIDEST_GRIP)


def fits_in(item: SceneObject, container: SceneObject) -> bool:
    """Say whether the object's sides are shorter than the container's."""
    inner, outer = np.sort(item.size[:2]), np.sort(container.size[:2])
    return bool((inner < outer).all())


def footprint(item: SceneObject) -> float:
    """Give the area an object covers on the table, m²."""
    length, width = float(item.size[0]), float(item.size[1])
    return length * width * (math.pi / 4 if item.shape in ROUND else 1.0)


def room_left(container: SceneObject, inside: Iterable[SceneObject]) -> float:
    """Give the area that is still free in or on a container, m²; negative when it is overfull."""
    return PACKING * footprint(container) - sum(footprint(item) for item in inside)


def inner_radius(item: SceneObject) -> float:
    """Give the radius of the circle inside an object's outline, m."""
    return float(min(item.size[0], item.size[1])) / 2


def outer_radius(item: SceneObject) -> float:
    """Give the radius of the circle around an object's outline, m."""
    length, width = float(item.size[0]), float(item.size[1])
    return max(length, width) / 2 if item.shape in ROUND else math.hypot(length, width) / 2


def gap_between(
    item: SceneObject, spot: tuple[float, float], other: SceneObject, there: tuple[float, float]
) -> float:
    """Give the gap of an object's outer circle at a spot to another's outline, (x, y) m each."""
    away = np.subtract(spot, there)
    if other.shape in ROUND:
        return float(np.hypot(*away)) - outer_radius(other) - outer_radius(item)
    beyond = np.abs(other.object_in_base[:2, :2].T @ away) - other.size[:2] / 2
    return float(np.hypot(*np.maximum(beyond, 0.0))) - outer_radius(item)


def rests(scene: Scene, without: str | None = None) -> dict[str, Rest]:
    """Say what rests in or on what; objects directly on the table are absent.

    Args:
        scene: As perceived.
        without: Id of an object in the gripper, which rests nowhere and carries nothing.
    """
    items = [item for item in scene.objects if item.id != without]
    found: dict[str, Rest] = {}
    above = _above(items)
    for at in np.flatnonzero(above.any(axis=1)):
        over = [items[other] for other in np.flatnonzero(above[at])]
        rest = _rest(items[at], [other for other in over if other.id != items[at].id])
        if rest is not None:
            found[items[at].id] = rest
    return found


def _rest(item: SceneObject, over: list[SceneObject]) -> Rest | None:
    on = [other for other in over if not other.is_container and _touches_top(item, other)]
    if on:
        return Rest('on', max(on, key=lambda other: (_top(other), other.id)).id)
    inside = [other for other in over if other.is_container and not item.is_container]
    inside = [other for other in inside if _bottom(item) <= _top(other) + CONTACT_TOLERANCE]
    if inside:
        return Rest('in', min(inside, key=lambda other: (float(other.size[0]), other.id)).id)
    return None


def _above(items: list[SceneObject]) -> NDArray[np.bool_]:
    """Say of each pair whether the first's centre lies inside the second's footprint, (N, N)."""
    if not items:
        return np.zeros((0, 0), dtype=bool)
    poses = np.array([item.object_in_base for item in items])
    apart = poses[:, None, :3, 3] - poses[None, :, :3, 3]
    local = np.einsum('jkl,ijk->ijl', poses[:, :3, :2], apart)
    half = np.array([item.size[:2] for item in items]) / 2
    return np.asarray((np.abs(local) <= half).all(axis=2))


def _touches_top(item: SceneObject, other: SceneObject) -> bool:
    above = item.position[2] > other.position[2]
    return bool(above and abs(_bottom(item) - _top(other)) <= CONTACT_TOLERANCE)


def _top(item: SceneObject) -> float:
    return float(item.position[2] + item.size[2] / 2)


def _bottom(item: SceneObject) -> float:
    return float(item.position[2] - item.size[2] / 2)
