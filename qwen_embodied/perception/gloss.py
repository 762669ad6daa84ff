"""What may be paint and what a mirrored lamp in the light that comes from a thing.

A lamp mirrored in a glossy face adds its own colour to the paint's. The parts of the thing that
do not mirror it show the same paint in less light, but never in less than what falls into the
shadows on the table. A pale red top above deep red sides is a mirrored lamp on red; a grey top
above sides that are blacker than any shadow is a mirrored lamp on black.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.colours import highest_of, sum_of
from qwen_embodied.perception.order import percentiles

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
        """Give the log of the belief in faces that mirror so much, (R, G, K).

        Args:
            mirrored: As in Variants, (R, G, K).
        """
        even = np.full(mirrored.shape, 1.0 / mirrored.shape[-2])
        if self.amount is not None and not np.isnan(mirrored[0, 0, 0]):
            off = np.log((mirrored + TRACE) / (self.amount + TRACE)) / ALIKE
            near = np.exp(-0.5 * np.square(off)) + 1e-9
            even = (1.0 - COMMON) * even + COMMON * near / near.sum(axis=-2, keepdims=True)
        return np.asarray(np.log(self.share * even))


@dataclass(frozen=True, eq=False)
class Variants:
    """What the paints of some patches, which are seen alike, may be in each light.

    A patch has a row for each light that it may be in; the rows of one follow one another.

    Attributes:
        starts: First row of each patch, (P,).
        paint: Reflectance, (R, V, K, 3), the matt variants before the glossy ones.
        error: Standard deviation of it, (R, V, K, 3).
        told: Log of the belief in each before gloss and paints are judged, (R, V, K).
        mirrored: What the face mirrors besides in the glossy variants, as a share of a white
            surface's light, (R, G, K); NaN where faces are clipped. None without such variants.
        is_level: Whether the face mirrors what the other level ones do, (R,).
        group: The patches.
    """

    starts: NDArray[np.intp]
    paint: Array
    error: Array
    told: Array
    mirrored: Array | None
    is_level: NDArray[np.bool_]
    group: Group

    def belief(self, gloss: Gloss) -> Array:
        """Give the log of the belief in each where faces mirror lamps so, (R, V, K)."""
        if self.mirrored is None:
            return self.told
        belief, matt = self.told.copy(), self.told.shape[1] - self.mirrored.shape[1]
        for rows, own in ((self.is_level, gloss), (~self.is_level, Gloss())):
            if rows.any():
                belief[rows, :matt] += np.log(1.0 - own.share)
                belief[rows, matt:] += own.belief(self.mirrored[rows])
        return belief


@dataclass(frozen=True)
class Group:
    """Patches that are seen alike.

    Attributes:
        has_rest: Whether other parts are seen than the face.
        clipped: How many channels of the face are; 2 for all three as well.
        may_mirror: Whether the faces are level, where no other parts are seen.
        owners: Numbers of the patches.
        patches: They themselves.
    """

    has_rest: bool
    clipped: int
    may_mirror: bool
    owners: list[int] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)


def grouped(patches: list[Patch]) -> list[Group]:
    """Put together what is seen alike."""
    groups: dict[tuple[bool, int, bool], Group] = {}
    for at, patch in enumerate(patches):
        has_rest, clipped = patch.rest is not None, int(np.count_nonzero(patch.clipped))
        key = (has_rest, min(clipped, 2), has_rest or patch.is_level)
        group = groups.setdefault(key, Group(*key))
        group.owners.append(at)
        group.patches.append(patch)
    return list(groups.values())


def variants(group: Group, lamp: Array, veil: Array, may_mirror: bool = False) -> Variants:
    """Give what the paints of patches may be that are seen alike.

    Args:
        group: The patches.
        lamp: Light of a white surface in each hypothesis, (K, 3).
        veil: That lies over everything, (K, 3).
        may_mirror: Whether a face of which no other part is seen may mirror a lamp too.
    """
    rows = [(one, *way) for one in group.patches for way in _lights(one)]
    factors, shares = (np.array([row[at] for row in rows])[:, None, None] for at in (1, 2))
    counts = np.array([1 if one.doubt == 0.0 else 2 for one in group.patches])

    def of(name: str) -> Array:
        return np.array([getattr(row[0], name) for row in rows])

    face = np.maximum(of('rgb')[:, None] * factors - veil, 0.0) / lamp
    beyond = BEYOND_RANGE[:, None, None] if group.clipped else np.ones((1, 1, 1))
    paint = face[:, None] * np.where(of('clipped')[:, None, None], beyond, 1.0)
    error = np.broadcast_to((of('error')[:, None] * factors / lamp)[:, None], paint.shape)
    told = np.full(paint.shape[:3], -np.log(len(beyond))) + shares
    starts = np.cumsum(counts) - counts
    plain = Variants(starts, paint, error, told, None, of('is_level') > 0, group)
    if not group.has_rest:
        if group.clipped or not (may_mirror and group.may_mirror):
            return plain
        glossy, mirrored = _unmirrored(face)
        return _with_glossy(plain, glossy, np.zeros(mirrored.shape) + shares, mirrored)
    rest = np.maximum(of('rest')[:, None] * factors - veil, 0.0) / lamp
    off = of('rest_error')[:, None] * factors / lamp
    lowest = np.maximum(np.maximum(LEAST_LIGHT * of('shadow'), of('sides')), 0.02)[:, None, None]
    plain = replace(plain, told=told + _explained(rest, off, paint, lowest))
    if group.clipped == 2:
        # The face says nothing: only the other parts do, in an unknown share of the light.
        glossy = rest[:, None] / np.geomspace(lowest[:, 0], 1.0, len(MIRRORED), axis=1)[..., None]
        under = np.zeros(glossy.shape[:3]) + shares
        return _with_glossy(plain, glossy, under, np.full_like(under, np.nan))
    glossy, mirrored = _unmirrored(face)
    return _with_glossy(plain, glossy, _explained(rest, off, glossy, lowest) + shares, mirrored)


def _lights(patch: Patch) -> list[tuple[float, float]]:
    """Give a factor on a patch in each light that it may be in, and the log of its share."""
    if patch.doubt == 0.0:
        return [(1.0, 0.0)]
    return [(1.0, np.log(1.0 - patch.doubt)), (patch.other, np.log(patch.doubt))]


def _unmirrored(face: Array) -> tuple[Array, Array]:
    """Take more and more of a lamp's light from faces (R, K, 3).

    Returns:
        What is left, (R, G, K, 3), and how much was taken, (R, G, K).
    """
    mirrored = MIRRORED[:, None] * -highest_of(-face)[:, None]
    return np.asarray(face[:, None] - mirrored[..., None]), mirrored


def _with_glossy(plain: Variants, paint: Array, told: Array, mirrored: Array) -> Variants:
    error = np.broadcast_to((UNSURE / 3.0 * sum_of(paint))[..., None], paint.shape)
    return replace(
        plain,
        paint=np.concatenate([plain.paint, paint], axis=1),
        error=np.concatenate([plain.error, error], axis=1),
        told=np.concatenate([plain.told, told], axis=1),
        mirrored=mirrored,
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
    least = USUAL_SHARE * percentiles(np.array(seen), (100.0 * DARK_SIDES,))[0]
    return [replace(one, sides=least) for one in patches]


def judged_gloss(seen: list[Variants], votes: list[Array]) -> Gloss:
    """Judge how faces mirror lamps, from those whose other parts are seen.

    Args:
        seen: The variants of patches.
        votes: The belief in each of them in each light, (R, V, K).
    """
    told, amounts = np.zeros(0), np.zeros(0)
    for one, vote in zip(seen, votes, strict=True):
        if one.mirrored is None:
            continue
        is_glossy = one.mirrored != 0.0
        glossy = np.where(is_glossy, vote[:, -one.mirrored.shape[1] :], 0.0)
        total, amount, count = (
            np.add.reduceat(each.sum(axis=(1, 2)), one.starts)
            for each in (glossy, glossy * one.mirrored, is_glossy)
        )
        is_level = one.is_level[one.starts]
        told = np.append(told, total[is_level & ((count > 0) | one.group.has_rest)])
        if one.group.clipped < 2:
            mostly = is_level & (total > 0.5)
            amounts = np.append(amounts, amount[mostly] / total[mostly])
    share = min((PRIOR_FACES * GLOSSY + told.sum()) / (PRIOR_FACES + len(told)), MOST_GLOSSY)
    return Gloss(float(share), float(np.median(amounts)) if len(amounts) else None)


def _explained(rest: Array, error: Array, paint: Array, lowest: Array) -> Array:
    """Give the log likelihood (R, V, K) that other parts (R, K, 3) have a paint (R, V, K, 3)."""
    total, whole = sum_of(rest) + 1e-6, sum_of(paint) + 1e-6
    off = (HUE_OFF + (highest_of(error) + STRAY / 2) / total)[:, None]
    share = (rest / total[..., None])[:, None]
    apart = sum_of(np.square(share - paint / whole[..., None]))
    ratio = np.log((total[:, None] + STRAY) / (whole + STRAY))
    under = np.minimum(ratio - np.log(lowest), 0.0) / DEEP
    over = np.maximum(ratio - np.log(BRIGHTEST), 0.0) / HIGH
    fit = -0.5 * (apart / np.square(off) + under**2 + over**2)
    return np.asarray(np.logaddexp(fit, OUTLIER))
