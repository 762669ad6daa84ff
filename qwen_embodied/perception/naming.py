"""Colour names from surfaces seen in an unknown light, with the probability of each name.

The table and every object are seen in one light, and through one veil. Each hypothesis on them
makes paints of all surfaces; it is believed as far as those paints are such as tables and things
have. The name of a colour is then what most of the belief says; where the belief is divided,
nothing is said.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import BASIC_COLOURS
from qwen_embodied.perception.colours import UNKNOWN, name_indices, oklab_of_linear
from qwen_embodied.perception.gloss import (
    GLOSSY,
    Gloss,
    Patch,
    Variants,
    beside_others,
    judged_gloss,
    variants,
)
from qwen_embodied.perception.illuminants import Illuminants, all_illuminants

Array = NDArray[np.float64]

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
JITTER = np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
HIDDEN = 0.1  # error of a channel over the brightest, from which on noise may hide the hue
FAR_JITTER: Array = 1.4 * np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3), axis=-1).reshape(-1, 3)
FAR_WEIGHTS: Array = np.exp(-0.5 * np.square(FAR_JITTER).sum(axis=1))
GLARE_CONFIDENCE = 0.2
MANY_GLOSSY = 0.3  # share of glossy faces from which on a clipped face need not be white
ROUNDS = 4  # of judging the gloss of faces, then what they are under it
ENOUGH = 0.02  # change of the share of glossy faces that needs no further round
POSSIBLE = 1500  # hypotheses on the light that the table leaves
LIKELY = 60  # of them, those that are looked at closely
GRID = ((0.0, 1.2), (-0.35, 0.35), (-0.35, 0.35))  # of OKLab, for a first look
CELLS = 48
SHADES = np.array([0.85, 1.0, 1.15])


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
    patches = beside_others(patches)
    light = all_illuminants().veiled(None if table is None else table.veil)
    light = _likely(light, table, patches)
    belief = light.prior.copy()
    if table is not None:
        belief += _table_evidence(table, light)
    gloss = Gloss()
    for _ in range(ROUNDS):
        seen = [variants(patch, light.rgb, light.veil, gloss) for patch in patches]
        votes = _judged(seen, belief, light)
        before = gloss.share
        gloss = judged_gloss(list(zip(patches, seen, votes, strict=True)))
        if gloss.share <= max(GLOSSY, before + ENOUGH):
            break
    # Where the table is at the end of the range too, anything may look white.
    is_glossy = gloss.share > MANY_GLOSSY
    is_glaring = table is None or bool(table.clipped.any()) or is_glossy
    return [
        Name(UNKNOWN, GLARE_CONFIDENCE)
        if is_glaring and patch.clipped.sum() >= 2 and (patch.rest is None or not is_glossy)
        else _name(might, vote, least)
        for patch, might, vote in zip(patches, seen, votes, strict=True)
    ]


def _judged(seen: list[Variants], belief: Array, light: Illuminants) -> list[Array]:
    """Share the belief in each light (K,) among the variants of each patch: (V, K) each."""
    evidence = [
        one.belief + _fits(oklab_of_linear(one.paint), _highest(one.paint), PAINTS, PAINT_SHARES)
        for one in seen
    ]
    for one in evidence:
        belief = belief + _log_sum(one) + light.spread
    weights = np.exp(belief - belief.max())
    shares = [np.exp(one - one.max(axis=0)) for one in evidence]
    return [one / one.sum(axis=0) * weights / weights.sum() for one in shares]


def _likely(light: Illuminants, table: Patch | None, patches: list[Patch]) -> Illuminants:
    """Keep the hypotheses that the table and the things as they look allow."""
    belief = light.prior.copy()
    if table is not None:
        belief += _table_evidence(table, light)
    chosen = np.argpartition(belief, -POSSIBLE)[-POSSIBLE:]
    light = light.only(chosen)
    belief = belief[chosen] + len(patches) * light.spread
    for patch in patches:
        fits = _fits_nearly(patch.rgb, light)
        if patch.doubt > 0.0:
            other = _fits_nearly(patch.rgb * patch.other, light)
            fits = np.logaddexp(fits + np.log(1.0 - patch.doubt), other + np.log(patch.doubt))
        belief += fits
    return light.only(np.argpartition(belief, -LIKELY)[-LIKELY:])


@cache
def _fits_of_grid() -> Array:
    """Give the fits of paints on a grid of OKLab, (CELLS, CELLS, CELLS)."""
    axes = [low + (np.arange(CELLS) + 0.5) * (high - low) / CELLS for low, high in GRID]
    lab = np.stack(np.meshgrid(*axes, indexing='ij'), axis=-1)
    return _fits(lab, np.zeros(lab.shape[:-1]), PAINTS, PAINT_SHARES)


def _fits_nearly(rgb: Array, light: Illuminants) -> Array:
    """Look up the fits of paints that send back some light (3,), as they look, (K,)."""
    paint = np.maximum(rgb - light.veil, 0.0) / light.rgb
    lab, highest = oklab_of_linear(paint), _highest(paint)
    low, high = np.array(GRID).T
    cells = ((lab - low) * (CELLS / (high - low))).astype(np.int64).clip(0, CELLS - 1)
    found = _fits_of_grid()[cells[:, 0], cells[:, 1], cells[:, 2]]
    return np.asarray(found - 8.0 * np.maximum(highest - 1.0, 0.0))


def _table_evidence(table: Patch, light: Illuminants) -> Array:
    plain = variants(table, light.rgb, light.veil)
    fits = _fits(oklab_of_linear(plain.paint), _highest(plain.paint), TABLES, TABLE_SHARES)
    return np.asarray(_log_sum(fits + plain.belief) + light.spread)


def _fits(lab: Array, highest: Array, known: Array, shares: Array) -> Array:
    """Give the log likelihood (...) of a paint in a mixture of known ones.

    Args:
        lab: Of the paint, (..., 3).
        highest: Its largest channel, (...); nothing but gloss sends back more than it gets.
        known: Paints, (N, 5).
        shares: Of the known paints, (N,).
    """
    lightness, a, b = np.moveaxis(lab, -1, 0)
    terms = np.stack([np.ones_like(a), lightness, a, b, lightness**2, a**2 + b**2], axis=-1)
    density = np.exp((terms @ _exponents(known, shares)).astype(np.float32)).sum(axis=-1)
    density += np.float32(ODD * ODD_DENSITY)
    return np.asarray(np.log(density) - 8.0 * np.maximum(highest - 1.0, 0.0))


def _exponents(known: Array, shares: Array) -> Array:
    """Give the logarithms of the densities of paints as sums of six terms, (6, N)."""
    lightness, a, b, deep, wide = known.T
    narrow, flat = 1 / wide**2, 1 / deep**2
    peak = np.log(shares * (1 - ODD) / (15.75 * deep * wide**2))
    start = peak - 0.5 * (flat * lightness**2 + narrow * (a**2 + b**2))
    return np.array([start, flat * lightness, narrow * a, narrow * b, -flat / 2, -narrow / 2])


def _highest(paint: Array) -> Array:
    """Give the largest channel (...) of paints (..., 3)."""
    return np.maximum(np.maximum(paint[..., 0], paint[..., 1]), paint[..., 2])


def _log_sum(values: Array) -> Array:
    """Add along the first axis what values are the logarithms of."""
    most = values.max(axis=0)
    return np.asarray(most + np.log(np.exp(values - most).sum(axis=0)))


def _name(seen: Variants, weights: Array, least: float) -> Name:
    """Let each light, variant, error and shade vote; weights are (V, K)."""
    sure = weights > 3e-3 * weights.max()
    weights, paint = weights[sure] / weights[sure].sum(), seen.paint[sure]
    values, jitter = _around(paint, seen.error[sure])
    values = np.maximum(values[:, :, None] * SHADES[:, None], 0.0)
    lab = oklab_of_linear(values.reshape(-1, 3))
    votes = np.repeat((weights[:, None] * jitter).ravel() / len(SHADES), len(SHADES))
    shares = np.bincount(name_indices(lab), votes, len(BASIC_COLOURS))
    best = int(shares.argmax())
    word, confidence = BASIC_COLOURS[best], float(min(shares[best], 1.0))
    if confidence < least:
        return Name(UNKNOWN, confidence, '', word)
    return Name(word, confidence, _tone(word, float(lab[:, 0] @ votes)), word)


def _around(paint: Array, error: Array) -> tuple[Array, Array]:
    """Give what paints (N, 3) with an error (N, 3) may really be, (N, J, 3), and shares (N, J).

    Where noise hides the hue, paints such as things have are likelier than others.
    """
    if (error.max(axis=1) < HIDDEN * paint.max(axis=1)).all():
        return paint[:, None] + JITTER * error[:, None], np.full((len(paint), 7), 1 / 7)
    values = np.maximum(paint[:, None] + FAR_JITTER * error[:, None], 0.0)
    fits = _fits(oklab_of_linear(values), _highest(values), PAINTS, PAINT_SHARES)
    # OKLab spreads dark colours; a density of light is wanted.
    spread = np.log(values + np.maximum(error[:, None], 1e-4)).sum(axis=2) * (2 / 3)
    shares = np.exp(fits - spread - fits.max(axis=1, keepdims=True)) * FAR_WEIGHTS
    return values, shares / shares.sum(axis=1, keepdims=True)


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
