"""How much light comes from the table and from each object, in linear light."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.colours import linear
from qwen_embodied.perception.naming import Patch
from qwen_embodied.perception.surface import Surface
from qwen_embodied.perception.window import Window

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
KERNEL = np.ones((3, 3), np.uint8)
END = 252  # level from which a channel counts as clipped
LEVELS_OFF = 0.6  # error of a mean level: black level and quantisation
RELATIVE = 0.03  # error of a mean: tone curve, colour of the lamp's reflections
RING = (4, 12)  # px around an object in which the table shows the light that falls on it
BAND = (40.0, 90.0)  # percentiles of luma that are neither in shade nor gloss
TOP = 0.006  # m


class Light:
    """The light on the table of one frame."""

    def __init__(self, surface: Surface) -> None:
        """Measure the table as a whole."""
        self._surface = surface
        grid = (slice(3, None, 6), slice(3, None, 6))
        on_table = _on_table(surface.height[grid]) & ~surface.robot[grid]
        self._pixels = surface.raw[grid][on_table]
        self._whole = _mean(_steady(self._pixels)) if len(self._pixels) > 30 else None

    @property
    def table(self) -> Patch | None:
        """What the table sends back; None when it is not seen or clipped."""
        if self._whole is None:
            return None
        patch = _patch(_steady(self._pixels), np.ones(3))
        return None if patch.clipped.all() else patch

    def patch(self, mask: Mask, window: Window, top: float) -> Patch | None:
        """Measure an object.

        Args:
            mask: Its pixels, (H, W).
            window: That they are in.
            top: Height of its top above the table, m.

        Returns:
            None when it has too few pixels.
        """
        place = (
            slice(window.row, window.row + mask.shape[0]),
            slice(window.column, window.column + mask.shape[1]),
        )
        inner = cv2.erode(mask.astype(np.uint8), KERNEL, borderValue=0) > 0
        inner = inner if inner.sum() >= 12 else mask
        upper = inner & (window.points[..., 2] > top - TOP)
        pixels = self._surface.raw[place][upper if upper.sum() >= 25 else inner]
        if len(pixels) < 9:
            return None
        pixels = pixels[:: max(1, len(pixels) // 800)]
        return _patch(_steady(pixels), self._local(mask, window))

    def _local(self, mask: Mask, window: Window) -> Array:
        """Give the light around an object relative to that on the whole table, (3,).

        What lies in a container has no table around it; the container has.
        """
        for body in (mask, window.island):
            pixels = self._around(body, window)
            if self._whole is not None and len(pixels) >= 40:
                local = _mean(_steady(pixels[:: max(1, len(pixels) // 600)]))
                return np.clip(local / np.maximum(self._whole, 1e-5), 0.05, 20.0)
        return np.ones(3)

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
        ring = cv2.dilate(near, _disc(RING[1])) > cv2.dilate(near, _disc(RING[0]))
        ring &= _on_table(self._surface.height[rows, columns]) & (island == 0)
        return self._surface.raw[rows, columns][ring & ~self._surface.robot[rows, columns]]


def measure(rgb: NDArray[np.uint8], mask: Mask) -> Patch | None:
    """Measure the pixels of a mask (H, W) in an image (H, W, 3); None when they are too few."""
    inner = cv2.erode(mask.astype(np.uint8), KERNEL, borderValue=0) > 0
    pixels = rgb[inner if inner.sum() >= 12 else mask]
    if len(pixels) < 9:
        return None
    return _patch(_steady(pixels[:: max(1, len(pixels) // 800)]), np.ones(3))


def _on_table(height: NDArray[np.float32]) -> Mask:
    return np.asarray(np.abs(height) < 0.006)


def _steady(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep the pixels that are neither in shade nor gloss."""
    luma = pixels.astype(np.int32) @ np.array([2, 5, 1])
    low, high = np.percentile(luma, BAND)
    return np.asarray(pixels[(luma >= low) & (luma <= high)])


def _mean(pixels: NDArray[np.uint8]) -> Array:
    return np.asarray(_to_linear()[pixels].mean(axis=0))


def _patch(pixels: NDArray[np.uint8], local: Array) -> Patch:
    light = _to_linear()[pixels]
    mean = light.mean(axis=0)
    level = np.clip(pixels.mean(axis=0), 1.0, 254.0)
    slope = (linear(level + 1.0) - linear(level - 1.0)) / 2.0
    noise = light.std(axis=0) / np.sqrt(max(len(pixels) / 4.0, 1.0))
    error = np.sqrt((LEVELS_OFF * slope) ** 2 + noise**2 + (RELATIVE * mean) ** 2)
    clipped = (pixels >= END).mean(axis=0) > 0.3
    return Patch(mean / local, error / local, clipped)


@cache
def _to_linear() -> Array:
    return linear(np.arange(256.0))


@cache
def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
