"""Colour names from surfaces seen in an unknown light, with the probability of each name.

The table and every object are seen in one light, and through one veil. Each hypothesis on them
makes paints of all surfaces; it is believed as far as those paints are such as tables and things
have. The name of a colour is then what most of the belief says; where the belief is divided,
nothing is said.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import BASIC_COLOURS
from qwen_embodied.perception.colours import UNKNOWN, highest_of, name_shades, oklab_of_linear
from qwen_embodied.perception.gloss import (
    BEYOND_RANGE,
    GLOSSY,
    Gloss,
    Patch,
    Variants,
    beside_others,
    grouped,
    judged_gloss,
    variants,
)
from qwen_embodied.perception.illuminants import Illuminants, all_illuminants
from qwen_embodied.perception.paints import (
    fits_nearly,
    fits_tables,
    fits_things,
    tone_of,
)

Array = NDArray[np.float64]

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
SHADES = np.array([0.85, 1.0, 1.15])
DIMMER = np.cbrt(SHADES)  # what they do to OKLab


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
    light, belief = _likely(table, patches)
    seen, votes, gloss = _judged(patches, light, belief)
    # Where the table is at the end of the range too, anything may look white.
    is_glossy = gloss.share > MANY_GLOSSY
    is_glaring = table is None or bool(table.clipped.any()) or is_glossy
    return [
        Name(UNKNOWN, GLARE_CONFIDENCE)
        if is_glaring and patch.clipped.sum() >= 2 and (patch.rest is None or not is_glossy)
        else name
        for patch, name in zip(patches, _names(seen, votes, least), strict=True)
    ]


def _likely(table: Patch | None, patches: list[Patch]) -> tuple[Illuminants, Array]:
    """Give the hypotheses that the table and the things as they look allow.

    Returns:
        Those, and the log of the belief in each from the table alone, (K,).
    """
    light = all_illuminants().veiled(None if table is None else table.veil)
    told = light.prior.copy()
    if table is not None:
        told += _table_evidence(table, light)
    chosen = np.argpartition(told, -POSSIBLE)[-POSSIBLE:]
    light, told = light.only(chosen), told[chosen]
    fits = fits_nearly(*light.paints(np.array([one.rgb for one in patches])))
    doubted = [at for at, one in enumerate(patches) if one.doubt > 0.0]
    if doubted:
        doubt = np.array([[patches[at].doubt] for at in doubted])
        others = np.array([patches[at].rgb * patches[at].other for at in doubted])
        other = fits_nearly(*light.paints(others)) + np.log(doubt)
        fits[doubted] = np.logaddexp(fits[doubted] + np.log(1.0 - doubt), other)
    belief = told + len(patches) * light.spread + fits.sum(axis=0)
    chosen = np.argpartition(belief, -LIKELY)[-LIKELY:]
    return light.only(chosen), told[chosen]


def _table_evidence(table: Patch, light: Illuminants) -> Array:
    """Give the log likelihood (K,) of what the table sends back."""
    clipped = BEYOND_RANGE[:, None] if table.clipped.any() else np.ones((1, 1))
    factors = np.where(table.clipped, clipped, 1.0)
    fits = fits_tables(*light.paints(np.tile(table.rgb, (len(factors), 1)), factors))
    return np.asarray(_log_sum(fits - np.log(len(factors))) + light.spread)


def _judged(
    patches: list[Patch], light: Illuminants, belief: Array
) -> tuple[list[Variants], list[Array], Gloss]:
    """Judge how faces mirror lamps, and what they are under that, in turns.

    Args:
        patches: Of the things.
        light: K hypotheses.
        belief: Log of the belief in each from the table alone, (K,).

    Returns:
        The variants of the patches, the belief in each of them in each light, (R, V, K), and how
        the faces mirror.
    """
    gloss = Gloss()
    seen = [variants(group, light.rgb, light.veil) for group in grouped(patches)]
    fits = [_fits_of(one) for one in seen]
    belief = belief + len(patches) * light.spread
    for turn in range(ROUNDS):
        evidence = [one.belief(gloss) + fit for one, fit in zip(seen, fits, strict=True)]
        votes, before = _votes(seen, evidence, belief), gloss.share
        gloss = judged_gloss(seen, votes)
        if gloss.share <= max(GLOSSY, before + ENOUGH):
            break
        if turn == 0:
            bare = [at for at, one in enumerate(seen) if one.mirrored is None]
            for at in bare:
                seen[at] = variants(seen[at].group, light.rgb, light.veil, True)
                fits[at] = _fits_of(seen[at])
    return seen, votes, gloss


def _fits_of(seen: Variants) -> Array:
    """Give how well paints fit those of things, (R, V, K)."""
    return fits_things(oklab_of_linear(seen.paint), highest_of(seen.paint))


def _votes(seen: list[Variants], evidence: list[Array], belief: Array) -> list[Array]:
    """Share the belief in each light (K,) among the variants of each patch.

    Args:
        seen: Variants.
        evidence: Log likelihood of each, (R, V, K).
        belief: Log of what is believed of each light without the patches.

    Returns:
        (R, V, K) of each, which add to 1 over the rows and variants of a patch and all lights.
    """
    shares = []
    for one, likelihood in zip(seen, evidence, strict=True):
        rows = np.repeat(np.arange(len(one.starts)), np.diff(one.starts, append=len(one.told)))
        most = np.maximum.reduceat(likelihood.max(axis=1), one.starts)
        share = np.exp(likelihood - most[rows][:, None])
        total = np.add.reduceat(share.sum(axis=1), one.starts)
        belief = belief + (most + np.log(total)).sum(axis=0)
        shares.append(share / total[rows][:, None])
    weights = np.exp(belief - belief.max())
    weights /= weights.sum()
    return [share * weights for share in shares]


def _log_sum(values: Array) -> Array:
    """Add along the first axis what values are the logarithms of."""
    most = values.max(axis=0)
    return np.asarray(most + np.log(np.exp(values - most).sum(axis=0)))


def _names(seen: list[Variants], votes: list[Array], least: float) -> list[Name]:
    """Let each light, variant, error and shade vote on the name of each patch."""
    paints, weights, owners = [], [], []
    for one, vote in zip(seen, votes, strict=True):
        ends = [*one.starts.tolist()[1:], len(vote)]
        for at, first, end in zip(one.group.owners, one.starts.tolist(), ends, strict=True):
            rows = slice(first, end)
            own = vote[rows]
            sure = own > 3e-3 * own.max()
            values, jitter = _around(one.paint[rows][sure], one.error[rows][sure])
            paints.append(values.reshape(-1, 3))
            weights.append((own[sure][:, None] / own[sure].sum() * jitter).ravel())
            owners.append(np.full(len(weights[-1]), at))
    count = len(paints)
    lab = oklab_of_linear(np.maximum(np.concatenate(paints), 0.0))
    words, shared = len(BASIC_COLOURS), np.concatenate(weights) / len(SHADES)
    owner, shares = np.concatenate(owners), np.zeros(count * words)
    for named in name_shades(lab, DIMMER):
        shares += np.bincount(owner * words + named, shared, len(shares))
    lightness = np.bincount(owner, lab[:, 0] * shared, count) * DIMMER.sum()
    return [
        _name(share, light, least)
        for share, light in zip(shares.reshape(-1, words), lightness.tolist(), strict=True)
    ]


def _name(shares: Array, lightness: float, least: float) -> Name:
    """Give the name that has the largest of the shares (11,), if that is at least so much."""
    best = int(shares.argmax())
    word, confidence = BASIC_COLOURS[best], float(min(shares[best], 1.0))
    if confidence < least:
        return Name(UNKNOWN, confidence, '', word)
    return Name(word, confidence, tone_of(word, lightness), word)


def _around(paint: Array, error: Array) -> tuple[Array, Array]:
    """Give what paints (N, 3) with an error (N, 3) may really be, (N, J, 3), and shares (N, J).

    Where noise hides the hue, paints such as things have are likelier than others.
    """
    if (highest_of(error) < HIDDEN * highest_of(paint)).all():
        return paint[:, None] + JITTER * error[:, None], np.full((len(paint), 7), 1 / 7)
    values = np.maximum(paint[:, None] + FAR_JITTER * error[:, None], 0.0)
    fits = fits_things(oklab_of_linear(values), highest_of(values))
    # OKLab spreads dark colours; a density of light is wanted.
    spread = np.log(values + np.maximum(error[:, None], 1e-4)).sum(axis=2) * (2 / 3)
    shares = np.exp(fits - spread - fits.max(axis=1, keepdims=True)) * FAR_WEIGHTS
    return values, shares / shares.sum(axis=1, keepdims=True)
