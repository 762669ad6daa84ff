"""The objects of one frame: islands above the table, taken apart and measured."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import pose, rotation_z
from qwen_embodied.messages import SceneObject
from qwen_embodied.perception.colours import UNKNOWN, alike
from qwen_embodied.perception.containers import Container, find_container
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.holes import find_holes
from qwen_embodied.perception.naming import Name, name_patches
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.patches import Light
from qwen_embodied.perception.segments import Segment, split, union
from qwen_embodied.perception.solids import Solid, fit_solid
from qwen_embodied.perception.surface import UNSEEN, Surface
from qwen_embodied.perception.tracking import Sighting
from qwen_embodied.perception.window import Window, cut

Mask = NDArray[np.bool_]
KERNEL = np.ones((3, 3), np.uint8)


def find_objects(surface: Surface, parameters: PerceptionParameters) -> list[Sighting]:
    """Find what stands on the table, from left to right as the operator sees it."""
    finder = _Finder(surface, parameters)
    sightings = [
        found for window in _islands(surface, parameters) for found in finder.take(window)
    ]
    sightings += find_holes(surface, parameters)
    sightings = named(sightings, finder.light.table, parameters)
    return sorted(sightings, key=lambda one: (-one.item.position[1], one.item.position[0]))


def _islands(surface: Surface, parameters: PerceptionParameters) -> list[Window]:
    """Give a window on each connected piece above the table that may be objects."""
    count, labels, stats = _connected(surface, parameters)
    smallest = (parameters.min_side / surface.pixel) ** 2
    windows = []
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < smallest:
            continue
        left, top, width, height, _ = (int(value) for value in stats[label])
        place = (
            slice(max(0, top - 3), top + height + 3),
            slice(max(0, left - 3), left + width + 3),
        )
        window = cut(surface, labels, label, place)
        if _may_be_objects(window, smallest, parameters):
            windows.append(window)
    return windows


def _connected(
    surface: Surface, parameters: PerceptionParameters
) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """Label what is raised, with what it encloses; lost depth is taken for steep walls."""
    walls = surface.raised | (~surface.measured & (surface.height > UNSEEN))
    joined = cv2.morphologyEx(walls.astype(np.uint8), cv2.MORPH_CLOSE, KERNEL)
    joined[surface.robot] = 0
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = (parameters.max_side / surface.pixel) ** 2
    small = [outline for outline in outlines if 20 < cv2.contourArea(outline) < largest]
    cv2.drawContours(joined, small, -1, 1, cv2.FILLED)
    joined[surface.robot] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    return count, np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _may_be_objects(window: Window, smallest: float, parameters: PerceptionParameters) -> bool:
    """Leave out what is too small or too high, and what the robot or the border cuts off."""
    raised = window.raised
    if raised.sum() < smallest:
        return False
    if (window.points[raised][:, 2] > parameters.max_height).mean() > 0.1:
        return False
    return not _is_cut_off(window, parameters.hidden_border)


def _is_cut_off(window: Window, share: float) -> bool:
    """Tell whether more than a share of the outline lies at the robot or the image's border."""
    surface, island = window.surface, window.raised
    ring = (cv2.dilate(island.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~island
    height, width = surface.height.shape
    rows = np.arange(window.row, window.row + island.shape[0])
    columns = np.arange(window.column, window.column + island.shape[1])
    border = ((rows < 2) | (rows >= height - 2))[:, None]
    border = border | ((columns < 2) | (columns >= width - 2))[None, :]
    robot = surface.robot[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    touching = int((ring & robot).sum() + (island & border).sum())
    return touching > share * max(int(ring.sum()), 1)


class _Finder:
    """Takes windows apart."""

    def __init__(self, surface: Surface, parameters: PerceptionParameters) -> None:
        self._surface, self._parameters = surface, parameters
        self.light = Light(surface)

    def take(self, window: Window) -> list[Sighting]:
        """Find the containers, then their contents, then everything else in a window."""
        rest, found = np.ones(window.raised.shape, dtype=bool), []
        while (container := self._container(window, rest)) is not None:
            own = container.region & ~container.contents & window.known
            found.append(self._sighting(container.solid, own, window))
            contents = container.contents & window.known
            inside = self._solids(window, contents, container.floor, is_inside=True)
            found += [one for one in inside if one is not None and self._is_whole(one)]
            rest &= ~container.region
        found += self._solids(window, rest & window.raised & window.known, 0.0)
        return [one for one in found if one is not None]

    def _is_whole(self, sighting: Sighting) -> bool:
        """Refuse narrow pieces of a container's wall that look like something inside it."""
        return bool(sighting.item.size[:2].min() > 1.4 * self._parameters.min_side)

    def _container(self, window: Window, rest: Mask) -> Container | None:
        if cv2.countNonZero((window.raised & rest).astype(np.uint8)) < 60:
            return None
        container = find_container(window, rest, self._parameters.tray_ratio)
        if container is None or container.solid.size.max() > self._parameters.max_side:
            return None
        return container

    def _solids(
        self, window: Window, mask: Mask, support: float, is_inside: bool = False
    ) -> list[Sighting | None]:
        if np.count_nonzero(mask) < 25:
            return []
        height, step = window.points[..., 2], self._parameters.depth_step
        segments = self._whole(split(mask, height, window.rgb, step), window, support)
        segments = self._usable(segments)
        return [
            self._sighting(solid, segment.mask, window, is_inside or solid.confidence < 0.7)
            for segment, solid in self._stacked(segments, window, support)
        ]

    def _whole(self, segments: list[Segment], window: Window, support: float) -> list[Segment]:
        """Join pieces that together are a ball: of two colours, or half of it in shade."""
        for one, two in combinations(segments, 2):
            if not _touch(one.mask, two.mask):
                continue
            both = union([one, two])
            if min(one.mask.sum(), two.mask.sum()) < 25:
                continue
            solid = self._fit(replace(both, core=both.mask), window, support)
            if solid.shape == 'ball':
                rest = [each for each in segments if each is not one and each is not two]
                return self._whole([replace(both, core=both.mask), *rest], window, support)
        return segments

    def _usable(self, segments: list[Segment]) -> list[Segment]:
        """Leave out slivers: those smaller than any object, and steep ones that belong nowhere."""
        least = (self._parameters.min_side / self._surface.pixel) ** 2
        return [
            one
            for one in segments
            if one.mask.sum() >= (0.7 * least if one.is_flat else max(25.0, 0.45 * least))
        ]

    def _stacked(
        self, segments: list[Segment], window: Window, support: float
    ) -> list[tuple[Segment, Solid]]:
        """Fit from the lowest to the highest, each on what it stands on."""
        alone = {id(one): self._fit(one, window, support) for one in segments}
        result: list[tuple[Segment, Solid]] = []
        for at in range(len(segments) - 1, -1, -1):
            segment = segments[at]
            above = [alone[id(one)] for one in segments[:at] if self._bears(segment, one, alone)]
            below = [solid for one, solid in result if self._bears(one, segment, alone)]
            base = max([support, *[solid.centre[2] + solid.size[2] / 2 for solid in below]])
            if above or below:
                solid = self._fit(segment, window, base, above)
                if not any(_is_again(segment, solid, *other) for other in result):
                    result.append((segment, solid))
            elif segment.is_flat:
                result.append((segment, alone[id(segment)]))
        return result

    def _bears(self, lower: Segment, upper: Segment, alone: dict[int, Solid]) -> bool:
        """Tell whether the upper segment stands on the lower one."""
        if upper.top < lower.top + self._parameters.depth_step or not upper.is_flat:
            return False
        near = cv2.dilate(lower.mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        if (near & upper.mask).sum() < 8:
            return False
        below, above = alone[id(lower)], alone[id(upper)]
        if not lower.is_flat or below.size[:2].min() < 0.6 * above.size[:2].min():
            return True
        common = cv2.intersectConvexConvex(_outline(below), _outline(above))[0]
        return bool(common > 0.3 * above.size[0] * above.size[1] * 1e6)

    def _fit(
        self, segment: Segment, window: Window, support: float, above: list[Solid] | None = None
    ) -> Solid:
        points = window.points[segment.core].astype(np.float64)
        return fit_solid(
            points,
            support,
            pixel=self._surface.pixel,
            noise=self._surface.plane.noise,
            beneath=np.vstack([solid.corners for solid in above]) if above else None,
            cube_tolerance=self._parameters.cube_tolerance,
        )

    def _sighting(
        self, solid: Solid, mask: Mask, window: Window, is_partial: bool = False
    ) -> Sighting | None:
        parameters = self._parameters
        x, y, z = solid.centre
        too_small = solid.size[:2].min() < 0.7 * parameters.min_side
        if too_small or solid.size[:2].max() > parameters.max_side or mask.sum() < 9:
            return None
        if (
            z + solid.size[2] / 2 > parameters.max_height
            or solid.size[2] < 0.5 * parameters.min_height
        ):
            return None
        plane = self._surface.plane
        position = [x, y, z + plane.a * x + plane.b * y + plane.c]
        patch = self.light.patch(mask, window, z + solid.size[2] / 2)
        rows, columns = np.nonzero(mask)
        box = (
            float(window.column + columns.min()),
            float(window.row + rows.min()),
            float(window.column + columns.max() + 1),
            float(window.row + rows.max() + 1),
        )
        item = SceneObject(
            'unnamed',
            f'{UNKNOWN} {solid.shape}',
            UNKNOWN,
            solid.shape,
            pose(position, rotation_z(solid.yaw)),
            solid.size,
            solid.confidence,
            box,
        )
        return Sighting(item, is_partial, patch)


def _touch(one: Mask, two: Mask) -> bool:
    """Tell whether two pieces lie side by side."""
    near = cv2.dilate(one.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return bool((near & two).sum() >= 8)


def _is_again(one: Segment, solid: Solid, other: Segment, other_solid: Solid) -> bool:
    """Tell whether two pieces show one object that something on it parts."""
    common = cv2.intersectConvexConvex(_outline(solid), _outline(other_solid))[0]
    smaller = min(float(np.prod(each.size[:2])) for each in (solid, other_solid))
    overlaps = common > 0.5 * smaller * 1e6
    return overlaps and one.top < other.top + 0.012 and alike(one.rgb, other.rgb)


def _outline(solid: Solid) -> NDArray[np.float32]:
    """Give the footprint in millimetres, as OpenCV wants it."""
    return np.asarray(cv2.convexHull((solid.corners * 1e3).astype(np.float32)))


def named(
    sightings: list[Sighting], table: Patch | None, parameters: PerceptionParameters
) -> list[Sighting]:
    """Name the colours of all sightings, which are seen in one light."""
    seen = [one for one in sightings if one.patch is not None]
    patches = [one.patch for one in seen if one.patch is not None]
    names = name_patches(patches, table, parameters.name_confidence)
    named = {id(one): name for one, name in zip(seen, names, strict=True)}
    return [_with_name(one, named.get(id(one))) for one in sightings]


def _with_name(sighting: Sighting, name: Name | None) -> Sighting:
    item = sighting.item
    if name is None:
        return sighting
    label = item.label.replace(UNKNOWN, f'{name.tone}{name.word}', 1)
    confidence = item.confidence * max(name.confidence, 0.05)
    item = replace(item, colour=name.word, label=label, confidence=confidence)
    return replace(sighting, item=item)
