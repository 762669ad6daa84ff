"""How much light comes from the table and from each object, in linear light."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.cast import HARD, find_cast
from qwen_embodied.perception.colours import linear
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.grounds import find_grounds
from qwen_embodied.perception.order import ordered, percentiles
from qwen_embodied.perception.sides import DEEPER, visible_sides
from qwen_embodied.perception.surface import Surface
from qwen_embodied.perception.window import Window

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
KERNEL = np.ones((3, 3), np.uint8)
END = 252  # level from which a channel counts as clipped
LEVELS_OFF = 0.6  # error of a mean level: black level and quantisation
RELATIVE = 0.03  # error of a mean: tone curve, colour of the lamp's reflections
RING = (3, 12)  # px around an object in which the table shows the light that falls on it
HALF = slice(None, None, 2)  # every other pixel shows that light as well
BAND = (40.0, 90.0)  # percentiles of luma that are neither in shade nor gloss
LIT = 0.15  # share of pixels beside a cast shadow, from which on they tell the light
MOSTLY = 0.5  # share of it, from which on what stands there is hardly in shadow
COVERED, MAY_BE_COVERED = 0.02, 0.1  # probability that a thing beside lit table lies in shadow
STANDS_OUT = 0.4  # probability that a thing that is shadowed all around is lit nevertheless
HUE_SHIFT = 0.6  # in the logarithms of ratios of channels, more than lamps of two colours give
TOP = 0.006  # m
FEWEST = 15  # pixels of a part of an object
PART = 0.35  # of the pixels of walls and sides: the darkest, which mirror nothing
STEEP = 0.3  # of an object's height, above which there are walls and not the floor
DARKEST = 0.15  # percentile that a veil does not exceed
LEAST_VEIL = 0.02  # of the mean light, below which a veil is nothing


@dataclass(frozen=True)
class _Local:
    """What is known of the light beside a thing.

    Attributes:
        shadow: Light in the deepest shadow there as a share of it.
        other: Factor on paints if the thing is in the other light that is there.
        doubt: Probability of that.
    """

    shadow: float = 1.0
    other: float = 1.0
    doubt: float = 0.0


class Light:
    """The light on the table of one frame."""

    def __init__(self, surface: Surface) -> None:
        """Measure the table as a whole."""
        self._surface = surface
        grid = (slice(3, None, 6), slice(3, None, 6))
        on_table = _on_table(surface.height[grid]) & ~surface.robot[grid]
        smooth = np.asarray(cv2.blur(surface.raw, (3, 3)), np.uint8)[grid]
        self._pixels = surface.raw[grid][on_table]
        self._luma = _luma_of(smooth[on_table])
        seen = len(self._pixels) > 30
        self._grounds = find_grounds(self._pixels) if seen else None
        self._wholes = self._of_each_paint()
        self._middles = [_middle(whole) for whole in self._wholes]
        self._shadow = _deepest(self._luma, 1) if seen else 0.0
        self._veil = _most_veil(smooth.reshape(-1, 3))

    @property
    def table(self) -> Patch | None:
        """What the table sends back; None when it is not seen or clipped."""
        if not self._wholes:
            return None
        patch = _patch(max(self._wholes, key=len), np.ones(3))
        return None if patch.clipped.all() else replace(patch, veil=self._veil)

    def _of_each_paint(self) -> list[NDArray[np.uint8]]:
        """Give the steady pixels of each paint of the table."""
        if self._grounds is None:
            return []
        paint = self._grounds.indices(self._pixels)
        parts = [paint == at for at in range(len(self._grounds.hues))]
        return [self._pixels[part][_steady(self._luma[part])] for part in parts]

    def patch(
        self, mask: Mask, window: Window, top: float, is_level: bool = True
    ) -> Patch | None:
        """Measure an object.

        Args:
            mask: Its pixels, (H, W).
            window: That they are in.
            top: Height of its top above the table, m.
            is_level: Whether its upper side is level.

        Returns:
            None when it has too few pixels.
        """
        place = (
            slice(window.row, window.row + mask.shape[0]),
            slice(window.column, window.column + mask.shape[1]),
        )
        inner = cv2.erode(mask.astype(np.uint8), KERNEL, borderValue=0) > 0
        inner = inner if np.count_nonzero(inner) >= 12 else mask
        upper = inner & (window.height > top - TOP)
        face = upper if np.count_nonzero(upper) >= 25 else inner
        # Of the smoothed image, so that noise does not decide which pixels are taken.
        luma = _luma_of(np.asarray(cv2.blur(window.rgb, (3, 3)), np.uint8))
        pixels, is_parted = self._pixels_of(place, face, luma)
        if len(pixels) < 9:
            return None
        local, told = self._local(mask, window)
        patch = replace(
            _patch(pixels, local),
            shadow=min(told.shadow, self._shadow),
            other=told.other,
            doubt=0.0 if is_parted else told.doubt,
            is_level=is_level,
        )
        # Floors of containers mirror lamps as tops do; walls and sides do not.
        height = window.height
        rest = inner & ~face & (height > STEEP * top) & (height < top - DEEPER)
        if np.count_nonzero(rest) < 2 * FEWEST:
            rest |= visible_sides(upper, window, top)
        return _with_rest(patch, self._surface.raw[place][rest], luma[rest], local)

    def _pixels_of(
        self, place: tuple[slice, slice], face: Mask, luma: NDArray[np.uint16]
    ) -> tuple[NDArray[np.uint8], bool]:
        """Give the pixels that tell the paint of a face, and whether they are its lit part."""
        pixels, luma = self._surface.raw[place][face], luma[face]
        cast = find_cast(luma)
        is_parted = cast is not None and cast.share > LIT
        if cast is not None and is_parted:
            pixels, luma = pixels[cast.lit], luma[cast.lit]
        if len(pixels) >= 9:
            pixels = pixels[_steady(luma)]
        return pixels[:: max(1, len(pixels) // 600)], is_parted

    def _local(self, mask: Mask, window: Window) -> tuple[Array, _Local]:
        """Give the light around an object relative to that on the whole table, (3,).

        What lies in a container has no table around it; the container has.

        Returns:
            That, and what else is known of it.
        """
        for body in (mask, window.island):
            pixels = self._around(body, window)
            if self._grounds is not None and len(pixels) >= 40:
                paint = self._grounds.indices(pixels)
                counts = np.bincount(paint, minlength=len(self._wholes))
                main = int(counts.argmax())
                pixels, whole = pixels[paint == main], self._middles[main]
                return self._beside(pixels, np.maximum(whole, 1e-5))
        return np.ones(3), _Local()

    def _beside(self, pixels: NDArray[np.uint8], whole: Array) -> tuple[Array, _Local]:
        """Give the light on pixels (N, 3) of one paint relative to that on all of it (3,)."""
        luma = _luma_of(pixels)
        shadow, cast = _deepest(luma, 3), find_cast(luma)
        if cast is not None and cast.share > LIT:
            lit, dark = _light_on(pixels[cast.lit]), _light_on(pixels[~cast.lit])
            doubt = COVERED if cast.share > MOSTLY else MAY_BE_COVERED
            return _relative(lit, whole), _Local(shadow, _factor(lit, dark), doubt)
        light = _light_on(pixels if cast is None else pixels[~cast.lit])
        if light.sum() < HARD * whole.sum() and self._shadow < HARD:
            # All around it is in shadow, but it may stand out into the light.
            return _relative(light, whole), _Local(shadow, _factor(light, whole), STANDS_OUT)
        return _relative(light, whole), _Local(shadow)

    def _around(self, body: Mask, window: Window) -> NDArray[np.uint8]:
        """Give the pixels (N, 3) of the table around a body (H, W) in a window."""
        shape, reach = self._surface.height.shape, RING[1]
        top, left = window.row, window.column
        rows = slice(max(0, top - reach), min(shape[0], top + body.shape[0] + reach))
        columns = slice(max(0, left - reach), min(shape[1], left + body.shape[1] + reach))
        near = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        island = near.copy()
        row, column = top - rows.start, left - columns.start
        place = (slice(row, row + body.shape[0]), slice(column, column + body.shape[1]))
        near[place], island[place] = body, window.island
        near, island, surface = near[HALF, HALF], island[HALF, HALF], self._surface
        ring = cv2.dilate(near, _disc(RING[1] // 2)) > cv2.dilate(near, _disc(RING[0] // 2))
        ring &= _on_table(surface.height[rows, columns][HALF, HALF]) & (island == 0)
        ring &= ~surface.robot[rows, columns][HALF, HALF]
        return surface.raw[rows, columns][HALF, HALF][ring]


def _with_rest(
    patch: Patch, pixels: NDArray[np.uint8], luma: NDArray[np.uint16], local: Array
) -> Patch:
    """Add the light of an object's other parts (N, 3), where they are darker than its face."""
    if len(pixels) < FEWEST:
        return patch
    pixels = pixels[np.argsort(luma)[: max(FEWEST, int(PART * len(pixels)))]]
    dark = _patch(pixels[:: max(1, len(pixels) // 300)], local)
    if dark.rgb.sum() >= patch.rgb.sum() or dark.clipped.any():
        return patch
    return replace(patch, rest=dark.rgb, rest_error=dark.error)


def measure(rgb: NDArray[np.uint8], mask: Mask) -> Patch | None:
    """Measure the pixels of a mask (H, W) in an image (H, W, 3); None when they are too few."""
    inner = cv2.erode(mask.astype(np.uint8), KERNEL, borderValue=0) > 0
    pixels = rgb[inner if inner.sum() >= 12 else mask]
    if len(pixels) < 9:
        return None
    pixels = pixels[:: max(1, len(pixels) // 800)]
    return _patch(pixels[_steady(_luma_of(pixels))], np.ones(3))


def _luma_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Give 2 r + 5 g + b of pixels (..., 3)."""
    r, g, b = (pixels[..., at].astype(np.uint16) for at in range(3))
    return 2 * r + 5 * g + b


def _on_table(height: NDArray[np.float32]) -> Mask:
    return np.asarray(np.abs(height) < 0.006)


def _steady(luma: NDArray[np.uint16]) -> Mask:
    """Choose the pixels that are neither in shade nor gloss."""
    low, high = percentiles(luma, BAND)
    return np.asarray((luma >= low) & (luma <= high))


def _deepest(luma: NDArray[np.uint16], least: float) -> float:
    """Give the light in the deepest shadow, of `least` percent, on a table over the usual one."""
    dark, lit = (_to_linear()[int(share) // 8] for share in percentiles(luma, (least, 60.0)))
    return float(np.clip(dark / max(lit, 1e-5), 0.0, 1.0))


def _most_veil(pixels: NDArray[np.uint8]) -> Array | None:
    """Give the most light that can lie over the whole image; None where it is next to none.

    It has the colour of the scene's mean, and no pixel is darker than it.
    """
    thin = pixels[::2]
    mean = _to_linear()[thin].mean(axis=0) + 1e-6
    levels = [int(percentiles(thin[:, at], (DARKEST,))[0]) for at in range(3)]
    darkest = _to_linear()[levels]
    share = float((darkest / mean).min())
    return None if share < LEAST_VEIL else share * mean


def _middle(pixels: NDArray[np.uint8]) -> Array:
    """Give the median light (3,) of pixels (N, 3), finer than a level.

    Noise around black is cut off at level 0, which raises a mean, but not a median.
    """
    return np.array([_median(ordered(pixels[:, at])) for at in range(3)])


def _median(levels: NDArray[np.uint16]) -> float:
    """Interpolate between the levels that occur: a correction leaves gaps between them."""
    light, count = _to_linear(), len(levels)
    level = levels[(count - 1) // 2]
    first, end = levels.searchsorted(level), levels.searchsorted(level, side='right')
    here = light[level]
    behind = light[levels[end]] if end < count else here
    # Level 0 stands for all the noise below it.
    before = light[levels[first - 1]] if first else here if level else -behind
    part = (count / 2.0 - first) / (end - first)
    low, high = (before + here) / 2.0, (behind + here) / 2.0
    return float(max(low + part * (high - low), 0.0))


def _light_on(pixels: NDArray[np.uint8]) -> Array:
    """Give the usual light (3,) on pixels (N, 3), thinned out."""
    pixels = pixels[_steady(_luma_of(pixels))]
    return _middle(pixels[:: max(1, len(pixels) // 300)])


def _relative(light: Array, whole: Array) -> Array:
    """Give light (3,) as a share of other light; where their hues are apart, of its brightness."""
    ratio = np.clip(light / whole, 0.05, 20.0)
    hue = np.log(ratio / ratio[1])
    # More is another paint of the table, whose brightness does not tell the light either.
    return ratio if np.abs(hue).max() < HUE_SHIFT else np.ones(3)


def _factor(supposed: Array, other: Array) -> float:
    """Give what paints would have to be multiplied with in another light."""
    return float(np.clip(supposed.sum() / max(float(other.sum()), 1e-5), 0.02, 50.0))


def _patch(pixels: NDArray[np.uint8], local: Array) -> Patch:
    light, middle = _to_linear()[pixels], _middle(pixels)
    level = np.clip(cv2.mean(pixels[:, None])[:3], 1.0, 254.0)
    above, below = linear(np.stack([level + 1.0, level - 1.0]))
    slope = (above - below) / 2.0
    noise = cv2.meanStdDev(light[:, None])[1][:, 0] / np.sqrt(max(len(pixels) / 4.0, 1.0))
    error = np.sqrt((LEVELS_OFF * slope) ** 2 + noise**2 + (RELATIVE * middle) ** 2)
    clipped = np.count_nonzero(pixels >= END, axis=0) > 0.3 * len(pixels)
    return Patch(middle / local, error / local, clipped)


@cache
def _to_linear() -> Array:
    return linear(np.arange(256.0))


@cache
def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
