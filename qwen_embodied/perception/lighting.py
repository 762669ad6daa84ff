"""What the light did to an image, and the steps that undo it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import LightingReport
from qwen_embodied.perception.colours import linear

Pixels = NDArray[np.uint8]
Step = Callable[[Pixels, LightingReport], Pixels]

DARK = 24
CLIPPED = 254
TOO_DARK = 12  # levels of the brightest channel, below which noise hides the hue
LUMA = np.array([0.2126, 0.7152, 0.0722])
TO_XYZ = np.array([
    [0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]
])  # fmt: skip

REMEDIES = {
    'covered': 'uncover the lens or switch the light on',
    'dark': 'add light or lengthen the exposure',
    'bright': 'shorten the exposure or dim the lamps',
    'warm': 'set the white balance of the camera, or use a whiter lamp',
    'cold': 'set the white balance of the camera, or use a warmer lamp',
    'good': '',
}


@dataclass(frozen=True, eq=False)
class Corrected:
    """An image after correction.

    Attributes:
        rgb: (H, W, 3) uint8.
        report: On the image before correction.
        raw: The image before correction, (H, W, 3) uint8; None where it was not kept.
        gains: What white balance did to linear red, green and blue; green is 1.
        exposure: What the correction of exposure did to linear light.
    """

    rgb: Pixels
    report: LightingReport
    raw: Pixels | None = None
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0

    def usable(self, mask: slice | tuple[slice, slice] = slice(None)) -> NDArray[np.bool_]:
        """Tell which raw pixels (H, W) carry colour: neither clipped nor lost in the dark.

        Args:
            mask: Part of the image to look at, such as `np.s_[10:50, 20:90]`.
        """
        pixels = (self.rgb if self.raw is None else self.raw)[mask]
        highest = pixels.max(axis=2)
        return np.asarray((highest < CLIPPED) & (highest >= TOO_DARK))


@dataclass(frozen=True)
class LightingCorrection:
    """Report on the light, then apply the steps in their order.

    Attributes:
        steps: Each a frozen dataclass called with the image so far and the report; it returns a
            new image of the same size. Without steps the pixels pass unchanged.
    """

    steps: tuple[Step, ...] = ()

    def __call__(self, rgb: Pixels) -> Corrected:
        """Correct an image (H, W, 3) uint8; it is left as it was."""
        rgb = np.asarray(rgb)
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
            raise ContractError('rgb', (rgb.shape, rgb.dtype.name), 'of shape (H, W, 3) and uint8')
        report = measure_light(rgb)
        raw = rgb
        for step in self.steps:
            rgb = step(rgb, report)
        return Corrected(rgb.copy(), report, raw)


def measure_light(rgb: Pixels) -> LightingReport:
    """Measure the light of an image (H, W, 3) uint8 on every fourth pixel of every fourth row."""
    pixels = rgb[::4, ::4].reshape(-1, 3)
    luma = pixels @ LUMA.astype(np.float32)
    dark = float((luma < DARK).mean())
    clipped = float((_extremes(pixels)[0] >= CLIPPED).mean())
    temperature = _temperature(pixels)
    mean = float(luma.mean())
    verdict = _verdict(mean, dark, clipped, temperature)
    return LightingReport(mean, dark, clipped, temperature, verdict, REMEDIES[verdict])


def _verdict(mean: float, dark: float, clipped: float, temperature: float | None) -> str:
    if mean < 8.0:
        return 'covered'
    if mean < 55.0 or dark > 0.5:
        return 'dark'
    if mean > 215.0 or clipped > 0.15:
        return 'bright'
    if temperature is not None and not 3200.0 <= temperature <= 11000.0:
        return 'warm' if temperature < 3200.0 else 'cold'
    return 'good'


def _temperature(pixels: Pixels) -> float | None:
    """Estimate the illuminant's temperature in K from the brighter greyish pixels.

    Those are taken to be grey things in this light: McCamy's formula on their chromaticity.
    None when fewer than 2 % of the pixels are greyish.
    """
    highest, lowest = _extremes(pixels)
    usable = (highest > 60) & (highest < 250) & (lowest > 0.45 * highest)
    if usable.mean() < 0.02:
        return None
    light = linear(pixels[usable][:: max(1, int(usable.sum()) // 5000)])
    bright = light.sum(axis=1) >= np.median(light.sum(axis=1))
    x, y, z = TO_XYZ @ light[bright].mean(axis=0)
    n = (x / (x + y + z) - 0.3320) / (0.1858 - y / (x + y + z))
    return float(np.clip(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33, 1500.0, 20000.0))


def _extremes(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Give the largest and the smallest channel of each pixel (N, 3)."""
    r, g, b = pixels.T
    return np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
