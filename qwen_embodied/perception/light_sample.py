"""A small sample of an image, from which its light is judged in a fraction of the time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE = 64  # px, the longer side of the sample
ROWS = 16  # full rows that are read for noise and sharpness
CLIPPED = 254
FOOT = 0.055 * 255  # levels below 0 at which the power in the curve of sRGB starts


def _linear_levels() -> Floats:
    value = np.arange(256) / 255.0
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


LINEAR = _linear_levels()  # (256,) light intensity of each sRGB level
LOG = np.log(LINEAR + np.float32(1e-4)).astype(np.float32)  # (256,)
LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Levels:
    """How often each of 256 levels occurs.

    Attributes:
        shares: Cumulative share (256,) of values up to each level.
    """

    shares: NDArray[np.float64]

    @classmethod
    def of(cls, values: Pixels) -> Levels:
        """Count values of any shape; without values all are level 0."""
        if values.size == 0:
            return cls(np.ones(256))
        counts = np.bincount(values.ravel(), minlength=256)
        return cls(np.cumsum(counts) / values.size)

    def quantile(self, share: float) -> int:
        """Give the least level that a share of the values do not exceed."""
        return min(int(np.searchsorted(self.shares, share)), 255)

    def below(self, level: int) -> float:
        """Give the share of values below a level of 1 to 255."""
        return float(self.shares[level - 1])


@dataclass(frozen=True, eq=False)
class Sample:
    """What the steps of a correction may look at.

    Attributes:
        rgb: The whole image (H, W, 3) uint8.
        small: Every so many pixels of it, (h, w, 3) uint8, at most SIDE long.
        before: What the steps noted at the image before, by name; empty for the first.
    """

    rgb: Pixels
    small: Pixels
    before: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, rgb: Pixels, before: Mapping[str, Any] | None = None) -> Sample:
        """Sample an image (H, W, 3)."""
        height, width = rgb.shape[:2]
        scale = min(1.0, SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_NEAREST_EXACT)
        return cls(rgb, np.asarray(small, dtype=np.uint8), before or {})

    def evened(self, factor: Floats) -> Sample:
        """Give the sample with a factor (h, w) on linear light, so that no step sees flicker."""
        scale = np.power(factor, np.float32(1 / 2.4))[..., None]
        small = (self.small + np.float32(FOOT)) * scale - np.float32(FOOT - 0.5)
        return replace(self, small=np.clip(small, 0, 255).astype(np.uint8))

    @cached_property
    def linear(self) -> Floats:
        """Light intensities (h, w, 3) of the small image, 0 to 1."""
        return np.asarray(cv2.LUT(self.small, LINEAR), dtype=np.float32)

    @cached_property
    def luma(self) -> Floats:
        """Luminance (h, w) of the small image, 0 to 1."""
        return np.asarray(self.linear @ LUMA)

    @cached_property
    def highest(self) -> Pixels:
        """Largest channel (h, w)."""
        r, g, b = cv2.split(self.small)
        return np.asarray(cv2.max(cv2.max(r, g), b))

    @cached_property
    def lowest(self) -> Pixels:
        """Smallest channel (h, w)."""
        r, g, b = cv2.split(self.small)
        return np.asarray(cv2.min(cv2.min(r, g), b))

    @cached_property
    def grey(self) -> Pixels:
        """Luma (h, w) in levels."""
        return np.asarray(cv2.cvtColor(self.small, cv2.COLOR_RGB2GRAY))

    @cached_property
    def thumbnail(self) -> Floats:
        """Logarithm of the luma of a few pixels, by which scenes are told apart."""
        return np.asarray(np.log(self.grey[::6, ::6].astype(np.float32) + np.float32(4.0)))

    @cached_property
    def tones(self) -> Levels:
        """Of the largest channel of each pixel."""
        return Levels.of(self.highest)

    @cached_property
    def greys(self) -> Levels:
        """Of the luma of each pixel."""
        return Levels.of(self.grey)

    @cached_property
    def clipped(self) -> float:
        """Share of pixels with a clipped channel."""
        return 1.0 - self.tones.below(CLIPPED)

    @cached_property
    def rows(self) -> NDArray[np.int16]:
        """Green of some full rows, (n, W) in levels."""
        step = max(1, len(self.rgb) // ROWS)
        return self.rgb[step // 2 :: step, :, 1].astype(np.int16)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of the noise, levels: the usual second difference along rows."""
        if self.rows.shape[1] < 8:
            return 0.0
        bend = np.abs(2 * self.rows[:, 1:-1] - self.rows[:, :-2] - self.rows[:, 2:])
        counts = np.cumsum(np.bincount(bend.ravel(), minlength=2))
        half = counts[-1] / 2
        at = int(np.searchsorted(counts, half))
        under = counts[at - 1] if at else 0
        middle = at - 0.5 + (half - under) / max(counts[at] - under, 1)
        return max(0.0, 1.4826 * float(middle) / 6**0.5)


def eased(value: float, free: float) -> float:
    """Shrink a deviation smoothly: nothing up to `free`, all of it from twice that on."""
    size = abs(value)
    return float(np.sign(value)) * min(max(0.0, 2.0 * (size - free)), size)


def steady(before: float | None, now: float, tolerance: float) -> float:
    """Keep an earlier value unless the new one is clearly another, then approach it.

    Within `tolerance` nothing moves; from eight times that on it is a new scene or lamp.
    """
    if before is None or abs(now - before) > 8.0 * tolerance:
        return now
    if abs(now - before) <= tolerance:
        return before
    return before + 0.25 * (now - before)
