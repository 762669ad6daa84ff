"""A piece of the image around one island of things that stand on the table."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import cv2
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
        height: That alone, (H, W) m.
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
    height: NDArray[np.float32]
    measured: Mask
    known: Mask
    rgb: NDArray[np.uint8]
    surface: Surface

    @property
    def walls(self) -> Mask:
        """Pixels that are raised or so steep that their depth was lost."""
        return np.asarray(self.raised | (~self.measured & self.island))

    def like(self, rgb: Array, mask: Mask) -> Mask:
        """Give those of some pixels (H, W) that look more like a colour (3,) than the table."""
        pixels = self.rgb[mask].astype(np.float64)
        apart = np.abs(pixels - rgb).sum(axis=1)
        from_table = np.abs(pixels - self.surface.ground).sum(axis=1)
        found = np.zeros_like(mask)
        found[mask] = (apart < from_table) & (apart < 75.0)
        return found

    def at_level(self, mask: Mask, level: float) -> Array:
        """Give the points (N, 2) where the rays of pixels pierce a level above the table."""
        return self.pierced(self.points[mask].astype(np.float64), level)

    def pierced(self, points: Array, level: float) -> Array:
        """Give where the rays through points (N, 3) pierce a level above the table, (N, 2)."""
        camera = self.surface.camera
        ratio = (camera[2] - level) / (camera[2] - points[:, 2])
        return np.asarray(camera[:2] + (points[:, :2] - camera[:2]) * ratio[:, None])


def cut(surface: Surface, island: Mask, place: tuple[slice, slice]) -> Window:
    """Cut a window from a surface.

    Args:
        surface: The whole image.
        island: Pixels of the island wanted, (H, W).
        place: Rows and columns of the window.
    """
    height, camera = surface.height[place], surface.camera.astype(np.float32)
    # A pixel lies where its ray pierces the smoothed height, not at the depth that was smoothed.
    ratio = (camera[2] - height) / (camera[2] - surface.own_height[place])
    along = surface.filled[place] * ratio
    x, y = (camera[axis] + surface.rays[axis][place] * along for axis in (0, 1))
    return Window(
        column=place[1].start,
        row=place[0].start,
        island=island,
        raised=island & surface.raised[place],
        points=np.asarray(cv2.merge([x, y, height]), np.float32),
        height=height,
        measured=surface.measured[place],
        known=surface.known[place],
        rgb=surface.rgb[place],
        surface=surface,
    )
