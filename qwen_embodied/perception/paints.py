"""What paints things and tables have, and how likely a paint is among them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PAINT_NAMES = (
    'black', 'grey', 'white', 'red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink',
    'brown',
)  # fmt: skip
# Typical paints in OKLab: lightness, a, b, the spread of lightness and of a and b.
PAINTS = np.array([
    [0.25, 0.00, 0.00, 0.09, 0.012], [0.60, 0.00, 0.00, 0.14, 0.012],
    [0.95, 0.00, 0.00, 0.05, 0.012], [0.55, 0.19, 0.10, 0.10, 0.045],
    [0.70, 0.105, 0.135, 0.09, 0.040], [0.86, -0.01, 0.17, 0.07, 0.040],
    [0.58, -0.12, 0.09, 0.12, 0.050], [0.48, -0.03, -0.17, 0.12, 0.050],
    [0.46, 0.12, -0.13, 0.11, 0.045], [0.77, 0.12, 0.00, 0.08, 0.040],
    [0.42, 0.05, 0.06, 0.09, 0.025],
])  # fmt: skip
# Tables: neutral, wooden, any.
TABLES = np.array([
    [0.66, 0.000, 0.000, 0.17, 0.012], [0.68, 0.015, 0.045, 0.13, 0.025],
    [0.62, 0.000, 0.000, 0.20, 0.110],
])  # fmt: skip
TABLE_SHARES = np.array([0.45, 0.35, 0.20])
PAINT_SHARES = np.full(len(PAINTS), 1 / len(PAINTS))
ODD = 0.2  # share of paints that are not in the list, anywhere in the space
ODD_DENSITY = 6.0
TOO_LIGHT = 8.0  # log belief that is lost with a paint that sends back twice what it gets
GRID = ((0.0, 1.2), (-0.35, 0.35), (-0.35, 0.35))  # of OKLab, for a first look
CELLS = 48


def fits_things(lab: Array, highest: Array) -> Array:
    """Give the log likelihood (...) of paints among those of things; see fits_tables."""
    return _fits(lab, highest, *_things())


def fits_tables(lab: Array, highest: Array) -> Array:
    """Give the log likelihood (...) of paints among those of tables.

    Args:
        lab: Of the paint, (..., 3).
        highest: Its largest channel, (...); nothing but gloss sends back more than it gets.
    """
    return _fits(lab, highest, *_tables())


def fits_nearly(lab: Array, highest: Array) -> Array:
    """Look up what fits_things gives for paints (..., 3), to a cell of a grid."""
    low, high = np.array(GRID).T
    cells = ((lab - low) * (CELLS / (high - low))).astype(np.int32)
    np.clip(cells, 0, CELLS - 1, out=cells)
    flat = (cells[..., 0] * CELLS + cells[..., 1]) * CELLS + cells[..., 2]
    return np.asarray(_fits_of_grid()[flat] - TOO_LIGHT * np.maximum(highest - 1.0, 0.0))


@cache
def _fits_of_grid() -> Array:
    """Give the fits of paints on a grid of OKLab, (CELLS³,)."""
    axes = [low + (np.arange(CELLS) + 0.5) * (high - low) / CELLS for low, high in GRID]
    lab = np.stack(np.meshgrid(*axes, indexing='ij'), axis=-1).reshape(-1, 3)
    return fits_things(lab, np.zeros(len(lab)))


def _fits(lab: Array, highest: Array, exponents: Array, odd: np.float32) -> Array:
    lightness, a, b = np.moveaxis(lab, -1, 0)
    flat = (one.ravel() for one in (lightness, a, b, lightness**2, a**2 + b**2))
    terms = np.stack([np.ones(a.size), *flat])
    density = np.exp((exponents @ terms).astype(np.float32)).sum(axis=0) + odd
    fits = np.log(density).reshape(a.shape)
    return np.asarray(fits - TOO_LIGHT * np.maximum(highest - 1.0, 0.0))


@cache
def _things() -> tuple[Array, np.float32]:
    return _exponents(PAINTS, PAINT_SHARES), np.float32(ODD * ODD_DENSITY)


@cache
def _tables() -> tuple[Array, np.float32]:
    return _exponents(TABLES, TABLE_SHARES), np.float32(ODD * ODD_DENSITY)


def _exponents(known: Array, shares: Array) -> Array:
    """Give the logarithms of the densities of paints as sums of six terms, (N, 6)."""
    lightness, a, b, deep, wide = known.T
    narrow, flat = 1 / wide**2, 1 / deep**2
    peak = np.log(shares * (1 - ODD) / (15.75 * deep * wide**2))
    start = peak - 0.5 * (flat * lightness**2 + narrow * (a**2 + b**2))
    return np.stack(
        [start, flat * lightness, narrow * a, narrow * b, -flat / 2, -narrow / 2], axis=1
    )


def tone_of(word: str, lightness: float) -> str:
    """Tell light and dark variants of a colour from its typical one."""
    typical = PAINTS[PAINT_NAMES.index(word)]
    if word in ('black', 'white') or abs(lightness - typical[0]) < 1.8 * typical[3]:
        return ''
    return 'light ' if lightness > typical[0] else 'dark '
