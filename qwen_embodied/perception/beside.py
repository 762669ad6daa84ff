"""The light beside a thing, as the table shows it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.cast import HARD, Cast, find_cast
from qwen_embodied.perception.pixels import deepest, light_on, luma_of

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Places = tuple[NDArray[np.intp], ...]

LIT = 0.15  # share of pixels beside a cast shadow, from which on they tell the light
MOSTLY = 0.5  # share of it, from which on what stands there is lit
MAY_BE_COVERED = 0.1  # probability that a thing beside hardly any lit table lies in shadow
STANDS_OUT = 0.4  # probability that a thing that is shadowed all around is lit nevertheless
HUE_SHIFT = 0.6  # in the logarithms of ratios of channels, more than lamps of two colours give


@dataclass(frozen=True, eq=False)
class Beside:
    """What is known of the light beside a thing.

    Attributes:
        light: Relative to that on the whole table, (3,).
        shadow: Light in the deepest shadow there as a share of it.
        other: Factor on paints if the thing is in the other light that is there.
        doubt: Probability of that.
        falls: From the lit part to the shadow, px in the image to the right and down, (2,).
    """

    light: Array
    shadow: float = 1.0
    other: float = 1.0
    doubt: float = 0.0
    falls: Array | None = None


def beside(pixels: Pixels, places: Places, whole: Array, deepest_shadow: float) -> Beside:
    """Judge the light on a part of the table.

    Args:
        pixels: Of one paint of the table beside a thing, (N, 3).
        places: Rows and columns of them in the image, (N,) each.
        whole: Light from that paint on the whole table, (3,).
        deepest_shadow: On the whole table, as a share of the light there.
    """
    luma = luma_of(pixels)
    shadow, cast = deepest(luma, 3), find_cast(luma)
    if cast is not None and cast.share > LIT:
        lit, dark = light_on(pixels[cast.lit]), light_on(pixels[~cast.lit])
        doubt = 0.0 if cast.share > MOSTLY else MAY_BE_COVERED
        falls = _falls(places, cast)
        return Beside(_relative(lit, whole), shadow, _factor(lit, dark), doubt, falls)
    light = light_on(pixels if cast is None else pixels[~cast.lit])
    if light.sum() < HARD * whole.sum() and deepest_shadow < HARD:
        # All around it is in shadow, but it may stand out into the light.
        return Beside(_relative(light, whole), shadow, _factor(light, whole), STANDS_OUT)
    return Beside(_relative(light, whole), shadow)


def _falls(places: Places, cast: Cast) -> Array:
    weights = np.where(cast.lit, -1.0, 0.0) / np.count_nonzero(cast.lit)
    weights[~cast.lit] = 1.0 / (len(weights) - np.count_nonzero(cast.lit))
    rows, columns = (one @ weights for one in places)
    return np.array([columns, rows])


def _relative(light: Array, whole: Array) -> Array:
    """Give light (3,) as a share of other light, unless their hues are too far apart."""
    ratio = np.clip(light / whole, 0.05, 20.0)
    hue = np.log(ratio / ratio[1])
    # More is another paint of the table, whose brightness does not tell the light either.
    return ratio if max(np.abs(hue).tolist()) < HUE_SHIFT else np.ones(3)


def _factor(supposed: Array, other: Array) -> float:
    """Give what paints would have to be multiplied with in another light."""
    return float(np.clip(supposed.sum() / max(float(other.sum()), 1e-5), 0.02, 50.0))
