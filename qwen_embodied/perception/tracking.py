"""Stable ids: what is seen now is matched with what was seen before."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import SceneObject
from qwen_embodied.perception.colours import UNKNOWN
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.parameters import PerceptionParameters

FAR = 1e6
PIECE_MARGIN = 0.02  # m around a half hidden thing in which a part of it may lie
SAME_ROOM = 0.55  # of two things' room, more than each of two that look like one has of both
GRID = 12  # points along each side of a box
DISPUTES = 5  # frames in a row after which another look is believed


@dataclass(frozen=True, eq=False)
class Sighting:
    """An object found in one frame, before it has an id.

    Attributes:
        item: With a preliminary id.
        is_partial: Whether part of it is hidden, so that its size is not to be trusted.
        patch: The light that comes from it, or None where too few pixels show it.
        second: That from the smaller part of something of two colours, or None.
    """

    item: SceneObject
    is_partial: bool = False
    patch: Patch | None = None
    second: Patch | None = None


@dataclass(frozen=True, eq=False)
class _Track:
    item: SceneObject
    seen: float
    missed: int = 0
    disputed: int = 0


class Tracker:
    """Keeps the objects of a table over time."""

    def __init__(self, parameters: PerceptionParameters) -> None:
        """Start with an empty table."""
        self._parameters = parameters
        self.reset()

    def reset(self) -> None:
        """Forget every object and every id."""
        self._tracks: list[_Track] = []
        self._counts: dict[str, int] = {}

    @property
    def objects(self) -> tuple[SceneObject, ...]:
        """Give what is believed to be on the table now, in the order of first sight."""
        return tuple(track.item for track in self._tracks)

    def update(
        self,
        sightings: list[Sighting],
        stamp: float,
        is_clear: Callable[[SceneObject], bool | None],
    ) -> tuple[SceneObject, ...]:
        """Take in the sightings of one frame.

        Args:
            sightings: What was found.
            stamp: Of the frame, s.
            is_clear: Tells of an object that was not found whether its place is in clear view
                and empty (True), hidden (False) or still holds something like it (None).

        Returns:
            The objects believed to be there.
        """
        pairs = self._nearby(sightings)
        missing = [at for at in range(len(self._tracks)) if at not in pairs]
        clear = {at: self._is_clear(at, sightings, is_clear) for at in missing}
        gone = [at for at in missing if clear[at] is not None]
        pairs |= self._moved(sightings, pairs, gone)
        kept = []
        for at, track in enumerate(self._tracks):
            if at in pairs:
                kept.append(_refreshed(track, sightings[pairs[at]], stamp))
            else:
                kept += self._unseen(track, stamp, clear[at])
        hidden = [self._tracks[at].item for at in missing if at not in pairs and not clear[at]]
        fresh = [
            sighting
            for at, sighting in enumerate(sightings)
            if at not in pairs.values() and not any(_is_piece(sighting, one) for one in hidden)
        ]
        self._tracks = kept
        self._tracks += [_Track(self._named(sighting.item), stamp) for sighting in fresh]
        return self.objects

    def _is_clear(
        self, at: int, sightings: list[Sighting], is_clear: Callable[[SceneObject], bool | None]
    ) -> bool | None:
        """Ask of a place; what is seen in it instead of a thing leaves no room for that thing."""
        item = self._tracks[at].item
        clear = is_clear(item)
        seen = (one.item for one in sightings)
        is_other = clear is None and any(shared(item, other) > SAME_ROOM for other in seen)
        return True if is_other else clear

    def _named(self, item: SceneObject) -> SceneObject:
        stem = f'{item.colour}_{item.shape}'
        self._counts[stem] = self._counts.get(stem, 0) + 1
        return replace(item, id=f'{stem}_{self._counts[stem]}')

    def _nearby(self, sightings: list[Sighting]) -> dict[int, int]:
        """Match by place, preferring the same look."""
        cost = np.full((len(self._tracks), len(sightings)), FAR)
        for row, track in enumerate(self._tracks):
            for column, sighting in enumerate(sightings):
                cost[row, column] = self._cost(track.item, sighting.item)
        return {row: column for row, column in _assign(cost) if cost[row, column] < FAR}

    def _cost(self, known: SceneObject, seen: SceneObject) -> float:
        apart = float(np.linalg.norm(known.position - seen.position))
        differences = sum(
            one != two and UNKNOWN not in (one, two)
            for one, two in ((known.colour, seen.colour), (known.shape, seen.shape))
        )
        if apart > self._parameters.match_distance or differences == 2:
            return FAR
        if known.is_container != seen.is_container:
            return FAR
        return apart + 0.05 * differences

    def _moved(
        self, sightings: list[Sighting], pairs: dict[int, int], tracks: list[int]
    ) -> dict[int, int]:
        """Match what is left by look alone, where just one of that look is left on each side."""
        fresh = [at for at in range(len(sightings)) if at not in pairs.values()]
        found = {}
        for at in tracks:
            same = [one for one in fresh if self._same_look(at, sightings[one])]
            back = [
                other for other in tracks if same and self._same_look(other, sightings[same[0]])
            ]
            if len(same) == 1 and len(back) == 1:
                found[at] = same[0]
        return found

    def _same_look(self, at: int, sighting: Sighting) -> bool:
        known, seen = self._tracks[at].item, sighting.item
        apart = np.abs(np.sort(known.size[:2]) - np.sort(seen.size[:2])).max()
        near = sighting.is_partial or apart <= self._parameters.match_size
        is_shape = known.shape == seen.shape or UNKNOWN in (known.shape, seen.shape)
        alike = is_shape and same_colour(known, seen)
        alike = alike and known.is_container == seen.is_container
        return alike and bool(near)

    def _unseen(self, track: _Track, stamp: float, clear: bool | None) -> list[_Track]:
        if clear is None:
            return [replace(track, seen=stamp, missed=0)]
        if stamp - track.seen > self._parameters.remember:
            return []
        missed = track.missed + 1 if clear else track.missed
        item = replace(track.item, box=None, confidence=max(0.3, track.item.confidence * 0.95))
        if missed >= self._parameters.vanish_after:
            return []
        return [_Track(item, track.seen, missed)]


def shared(one: SceneObject, two: SceneObject) -> float:
    """Give the room that two things share over the room that both take, 0 to 1."""
    steps = (np.arange(GRID) + 0.5) / GRID - 0.5
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3) * one.size
    points = transform(inverse_pose(two.object_in_base), transform(one.object_in_base, grid))
    inside = float((np.abs(points) <= two.size / 2).all(axis=1).mean())
    both = inside * float(np.prod(one.size))
    return both / max(float(np.prod(one.size) + np.prod(two.size)) - both, 1e-12)


def _is_piece(sighting: Sighting, hidden: SceneObject) -> bool:
    """Tell whether something new is but the part of a half hidden thing that is in view."""
    item = sighting.item
    apart = np.linalg.norm(item.position[:2] - hidden.position[:2])
    top, limit = (one.position[2] + one.size[2] / 2 for one in (item, hidden))
    is_inside = apart < hidden.size[:2].max() / 2 + PIECE_MARGIN and top < limit + 0.01
    return bool(is_inside) and same_colour(item, hidden)


def same_colour(one: SceneObject, two: SceneObject) -> bool:
    """Tell whether two objects can be of one colour: an unknown one may be any."""
    return one.colour == two.colour or UNKNOWN in (one.colour, two.colour)


def _refreshed(track: _Track, sighting: Sighting, stamp: float) -> _Track:
    """Take the new pose; keep the known size and look where only a part is seen now."""
    known, seen = track.item, sighting.item
    differs = known.shape != seen.shape or not same_colour(known, seen)
    disputed = track.disputed + 1 if differs and not sighting.is_partial else 0
    if (sighting.is_partial or differs) and disputed < DISPUTES:
        object_in_base = np.array(seen.object_in_base)
        if np.linalg.norm(known.position - seen.position) < 0.01:
            object_in_base = np.array(known.object_in_base)
        item = replace(
            known, object_in_base=object_in_base, box=seen.box, confidence=seen.confidence
        )
        return _Track(item, stamp, disputed=disputed)
    size = seen.size if differs else 0.7 * known.size + 0.3 * seen.size
    if seen.colour == UNKNOWN:
        seen = replace(
            seen, colour=known.colour, label=known.label, confidence=0.98 * known.confidence
        )
    return _Track(replace(seen, id=known.id, size=size), stamp)


def _assign(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    if not cost.size:
        return []
    rows, columns = linear_sum_assignment(cost)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]
