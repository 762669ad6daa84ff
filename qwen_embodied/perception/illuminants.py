"""What light may do to colours: a grid of illuminants and exposures with their prior belief."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.colours import highest_of, oklab_of_linear

Array = NDArray[np.float64]

BALANCED = 6500.0  # K, of the light that sRGB calls white
# Shifts from the camera's white balance in mired (1e6 / K), tints as log gain of green, and
# exposures as log of the brightness relative to a right exposure.
SHIFTS = np.array([
    -70.0, -55.0, -40.0, -25.0, -12.0, 0.0, 12.0, 25.0, 40.0, 60.0, 80.0, 105.0, 130.0, 160.0,
    190.0, 220.0,
])  # fmt: skip
TINTS = np.array([-0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3])
EXPOSURES = np.log(2.0) * np.arange(-6.0, 1.6, 0.5)
# Veils as a share of the most that the image allows, with their shares.
VEILS = np.array([[0.0, 0.6], [0.45, 0.15], [0.9, 0.25]])
TO_SRGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)


@dataclass(frozen=True, eq=False)
class Illuminants:
    """Hypotheses on the light: colours, with a veil each, in several exposures.

    Attributes:
        rgb: What a white surface of reflectance 1 sends into the camera, (K, 3) linear.
        prior: Log of how likely each is before an image was seen, (K,).
        veil: What a lens scatters over everything, (K, 3) linear.
        hue: Which of the colours each has, (K,).
        exposure: Factor that its light is brighter by than that colour, (K,).
        colours: Of white surfaces rightly exposed, (C, 3) linear.
        veils: That lie over the image in each colour, (C, 3) linear.
    """

    rgb: Array
    prior: Array
    veil: Array
    hue: NDArray[np.intp]
    exposure: Array
    colours: Array
    veils: Array

    def veiled(self, most: Array | None) -> Illuminants:
        """Add hypotheses on a veil between none and `most` (3,), where that is notable."""
        if most is None:
            return self
        shares, many = VEILS[:, 0], len(VEILS)
        prior = self.prior + np.log(VEILS[:, 1])[:, None]
        return Illuminants(
            np.tile(self.rgb, (many, 1)),
            prior.ravel(),
            np.repeat(shares[:, None] * most, len(self.rgb), axis=0),
            (self.hue + len(self.colours) * np.arange(many)[:, None]).ravel(),
            np.tile(self.exposure, many),
            np.tile(self.colours, (many, 1)),
            np.repeat(shares[:, None] * most, len(self.colours), axis=0),
        )

    def only(self, chosen: NDArray[np.intp]) -> Illuminants:
        """Give some of the hypotheses."""
        return replace(
            self,
            rgb=self.rgb[chosen],
            prior=self.prior[chosen],
            veil=self.veil[chosen],
            hue=self.hue[chosen],
            exposure=self.exposure[chosen],
        )

    def paints(self, rgb: Array, factor: Array | None = None) -> tuple[Array, Array]:
        """Give OKLab (..., K, 3) of what sends back some light (..., 3), and its largest channel.

        OKLab of a paint twice as bright is all larger by one factor, so that one exposure of
        each colour is enough.

        Args:
            rgb: Seen.
            factor: On the paints, (..., 3).
        """
        paint = np.maximum(rgb[..., None, :] - self.veils, 0.0) / self.colours
        if factor is not None:
            paint = paint * factor[..., None, :]
        lab, highest = oklab_of_linear(paint), highest_of(paint)
        scale = np.cbrt(1.0 / self.exposure)
        return lab[..., self.hue, :] * scale[:, None], highest[..., self.hue] / self.exposure

    @property
    def spread(self) -> Array:
        """Log of how far apart in OKLab what is near in linear light is drawn, (K,).

        The cube roots of OKLab spread dark colours: the volume goes with the cube root of each
        channel, and a density of paints becomes one of pixels by it.
        """
        colours = -np.log(self.colours).sum(axis=1) / 3.0
        return np.asarray(colours[self.hue] - np.log(self.exposure))


@cache
def all_illuminants() -> Illuminants:
    """Give the grid: near the Planckian locus, more or less green, darker or brighter.

    A camera's white balance and exposure are right more often than not; where they are wrong
    they may be far off, and a picture is too dark more often than too bright.
    """
    colours, prior = [], []
    for shift in SHIFTS:
        for tint in TINTS:
            colour = planckian(1e6 / (1e6 / BALANCED + shift)) * np.exp([0.0, tint, 0.0])
            colours.append(colour / (colour @ [0.2126, 0.7152, 0.0722]))
            prior += [
                _mixed(shift, 0.7, 14.0, 110.0)
                + _mixed(tint, 0.9, 0.04, 0.15)
                + _mixed(exposure, 0.7, 0.35, 2.0)
                for exposure in EXPOSURES
            ]
    hue = np.repeat(np.arange(len(colours)), len(EXPOSURES))
    exposure = np.tile(np.exp(EXPOSURES), len(colours))
    rgb, none = np.array(colours)[hue] * exposure[:, None], np.zeros((len(colours), 3))
    return Illuminants(rgb, np.array(prior), none[hue], hue, exposure, np.array(colours), none)


def planckian(kelvin: float) -> Array:
    """Give linear sRGB (3,) of a black body, white at 6500 K; fit of Kim et al. to the locus."""
    return np.asarray(_locus(kelvin) / _locus(BALANCED))


def _locus(kelvin: float) -> Array:
    t = 1e3 / kelvin
    if kelvin < 4000.0:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    if kelvin < 4000.0:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    return np.asarray(np.maximum(TO_SRGB @ np.array([x / y, 1.0, (1 - x - y) / y]), 0.02))


def _mixed(value: float, share: float, narrow: float, wide: float) -> float:
    """Log density of a mixture of two normal distributions around zero."""
    return float(
        np.log(
            share / narrow * np.exp(-0.5 * (value / narrow) ** 2)
            + (1 - share) / wide * np.exp(-0.5 * (value / wide) ** 2)
        )
    )
