"""What may be paint and what a mirrored lamp in the light that comes from a thing.

A lamp mirrored in a glossy face adds its own colour to the paint's. The parts of the thing that
do not mirror it show the same paint in less light, but never in less than what falls into the
shadows on the table. A pale red top above deep red sides is a mirrored lamp on red; a grey top
above sides that are blacker than any shadow is a mirrored lamp on black.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BEYOND_RANGE = np.array([1.0, 1.25, 1.6, 2.2])  # that a clipped channel may be higher than seen
MIRRORED = np.array([0.35, 0.6, 0.78, 0.9, 0.97])  # of the lowest channel of a glossy face
GLOSSY = 0.1  # share of the faces that mirror a lamp
PRIOR_FACES, MOST_GLOSSY = 2.0, 0.9
UNSURE = 0.08  # relative error of a paint under a mirrored lamp
HUE_OFF = 0.05  # error of the share of a channel: light from the neighbours
STRAY = 0.005  # of a white surface's light: what neighbours and the lens add to the darkest
BRIGHTEST = 1.3  # light on other parts over that on the face
LEAST_LIGHT = 0.4  # on a steep side over that in a shadow on the table
USUAL_SHARE = 0.65  # of the light that things with dark sides have there, that each has at least
DARK_SIDES = 0.35  # share of the things that have darker sides than those
FEWEST_SIDES = 4  # things whose sides are seen, from which on there is a usual light
OUTLIER = -6.0  # log likelihood of parts that have another paint
COMMON = 0.8  # share of the glossy faces that mirror about as much as most of them
ALIKE, TRACE = 0.3, 0.01  # spread of the log of what they mirror, and what is as good as none
DEEP, HIGH = 0.25, 0.25  # errors of the natural logarithm of the limits on light


@dataclass(frozen=True, eq=False)
class Patch:
    """The light that comes from one surface.

    Attributes:
        rgb: Linear, as a share of the camera's range, relative to the light at the scene's
            middle, (3,).
        error: Standard deviation of it, (3,).
        clipped: Whether a channel is at the end of its range, (3,).
        rest: The same of the thing's other, darker parts, (3,); None where they are not seen.
        rest_error: Standard deviation of it, (3,).
        shadow: Light in the deepest shadows on the table, as a share of that beside them.
        veil: The most light that a lens may have laid over the image, (3,); None for none.
        sides: Least light on other parts as a share of that on the face.
        other: What the paint would have to be multiplied with if the face were in the shadow
            that lies beside it, or in the light that is beside the shadow around it.
        doubt: Probability of that.
        falls: From the lit table beside it to the shadow there, px in the image, (2,); None
            where no shadow is cast.
        is_level: Whether the face is level: only such faces mirror the same part of a room.
    """

    rgb: Array
    error: Array
    clipped: NDArray[np.bool_]
    rest: Array | None = None
    rest_error: Array | None = None
    shadow: float = 0.0
    veil: Array | None = None
    sides: float = 0.0
    other: float = 1.0
    doubt: float = 0.0
    falls: Array | None = None
    is_level: bool = True


@dataclass(frozen=True, eq=False)
class Variants:
    """What the paint of a patch may be in each light.

    Attributes:
        paint: Reflectance, (V, K, 3).
        error: Standard deviation of it, (V, K, 3).
        belief: Log of the belief in each before paints are judged, (V, K).
        mirrored: What the face mirrors besides, as a share of a white surface's light, (V, K);
            NaN where it is glossy in this variant, but clipped.
    """

    paint: Array
    error: Array
    belief: Array
    mirrored: Array


@dataclass(frozen=True)
class Gloss:
    """How the faces in one image mirror lamps.

    Attributes:
        share: Of the faces that do.
        amount: What most of those mirror, as a share of a white surface's light: level faces
            mirror the same part of a room. None where that is not known.
    """

    share: float = GLOSSY
    amount: float | None = None

    def belief(self, mirrored: Array) -> Array:
        """Give the log of the belief in faces that mirror so much, (V, K)."""
        even = np.full(mirrored.shape, 1.0 / len(mirrored))
        if self.amount is not None:
            off = np.log((mirrored + TRACE) / (self.amount + TRACE)) / ALIKE
            near = np.exp(-0.5 * np.square(off)) + 1e-9
            even = (1.0 - COMMON) * even + COMMON * near / near.sum(axis=0)
        return np.asarray(np.log(self.share * even))


def variants(patch: Patch, light: Array, veil: Array, gloss: Gloss | None = None) -> Variants:
    """Give what the paint of a patch may be.

    Args:
        patch: Seen.
        light: Of a white surface in each hypothesis, (K, 3).
        veil: That lies over everything, (K, 3).
        gloss: Of the faces in the image.
    """
    gloss = gloss if gloss and patch.is_level else Gloss()
    usual = _in_one_light(patch, light, veil, gloss)
    if patch.doubt == 0.0:
        return usual
    other = _in_one_light(_scaled(patch), light, veil, gloss)
    parts = (
        replace(one, belief=one.belief + np.log(share))
        for one, share in ((usual, 1.0 - patch.doubt), (other, patch.doubt))
    )
    return _joined(*parts)


def _scaled(patch: Patch) -> Patch:
    """Give a patch as it is if it lies in the other light."""
    factor = patch.other
    return replace(
        patch,
        rgb=patch.rgb * factor,
        error=patch.error * factor,
        rest=None if patch.rest is None else patch.rest * factor,
        rest_error=None if patch.rest_error is None else patch.rest_error * factor,
    )


def _in_one_light(patch: Patch, light: Array, veil: Array, gloss: Gloss) -> Variants:
    face = np.maximum(patch.rgb - veil, 0.0) / light
    if patch.clipped.any():
        paint = face * np.where(patch.clipped, BEYOND_RANGE[:, None, None], 1.0)
    else:
        paint = face[None]
    error = np.broadcast_to(patch.error / light, paint.shape)
    belief = np.full(paint.shape[:2], -np.log(len(paint)))
    plain = Variants(paint, error, belief, np.zeros_like(belief))
    if patch.rest is None or patch.rest_error is None:
        return plain if patch.clipped.any() or gloss.share <= GLOSSY else _unseen(plain, gloss)
    rest = np.maximum(patch.rest - veil, 0.0) / light
    error = patch.rest_error / light
    lowest = max(LEAST_LIGHT * patch.shadow, patch.sides, 0.02)
    belief = belief + np.log(1.0 - gloss.share) + _explained(rest, error, paint, lowest)
    plain = replace(plain, belief=belief)
    if patch.clipped.sum() >= 2:
        # The face says nothing: only the other parts do, in an unknown share of the light.
        shares = np.geomspace(lowest, 1.0, len(MIRRORED))
        glossy = rest / shares[:, None, None]
        under = np.full(glossy.shape[:2], np.log(gloss.share / len(MIRRORED)))
        return _joined(plain, _glossy(glossy, under, np.full_like(under, np.nan)))
    glossy, mirrored = _unmirrored(face)
    under = _explained(rest, error, glossy, lowest) + gloss.belief(mirrored)
    return _joined(plain, _glossy(glossy, under, mirrored))


def _unmirrored(face: Array) -> tuple[Array, Array]:
    """Take more and more of a lamp's light from faces (K, 3): (V, K, 3), and how much (V, K)."""
    mirrored = MIRRORED[:, None] * face.min(axis=1)
    return np.asarray(face - mirrored[..., None]), mirrored


def _unseen(plain: Variants, gloss: Gloss) -> Variants:
    """Allow for a mirrored lamp on a thing of which no other part is seen."""
    glossy, mirrored = _unmirrored(plain.paint[0])
    plain = replace(plain, belief=plain.belief + np.log(1.0 - gloss.share))
    return _joined(plain, _glossy(glossy, gloss.belief(mirrored), mirrored))


def _glossy(paint: Array, belief: Array, mirrored: Array) -> Variants:
    error = np.broadcast_to(UNSURE * paint.mean(axis=2, keepdims=True), paint.shape)
    return Variants(paint, error, belief, mirrored)


def _joined(one: Variants, other: Variants) -> Variants:
    return Variants(
        np.concatenate([one.paint, other.paint]),
        np.concatenate([one.error, other.error]),
        np.concatenate([one.belief, other.belief]),
        np.concatenate([one.mirrored, other.mirrored]),
    )


def beside_others(patches: list[Patch]) -> list[Patch]:
    """Say what light the sides of each thing have at least, from those of all things.

    One lamp lights all of them: sides much darker than the others' belong to a darker paint,
    under a face that mirrors the lamp.
    """
    seen = [
        float(one.rest.sum() / max(float(one.rgb.sum()), 1e-6))
        for one in patches
        if one.rest is not None and not one.clipped.any()
    ]
    if len(seen) < FEWEST_SIDES:
        return patches
    least = USUAL_SHARE * float(np.quantile(seen, DARK_SIDES))
    return [replace(one, sides=least) for one in patches]


def judged_gloss(seen: list[tuple[Patch, Variants, Array]]) -> Gloss:
    """Judge how faces mirror lamps, from those whose other parts are seen.

    Args:
        seen: Patches, their variants, and the belief in each variant in each light, (V, K).
    """
    told, amounts = [], []
    for patch, found, belief in seen:
        is_glossy = found.mirrored != 0.0
        if not patch.is_level or not (is_glossy.any() or patch.rest is not None):
            continue
        glossy = np.where(is_glossy, belief, 0.0)
        total = float(glossy.sum())
        told.append(total)
        if total > 0.5 and not np.isnan(found.mirrored).any():
            amounts.append(float((glossy * found.mirrored).sum()) / total)
    share = min((PRIOR_FACES * GLOSSY + sum(told)) / (PRIOR_FACES + len(told)), MOST_GLOSSY)
    return Gloss(share, float(np.median(amounts)) if amounts else None)


def _explained(rest: Array, error: Array, paint: Array, lowest: float) -> Array:
    """Give the log likelihood (V, K) that other parts (K, 3) have a paint (V, K, 3)."""
    total, whole = rest.sum(axis=1) + 1e-6, paint.sum(axis=2) + 1e-6
    off = HUE_OFF + (error.max(axis=1) + STRAY / 2) / total
    apart = np.square(rest / total[:, None] - paint / whole[..., None]).sum(axis=2)
    ratio = np.log((total + STRAY) / (whole + STRAY))
    under = np.minimum(ratio - np.log(lowest), 0.0) / DEEP
    over = np.maximum(ratio - np.log(BRIGHTEST), 0.0) / HIGH
    fit = -0.5 * (apart / np.square(off) + under**2 + over**2)
    return np.asarray(np.logaddexp(fit, OUTLIER))
