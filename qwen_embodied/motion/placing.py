"""Where a held object may be put down so that a relation holds afterwards."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError, ContractError, GroundingError
from qwen_embodied.geometry import pose, rotation_z, yaw_of
from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.motion.containers import room_in
from qwen_embodied.motion.footprint import ROUND, gap_to_circle, radius, reach
from qwen_embodied.relations import DIRECTIONS

Array = NDArray[np.float64]

APART = 0.025  # m, least gap to other objects on the table
SLIDES = (0.0, 0.03, -0.03, 0.06, -0.06, 0.09, -0.09)  # m, along the target's side
FARTHER = (0.0, 0.02, 0.04, 0.06, -0.02)  # m, added to the gap
NEAR = (0.0, 0.02, -0.02)  # m, the same for next_to
AT_SHIFTS = ((0.0, 0.0), (0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01))  # m


@dataclass(frozen=True, eq=False)
class Place:
    """What placing is asked for.

    Attributes:
        item: The held object, as it was perceived.
        relation: One of in, on, left_of, right_of, in_front_of, behind, next_to, at.
        target: The object that the relation refers to, or None for 'at'.
        scene: What stands on the table; the held object in it is not looked at.
        position: (x, y) m for 'at', on the table; with z m of another surface, on that.
        workspace: x from, to, y from, to, m.
        gap: Between the faces of neighbours, m.
    """

    item: SceneObject
    relation: str
    target: SceneObject | None
    scene: Scene
    position: tuple[float, float] | tuple[float, float, float] | None = None
    workspace: tuple[float, float, float, float] = (0.28, 0.78, -0.47, 0.47)
    gap: float = 0.05

    def __post_init__(self) -> None:
        """Refuse relations without what they refer to."""
        known = ('in', 'on', 'next_to', 'at', *DIRECTIONS)
        if self.relation not in known:
            raise ContractError('relation', self.relation, f'one of {", ".join(known)}')
        if self.relation == 'at' and self.position is None:
            raise ContractError('position', None, "two or three numbers for the relation 'at'")
        if self.relation != 'at' and self.target is None:
            raise GroundingError('nothing', tuple(item.id for item in self.scene.objects))

    @property
    def is_beside(self) -> bool:
        """True when the object will stand on the table."""
        return self.relation not in ('in', 'on')

    @property
    def surface(self) -> float:
        """Give z of what it will stand on beside other things, m."""
        at = self.position
        return at[2] if at is not None and len(at) == 3 else self.scene.table_height

    @property
    def others(self) -> list[SceneObject]:
        """What stands there besides the held object."""
        return [item for item in self.scene.objects if item.id != self.item.id]


def places(request: Place) -> tuple[Array, ...]:
    """Give poses (4, 4) in the base at which the object would rest, best first.

    Raises:
        CollisionError: There is no free place; names what is in the way.
    """
    if request.relation == 'in':
        return _inside(request)
    if request.relation == 'on':
        return _on_top(request)
    spots = [np.array(spot) for spot in _spots(request)]
    height = request.surface + float(request.item.size[2]) / 2
    kept, blockers = [], []
    for spot in spots:
        reason = _blocked(spot, request)
        if reason is None:
            kept += [_pose(spot, height, yaw) for yaw in _yaws(request, None)]
        else:
            blockers.append(reason)
    if not kept:
        words = request.relation.replace('_', ' ')
        name = request.target.label if request.target else 'the position'
        raise CollisionError(f'place {words} the {name}', f'the {request.item.label}', blockers[0])
    return tuple(kept)


def _pose(spot: Array, height: float, yaw: float) -> Array:
    return pose([spot[0], spot[1], height], rotation_z(yaw))


def _yaws(request: Place, along: float | None) -> list[float]:
    """Orientations worth trying: as it is held, along a target, square to the table."""
    first = yaw_of(request.item.object_in_base) if along is None else along
    count = 8 if request.item.shape in ROUND or request.item.is_container else 4
    base = first if along is not None else 0.0
    return [base + 2 * np.pi * turn / count for turn in range(count)]


def _spots(request: Place) -> Iterator[tuple[float, float]]:
    """Spots on the table in the order of liking."""
    target, item = request.target, request.item
    if request.relation == 'at' or target is None:
        x, y = (request.position or (0.0, 0.0))[:2]
        yield from ((x + dx, y + dy) for dx, dy in AT_SHIFTS)
        return
    if request.relation == 'next_to':
        x0, x1, y0, y1 = request.workspace
        towards = np.array([(x0 + x1) / 2, (y0 + y1) / 2]) - target.position[:2]
        order = sorted(DIRECTIONS.values(), key=lambda d: -float(np.array(d) @ towards))
    else:
        order = [DIRECTIONS[request.relation]]
    near = request.relation == 'next_to'
    for more in NEAR if near else FARTHER:
        for slide in SLIDES[:3] if near else SLIDES:
            for way in order:
                direction = np.array(way)
                side = np.array([-direction[1], direction[0]])
                distance = reach(target, direction) + request.gap + more
                distance += reach(item, direction, 0.0)
                if abs(slide) < 0.6 * distance:
                    x, y = target.position[:2] + distance * direction + slide * side
                    yield float(x), float(y)


def _blocked(spot: Array, request: Place) -> str | None:
    """Name what is in the way at a spot on the table."""
    x0, x1, y0, y1 = request.workspace
    if not (x0 <= spot[0] <= x1 and y0 <= spot[1] <= y1):
        return f'the edge of the workspace at ({spot[0]:.2f}, {spot[1]:.2f})'
    own = radius(request.item)
    for other in request.others:
        if gap_to_circle(other, spot, own) < APART:
            return other.label
    return None


def _target(request: Place) -> SceneObject:
    if request.target is None:
        raise GroundingError('nothing', tuple(item.id for item in request.scene.objects))
    return request.target


def _on_top(request: Place) -> tuple[Array, ...]:
    """On the middle of a target, along its sides; trays and bins count their floor."""
    target = _target(request)
    if target.is_container:
        return _inside(request)
    top = float(target.position[2] + target.size[2] / 2) + float(request.item.size[2]) / 2
    above = [
        other for other in request.others
        if other.id != target.id
        and other.position[2] > target.position[2] + target.size[2] / 4
        and gap_to_circle(other, target.position[:2], radius(request.item)) < 0.0
    ]  # fmt: skip
    if above:
        raise CollisionError(
            f'place on the {target.label}', f'the {request.item.label}', above[0].label
        )
    yaws = _yaws(request, yaw_of(target.object_in_base))
    return tuple(_pose(target.position[:2], top, yaw) for yaw in yaws)


def _inside(request: Place) -> tuple[Array, ...]:
    """On a container's floor, beside what is in it already."""
    target = _target(request)
    if not target.is_container:
        raise ContractError(
            'place.target', target.label, 'a bowl, bin or tray for the relation in'
        )
    spots = room_in(request.item, target, request.others)
    yaws = _yaws(request, yaw_of(target.object_in_base))
    return tuple(_pose(spot[:2], float(spot[2]), turn) for spot in spots for turn in yaws)
