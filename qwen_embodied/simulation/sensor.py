"""What a depth camera makes of the true image: noise, quantisation and holes."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

_MARGIN = 64  # px, how far the stored noise can be shifted


@dataclass(frozen=True)
class SensorParameters:
    """The errors of a structured-light or stereo camera.

    Attributes:
        depth_noise: Standard deviation at 1 m, m; it grows with the square of the distance.
        depth_step: Quantum of the depth, m.
        smallest_depth: Nearer is invalid, m.
        largest_depth: Farther is invalid, m.
        steepest: Tangent of the angle between a surface and the image beyond which there are
            holes; edges of objects are infinitely steep.
        colour_noise: Standard deviation of a colour channel, in levels of 255.
    """

    depth_noise: float = 0.0012
    depth_step: float = 0.001
    smallest_depth: float = 0.2
    largest_depth: float = 4.0
    steepest: float = 5.0
    colour_noise: float = 1.2


class SensorNoise:
    """Errors drawn per frame: the same seed and time give the same errors."""

    def __init__(
        self, width: int, height: int, focal: float, seed: int, parameters: SensorParameters
    ) -> None:
        """Store noise once; each frame shifts it by a random amount.

        Args:
            width: Of the images, px.
            height: Of the images, px.
            focal: Focal length, px.
            seed: Of the noise.
            parameters: How large the errors are.
        """
        self._parameters, self._focal, self._seed = parameters, focal, seed
        rng = np.random.default_rng([seed, 0x5E])
        shape = (height + _MARGIN, width + _MARGIN)
        raw = rng.standard_normal((shape[0] + 1, shape[1] + 1), dtype=np.float32)
        # Neighbouring pixels of such a camera err alike, because it matches patches.
        smooth = raw[1:, 1:] + raw[:-1, 1:] + raw[1:, :-1] + raw[:-1, :-1]
        self._depth = (smooth / 2).astype(np.float32)
        self._size = (height, width)
        colour = rng.standard_normal((*shape, 3), dtype=np.float32) * parameters.colour_noise
        self._colour = np.rint(colour).astype(np.int16)

    def depth(self, true: Image, time: float) -> Image:
        """Spoil a true depth image (H, W) in m; holes are NaN."""
        p = self._parameters
        noise = self._shifted(self._depth, time, 1)
        measured = true + p.depth_noise * np.square(true) * noise
        measured = np.rint(measured / p.depth_step) * np.float32(p.depth_step)
        hole = _steepness(true, self._focal) > p.steepest * np.exp(0.3 * noise)
        hole |= ~((true >= p.smallest_depth) & (true <= p.largest_depth))
        result: Image = measured.astype(np.float32)
        result[hole] = np.nan
        return result

    def colour(self, rgb: NDArray[np.uint8], time: float) -> NDArray[np.uint8]:
        """Add noise to an image (H, W, 3)."""
        noisy = self._shifted(self._colour, time, 2) + rgb
        result: NDArray[np.uint8] = np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)
        return result

    def _shifted(self, stored: NDArray[Any], time: float, which: int) -> NDArray[Any]:
        rng = np.random.default_rng([self._seed, round(time * 1e6), which])
        row, column = rng.integers(0, _MARGIN, size=2)
        height, width = self._size
        return stored[row : row + height, column : column + width]


def _steepness(depth: Image, focal: float) -> Image:
    """Give the tangent (H, W) of the angle between each surface and the image plane."""
    step = np.zeros_like(depth)
    across = np.abs(np.diff(depth, axis=1))
    down = np.abs(np.diff(depth, axis=0))
    step[:, 1:] = across
    step[:, :-1] = np.maximum(step[:, :-1], across)
    step[1:] = np.maximum(step[1:], down)
    step[:-1] = np.maximum(step[:-1], down)
    result: Image = step * np.float32(focal) / depth
    return result
