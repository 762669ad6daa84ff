"""Which colour the light has: agreement of two estimators, held near the colours of hot bodies."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.light_sample import LOG, Floats, Sample

# Light moves along a line in (log R/G, log B/G) as a hot body cools: per mired (a million over
# its temperature in K), the mean of what Planck's law gives for a camera with narrow channels
# and for the primaries of sRGB.
PER_MIRED = (0.0033, -0.0055)
WHITE = 1e6 / 6504.0  # mired of the white that sRGB means
COLDEST, WARMEST = -140.0, 330.0  # mired from that white
# A table alone hardly tells its colour from that of the light: only so much of its shift is
# believed, and all of it where the brightest of the other things shows the same shift. Tables are
# brown more often than blue.
ALONE, ALONE_COLD = 0.35, 0.75
FEWEST_OTHERS = 0.01  # share of the pixels
NEAR_MIRED, NEAR_TINT = 40.0, 0.1
SAME_HUE, BRIGHTER = 0.2, 0.5  # natural logarithms, within which a pixel shows the main surface
_BINS, _REACH = 64, 2.0
_TO_MIRED = np.linalg.inv(np.array([[PER_MIRED[0], -1.0], [PER_MIRED[1], -1.0]]))


@dataclass(frozen=True)
class Illuminant:
    """The colour of the light as an image shows it.

    Attributes:
        mired: Warmer than the white of sRGB by this, mired; colder when negative.
        tint: Natural logarithm of green over what such a hot body gives.
        confidence: Share of the light in the image that comes from surfaces which are grey under
            this illuminant, 0 to 1.
        support: Share of the shift that may be undone: a table alone may have a colour, 0 to 1.
    """

    mired: float
    tint: float
    confidence: float
    support: float = 1.0

    @property
    def temperature(self) -> float:
        """Colour temperature, K."""
        return 1e6 / float(np.clip(WHITE + self.mired, 50.0, 600.0))

    @property
    def gains(self) -> NDArray[np.float64]:
        """Factors (3,) on linear light that make its grey grey; their luminance is 1."""
        return gains_for(self.mired, self.tint)


def gains_for(mired: float, tint: float) -> NDArray[np.float64]:
    """Give the factors (3,) on linear light that undo a shift, keeping the luminance of grey."""
    red, blue = mired * PER_MIRED[0] - tint, mired * PER_MIRED[1] - tint
    light = np.exp([red, 0.0, blue])
    mean = float(light @ np.array([0.2126, 0.7152, 0.0722]))
    gains: NDArray[np.float64] = mean / light
    return gains


def estimate_illuminant(sample: Sample) -> Illuminant | None:
    """Estimate the illuminant; None when no part of the image can be a grey surface.

    One estimator looks for the most frequent colour that can be grey, the other for the colour
    of what is brightest. A table of one colour deceives the first, coloured objects the second;
    only the shift on which both agree is believed. All of it is supported where things beside
    the commonest surface show it too.
    """
    pixels = _usable(sample)
    if len(pixels) < 4:
        return None
    common = _most_frequent(pixels)
    if common is None:
        return None
    bright = _brightest(pixels)
    mired = _agreed(common.mired, bright.mired, 20.0)
    tint = _agreed(common.tint, bright.tint, 0.03)
    others = pixels[_is_other(pixels, common)]
    alone = share = ALONE if mired > 0.0 else ALONE_COLD
    if len(others) >= FEWEST_OTHERS * len(pixels):
        seen = _brightest(others)
        mired, tint = _allowed(mired, seen.mired, 20.0), _allowed(tint, seen.tint, 0.03)
        away = np.hypot((seen.mired - mired) / NEAR_MIRED, (seen.tint - tint) / NEAR_TINT)
        share += (1.0 - alone) * float(np.exp(-0.5 * away**2))
    return Illuminant(
        float(np.clip(mired, COLDEST, WARMEST)),
        float(np.clip(tint, -0.4, 0.4)),
        common.confidence,
        share,
    )


def _is_other(pixels: Floats, common: Illuminant) -> NDArray[np.bool_]:
    """Tell which pixels (N, 3) show something else than the surface that is seen most, (N,)."""
    hue = common.mired * np.array(PER_MIRED) - common.tint
    red, green, blue = pixels.T
    away = np.maximum(np.abs(red - green - hue[0]), np.abs(blue - green - hue[1]))
    is_same = away < SAME_HUE
    if not is_same.any():
        return np.ones(len(pixels), bool)
    usual = float(np.median(green[is_same]))
    return np.asarray(~is_same | (green > usual + BRIGHTER))


def _allowed(believed: float, seen: float, most: float) -> float:
    """Give a shift no larger than other things show, where they show less of it."""
    is_more = abs(seen) > abs(believed) and seen * believed > 0.0
    return believed if is_more else _agreed(believed, seen, most)


def _usable(sample: Sample) -> Floats:
    """Give the logarithms (N, 3) of the linear light of pixels neither dark nor clipped."""
    fit = cv2.inRange(sample.highest, 20, 250).ravel()[::2].nonzero()[0]
    return np.asarray(LOG.take(sample.small.reshape(-1, 3)[::2].take(fit, axis=0)))


def _most_frequent(pixels: Floats) -> Illuminant | None:
    """Find the fullest place of the chromaticity plane, given how likely it is for light."""
    red, green, blue = pixels.T
    strong = np.maximum(np.abs(red - green), np.abs(blue - green)) >= _REACH
    rows, columns = _bin(red - green), _bin(blue - green)
    weights = np.exp(np.float32(0.5) * green) + np.float32(0.1)
    weights[strong] = 0.0
    flat = np.bincount(rows * _BINS + columns, weights, minlength=_BINS * _BINS)
    counts = flat.astype(np.float64).reshape(_BINS, _BINS)
    mass = cv2.GaussianBlur(counts.astype(np.float32), (9, 9), 1.5)
    row, column = divmod(int((mass * _prior()).argmax()), _BINS)
    near = _near(counts, row, column)
    if near is None or _prior()[row, column] < 1e-3:
        return None
    red, blue, share = near
    share *= float(1.0 - np.count_nonzero(strong) / len(strong))
    return Illuminant(*_shift(red, blue), share) if share >= 0.04 else None


def _bin(ratio: Floats) -> NDArray[np.int32]:
    """Give the bin of each logarithm of a ratio of channels."""
    at = (ratio + np.float32(_REACH)) * np.float32(_BINS / (2 * _REACH))
    return np.asarray(np.minimum(np.maximum(at, 0), _BINS - 1).astype(np.int32))


def _near(counts: NDArray[np.float64], row: int, column: int) -> tuple[float, float, float] | None:
    """Give the centre (log R/G, log B/G) of the mass around a bin, and its share of all."""
    rows = slice(max(0, row - 2), row + 3)
    columns = slice(max(0, column - 2), column + 3)
    part = counts[rows, columns]
    total = float(part.sum())
    if total <= 0:
        return None
    middle = (np.arange(_BINS) + 0.5) * (2 * _REACH / _BINS) - _REACH
    red = float(part.sum(axis=1) @ middle[rows]) / total
    blue = float(part.sum(axis=0) @ middle[columns]) / total
    return red, blue, total / float(counts.sum())


def _brightest(pixels: Floats) -> Illuminant:
    """Take the mean of a high power of the light to be grey: that of the brightest things."""
    power = np.exp(np.float32(6.0) * pixels)
    r, g, b = np.log(np.ones(len(power), np.float32) @ power) / 6.0
    return Illuminant(*_shift(r - g, b - g), 1.0)


def _shift(red: float, blue: float) -> tuple[float, float]:
    """Split (log R/G, log B/G) into mired and tint."""
    mired, tint = _TO_MIRED @ [red, blue]
    return float(mired), float(tint)


def _agreed(first: float, second: float, most: float) -> float:
    """Give the smaller of two shifts in one direction, or, where they are near, their mean."""
    if first * second <= 0:
        return 0.0
    small, large = sorted((first, second), key=abs)
    return small + float(np.clip((large - small) / 2, -most, most))


@cache
def _prior() -> Floats:
    """Give how likely light of each chromaticity is, (_BINS, _BINS), 1 at the likeliest."""
    middle = (np.arange(_BINS) + 0.5) * (2 * _REACH / _BINS) - _REACH
    red, blue = np.meshgrid(middle, middle, indexing='ij')
    mired, tint = np.tensordot(_TO_MIRED, np.stack([red, blue]), axes=1)
    likely = np.exp(-0.5 * (tint / 0.15) ** 2 - 0.5 * ((mired - 40.0) / 140.0) ** 2)
    likely[(mired < COLDEST - 20) | (mired > WARMEST + 20)] = 0.0
    return np.asarray(likely.astype(np.float32))
