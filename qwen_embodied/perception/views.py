"""Several views of one table: what each camera found, merged into one list of things.

Two sightings are one thing when their centres are nearer than half of the smaller one's side.
The better view of the two counts: whole before partial, a known shape before an unknown one,
then the higher confidence. Where both views are equally good, place and size are the mean. A
colour that one view does not know is taken from the other. What only one camera sees is kept.
What looks like one tall thing from above and like several on one another from the side is several.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np

from qwen_embodied.messages import SceneObject
from qwen_embodied.perception.colours import UNKNOWN
from qwen_embodied.perception.tracking import Sighting, same_colour

REACH = 0.5  # of the smaller side


def merge(views: list[list[Sighting]]) -> list[Sighting]:
    """Merge the sightings of several cameras.

    Args:
        views: Of each camera; boxes are kept of the first one's only.
    """
    views = [
        [one for one in view if not any(_is_stack(one, other) for other in views)]
        for view in views
    ]
    merged = list(views[0])
    for view in views[1:]:
        fresh: list[Sighting] = []
        left = set(range(len(merged)))
        for sighting in view:
            at = _nearest(sighting, merged, left)
            if at is None:
                fresh.append(replace(sighting, item=replace(sighting.item, box=None)))
            else:
                left.discard(at)
                merged[at] = _joined(merged[at], sighting)
        merged += fresh
    return merged


def _nearest(sighting: Sighting, others: list[Sighting], left: set[int]) -> int | None:
    item = sighting.item
    near = {
        at: float(np.linalg.norm(others[at].item.position - item.position))
        for at in left
        if _may_be(others[at].item, item)
    }
    near = {
        at: apart
        for at, apart in near.items()
        if apart < REACH * min(_side(others[at].item), _side(item))
    }
    return min(near, key=lambda at: near[at], default=None)


def _may_be(one: SceneObject, other: SceneObject) -> bool:
    """Tell whether two things can be one: alike in colour, or at least in shape."""
    if UNKNOWN in (one.shape, other.shape):
        return True
    if one.is_container != other.is_container:
        return False
    return one.shape == other.shape or same_colour(one, other)


def _is_stack(sighting: Sighting, view: list[Sighting]) -> bool:
    """Tell whether a view shows several things where a sighting is one."""
    item = sighting.item
    if item.is_container:
        return False
    reach, half = item.size[:2].max() / 2, item.size[2] / 2
    within = [
        one
        for one in view
        if one is not sighting
        and np.linalg.norm(one.item.position[:2] - item.position[:2]) < reach
        and abs(one.item.position[2] - item.position[2]) < half
    ]
    return len(within) > 1


def _side(item: SceneObject) -> float:
    return float(item.size[:2].min())


def _joined(first: Sighting, second: Sighting) -> Sighting:
    """Make one sighting of two of the same thing; the box stays the first one's."""
    best, other = (first, second) if _worth(first) >= _worth(second) else (second, first)
    item = replace(best.item, box=first.item.box)
    if _worth(first)[:2] == _worth(second)[:2] and first.item.shape == second.item.shape:
        object_in_base = np.array(item.object_in_base)
        object_in_base[:3, 3] = (first.item.position + second.item.position) / 2
        size = (first.item.size + second.item.size) / 2
        item = replace(item, object_in_base=object_in_base, size=size)
    if item.colour == UNKNOWN and other.item.colour != UNKNOWN:
        label = item.label.replace(UNKNOWN, other.item.colour, 1)
        item = replace(item, colour=other.item.colour, label=label)
    return replace(best, item=item)


def _worth(sighting: Sighting) -> tuple[bool, bool, float]:
    item = sighting.item
    return not sighting.is_partial, item.shape != UNKNOWN, item.confidence
