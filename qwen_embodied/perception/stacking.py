"""What is remembered explains what is seen: a known object that hides a known one beneath it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np

from qwen_embodied.messages import SceneObject
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.tracking import Sighting, same_colour


def restack(
    sightings: list[Sighting], known: tuple[SceneObject, ...], parameters: PerceptionParameters
) -> list[Sighting]:
    """Take apart what looks like one tall object but is one known object on another.

    Seen from above, the lower of two equal cubes is hidden. A tall thing that nobody knows, on
    the place of a lower known one, that would be a known one if it stood on it, does. What else
    is seen there, from the table to above the hidden one, is a side of the two.

    Args:
        sightings: Of one frame.
        known: Objects remembered from before.
        parameters: Thresholds.

    Returns:
        The sightings, with those that stand on a hidden object lifted onto it.
    """
    bearers = [_bearer(sighting, sightings, known, parameters) for sighting in sightings]
    hidden = [bearer for bearer in bearers if bearer is not None]
    return [
        sighting if bearer is None else Sighting(_lifted(sighting.item, bearer, parameters))
        for sighting, bearer in zip(sightings, bearers, strict=True)
        if bearer is not None or not _is_side(sighting.item, hidden, parameters.depth_step)
    ]


def same_look(first: SceneObject, second: SceneObject, slack: float) -> bool:
    """Tell whether two objects agree in colour, shape and, within a slack in m, in size."""
    if first.shape != second.shape or not same_colour(first, second):
        return False
    one = np.append(np.sort(first.size[:2]), first.size[2])
    two = np.append(np.sort(second.size[:2]), second.size[2])
    return bool((np.abs(one - two) <= slack).all())


def _bearer(
    sighting: Sighting,
    sightings: list[Sighting],
    known: tuple[SceneObject, ...],
    parameters: PerceptionParameters,
) -> SceneObject | None:
    item, slack = sighting.item, parameters.match_size
    if item.is_container or any(same_look(item, other, slack) for other in known):
        return None
    for lower in known:
        seen = any(
            same_look(lower, other.item, slack) for other in sightings if other is not sighting
        )
        if seen or lower.is_container or not _is_over(item, lower, parameters.depth_step):
            continue
        upper = _lifted(item, lower, parameters)
        if any(same_look(upper, other, slack) for other in known if other is not lower):
            return lower
    return None


def _is_side(item: SceneObject, hidden: list[SceneObject], step: float) -> bool:
    """Say whether something goes from below the top of a hidden object to above it."""
    bottom = _top(item) - float(item.size[2])
    return any(_is_over(item, lower, step) and bottom < _top(lower) - step for lower in hidden)


def _is_over(upper: SceneObject, lower: SceneObject, step: float) -> bool:
    apart = float(np.linalg.norm(upper.position[:2] - lower.position[:2]))
    return apart < 0.5 * float(lower.size[:2].max()) and _top(upper) > _top(lower) + step


def _top(item: SceneObject) -> float:
    return float(item.position[2] + item.size[2] / 2)


def _lifted(
    item: SceneObject, lower: SceneObject, parameters: PerceptionParameters
) -> SceneObject:
    """Give the object as it is when it stands on the lower one instead of on the table."""
    height = _top(item) - _top(lower)
    size = np.array([*item.size[:2], height])
    object_in_base = np.array(item.object_in_base)
    object_in_base[2, 3] = _top(lower) + height / 2
    shape = item.shape
    if shape in ('cube', 'box'):
        is_cube = np.ptp(size) <= parameters.cube_tolerance * size.mean()
        shape = 'cube' if is_cube else 'box'
    return replace(
        item, label=f'{item.colour} {shape}', shape=shape, size=size,
        object_in_base=object_in_base,
    )  # fmt: skip
