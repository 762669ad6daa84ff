"""Splitting what stands together into single objects, by height steps and by colour."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import BASIC_COLOURS
from qwen_embodied.perception.colours import alike, colour_indices
from qwen_embodied.perception.order import middle, quantile

Mask = NDArray[np.bool_]
Labels = NDArray[np.int32]
SMALLEST = 12
STEEP = 1.4  # more shade on sides than on tops


@dataclass(frozen=True, eq=False)
class Segment:
    """Pixels of one object in a window of the image.

    Attributes:
        mask: (H, W).
        core: Those on its top and up to two pixels around, (H, W).
        rgb: Median colour, (3,) sRGB.
        top: Level of its highest surface above the table, m.
        is_flat: Whether a level surface of it is seen, not only steep sides.
        paints: Pixels of each colour where it has more than one, (H, W) each.
    """

    mask: Mask
    core: Mask
    rgb: NDArray[np.float64]
    top: float
    is_flat: bool
    paints: tuple[Mask, ...] = ()

    @cached_property
    def area(self) -> int:
        """Count its pixels."""
        return int(np.count_nonzero(self.mask))


def split(
    mask: Mask, height: NDArray[np.float32], rgb: NDArray[np.uint8], step: float
) -> list[Segment]:
    """Split pixels into objects, highest first.

    Args:
        mask: What to split, (H, W).
        height: Above the table, (H, W) m.
        rgb: Smoothed colours, (H, W, 3).
        step: Height step between two surfaces, m.
    """
    kernel = np.ones((3, 3), np.uint8)
    inner = np.where(mask, height, np.float32(0.0))
    relief = cv2.dilate(inner, kernel) - cv2.erode(inner, kernel)
    flat = mask & (relief < step)
    names = colour_indices(rgb)
    labels, flat_count = _pieces(flat, names, np.zeros(mask.shape, np.int32), 1)
    labels, count = _pieces(mask & (labels == 0), names, labels, flat_count)
    segments = [
        _measured(labels == label, height, rgb, label < flat_count) for label in range(1, count)
    ]
    return _joined(segments, labels, step)


def _pieces(
    mask: Mask, names: NDArray[np.uint8], labels: Labels, first: int
) -> tuple[Labels, int]:
    """Add the connected pieces of one colour name to the labels, numbered from first."""
    sums = np.bincount(names[mask], minlength=len(BASIC_COLOURS))
    for name in np.flatnonzero(sums >= SMALLEST).tolist():
        of_name = mask & (names == name)
        count, found, stats, _ = cv2.connectedComponentsWithStats(
            of_name.astype(np.uint8), connectivity=4
        )
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] >= SMALLEST:
                labels[found == label] = first
                first += 1
    return labels, first


def _measured(
    mask: Mask, height: NDArray[np.float32], rgb: NDArray[np.uint8], is_flat: bool
) -> Segment:
    values = height[mask]
    top = quantile(values, 0.9)
    return Segment(mask, mask, middle(rgb[mask]), top, is_flat)


def _neighbours(labels: Labels, count: int, reaches: tuple[int, ...]) -> list[NDArray[np.int64]]:
    """Count, for each two labels, the pixel pairs at most some pixels apart.

    Args:
        labels: (H, W).
        count: Of the labels, with 0 for none.
        reaches: In pixels, the smallest first.

    Returns:
        (count, count) for each reach.
    """
    pairs, found = np.zeros(count * count, np.int64), []
    labels = labels.astype(np.min_scalar_type(count**2))
    is_any = labels > 0
    for shift in range(1, reaches[-1] + 1):
        for one, two in (
            (slice(shift, None), slice(None, -shift)),
            ((slice(None), slice(shift, None)), (slice(None), slice(None, -shift))),
        ):
            apart = (labels[one] != labels[two]) & is_any[one] & is_any[two]
            both = labels[one][apart] * count + labels[two][apart]
            pairs += np.bincount(both, minlength=count * count)
        if shift in reaches:
            contact = pairs.reshape(count, count)
            found.append(contact + contact.T)
    return found


def _joined(segments: list[Segment], labels: Labels, step: float) -> list[Segment]:
    """Join pieces of one paint, unless a height step parts two level surfaces."""
    if len(segments) < 2:
        return [union([one]) for one in segments]
    touching, contact = (one[1:, 1:] for one in _neighbours(labels, len(segments) + 1, (1, 4)))
    owner = list(range(len(segments)))
    for one, two in zip(*np.nonzero(np.triu(touching)), strict=True):
        first, second = segments[one], segments[two]
        level = abs(first.top - second.top) < step
        if first.is_flat and second.is_flat and level and alike(first.rgb, second.rgb):
            owner = [owner[one] if at == owner[two] else at for at in owner]
    for one, segment in enumerate(segments):
        partner = _partner(one, segments, contact[one])
        if not segment.is_flat and partner is not None:
            owner = [owner[partner] if at == owner[one] else at for at in owner]
    groups = [
        union([segments[at] for at in range(len(segments)) if owner[at] == key])
        for key in dict.fromkeys(owner)
    ]
    return sorted(groups, key=lambda group: -group.top)


def _partner(one: int, segments: list[Segment], contact: NDArray[np.int64]) -> int | None:
    """Find the piece that a steep side belongs to: of its paint, with the longest border."""
    similar = [
        at
        for at in np.flatnonzero(contact).tolist()
        if alike(segments[at].rgb, segments[one].rgb, STEEP) and (segments[at].is_flat or at < one)
    ]
    return max(similar, key=lambda at: (segments[at].is_flat, contact[at]), default=None)


def union(parts: list[Segment]) -> Segment:
    """Make one segment of several."""
    largest = max(parts, key=lambda part: (part.is_flat, part.area))
    mask = np.logical_or.reduce([part.mask for part in parts])
    if not largest.is_flat:
        return Segment(mask, mask, largest.rgb, max(part.top for part in parts), False)
    tops = np.logical_or.reduce([part.mask for part in parts if part.is_flat])
    core = cv2.dilate(tops.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return Segment(mask, mask & core, largest.rgb, largest.top, True)


def merged(one: Segment, two: Segment) -> Segment:
    """Make one segment of two paints."""
    larger = one if one.area >= two.area else two
    is_flat = one.is_flat or two.is_flat
    paints = tuple(paint for each in (one, two) for paint in (each.paints or (each.mask,)))
    core = one.core | two.core if one.is_flat == two.is_flat else one.mask | two.mask
    return Segment(one.mask | two.mask, core, larger.rgb, max(one.top, two.top), is_flat, paints)
