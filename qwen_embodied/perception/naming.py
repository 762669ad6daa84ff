"""Colour names from surfaces seen in an unknown light, with the probability of each name.

The table and every object are seen in one light. Each hypothesis on that light makes paints of
all of them; it is believed as far as those paints are such as tables and things have. The name
of a colour is then what most of the belief says; where the belief is divided, nothing is said.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import BASIC_COLOURS
from qwen_embodied.perception.colours import UNKNOWN, name_indices, oklab_of_linear
from qwen_embodied.perception.illuminants import all_illuminants

Array = NDArray[np.float64]

# Typical paints in OKLab: lightness, a, b, the spread of lightness and of a and b.
PAINTS = np.array([
    [0.25, 0.00, 0.00, 0.09, 0.012], [0.60, 0.00, 0.00, 0.14, 0.012],
    [0.95, 0.00, 0.00, 0.05, 0.012], [0.55, 0.19, 0.10, 0.10, 0.045],
    [0.72, 0.08, 0.14, 0.09, 0.040], [0.86, -0.01, 0.17, 0.07, 0.040],
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
JITTER = np.array(
    [[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
)
SHADES = np.array([0.85, 1.0, 1.15])


@dataclass(frozen=True, eq=False)
class Patch:
    """The light that comes from one surface.

    Attributes:
        rgb: Linear, as a share of the camera's range, relative to the light at the scene's
            middle, (3,).
        error: Standard deviation of it, (3,).
        clipped: Whether a channel is at the end of its range, (3,).
    """

    rgb: Array
    error: Array
    clipped: NDArray[np.bool_]


@dataclass(frozen=True)
class Name:
    """The name of a colour.

    Attributes:
        word: One of BASIC_COLOURS, or 'unknown'.
        confidence: Probability of the word, or of the likeliest word where it is unknown.
        tone: 'light ', 'dark ' or ''.
        likeliest: The best guess, even where it is not good enough to be said.
    """

    word: str
    confidence: float
    tone: str = ''
    likeliest: str = UNKNOWN


def name_patches(patches: list[Patch], table: Patch | None, least: float) -> list[Name]:
    """Name the colours of surfaces that are seen in one light.

    Args:
        patches: Of the objects.
        table: Of the table, or None where it is not seen.
        least: Probability below which a colour is unknown.
    """
    if not patches:
        return []
    light = all_illuminants()
    belief = light.prior.copy()
    if table is not None:
        belief += _fits(_paints(table, light.rgb), TABLES, TABLE_SHARES) + light.spread
    for patch in patches:
        belief += _fits(_paints(patch, light.rgb), PAINTS, PAINT_SHARES) + light.spread
    chosen = np.argsort(belief)[-60:]
    weights = np.exp(belief[chosen] - belief[chosen].max())
    weights /= weights.sum()
    return [_name(patch, light.rgb[chosen], weights, least) for patch in patches]


def _paints(patch: Patch, lights: Array) -> Array:
    """Give OKLab (K, 3) and the largest channel (K,) of a patch in each light, as (K, 4)."""
    paint = np.maximum(patch.rgb, 0.0) / lights
    return np.column_stack([oklab_of_linear(paint), paint.max(axis=1)])


def _fits(paint: Array, known: Array, shares: Array) -> Array:
    """Give the log likelihood (K,) that a surface has a paint (K, 4) of a mixture of known ones."""
    away = (paint[:, None, :3] - known[:, :3]) / known[:, [3, 4, 4]]
    peak = shares * (1 - ODD) / (15.75 * known[:, 3] * known[:, 4] ** 2)
    density = np.exp(-0.5 * (away**2).sum(axis=2)) @ peak
    return np.asarray(np.log(density + ODD * ODD_DENSITY) + _beyond(paint))


def _beyond(paint: Array) -> Array:
    """Nothing sends back more light than it gets, but for gloss."""
    return np.asarray(-8.0 * np.maximum(paint[:, 3] - 1.0, 0.0))


def _name(patch: Patch, lights: Array, weights: Array, least: float) -> Name:
    """Let each light, error and shade vote."""
    values = patch.rgb + JITTER * patch.error
    if patch.clipped.any():
        values = np.vstack([values, patch.rgb * np.where(patch.clipped, 1.5, 1.0)])
    paints = np.maximum(values, 0.0)[:, None] * SHADES[:, None] / 1.0
    paints = paints.reshape(1, -1, 3) / lights[:, None]
    lab = oklab_of_linear(paints.reshape(-1, 3))
    votes = np.repeat(weights / paints.shape[1], paints.shape[1])
    shares = np.bincount(name_indices(lab), votes, len(BASIC_COLOURS))
    best = int(shares.argmax())
    word = BASIC_COLOURS[best]
    confidence = float(min(shares[best], 1.0))
    if confidence < least:
        return Name(UNKNOWN, confidence, '', word)
    return Name(word, confidence, _tone(word, float(lab[:, 0] @ votes)), word)


def _tone(word: str, lightness: float) -> str:
    """Tell light and dark variants of a colour from its typical one."""
    typical = PAINTS[PAINT_NAMES.index(word)]
    if word in ('black', 'white') or abs(lightness - typical[0]) < 1.3 * typical[3]:
        return ''
    return 'light ' if lightness > typical[0] else 'dark '


PAINT_NAMES = (
    'black', 'grey', 'white', 'red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink',
    'brown',
)  # fmt: skip
