"""How much light comes from the table and from each object, in linear light."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.beside import LIT, Beside, Places, beside
from qwen_embodied.perception.cast import find_cast
from qwen_embodied.perception.gloss import Patch
from qwen_embodied.perception.grounds import find_grounds
from qwen_embodied.perception.pixels import (
    deepest,
    is_drowned,
    luma_of,
    middle_light,
    most_veil,
    patch_of,
    steady_pixels,
)
from qwen_embodied.perception.sides import DEEPER, visible_sides
from qwen_embodied.perception.surface import Surface
from qwen_embodied.perception.window import Window

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
KERNEL = np.ones((3, 3), np.uint8)
RING = (3, 12)  # px around an object in which the table shows the light that falls on it
HALF = slice(None, None, 2)  # every other pixel shows that light as well
TOP = 0.006  # m
FEWEST = 15  # pixels of a part of an object
PART = 0.35  # of the pixels of walls and sides: the darkest, which mirror nothing
STEEP = 0.3  # of an object's height, above which there are walls and not the floor


class Light:
    """The light on the table of one frame."""

    def __init__(self, surface: Surface) -> None:
        """Measure the table as a whole."""
        self._surface = surface
        grid = (slice(3, None, 6), slice(3, None, 6))
        on_table = _on_table(surface.height[grid]) & ~surface.robot[grid]
        smooth = np.asarray(cv2.blur(surface.raw, (3, 3)), np.uint8)[grid]
        self._pixels = surface.raw[grid][on_table]
        self._luma = luma_of(smooth[on_table])
        seen = len(self._pixels) > 30
        self._grounds = find_grounds(self._pixels) if seen else None
        self._wholes = self._of_each_paint()
        self._middles = [middle_light(whole) for whole in self._wholes]
        self._shadow = deepest(self._luma, 1) if seen else 0.0
        self._veil = most_veil(smooth.reshape(-1, 3))

    @property
    def table(self) -> Patch | None:
        """What the table sends back; None when it is not seen or clipped."""
        if not self._wholes:
            return None
        patch = patch_of(max(self._wholes, key=len), np.ones(3))
        return None if patch.clipped.all() else replace(patch, veil=self._veil)

    def _of_each_paint(self) -> list[NDArray[np.uint8]]:
        """Give the steady pixels of each paint of the table."""
        if self._grounds is None:
            return []
        paint = self._grounds.indices(self._pixels)
        parts = [paint == at for at in range(len(self._grounds.hues))]
        return [self._pixels[part][steady_pixels(self._luma[part])] for part in parts]

    def patch(self, mask: Mask, window: Window, top: float, is_level: bool = True) -> Patch | None:
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
        luma = luma_of(np.asarray(cv2.blur(window.rgb, (3, 3)), np.uint8))
        pixels, is_parted = self._pixels_of(place, face, luma)
        if len(pixels) < 9:
            return None
        local = self._local(mask, window)
        patch = replace(
            patch_of(pixels, local.light),
            shadow=min(local.shadow, self._shadow),
            other=1.0 if is_parted else local.other,
            doubt=0.0 if is_parted else local.doubt,
            falls=local.falls,
            is_level=is_level,
        )
        # Floors of containers mirror lamps as tops do; walls and sides do not.
        height = window.height
        rest = inner & ~face & (height > STEEP * top) & (height < top - DEEPER)
        if np.count_nonzero(rest) < 2 * FEWEST:
            rest |= visible_sides(upper, window, top)
        return _with_rest(patch, self._surface.raw[place][rest], luma[rest], local.light)

    def _pixels_of(
        self, place: tuple[slice, slice], face: Mask, luma: NDArray[np.uint16]
    ) -> tuple[NDArray[np.uint8], bool]:
        """Give the pixels that tell the paint of a face, and whether they are its lit part."""
        pixels, luma = self._surface.raw[place][face], luma[face]
        cast = find_cast(luma)
        is_parted = cast is not None and cast.share > LIT
        if cast is not None and is_parted:
            pixels, luma = pixels[cast.lit], luma[cast.lit]
        if len(pixels) >= 9 and not is_drowned(pixels):
            pixels = pixels[steady_pixels(luma)]
            pixels = pixels[:: max(1, len(pixels) // 600)]
        return pixels, is_parted

    def _local(self, mask: Mask, window: Window) -> Beside:
        """Judge the light around an object.

        What lies in a container has no table around it; the container has.
        """
        for body in (mask, window.island):
            pixels, places = self._around(body, window)
            if self._grounds is not None and len(pixels) >= 40:
                paint = self._grounds.indices(pixels)
                main = int(np.bincount(paint, minlength=len(self._wholes)).argmax())
                if len(self._wholes) > 1:
                    pixels = pixels[paint == main]
                    places = tuple(one[paint == main] for one in places)
                whole = np.maximum(self._middles[main], 1e-5)
                return beside(pixels, places, whole, self._shadow)
        return Beside(np.ones(3))

    def _around(self, body: Mask, window: Window) -> tuple[NDArray[np.uint8], Places]:
        """Give the pixels (N, 3) of the table around a body (H, W), and their places."""
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
        return surface.raw[rows, columns][HALF, HALF][ring], np.nonzero(ring)


def _with_rest(
    patch: Patch, pixels: NDArray[np.uint8], luma: NDArray[np.uint16], local: Array
) -> Patch:
    """Add the light of an object's other parts (N, 3), where they are darker than its face."""
    if len(pixels) < FEWEST:
        return patch
    if not is_drowned(pixels):
        pixels = pixels[np.argsort(luma)[: max(FEWEST, int(PART * len(pixels)))]]
        pixels = pixels[:: max(1, len(pixels) // 300)]
    dark = patch_of(pixels, local)
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
    return patch_of(pixels[steady_pixels(luma_of(pixels))], np.ones(3))


def _on_table(height: NDArray[np.float32]) -> Mask:
    return np.asarray(np.abs(height) < 0.006)


@cache
def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
