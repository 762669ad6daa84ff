"""What is to be done to an image, collected step by step and carried out in one go."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
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
        shade = self._shade(rgb.shape[:2])
        result = np.empty_like(rgb)
        # In strips, so that the planes stay in the processor's cache.
        planes = [np.empty((STRIP, rgb.shape[1]), np.uint8) for _ in range(3)]
        for row in range(0, len(rgb), STRIP):
            strip = rgb[row : row + STRIP]
            used = [plane[: len(strip)] for plane in planes]
            cv2.split(strip, used)
            for at in changed:
                cv2.LUT(used[at], levels[at], dst=used[at])
            if shade is not None:
                shade.apply(used, row)
            cv2.merge(used, dst=result[row : row + STRIP])
        return result

    def _shade(self, size: tuple[int, ...]) -> _Shade | None:
        if self.shading is None:
            return None
        if size not in self._shades:
            self._shades[size] = _Shade(self.shading, size)
        return self._shades[size]


class _Shade:
    """Factors on linear light, carried out on pixels.

    The curve of sRGB is a power of what a level is above -14, so a factor on light is a factor
    on that.
    """

    def __init__(self, shading: Floats, size: tuple[int, ...]) -> None:
        """Spread a coarse map (h, w) over an image of a size (H, W)."""
        factor = np.power(shading, np.float32(1 / 2.4))
        self._scale = float(factor.max()) / 255.0
        offset = np.float32(FOOT) * (factor - 1)
        maps = (factor / np.float32(self._scale), np.maximum(offset, 0), np.maximum(-offset, 0))
        self._factor, self._more, self._less = (
            np.asarray(cv2.resize(np.rint(each).astype(np.uint8), (size[1], size[0])))
            for each in maps
        )
        starts = np.arange(0, size[0], STRIP)
        self._is_more, self._is_less = (
            np.maximum.reduceat(each.max(axis=1), starts) > 0 for each in (self._more, self._less)
        )

    def apply(self, planes: list[Pixels], row: int) -> None:
        """Change planes (n, W) of the image's rows from `row` on."""
        rows = slice(row, row + len(planes[0]))
        factor, more, less = self._factor[rows], self._more[rows], self._less[rows]
        is_more, is_less = self._is_more[row // STRIP], self._is_less[row // STRIP]
        for plane in planes:
            cv2.multiply(plane, factor, dst=plane, scale=self._scale)
            if is_more:
                cv2.add(plane, more, dst=plane)
            if is_less:
                cv2.subtract(plane, less, dst=plane)
