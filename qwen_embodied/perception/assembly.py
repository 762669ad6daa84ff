"""From pieces of an island to solids: joined where they are one, stacked where they stand."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.colours import alike
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.seams import parted
from qwen_embodied.perception.segments import Segment, merged, split
from qwen_embodied.perception.shade import is_side
from qwen_embodied.perception.solid import Solid
from qwen_embodied.perception.solids import fit_solid
from qwen_embodied.perception.surface import Surface
from qwen_embodied.perception.window import Window

Mask = NDArray[np.bool_]
Piece = tuple[Segment, Solid]
LEAST_PIXELS = 25
COVERED = 0.6  # share of an island that pieces of one paint must cover, else it is textured
SLIVER = 0.55  # share of its height below which a piece is too thin to stand alone
FULL = 0.9  # share of the rectangle around a block that its top fills


class Assembler:
    """Takes a piece of the image apart into solids."""

    def __init__(self, surface: Surface, parameters: PerceptionParameters) -> None:
        """Take the surface that windows are cut from, and the thresholds."""
        self._surface, self._parameters = surface, parameters
        self._least = (parameters.min_side / surface.pixel) ** 2

    def solids(self, window: Window, mask: Mask, support: float) -> list[Piece]:
        """Give the solids that pixels (H, W) of a window show, the lowest first.

        Args:
            window: That they are in.
            mask: The pixels.
            support: Height above the table of what they stand on, m.
        """
        if np.count_nonzero(mask) < LEAST_PIXELS:
            return []
        height, step = window.height, self._parameters.depth_step
        segments = self._usable(split(mask, height, window.rgb, step))
        if sum(one.area for one in segments) < COVERED * np.count_nonzero(mask):
            plain = np.zeros_like(window.rgb)
            segments = self._usable(split(mask, height, plain, step)) or segments
        whole = self._whole(segments, window, support)
        pieces: list[Segment] = []
        full: dict[int, Solid] = {}
        for one in whole:
            solid = self.fit(one, window, support)
            parts = parted(one, solid, window)
            pieces += parts
            if len(parts) == 1:
                full[id(one)] = solid
        pieces = self._with_sides(pieces, window, full)
        return self._stacked(pieces, window, support, full)

    def _with_sides(
        self, pieces: list[Segment], window: Window, full: dict[int, Solid]
    ) -> list[Segment]:
        """Add sides in deep shadow to the tops that they belong to."""
        for side in pieces:
            for top in pieces:
                solid = full.get(id(top))
                if top is side or solid is None or not _touch(side.mask, top.mask, 7):
                    continue
                if is_side(side, top, solid, window):
                    both = replace(top, mask=top.mask | side.mask)
                    full[id(both)] = solid
                    rest = [both if one is top else one for one in pieces if one is not side]
                    return self._with_sides(rest, window, full)
        return pieces

    def _whole(self, segments: list[Segment], window: Window, support: float) -> list[Segment]:
        """Join pieces that together are one thing of two colours, or half of it in shade."""
        for one, two in combinations(segments, 2):
            both = merged(one, two)
            if _touch(one.mask, two.mask) and self._is_one(one, two, both, window, support):
                rest = [each for each in segments if each is not one and each is not two]
                rest = sorted([both, *rest], key=lambda each: -each.top)
                return self._whole(rest, window, support)
        return segments

    def _is_one(
        self, one: Segment, two: Segment, both: Segment, window: Window, support: float
    ) -> bool:
        if min(one.area, two.area) < LEAST_PIXELS:
            return False
        whole = self.fit(both, window, support)
        if whole.shape == 'ball':
            return True
        is_level = one.is_flat and two.is_flat
        if not is_level or abs(one.top - two.top) > 0.5 * self._parameters.depth_step:
            return False
        parts = [self.fit(each, window, support) for each in (one, two)]
        if whole.shape == 'cylinder':
            return not any(part.shape in ('cylinder', 'ball') for part in parts)
        thinnest = min(float(part.size[:2].min() / part.size[2]) for part in parts)
        if whole.shape not in ('cube', 'box') or not self._is_full(both, whole, window):
            return False
        return whole.shape == 'cube' or thinnest < SLIVER

    def _is_full(self, segment: Segment, solid: Solid, window: Window) -> bool:
        """Tell whether the top of a block fills its rectangle."""
        points = window.points[segment.core][:, :2]
        hull = cv2.convexHull(((points - points.mean(axis=0)) * 1e3).astype(np.float32))
        return bool(cv2.contourArea(hull) > FULL * solid.size[0] * solid.size[1] * 1e6)

    def _usable(self, segments: list[Segment]) -> list[Segment]:
        """Leave out slivers: those smaller than any object, and steep ones that belong nowhere."""
        least = self._least
        return [
            one
            for one in segments
            if one.area >= (0.7 * least if one.is_flat else max(25.0, 0.45 * least))
        ]

    def _stacked(
        self, segments: list[Segment], window: Window, support: float, full: dict[int, Solid]
    ) -> list[Piece]:
        """Fit footprints from the highest to the lowest, then heights from below."""
        borne: dict[int, list[Solid]] = {}
        for at, segment in enumerate(segments):
            if id(segment) not in full:
                full[id(segment)] = self.fit(segment, window, support)
            above = [one for one in segments[:at] if self._bears(segment, one, full)]
            borne[id(segment)] = [full[id(one)] for one in above]
            if above:
                full[id(segment)] = self.fit(segment, window, support, borne[id(segment)])
        result: list[Piece] = []
        for segment in reversed(segments):
            above_it = borne[id(segment)]
            below = [solid for one, solid in result if self._bears(one, segment, full)]
            base = max([support, *[solid.centre[2] + solid.size[2] / 2 for solid in below]])
            if above_it or below:
                solid = self.fit(segment, window, base, above_it)
                if not any(_is_again(segment, solid, *other) for other in result):
                    result.append((segment, solid))
            elif segment.is_flat:
                result.append((segment, full[id(segment)]))
        return result

    def _bears(self, lower: Segment, upper: Segment, full: dict[int, Solid]) -> bool:
        """Tell whether the upper segment stands on the lower one."""
        if upper.top < lower.top + self._parameters.depth_step or not upper.is_flat:
            return False
        if not _touch(lower.mask, upper.mask, 7):
            return False
        below, above = full[id(lower)], full[id(upper)]
        if not lower.is_flat or below.size[:2].min() < 0.6 * above.size[:2].min():
            return True
        common = cv2.intersectConvexConvex(_outline(below), _outline(above))[0]
        return bool(common > 0.3 * above.size[0] * above.size[1] * 1e6)

    def fit(
        self, segment: Segment, window: Window, support: float, above: list[Solid] | None = None
    ) -> Solid:
        """Fit a solid to a segment on which others may stand."""
        points = window.points[segment.core].astype(np.float64)
        return fit_solid(
            points,
            support,
            pixel=self._surface.pixel,
            noise=self._surface.plane.noise,
            beneath=np.vstack([solid.corners for solid in above]) if above else None,
            cube_tolerance=self._parameters.cube_tolerance,
        )


def _touch(one: Mask, two: Mask, reach: int = 5) -> bool:
    """Tell whether two pieces lie side by side."""
    near = cv2.dilate(one.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    return bool(np.count_nonzero(near & two) >= 8)


def _is_again(one: Segment, solid: Solid, other: Segment, other_solid: Solid) -> bool:
    """Tell whether two pieces show one object that something on it parts."""
    common = cv2.intersectConvexConvex(_outline(solid), _outline(other_solid))[0]
    smaller = min(float(np.prod(each.size[:2])) for each in (solid, other_solid))
    overlaps = common > 0.5 * smaller * 1e6
    return overlaps and one.top < other.top + 0.012 and alike(one.rgb, other.rgb)


def _outline(solid: Solid) -> NDArray[np.float32]:
    """Give the footprint in millimetres, as OpenCV wants it."""
    return np.asarray(cv2.convexHull((solid.corners * 1e3).astype(np.float32)))
