"""The paints of a table: one, or the two of a chequered or striped cloth."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.light_sample import LINEAR

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

PARTED = 0.85  # share of the spread of hues that lies between two paints; 0.75 if it is even
APART = 0.3  # in natural logarithms of ratios of channels, more than light shifts in shadows
LEAST = 0.15  # share of the table that a second paint has
ROUNDS = 4
FLOOR = 0.05  # of the table's brightest usual channel: darker light has no sure hue


@dataclass(frozen=True, eq=False)
class Grounds:
    """The paints of a table.

    Attributes:
        hues: log R/G and log B/G of each paint, (1 or 2, 2).
        floor: Linear light that is added to each channel before the hue is taken.
    """

    hues: Array
    floor: float

    def indices(self, pixels: Pixels) -> NDArray[np.intp]:
        """Tell which of the paints each pixel (N, 3) has, (N,)."""
        if len(self.hues) == 1:
            return np.zeros(len(pixels), np.intp)
        return _nearest(_hues(pixels, self.floor), self.hues)


def find_grounds(pixels: Pixels) -> Grounds:
    """Find the paints of a table.

    Paints that differ in lightness alone are taken for one in light and in shade.

    Args:
        pixels: Of the table, (N, 3), at least one.
    """
    thin = pixels[:: max(1, len(pixels) // 1000)]
    floor = FLOOR * float(LINEAR[thin].mean(axis=0).max()) + 1e-5
    return Grounds(_paints(_hues(thin, floor)), floor)


def _paints(hues: Array) -> Array:
    middle = np.median(hues, axis=0)
    away = hues - hues.mean(axis=0)
    _, axes = np.linalg.eigh(away.T @ away)
    side = away @ axes[:, 1] > 0.0
    for _ in range(ROUNDS):
        share = float(side.mean())
        if not LEAST < share < 1.0 - LEAST:
            return middle[None]
        both = np.array([hues[~side].mean(axis=0), hues[side].mean(axis=0)])
        side = _nearest(hues, both) > 0
    between = both[1] - both[0]
    along = away @ between / max(float(between @ between), 1e-12)
    parted = share * (1.0 - share) / max(float(along.var()), 1e-12)
    is_one = parted < PARTED or float(np.abs(between).max()) < APART
    return middle[None] if is_one else both


def _hues(pixels: Pixels, floor: float) -> Array:
    red, green, blue = np.log(LINEAR[pixels].T.astype(np.float64) + floor)
    return np.stack([red - green, blue - green], axis=1)


def _nearest(hues: Array, paints: Array) -> NDArray[np.intp]:
    return np.asarray(np.square(hues[:, None] - paints).sum(axis=2).argmin(axis=1))
