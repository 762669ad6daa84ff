"""A piece of the image around one island of things that stand on the table."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.surface import Surface

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Window:
    """What is measured around one island.

    Attributes:
        column: Of its left edge in the image, px.
        row: Of its top edge in the image, px.
        island: Pixels of the island, (H, W).
        raised: Those that stand above the table, (H, W).
        points: x and y of the base and height above the table, (H, W, 3) m.
        measured: Pixels with a depth of their own, (H, W).
        known: Those, and holes of the colour of their neighbours, (H, W).
        rgb: (H, W, 3).
        surface: That it was cut from.
    """

    column: int
    row: int
    island: Mask
    raised: Mask
    points: NDArray[np.float32]
    measured: Mask
    known: Mask
    rgb: NDArray[np.uint8]
    surface: Surface

    @property
    def walls(self) -> Mask:
        """Pixels that are raised or so steep that their depth was lost."""
        return np.asarray(self.raised | (~self.measured & self.island))

    def like(self, rgb: Array) -> Mask:
        """Give the pixels (H, W) that look more like a colour (3,) than like the table."""
        pixels = self.rgb.astype(np.float32)
        ones = np.ones(3, np.float32)
        apart = np.abs(pixels - rgb.astype(np.float32)) @ ones
        from_table = np.abs(pixels - self.surface.ground.astype(np.float32)) @ ones
        return np.asarray((apart < from_table) & (apart < 75.0))

    def at_level(self, mask: Mask, level: float) -> Array:
        """Give the points (N, 2) where the rays of pixels pierce a level above the table."""
        points = self.points[mask].astype(np.float64)
        camera = self.surface.camera
        ratio = (camera[2] - level) / (camera[2] - points[:, 2])
        return np.asarray(camera[:2] + (points[:, :2] - camera[:2]) * ratio[:, None])


def cut(
    surface: Surface, labels: NDArray[np.int32], label: int, place: tuple[slice, slice]
) -> Window:
    """Cut a window from a surface.

    Args:
        surface: The whole image.
        labels: Of the islands, (H, W).
        label: Of the island wanted.
        place: Its rows and columns.
    """
    island = labels[place] == label
    height, camera = surface.height[place], surface.camera.astype(np.float32)
    # A pixel lies where its ray pierces the smoothed height, not at the depth that was smoothed.
    ratio = (camera[2] - height) / (camera[2] - surface.own_height[place])
    along = surface.filled[place] * ratio
    points = np.empty((*height.shape, 3), np.float32)
    points[..., 0] = camera[0] + surface.rays[0][place] * along
    points[..., 1] = camera[1] + surface.rays[1][place] * along
    points[..., 2] = height
    return Window(
        column=place[1].start,
        row=place[0].start,
        island=island,
        raised=island & surface.raised[place],
        points=points,
        measured=surface.measured[place],
        known=surface.known[place],
        rgb=surface.rgb[place],
        surface=surface,
    )
