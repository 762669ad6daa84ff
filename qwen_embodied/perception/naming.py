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
from qwen_embodied.perception.illuminants import Illuminants, all_illuminants

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
JITTER = np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
BEYOND_RANGE = np.array([1.0, 1.25, 1.6, 2.2])
GLARE_CONFIDENCE = 0.2
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
        belief += np.logaddexp.reduce(_evidence(table, light, TABLES, TABLE_SHARES))
    evidence = [_evidence(patch, light, PAINTS, PAINT_SHARES) for patch in patches]
    for one in evidence:
        belief += np.logaddexp.reduce(one)
    chosen = np.argsort(belief)[-40:]
    weights = np.exp(belief[chosen] - belief[chosen].max())
    # Where the table is at the end of the range too, anything may look white.
    is_glaring = table is None or bool(table.clipped.any())
    names = []
    for patch, one in zip(patches, evidence, strict=True):
        if is_glaring and patch.clipped.sum() >= 2:
            names.append(Name(UNKNOWN, GLARE_CONFIDENCE))
            continue
        share = np.exp(one[:, chosen] - one[:, chosen].max(axis=0))
        share = share / share.sum(axis=0) * weights / weights.sum()
        names.append(_name(patch, light.rgb[chosen], share, least))
    return names


def _variants(patch: Patch) -> Array:
    """Give what a patch may send, (V, 3): a clipped channel may be higher than it looks."""
    if not patch.clipped.any():
        return patch.rgb[None]
    return np.asarray(patch.rgb * np.where(patch.clipped, BEYOND_RANGE[:, None], 1.0))


def _evidence(patch: Patch, light: Illuminants, known: Array, shares: Array) -> Array:
    """Give the log likelihood (V, K) of each variant of a patch in each light."""
    variants = _variants(patch)
    paint = np.maximum(variants, 0.0)[:, None] / light.rgb
    fits = _fits(oklab_of_linear(paint), paint.max(axis=2), known, shares)
    return np.asarray(fits + light.spread - np.log(len(variants)))


def _fits(lab: Array, highest: Array, known: Array, shares: Array) -> Array:
    """Give the log likelihood (...) of a paint in a mixture of known ones.

    Args:
        lab: Of the paint, (..., 3).
        highest: Its largest channel, (...); nothing but gloss sends back more than it gets.
        known: Paints, (N, 5).
        shares: Of the known paints, (N,).
    """
    peak = shares * (1 - ODD) / (15.75 * known[:, 3] * known[:, 4] ** 2)
    density = np.full(lab.shape[:-1], ODD * ODD_DENSITY)
    for (lightness, a, b, deep, wide), height in zip(known.tolist(), peak.tolist(), strict=True):
        away = ((lab[..., 0] - lightness) / deep) ** 2
        away += ((lab[..., 1] - a) ** 2 + (lab[..., 2] - b) ** 2) / wide**2
        density += height * np.exp(-0.5 * away)
    return np.asarray(np.log(density) - 8.0 * np.maximum(highest - 1.0, 0.0))


def _name(patch: Patch, lights: Array, weights: Array, least: float) -> Name:
    """Let each light, variant, error and shade vote; weights are (V, K)."""
    variants = _variants(patch)
    values = (variants[:, None] + JITTER * patch.error)[:, :, None] * SHADES[:, None]
    values = np.maximum(values, 0.0).reshape(len(variants), 1, -1, 3)
    lab = oklab_of_linear((values / lights[:, None]).reshape(-1, 3))
    votes = np.repeat(weights.ravel() / values.shape[2], values.shape[2])
    shares = np.bincount(name_indices(lab), votes, len(BASIC_COLOURS))
    best = int(shares.argmax())
    word, confidence = BASIC_COLOURS[best], float(min(shares[best], 1.0))
    if confidence < least:
        return Name(UNKNOWN, confidence, '', word)
    return Name(word, confidence, _tone(word, float(lab[:, 0] @ votes)), word)


def _tone(word: str, lightness: float) -> str:
    """Tell light and dark variants of a colour from its typical one."""
    typical = PAINTS[PAINT_NAMES.index(word)]
    if word in ('black', 'white') or abs(lightness - typical[0]) < 1.8 * typical[3]:
        return ''
    return 'light ' if lightness > typical[0] else 'dark '


PAINT_NAMES = (
    'black', 'grey', 'white', 'red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink',
    'brown',
)  # fmt: skip
