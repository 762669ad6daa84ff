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
PRIOR_FACES, MOST_GLOSSY = 4.0, 0.9
UNSURE = 0.08  # relative error of a paint under a mirrored lamp
HUE_OFF = 0.05  # error of the share of a channel: light from the neighbours
STRAY = 0.005  # of a white surface's light: what neighbours and the lens add to the darkest
BRIGHTEST = 1.3  # light on other parts over that on the face
LEAST_LIGHT = 0.4  # on a steep side over that in a shadow on the table
USUAL_SHARE = 0.65  # of the light that most things have on their sides, that each has at least
FEWEST_SIDES = 4  # things whose sides are seen, from which on there is a usual light
OUTLIER = -6.0  # log likelihood of parts that have another paint
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
    """

    rgb: Array
    error: Array
    clipped: NDArray[np.bool_]
    rest: Array | None = None
    rest_error: Array | None = None
    shadow: float = 0.0
    veil: Array | None = None
    sides: float = 0.0


@dataclass(frozen=True, eq=False)
class Variants:
    """What the paint of a patch may be in each light.

    Attributes:
        paint: Reflectance, (V, K, 3).
        error: Standard deviation of it, (V, K, 3).
        belief: Log of the belief in each before paints are judged, (V, K).
    """

    paint: Array
    error: Array
    belief: Array


def variants(patch: Patch, light: Array, veil: Array, gloss: float = GLOSSY) -> Variants:
    """Give what the paint of a patch may be.

    Args:
        patch: Seen.
        light: Of a white surface in each hypothesis, (K, 3).
        veil: That lies over everything, (K, 3).
        gloss: Share of the faces in the image that mirror a lamp.
    """
    face = np.maximum(patch.rgb - veil, 0.0) / light
    if patch.clipped.any():
        paint = face * np.where(patch.clipped, BEYOND_RANGE[:, None, None], 1.0)
    else:
        paint = face[None]
    error = np.broadcast_to(patch.error / light, paint.shape)
    belief = np.full(paint.shape[:2], -np.log(len(paint)))
    plain = Variants(paint, error, belief)
    if patch.rest is None or patch.rest_error is None:
        return plain if patch.clipped.any() or gloss <= GLOSSY else _unseen(plain, face, gloss)
    rest = np.maximum(patch.rest - veil, 0.0) / light
    error = patch.rest_error / light
    lowest = max(LEAST_LIGHT * patch.shadow, patch.sides, 0.02)
    belief = belief + np.log(1.0 - gloss) + _explained(rest, error, paint, lowest)
    if patch.clipped.sum() >= 2:
        # The face says nothing: only the other parts do, in an unknown share of the light.
        shares = np.geomspace(lowest, 1.0, len(MIRRORED))
        glossy = rest / shares[:, None, None]
        under = np.zeros(glossy.shape[:2])
    else:
        glossy = _unmirrored(face)
        under = _explained(rest, error, glossy, lowest)
    return _joined(replace(plain, belief=belief), glossy, under + np.log(gloss / len(MIRRORED)))


def _unmirrored(face: Array) -> Array:
    """Take more and more of a lamp's light from faces (K, 3); gives (V, K, 3)."""
    return np.asarray(face - MIRRORED[:, None, None] * face.min(axis=1)[:, None])


def _unseen(plain: Variants, face: Array, gloss: float) -> Variants:
    """Allow for a mirrored lamp on a thing of which no other part is seen."""
    belief = np.full((len(MIRRORED), len(face)), np.log(gloss / len(MIRRORED)))
    plain = replace(plain, belief=plain.belief + np.log(1.0 - gloss))
    return _joined(plain, _unmirrored(face), belief)


def _joined(plain: Variants, glossy: Array, belief: Array) -> Variants:
    error = np.broadcast_to(UNSURE * glossy.mean(axis=2, keepdims=True), glossy.shape)
    return Variants(
        np.concatenate([plain.paint, glossy]),
        np.concatenate([plain.error, error]),
        np.concatenate([plain.belief, belief]),
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
    least = USUAL_SHARE * float(np.median(seen))
    return [replace(one, sides=least) for one in patches]


def glossy_share(seen: list[tuple[Patch, Array]]) -> float:
    """Estimate the share of faces that mirror a lamp, from those whose other parts are seen.

    Args:
        seen: Patches, and the belief in each of their variants, (V,).
    """
    told = [
        float(belief[-len(MIRRORED) :].sum()) for patch, belief in seen if patch.rest is not None
    ]
    return min((PRIOR_FACES * GLOSSY + sum(told)) / (PRIOR_FACES + len(told)), MOST_GLOSSY)


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
