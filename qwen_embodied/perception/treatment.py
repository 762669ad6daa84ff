"""What is to be done to an image, collected step by step and carried out in one go."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, floor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.light_sample import FOOT, LINEAR, Floats, Pixels

STRIP = 96  # rows
_SAME = np.arange(256)
_PLAIN: NDArray[np.float64] = np.tile(LINEAR.astype(np.float64), (3, 1))


@dataclass(frozen=True, eq=False)
class Treatment:
    """Changes of the tone of pixels; never of their place.

    Attributes:
        curves: Linear light (3, 256) that each level of each channel becomes, 0 to 1.
        shading: Factor (h, w) on linear light of a coarse grid over the image, or None.
        gains: What white balance did to linear red, green and blue.
        exposure: What exposure did to linear light.
        notes: What steps want to know at the next image, by name.
    """

    curves: NDArray[np.float64] = field(default_factory=lambda: _PLAIN.copy())
    shading: Floats | None = None
    gains: NDArray[np.float64] = field(default_factory=lambda: np.ones(3))
    exposure: float = 1.0
    notes: Mapping[str, Any] = field(default_factory=dict)
    _shades: dict[tuple[int, ...], _Shade] = field(
        init=False, repr=False, default_factory=dict
    )  # by size of image: a treatment serves several images in a row

    def noting(self, **notes: Any) -> Treatment:
        """Add notes for the next image."""
        return replace(self, notes={**self.notes, **notes})

    def shaded(self, factor: Floats) -> Treatment:
        """Multiply linear light by a coarse map (h, w), on top of maps before."""
        if self.shading is not None:
            size = (self.shading.shape[1], self.shading.shape[0])
            factor = self.shading * np.asarray(cv2.resize(factor, size))
        return replace(self, shading=factor)

    def after(self, before: Treatment) -> Treatment:
        """Give the same treatment with what an earlier one has worked out for the same map."""
        now, then = self.shading, before.shading
        if now is not None and then is not None and np.array_equal(now, then):
            self._shades.update(before._shades)
        return self

    @cached_property
    def levels(self) -> Pixels:
        """Give the levels (3, 256) of the curves."""
        light = np.clip(self.curves, 0.0, 1.0)
        value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        return np.rint(255.0 * value).astype(np.uint8)

    def apply(self, rgb: Pixels) -> Pixels:
        """Carry the treatment out on an image (H, W, 3); gives a new one."""
        levels = self.levels
        changed = [at for at in range(3) if (levels[at] != _SAME).any()]
        if not changed and self.shading is None:
            return rgb.copy()
        result = np.empty_like(rgb)
        if (levels == levels[0]).all():
            self._apply_alike(rgb, result, levels[0] if changed else None)
        else:
            self._apply_apart(rgb, result, changed)
        return result

    def _apply_alike(self, rgb: Pixels, result: Pixels, curve: Pixels | None) -> None:
        """Treat all channels alike, without taking them apart."""
        height = len(rgb)
        source, target = rgb.reshape(height, -1), result.reshape(height, -1)
        shade = self._shade(rgb.shape[:2], 3)
        for row in range(0, height, height if shade is None else STRIP):
            taken, given = source[row : row + STRIP], target[row : row + STRIP]
            if shade is None:
                taken, given = source, target
            if curve is not None:
                cv2.LUT(taken, curve, dst=given)
                taken = given
            if shade is not None:
                shade.apply(taken, given, row)

    def _apply_apart(self, rgb: Pixels, result: Pixels, changed: list[int]) -> None:
        """Treat each channel by its own curve."""
        shade = self._shade(rgb.shape[:2], 1)
        # In strips, so that the planes stay in the processor's cache.
        planes = [np.empty((STRIP, rgb.shape[1]), np.uint8) for _ in range(3)]
        for row in range(0, len(rgb), STRIP):
            strip = rgb[row : row + STRIP]
            used = [plane[: len(strip)] for plane in planes]
            cv2.split(strip, used)
            for at in changed:
                cv2.LUT(used[at], self.levels[at], dst=used[at])
            if shade is not None:
                for plane in used:
                    shade.apply(plane, plane, row)
            cv2.merge(used, dst=result[row : row + STRIP])

    def _shade(self, size: tuple[int, ...], channels: int) -> _Shade | None:
        if self.shading is None:
            return None
        key = (*size, channels)
        if key not in self._shades:
            self._shades[key] = _Shade(self.shading, size, channels)
        return self._shades[key]


class _Shade:
    """Factors on linear light, carried out on pixels.

    The curve of sRGB is a power of what a level is above -14, so a factor on light is a factor
    on that.
    """

    def __init__(self, shading: Floats, size: tuple[int, ...], channels: int) -> None:
        """Spread a coarse map (h, w) over an image of a size (H, W), each value `channels` times.

        What is carried out on planes takes one channel; on pixels as they lie in memory, three.
        """
        factor = np.power(shading, np.float32(1 / 2.4))
        self._scale = float(factor.max()) / 255.0
        offset = np.float32(FOOT) * (factor - 1)
        maps = (factor / np.float32(self._scale), np.maximum(offset, 0), np.maximum(-offset, 0))
        coarse = [np.rint(each).astype(np.uint8) for each in maps]
        self._factor, more, less = (_spread(each, size, channels) for each in coarse)
        self._offsets = (
            (cv2.add, more, _extents(coarse[1], size, channels)),
            (cv2.subtract, less, _extents(coarse[2], size, channels)),
        )

    def apply(self, source: Pixels, target: Pixels, row: int) -> None:
        """Change the image's rows from `row` on, which is a multiple of STRIP.

        Args:
            source: Rows (n, W times channels); left as they are unless they are the target.
            target: The same rows of the result.
            row: Number of the first.
        """
        rows = slice(row, row + len(source))
        cv2.multiply(source, self._factor[rows], dst=target, scale=self._scale)
        for change, offset, extents in self._offsets:
            columns = extents[row // STRIP]
            if columns is not None:
                part = target[:, columns]
                change(part, offset[rows, columns], dst=part)


def _spread(coarse: Pixels, size: tuple[int, ...], channels: int) -> Pixels:
    """Spread a coarse map (h, w) to (H, W times channels)."""
    wide = cv2.resize(coarse, (size[1], size[0]))
    if channels > 1:
        wide = cv2.merge([wide] * channels).reshape(size[0], -1)
    return np.asarray(wide, dtype=np.uint8)


def _extents(coarse: Pixels, size: tuple[int, ...], channels: int) -> list[slice | None]:
    """Give the columns in which a spread map may differ from 0, of each strip of rows."""
    scales = np.array(coarse.shape) / size
    found: list[slice | None] = []
    for row in range(0, size[0], STRIP):
        last = min(row + STRIP, size[0]) - 1
        # A value of the coarse map reaches as far as the middles of its neighbours.
        top, bottom = (floor(scales[0] * (each + 0.5) - 0.5) for each in (row, last))
        used = np.flatnonzero(coarse[max(top, 0) : bottom + 2].any(axis=0))
        if not len(used):
            found.append(None)
            continue
        left, right = (int(each) for each in (used[0], used[-1]))
        start = max(floor((left - 0.5) / scales[1] - 0.5), 0)
        end = min(ceil((right + 1.5) / scales[1] + 0.5), size[1])
        found.append(slice(channels * start, channels * end))
    return found
