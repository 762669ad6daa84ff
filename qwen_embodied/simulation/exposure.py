"""What a colour camera makes of radiance: lens, exposure, noise, clipping, balance, tone."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.simulation.lamps import MAINS
from qwen_embodied.simulation.lights import WHITE_BALANCE, blackbody

Radiance = NDArray[np.float32]
_LEVELS = 4095  # steps of the camera's converter
_MARGIN = 64  # px, how far the stored noise can be shifted


@dataclass(frozen=True)
class Camera:
    """A camera's settings and errors, in the order in which they act.

    Attributes:
        vignetting: Loss of light in the corners, 0 to 1.
        veil: Share of the mean light that the lens scatters over the whole image.
        exposure: Factor on the light that is gathered.
        gain: Analogue gain: the sensor gathers as much less light, and so is noisier.
        lag: Time by which automatic exposure runs behind the room's light, s; None: it is fixed.
        full_well: Electrons of a pixel that is just not clipped, at gain 1.
        read_noise: Standard deviation, electrons.
        white_balance: That the camera assumes, K.
        contrast: Strength of an S-shaped tone curve over the standard one, 0 to 1.
        line_time: Between the exposures of two rows, s; rows are exposed one after another.
        shutter: Exposure time, s, over which a lamp's flicker is averaged.
    """

    vignetting: float = 0.1
    veil: float = 0.01
    exposure: float = 1.0
    gain: float = 1.0
    lag: float | None = None
    full_well: float = 9000.0
    read_noise: float = 6.0
    white_balance: float = WHITE_BALANCE
    contrast: float = 0.0
    line_time: float = 3e-5
    shutter: float = 0.004

    def flicker(self, depth: float, time: float, height: int) -> Radiance:
        """Give the factor (height, 1, 1) of a lamp that flickers by a depth."""
        middle = time + self.line_time * np.arange(height) + self.shutter / 2
        mean = np.sinc(MAINS * self.shutter)
        rows = 1.0 + depth * mean * np.sin(2 * np.pi * MAINS * middle)
        return np.asarray(rows, dtype=np.float32)[:, None, None]


class Sensor:
    """Turns radiance into pixels; the same seed and time give the same noise."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        """Store noise for images of a size (px) once; each image shifts it."""
        rng = np.random.default_rng([seed, 0xC0])
        shape = (height + _MARGIN, width + _MARGIN, 3)
        self._noise = rng.standard_normal(shape, dtype=np.float32)
        self._seed, self._size = seed, (height, width)
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        self._corner = ((x * x + y * y) / 2).astype(np.float32)[..., None]

    def develop(self, radiance: Radiance, camera: Camera, time: float) -> NDArray[np.uint8]:
        """Photograph linear radiance (H, W, 3), of which 1 is white; it is left as it was."""
        light = radiance * (1.0 - camera.vignetting * self._corner)
        light += camera.veil * light.mean(axis=(0, 1))
        light *= camera.exposure
        well = camera.full_well / camera.gain
        spread = np.sqrt(light / well + (camera.read_noise / well) ** 2)
        light += spread * self._shifted(time)
        np.clip(light, 0.0, 1.0, out=light)
        balance = 1.0 / blackbody(camera.white_balance)
        light *= (balance / balance.min()).astype(np.float32)
        np.clip(light, 0.0, 1.0, out=light)
        levels = (light * _LEVELS + 0.5).astype(np.uint16)
        return np.asarray(_tone(camera.contrast)[levels])

    def _shifted(self, time: float) -> Radiance:
        rng = np.random.default_rng([self._seed, round(time * 1e6), 3])
        row, column = rng.integers(0, _MARGIN, size=2)
        height, width = self._size
        return self._noise[row : row + height, column : column + width]


def decode(rgb: NDArray[np.uint8]) -> Radiance:
    """Give the linear reflectance (H, W, 3) that sRGB pixels stand for."""
    value = np.arange(256) / 255.0
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(table.astype(np.float32)[rgb])


@cache
def _tone(contrast: float) -> NDArray[np.uint8]:
    """Give the 8-bit level of each step of the converter."""
    light = np.arange(_LEVELS + 1) / _LEVELS
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    bent = value * value * (3 - 2 * value)
    result: NDArray[np.uint8] = np.rint(255 * ((1 - contrast) * value + contrast * bent)).astype(
        np.uint8
    )
    return result
