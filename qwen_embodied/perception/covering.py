"""Which things may stand in the shadow of others, told by where shadows fall."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import SceneObject
from qwen_embodied.perception.tracking import Sighting

Array = NDArray[np.float64]
LONGEST = 3.0  # a shadow on the table over the height of what casts it
UNSURE = 0.45  # probability that a thing is in shadow which may be in that of another
FEWEST = 2  # things beside which shadow falls, from which on its direction is known
AGREED = 0.6  # length of the mean of their directions, at least


def doubted(sightings: list[Sighting]) -> list[Sighting]:
    """Doubt that those things are lit that stand where the shadows of others fall."""
    falls = _direction(sightings)
    if falls is None:
        return sightings
    return [
        _in_doubt(one) if any(_covers(other, one, falls) for other in sightings) else one
        for one in sightings
    ]


def _direction(sightings: list[Sighting]) -> Array | None:
    """Give the direction in the image (2,) in which shadows fall; None where they disagree."""
    seen = [one.patch.falls for one in sightings if one.patch and one.patch.falls is not None]
    if len(seen) < FEWEST:
        return None
    mean = np.mean([each / max(float(np.hypot(*each)), 1e-6) for each in seen], axis=0)
    length = float(np.hypot(*mean))
    return None if length < AGREED else np.asarray(mean / length)


def _covers(caster: Sighting, thing: Sighting, falls: Array) -> bool:
    """Tell whether the shadow of one thing may lie on another one."""
    if caster.item.box is None or thing.item.box is None:
        return False
    if caster is thing or _top(caster.item) <= _top(thing.item):
        return False
    (one, radius), (other, reach) = _circle(caster.item.box), _circle(thing.item.box)
    away = other - one
    along = float(away @ falls)
    across = abs(float(away[0] * falls[1] - away[1] * falls[0]))
    scale = 2.0 * radius / max(float(np.hypot(*caster.item.size[:2])), 1e-3)
    length = LONGEST * (_top(caster.item) - _top(thing.item)) * scale
    return 0.0 < along < radius + reach + length and across < radius + 0.3 * reach


def _top(item: SceneObject) -> float:
    return float(item.position[2] + item.size[2] / 2)


def _circle(box: tuple[float, float, float, float]) -> tuple[Array, float]:
    """Give the middle (2,) and half the diagonal of a box, px."""
    left, top, right, bottom = box
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    return middle, float(np.hypot(right - left, bottom - top)) / 2


def _in_doubt(sighting: Sighting) -> Sighting:
    patch = sighting.patch
    if patch is None or patch.other <= 1.0:
        return sighting
    return replace(sighting, patch=replace(patch, doubt=UNSURE))
