"""Statistics of the pixels of one surface, in linear light."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.colours import linear, linear_level
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.order import counts, percentiles

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
END = 252  # level from which a channel counts as clipped
LEVELS_OFF = 0.6  # error of a mean level: black level and quantisation
RELATIVE = 0.03  # error of a mean: tone curve, colour of the lamp's reflections
BAND = (40.0, 90.0)  # percentiles of luma that are neither in shade nor gloss
DARKEST = 0.15  # percentile that a veil does not exceed
CUT, MOST_CUT = 0.02, 0.45  # share of pixels at level 0, between which noise is cut off there
DROWNED = 0.1  # share of values of a channel at level 0, and beside it, that only noise makes
LEAST_VEIL = 0.02  # of the mean light, below which a veil is nothing


def luma_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Give 2 r + 5 g + b of pixels (..., 3)."""
    r, g, b = (pixels[..., at].astype(np.uint16) for at in range(3))
    return 2 * r + 5 * g + b


def steady_pixels(luma: NDArray[np.uint16]) -> Mask:
    """Choose the pixels that are neither in shade nor gloss."""
    low, high = percentiles(luma, BAND)
    return np.asarray((luma >= low) & (luma <= high))


def is_drowned(pixels: NDArray[np.uint8]) -> bool:
    """Tell whether noise hides what differs between pixels (N, 3), so that all count alike."""
    share = np.count_nonzero(pixels == 0, axis=0) / len(pixels)
    return bool((np.minimum(share, 1.0 - share) > DROWNED).any())


def deepest(luma: NDArray[np.uint16], least: float) -> float:
    """Give the light in the deepest shadow, of `least` percent, on a table over the usual one."""
    dark, lit = (_to_linear()[int(share) // 8] for share in percentiles(luma, (least, 60.0)))
    return float(np.clip(dark / max(lit, 1e-5), 0.0, 1.0))


def most_veil(pixels: NDArray[np.uint8]) -> Array | None:
    """Give the most light that can lie over the whole image; None where it is next to none.

    It has the colour of the scene's mean, and no pixel is darker than it.
    """
    thin = pixels[::2]
    mean = counts(thin) @ _to_linear() / len(thin) + 1e-6
    levels = [int(percentiles(thin[:, at], (DARKEST,))[0]) for at in range(3)]
    darkest = _to_linear()[levels]
    share = float((darkest / mean).min())
    return None if share < LEAST_VEIL else share * mean


def middle_light(pixels: NDArray[np.uint8]) -> Array:
    """Give the median light (3,) of pixels (N, 3), finer than a level.

    Noise around black is cut off at level 0, which raises a mean, but not a median.
    """
    return _medians(counts(pixels), len(pixels))


def _medians(levels: NDArray[np.int64], count: int) -> Array:
    """Give the medians (3,) of light of which each level occurs so often, (3, 256)."""
    return np.array([_median(one, count) for one in levels.cumsum(axis=1)])


def _median(ends: NDArray[np.int64], count: int) -> float:
    """Interpolate between the levels that occur: a correction leaves gaps between them.

    Args:
        ends: How many values are not above each level, (256,).
        count: Of the values.
    """
    light, lost = _to_linear(), int(ends[0])
    if CUT * count < lost < MOST_CUT * count:
        # As much is left out at the upper end: noise is the same to both sides.
        kept = np.diff(ends.clip(lost, count - lost), prepend=lost)
        return float(kept @ light) / (count - 2 * lost)
    level = int(ends.searchsorted((count - 1) // 2, side='right'))
    first, end = int(ends[level - 1]) if level else 0, int(ends[level])
    here = float(light[level])
    behind = light[ends.searchsorted(end, side='right')] if end < count else here
    # Level 0 stands for all the noise below it.
    before = light[ends.searchsorted(first)] if first else here if level else -behind
    part = (count / 2.0 - first) / (end - first)
    low, high = (before + here) / 2.0, (behind + here) / 2.0
    return float(max(low + part * (high - low), 0.0))


def light_on(pixels: NDArray[np.uint8]) -> Array:
    """Give the usual light (3,) on pixels (N, 3), thinned out."""
    pixels = pixels[steady_pixels(luma_of(pixels))]
    return middle_light(pixels[:: max(1, len(pixels) // 300)])


def patch_of(pixels: NDArray[np.uint8], local: Array) -> Patch:
    """Measure pixels (N, 3) relative to the light there (3,)."""
    levels, count = counts(pixels), len(pixels)
    middle = _medians(levels, count)
    level, light, square = (levels / count @ _moments()).T
    level = np.clip(level, 1.0, 254.0)
    slope = np.array([linear_level(one + 1.0) - linear_level(one - 1.0) for one in level.tolist()])
    noise = np.maximum(square - light**2, 0.0) / max(count / 4.0, 1.0)
    error = np.sqrt((LEVELS_OFF / 2.0 * slope) ** 2 + noise + (RELATIVE * middle) ** 2)
    clipped = levels[:, END:].sum(axis=1) > 0.3 * count
    return Patch(middle / local, error / local, clipped)


@cache
def _moments() -> Array:
    """Give what each level adds to the mean level, light and square of light, (256, 3)."""
    light = _to_linear()
    return np.stack([np.arange(256.0), light, light**2], axis=1)


@cache
def _to_linear() -> Array:
    return linear(np.arange(256.0))
