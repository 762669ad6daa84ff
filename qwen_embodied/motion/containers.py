"""Room in bowls, bins and trays: where on their floor one more thing fits."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError
from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import SceneObject
from qwen_embodied.motion.footprint import ROUND, radius, reach, stands_over
from qwen_embodied.motion.world import WALL, bowl_profile

Array = NDArray[np.float64]

WALL_GAP = 0.006  # m, least gap to the walls
CONTENT_GAP = 0.008  # m, least gap to what is in it already
PITCH = 0.01  # m, between spots that are tried
# m between spots given, and how many: the fine ones come last, where the coarse ones leave the
# third cube no room in a bin.
SPREADS = ((0.028, 16), (0.014, 40))
FLAT = ('cube', 'box')
BEARING = 0.7  # share of an object's sides that what bears it must have
PILE = 0.03  # m, from the middle of a full bowl, where a thing rolls off what is in it


def floor_of(target: SceneObject) -> tuple[Array, float]:
    """Give half the sizes (2,) of a container's flat floor and the floor's z in the base, m."""
    z = float(target.position[2] - target.size[2] / 2) + WALL
    if target.shape == 'bowl':
        # Things on the slope slide to the middle, so half the belly counts as floor.
        flat = float(bowl_profile(target.size)[1, 0]) - WALL
        return np.array([flat, flat]), z
    return target.size[:2] / 2 - WALL, z


def room_in(item: SceneObject, target: SceneObject, others: Sequence[SceneObject]) -> list[Array]:
    """Give where the centre of an object would rest in a container, (3,) m in the base each.

    The object is taken to be turned along the container. In a full one it comes to lie on what
    is in it: in a bowl anyhow, in a bin on things with a flat top below the rim.

    Args:
        item: To be put in.
        target: A bowl, bin or tray.
        others: What else stands there; what is in the container counts.

    Raises:
        CollisionError: There is no room; names what is in the container.
    """
    half, floor = floor_of(target)
    contents = [other for other in others if other.id != target.id and stands_over(target, other)]
    own = np.full(2, radius(item)) if item.shape in ROUND else item.size[:2] / 2
    found = []
    for local in _grid(half, own, target):
        room = min((_gap(local, own, target, other) for other in contents), default=0.03)
        if room >= CONTENT_GAP:
            found.append((_cost(local, target) - 0.5 * min(room, 0.02), local))
    found.sort(key=lambda entry: entry[0])
    height = floor + float(item.size[2]) / 2
    spots = _apart([local for _, local in found])
    if not spots and contents and target.shape == 'bowl':
        height = max(float(other.position[2] + other.size[2] / 2) for other in contents)
        height += float(item.size[2]) / 2
        spots = [PILE * np.array([np.cos(a), np.sin(a)]) for a in np.arange(8) * np.pi / 4]
    if not spots and target.shape != 'bowl':
        tops = _tops(item, target, contents)
        if tops:
            return tops
    if not spots:
        names = ', '.join(other.label for other in contents) or f'walls {half.round(3).tolist()} m'
        raise CollisionError(f'place in the {target.label}', f'the {item.label}', names)
    places = [transform(target.object_in_base, [*local, 0.0]) for local in spots]
    return [np.array([place[0], place[1], height]) for place in places]


def _tops(item: SceneObject, target: SceneObject, contents: list[SceneObject]) -> list[Array]:
    """Give where the centre of an object would rest on things in a container, the lowest first.

    It must stand, with its bottom below the rim, on something flat that bears nothing yet.
    """
    rim = float(target.position[2] + target.size[2] / 2)
    found = []
    for other in contents:
        top = float(other.position[2] + other.size[2] / 2)
        is_flat = other.shape in FLAT and bool((other.size[:2] >= BEARING * item.size[:2]).all())
        is_bare = not any(stands_over(other, one) for one in contents if one.id != other.id)
        if is_flat and is_bare and top <= rim:
            place = np.array([*other.position[:2], top + float(item.size[2]) / 2])
            found.append((top, place))
    return [place for _, place in sorted(found, key=lambda entry: entry[0])]


def _apart(spots: list[Array]) -> list[Array]:
    """Give the best spots of every part of the floor: the fingers may not fit at the very best."""
    kept: list[Array] = []
    for spread, most in SPREADS:
        for spot in spots:
            if len(kept) < most and all(np.hypot(*(spot - other)) >= spread for other in kept):
                kept.append(spot)
    return kept


def _grid(half: Array, own: Array, target: SceneObject) -> list[Array]:
    """Spots (x, y) m in the container's frame at which an object is clear of the walls."""
    if target.shape == 'bowl':
        own = np.full(2, float(own.max()))
        half = np.maximum(half, own + WALL_GAP) if own[0] < target.size[0] / 2 - WALL else half
    room = half - own - WALL_GAP
    if (room < -1e-9).any():
        return []
    xs, ys = (np.linspace(-side, side, 2 * int(side / PITCH) + 1) for side in room)
    grid = [np.array([x, y]) for x in xs for y in ys]
    if target.shape == 'bowl':
        grid = [local for local in grid if float(np.hypot(*local)) <= room[0] + 1e-9]
    return grid


def _gap(local: Array, own: Array, target: SceneObject, other: SceneObject) -> float:
    """Give the gap of boxes along the container around an object at a spot and around another."""
    axes = target.object_in_base[:2, :2]
    there = transform(inverse_pose(target.object_in_base), other.position)[:2]
    size = np.array([reach(other, axes[:, 0]), reach(other, axes[:, 1])])
    apart = np.abs(local - there) - own - size
    if (apart <= 0).all():
        return float(apart.max())
    return float(np.hypot(*np.maximum(apart, 0.0)))


def _cost(local: Array, target: SceneObject) -> float:
    """Like the middle of a bowl, and the corners of a bin: so that more things find room in it."""
    if target.shape == 'bowl':
        return float(np.hypot(*local))
    return float(-0.5 * np.abs(local).sum())
