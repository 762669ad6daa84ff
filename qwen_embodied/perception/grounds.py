"""The paints of a table: one, or the two of a chequered or striped cloth."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.light_sample import LOG

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

PARTED = 0.85  # share of the spread of hues that lies between two paints; 0.75 if it is even
APART = 0.3  # in natural logarithms of ratios of channels, more than light shifts in shadows
LEAST = 0.15  # share of the table that a second paint has
ROUNDS = 4


def paints_of(pixels: Pixels) -> Array:
    """Find the hues of the paints of a table.

    Paints that differ in lightness alone are taken for one in light and in shade.

    Args:
        pixels: Of the table, (N, 3).

    Returns:
        log R/G and log B/G of each paint, (1 or 2, 2).
    """
    hues = _hues(pixels[:: max(1, len(pixels) // 1000)])
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


def paint_indices(pixels: Pixels, paints: Array) -> NDArray[np.intp]:
    """Tell which of the paints (P, 2) each pixel (N, 3) has, (N,)."""
    if len(paints) == 1:
        return np.zeros(len(pixels), np.intp)
    return _nearest(_hues(pixels), paints)


def _hues(pixels: Pixels) -> Array:
    red, green, blue = LOG[pixels].T.astype(np.float64)
    return np.stack([red - green, blue - green], axis=1)


def _nearest(hues: Array, paints: Array) -> NDArray[np.intp]:
    return np.square(hues[:, None] - paints).sum(axis=2).argmin(axis=1)
