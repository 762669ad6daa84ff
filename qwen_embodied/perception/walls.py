"""Pieces inside a container: parts of its wall, or things of its colour that lie in it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.assembly import Piece
from qwen_embodied.perception.colours import UNKNOWN, alike
from qwen_embodied.perception.containers import from_centre
from qwen_embodied.perception.segments import STEEP
from qwen_embodied.perception.solid import Solid
from qwen_embodied.perception.tilted import CUBE_CONFIDENCE
from qwen_embodied.perception.window import Window

GUESSED = 0.3  # confidence of what may be a thing or a part of a wall
MIDDLE = 0.6  # of the way from the middle to the wall, up to which there is no wall
BESIDE = 0.78  # of that way, from which on there is little but wall
LOW = 0.6  # of the height of a container, above which a piece near its wall is wall
THICK = 0.7  # of the least side of an object, above which a piece is no mere sliver of a wall


@dataclass(frozen=True, eq=False)
class Wall:
    """The wall of a container.

    Attributes:
        paint: Its colour, (3,) sRGB.
        holder: The outer box of the container.
        least: Least side of an object, m.
    """

    paint: NDArray[np.float64]
    holder: Solid
    least: float

    def without(self, pieces: list[Piece], window: Window) -> list[Piece]:
        """Leave out what is a part of the wall; what may be one gets a low confidence."""
        judged = [self._judged(piece, window) for piece in pieces]
        return [piece for piece in judged if piece is not None]

    def _judged(self, piece: Piece, window: Window) -> Piece | None:
        segment, solid = piece
        is_all = self._is_all(solid)
        if not is_all and not self._is_narrow(solid) and not self._is_slope(solid):
            return piece
        if not alike(segment.rgb, self.paint, STEEP):
            return piece
        out = float(np.median(from_centre(self.holder, window.points[segment.mask])))
        if out < MIDDLE:
            return piece
        if is_all or out > BESIDE or float(solid.size[:2].min()) < THICK * self.least:
            return None
        if solid.centre[2] + solid.size[2] / 2 > LOW * self.holder.size[2]:
            return None
        return segment, replace(solid, shape=UNKNOWN, confidence=GUESSED)

    def _is_narrow(self, solid: Solid) -> bool:
        wide, narrow = float(solid.size[:2].max()), float(solid.size[:2].min())
        return narrow <= (1.8 if wide > 3.0 * narrow else 1.4) * self.least

    def _is_all(self, solid: Solid) -> bool:
        """Tell whether a piece is nearly as large as the container."""
        sides, whole = solid.size[:2], self.holder.size[:2]
        return bool(sides.min() > 0.6 * whole.min() or sides.max() > 0.7 * whole.max())

    def _is_slope(self, solid: Solid) -> bool:
        out = float(np.linalg.norm(solid.centre[:2] - self.holder.centre[:2]))
        return solid.confidence <= CUBE_CONFIDENCE and out > 0.2 * float(self.holder.size[0])
