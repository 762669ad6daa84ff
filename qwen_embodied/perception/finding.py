"""The objects of one frame: islands above the table, taken apart and measured."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects as label_boxes

from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.perception.assembly import Assembler
from qwen_embodied.perception.containers import Container, find_container
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.holes import find_holes
from qwen_embodied.perception.order import middle
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.sightings import Maker, floating, named, whole
from qwen_embodied.perception.solid import Solid
from qwen_embodied.perception.surface import UNSEEN, Surface
from qwen_embodied.perception.tilted import CUBE_CONFIDENCE
from qwen_embodied.perception.tracking import Sighting
from qwen_embodied.perception.walls import Wall
from qwen_embodied.perception.window import Window, cut

Mask = NDArray[np.bool_]
BESIDE = 0.02  # m around a container in which its slanted wall may show
KERNEL, RING = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)


def find_objects(surface: Surface, parameters: PerceptionParameters) -> list[Sighting]:
    """Find what stands on the table, from left to right as the operator sees it."""
    finder = _Finder(surface, parameters)
    sightings = [
        found for window in _islands(surface, parameters) for found in finder.take(window)
    ]
    sightings = [one for one in sightings if not _is_double(one, sightings)]
    holes = find_holes(surface, parameters)
    sightings += [hole for hole in holes if not any(_holds(one, hole) for one in sightings)]
    sightings = named(sightings, finder.table, parameters)
    return sorted(sightings, key=lambda one: (-one.item.position[1], one.item.position[0]))


def _holds(sighting: Sighting, other: Sighting) -> bool:
    """Tell whether the middle of one thing lies within the footprint of another."""
    item = sighting.item
    local = transform(inverse_pose(item.object_in_base), other.item.position)
    return bool((np.abs(local[:2]) < item.size[:2] / 2).all())


def _is_rest(sighting: Sighting | None, holder: Solid) -> bool:
    """Tell whether something beside a container is but what is left over of its walls."""
    if sighting is None:
        return False
    item = sighting.item
    apart = float(np.linalg.norm(item.position[:2] - holder.centre[:2]))
    is_low = bool(item.size[2] < holder.size[2] + 0.01)
    is_within = apart < 0.5 * float(holder.size[:2].min())
    is_beside = apart < 0.5 * float(holder.size[:2].max()) + BESIDE
    return is_low and (is_within or (is_beside and item.confidence <= CUBE_CONFIDENCE))


def _is_double(sighting: Sighting, others: list[Sighting]) -> bool:
    """Tell whether something that is not inside a container stands where one stands."""
    item = sighting.item
    if sighting.is_partial or item.is_container:
        return False
    return any(
        other.item.is_container
        and item.size[2] < other.item.size[2] + 0.01
        and np.linalg.norm(item.position[:2] - other.item.position[:2])
        < 0.5 * other.item.size[:2].min()
        for other in others
    )


def _islands(surface: Surface, parameters: PerceptionParameters) -> list[Window]:
    """Give a window on each connected piece above the table that may be objects.

    Left out is what is too small or too high, and what the robot or the border cuts off.
    """
    joined = _joined(surface, parameters)
    # Its variant with statistics takes four times as long.
    labels = np.asarray(cv2.connectedComponents(joined, connectivity=4)[1], np.int32)
    smallest = (parameters.min_side / surface.pixel) ** 2
    windows = []
    for at, (top, bottom, left, right) in sorted(_boxes(joined, labels, smallest).items()):
        if (bottom - top) * (right - left) < smallest:
            continue
        place = (slice(max(0, top - 3), bottom + 3), slice(max(0, left - 3), right + 3))
        island = labels[place] == at + 1
        raised = island & surface.raised[place]
        if np.count_nonzero(raised) < smallest or _is_high(surface, raised, place, parameters):
            continue
        if not _is_cut_off(surface, raised, place, parameters.hidden_border):
            windows.append(cut(surface, island, place))
    return windows


def _boxes(
    joined: NDArray[np.uint8], labels: NDArray[np.int32], smallest: float
) -> dict[int, tuple[int, int, int, int]]:
    """Give first and last rows and columns of the pieces that may be large enough, by label.

    They are looked for around the outlines only, which is faster than in the whole image.
    """
    found: dict[int, tuple[int, int, int, int]] = {}
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for x, y, width, height in map(cv2.boundingRect, outlines):
        if width * height < smallest:
            continue
        for at, box in enumerate(label_boxes(labels[y : y + height, x : x + width])):
            if box is not None:
                rows, columns = box
                one = (y + rows.start, y + rows.stop, x + columns.start, x + columns.stop)
                other = found.get(at, one)
                found[at] = (
                    min(one[0], other[0]), max(one[1], other[1]),
                    min(one[2], other[2]), max(one[3], other[3]),
                )  # fmt: skip
    return found


def _joined(surface: Surface, parameters: PerceptionParameters) -> NDArray[np.uint8]:
    """Mark what is raised, with what it encloses; lost depth is taken for steep walls."""
    walls = surface.raised | (~surface.measured & (surface.height > UNSEEN))
    closed = cv2.morphologyEx(walls.astype(np.uint8), cv2.MORPH_CLOSE, KERNEL)
    table = (~surface.robot).astype(np.uint8)
    joined = np.asarray(closed, np.uint8) & table
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = (parameters.max_side / surface.pixel) ** 2
    small = [outline for outline in outlines if 20 < cv2.contourArea(outline) < largest]
    cv2.drawContours(joined, small, -1, 1, cv2.FILLED)
    joined &= table
    return joined


def _is_high(
    surface: Surface, raised: Mask, place: tuple[slice, slice], parameters: PerceptionParameters
) -> bool:
    """Tell whether pixels (H, W) at a place show what is higher than any object."""
    high = raised & (surface.height[place] > parameters.max_height)
    return bool(np.count_nonzero(high) > 0.1 * np.count_nonzero(raised))


def _is_cut_off(surface: Surface, island: Mask, place: tuple[slice, slice], share: float) -> bool:
    """Tell whether more than a share of the outline lies at the robot or the image's border."""
    ring = (cv2.dilate(island.astype(np.uint8), RING) > 0) & ~island
    height, width = surface.height.shape
    rows = np.arange(place[0].start, place[0].start + island.shape[0])
    columns = np.arange(place[1].start, place[1].start + island.shape[1])
    border = ((rows < 2) | (rows >= height - 2))[:, None]
    border = border | ((columns < 2) | (columns >= width - 2))[None, :]
    touching = np.count_nonzero(ring & surface.robot[place]) + np.count_nonzero(island & border)
    return bool(touching > share * max(int(np.count_nonzero(ring)), 1))


class _Finder:
    """Takes windows apart."""

    def __init__(self, surface: Surface, parameters: PerceptionParameters) -> None:
        self._surface, self._parameters = surface, parameters
        self._maker = Maker(surface, parameters)
        self._assembler = Assembler(surface, parameters)

    @property
    def table(self) -> Patch | None:
        """The light that comes from the table."""
        return self._maker.table

    def take(self, window: Window) -> list[Sighting]:
        """Find the containers, then their contents, then everything else in a window."""
        rest, found = np.ones(window.raised.shape, dtype=bool), []
        holders: list[Solid] = []
        while (container := self._container(window, rest)) is not None:
            own = container.region & ~container.contents & window.known
            found.append(self._maker.sighting(container.solid, whole(own), window))
            contents = container.contents & window.known
            wall = self._wall(container.solid, own, window)
            inside = self._solids(window, contents, container.floor, wall)
            found += [one for one in inside if one is not None]
            holders.append(container.solid)
            rest &= ~container.region
        beside = self._solids(window, rest & window.raised & window.known, 0.0)
        found += [one for one in beside if not any(_is_rest(one, holder) for holder in holders)]
        kept = [one for one in found if one is not None]
        return kept or [one for one in (self._maker.shapeless(window),) if one is not None]

    def _wall(self, holder: Solid, own: Mask, window: Window) -> Wall | None:
        """Give the wall of a container, of which some pixels (H, W) are seen."""
        if not own.any():
            return None
        return Wall(middle(window.rgb[own]), holder, self._parameters.min_side)

    def _container(self, window: Window, rest: Mask) -> Container | None:
        if cv2.countNonZero((window.raised & rest).astype(np.uint8)) < 60:
            return None
        container = find_container(window, rest, self._parameters.tray_ratio)
        if container is None or container.solid.size.max() > self._parameters.max_side:
            return None
        return container

    def _solids(
        self, window: Window, mask: Mask, support: float, wall: Wall | None = None
    ) -> list[Sighting | None]:
        """Find the solids among some pixels; wall is that of a container around them."""
        pieces = self._assembler.solids(window, mask, support)
        is_inside = wall is not None
        if wall is not None:
            pieces = wall.without(pieces, window)
        found = [
            self._maker.sighting(solid, segment, window, is_inside or solid.confidence < 0.7)
            for segment, solid in pieces
        ]
        return found + [
            self._maker.hidden(solid, base) for solid, base in floating(pieces, support)
        ]
