"""Statistics of the pixels of one surface, in linear light."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.colours import linear
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.order import ordered, percentiles

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
END = 252  # level from which a channel counts as clipped
LEVELS_OFF = 0.6  # error of a mean level: black level and quantisation
RELATIVE = 0.03  # error of a mean: tone curve, colour of the lamp's reflections
BAND = (40.0, 90.0)  # percentiles of luma that are neither in shade nor gloss
DARKEST = 0.15  # percentile that a veil does not exceed
LEAST_VEIL = 0.02  # of the mean light, below which a veil is nothing


def luma_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Give 2 r + 5 g + b of pixels (..., 3)."""
    r, g, b = (pixels[..., at].astype(np.uint16) for at in range(3))
    return 2 * r + 5 * g + b


def steady_pixels(luma: NDArray[np.uint16]) -> Mask:
    """Choose the pixels that are neither in shade nor gloss."""
    low, high = percentiles(luma, BAND)
    return np.asarray((luma >= low) & (luma <= high))


def deepest(luma: NDArray[np.uint16], least: float) -> float:
    """Give the light in the deepest shadow, of `least` percent, on a table over the usual one."""
    dark, lit = (_to_linear()[int(share) // 8] for share in percentiles(luma, (least, 60.0)))
    return float(np.clip(dark / max(lit, 1e-5), 0.0, 1.0))


def most_veil(pixels: NDArray[np.uint8]) -> Array | None:
    """Give the most light that can lie over the whole image; None where it is next to none.

    It has the colour of the scene's mean, and no pixel is darker than it.
    """
    thin = pixels[::2]
    mean = _to_linear()[thin].mean(axis=0) + 1e-6
    levels = [int(percentiles(thin[:, at], (DARKEST,))[0]) for at in range(3)]
    darkest = _to_linear()[levels]
    share = float((darkest / mean).min())
    return None if share < LEAST_VEIL else share * mean


def middle_light(pixels: NDArray[np.uint8]) -> Array:
    """Give the median light (3,) of pixels (N, 3), finer than a level.

    Noise around black is cut off at level 0, which raises a mean, but not a median.
    """
    return np.array([_median(ordered(pixels[:, at])) for at in range(3)])


def _median(levels: NDArray[np.uint16]) -> float:
    """Interpolate between the levels that occur: a correction leaves gaps between them."""
    light, count = _to_linear(), len(levels)
    level = levels[(count - 1) // 2]
    first, end = levels.searchsorted(level), levels.searchsorted(level, side='right')
    here = light[level]
    behind = light[levels[end]] if end < count else here
    # Level 0 stands for all the noise below it.
    before = light[levels[first - 1]] if first else here if level else -behind
    part = (count / 2.0 - first) / (end - first)
    low, high = (before + here) / 2.0, (behind + here) / 2.0
    return float(max(low + part * (high - low), 0.0))


def light_on(pixels: NDArray[np.uint8]) -> Array:
    """Give the usual light (3,) on pixels (N, 3), thinned out."""
    pixels = pixels[steady_pixels(luma_of(pixels))]
    return middle_light(pixels[:: max(1, len(pixels) // 300)])


def patch_of(pixels: NDArray[np.uint8], local: Array) -> Patch:
    """Measure pixels (N, 3) relative to the light there (3,)."""
    light, middle = _to_linear()[pixels], middle_light(pixels)
    level = np.clip(cv2.mean(pixels[:, None])[:3], 1.0, 254.0)
    above, below = linear(np.stack([level + 1.0, level - 1.0]))
    slope = (above - below) / 2.0
    noise = cv2.meanStdDev(light[:, None])[1][:, 0] / np.sqrt(max(len(pixels) / 4.0, 1.0))
    error = np.sqrt((LEVELS_OFF * slope) ** 2 + noise**2 + (RELATIVE * middle) ** 2)
    clipped = np.count_nonzero(pixels >= END, axis=0) > 0.3 * len(pixels)
    return Patch(middle / local, error / local, clipped)


@cache
def _to_linear() -> Array:
    return linear(np.arange(256.0))
