"""From a fitted solid and its pixels to a sighting: place in the base frame, box and colours."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import pose, rotation_z
from qwen_embodied.messages import SceneObject
from qwen_embodied.perception.assembly import Piece
from qwen_embodied.perception.colours import UNKNOWN, alike
from qwen_embodied.perception.covering import doubted
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.naming import Name, name_patches
from qwen_embodied.perception.order import middle
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.patches import Light
from qwen_embodied.perception.seams import count_of_cubes
from qwen_embodied.perception.segments import STEEP, Segment
from qwen_embodied.perception.solid import Solid
from qwen_embodied.perception.surface import Surface
from qwen_embodied.perception.tilted import fit_loose
from qwen_embodied.perception.tracking import Sighting
from qwen_embodied.perception.window import Window

Mask = NDArray[np.bool_]
FLOATS = 0.015  # m between a ball and the table below which it may lie on it
SECOND_SHARE = 0.2  # of its pixels from which a second colour of a thing is told
ROUND = ('ball', 'bowl')  # whose faces mirror a lamp at a spot only
GUESSED = 0.3  # confidence of what is only inferred


class Maker:
    """Makes sightings of what stands on one surface."""

    def __init__(self, surface: Surface, parameters: PerceptionParameters) -> None:
        """Measure the light on the table."""
        self._surface, self._parameters = surface, parameters
        self._light = Light(surface)

    @property
    def table(self) -> Patch | None:
        """What the table sends back; None when it is not seen or clipped."""
        return self._light.table

    def sighting(
        self, solid: Solid, segment: Segment, window: Window, is_partial: bool = False
    ) -> Sighting | None:
        """Give what a solid is in the base frame; None when it is no size of an object."""
        if not self._fits(solid) or segment.area < 9:
            return None
        top = float(solid.centre[2] + solid.size[2] / 2)
        patches = [
            self._light.patch(paint, window, top, solid.shape not in ROUND)
            for paint in _paints(segment, window)[:2]
        ]
        item = self._item(solid, _box(segment.mask, window))
        cubes = count_of_cubes(solid)
        if cubes > 1:
            label = f'{item.label}, perhaps {cubes} cubes'
            item = replace(item, label=label, confidence=0.7 * item.confidence)
        return Sighting(item, is_partial, patches[0], patches[1] if len(patches) > 1 else None)

    def hidden(self, solid: Solid, base: float) -> Sighting | None:
        """Infer what a ball that touches nothing stands on."""
        height = float(solid.centre[2] - solid.size[2] / 2) - base
        size = np.array([0.7 * solid.size[0], 0.7 * solid.size[1], height])
        centre = np.array([*solid.centre[:2], base + height / 2])
        below = Solid(UNKNOWN, centre, 0.0, size, GUESSED)
        if not self._fits(below):
            return None
        item = self._item(below, None)
        return Sighting(replace(item, label=f'{UNKNOWN} thing beneath another'), is_partial=True)

    def shapeless(self, window: Window) -> Sighting | None:
        """Report an island of which nothing else could be made."""
        mask = window.raised & window.known
        if np.count_nonzero(mask) < (self._parameters.min_side / self._surface.pixel) ** 2:
            return None
        solid = fit_loose(window.points[mask].astype(np.float64), 0.0)
        segment = whole(mask)
        return self.sighting(replace(solid, confidence=GUESSED), segment, window, is_partial=True)

    def _fits(self, solid: Solid) -> bool:
        """Tell whether a solid has the size of an object."""
        values, (x, y, height) = self._parameters, solid.size.tolist()
        if min(x, y) < 0.7 * values.min_side or max(x, y) > values.max_side:
            return False
        top = float(solid.centre[2]) + height / 2
        return bool(top <= values.max_height and height >= 0.5 * values.min_height)

    def _item(self, solid: Solid, box: tuple[float, float, float, float] | None) -> SceneObject:
        plane, (x, y, z) = self._surface.plane, solid.centre
        shape = 'thing' if solid.shape == UNKNOWN else solid.shape
        return SceneObject(
            'unnamed',
            f'{UNKNOWN} {shape}',
            UNKNOWN,
            solid.shape,
            pose([x, y, z + plane.a * x + plane.b * y + plane.c], rotation_z(solid.yaw)),
            solid.size,
            solid.confidence,
            box,
        )


def _paints(segment: Segment, window: Window) -> list[Mask]:
    """Give the pixels of the largest paint and of all that is not just its shade."""
    paints = sorted(segment.paints or (segment.mask,), key=lambda one: -np.count_nonzero(one))
    if len(paints) == 1:
        return paints
    first = middle(window.rgb[paints[0]])
    least = SECOND_SHARE * segment.area
    groups: dict[bool, list[Mask]] = {}
    for paint in paints:
        groups.setdefault(alike(first, middle(window.rgb[paint]), STEEP), []).append(paint)
    first_group, *others = (np.logical_or.reduce(group) for group in groups.values())
    return [first_group, *(other for other in others if np.count_nonzero(other) > least)]


def whole(mask: Mask) -> Segment:
    """Give pixels as one segment."""
    return Segment(mask, mask, np.zeros(3), 0.0, is_flat=True)


def floating(pieces: list[Piece], support: float) -> list[tuple[Solid, float]]:
    """Give the balls that nothing which is seen bears, and the height of what is beneath, m."""
    found = []
    for _, ball in pieces:
        bottom = ball.centre[2] - ball.size[2] / 2
        below = [
            one
            for _, one in pieces
            if one is not ball
            and np.linalg.norm(one.centre[:2] - ball.centre[:2]) < max(*one.size[:2], 0.02) / 2
            and one.centre[2] < ball.centre[2]
        ]
        if ball.shape == 'ball' and bottom > support + FLOATS and not below:
            found.append((ball, support))
    return found


def _box(mask: Mask, window: Window) -> tuple[float, float, float, float]:
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    x, y = float(window.column + left), float(window.row + top)
    return x, y, x + width, y + height


def named(
    sightings: list[Sighting], table: Patch | None, parameters: PerceptionParameters
) -> list[Sighting]:
    """Name the colours of all sightings, which are seen in one light."""
    sightings = doubted(sightings)
    patches = [patch for one in sightings for patch in _patches(one)]
    names = iter(name_patches(patches, table, parameters.name_confidence))
    return [_with_names(one, [next(names) for _ in _patches(one)]) for one in sightings]


def _patches(sighting: Sighting) -> list[Patch]:
    if sighting.patch is None:
        return []
    return [patch for patch in (sighting.patch, sighting.second) if patch is not None]


def _with_names(sighting: Sighting, names: list[Name]) -> Sighting:
    """Say the colours: that of the larger part first."""
    if not names:
        return sighting
    item, first = sighting.item, names[0]
    words = f'{first.tone}{first.word}'
    if len(names) > 1 and names[1].word not in (first.word, UNKNOWN):
        words += f' and {names[1].tone}{names[1].word}'
    label = item.label.replace(UNKNOWN, words, 1)
    confidence = item.confidence * max(first.confidence, 0.05)
    item = replace(item, colour=first.word, label=label, confidence=confidence)
    return replace(sighting, item=item)
