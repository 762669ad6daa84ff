"""Small holes in the depth, filled from beside them, where steep edges lost it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
EDGE_CONTRAST = 22  # levels between a pixel and the one it was filled from
REACH = np.ones((5, 5), np.uint8)


def fill_holes(depth: Image, rgb: NDArray[np.uint8]) -> tuple[Image, Mask]:
    """Fill holes up to two pixels from valid depth with the nearest depth beside them.

    Depth cameras lose the pixels at steep edges; what stands above the table owns them, if its
    colour says so.

    Args:
        depth: (H, W) m, NaN where it is not known.
        rgb: (H, W, 3).

    Returns:
        The filled depth (H, W) and the filled pixels whose colour differs from the pixel that
        they were filled from.
    """
    filled = depth.copy()
    flat, width = filled.ravel(), depth.shape[1]
    offsets = (np.arange(-1, 2)[:, None] * width + np.arange(-1, 2)).ravel()
    left = _near_holes(depth)
    source = np.arange(depth.size, dtype=np.int32)
    done = []
    for _ in range(2):
        nearest, which = np.full(len(left), np.inf, np.float32), np.zeros(len(left), np.int8)
        for at, offset in enumerate(offsets.tolist()):
            values = flat[left + offset]
            np.copyto(which, at, where=values < nearest)
            np.fmin(nearest, values, out=nearest)
        found = np.isfinite(nearest)
        taken = left[found]
        source[taken] = source[taken + offsets[which[found]]]
        flat[taken] = nearest[found]
        done.append(taken)
        left = left[~found]
    holes = np.concatenate(done)
    pixels = rgb.reshape(-1, 3)
    apart = np.abs(pixels[holes].astype(np.int16) - pixels[source[holes]])
    is_apart = (apart[:, 0] > EDGE_CONTRAST) | (apart[:, 1] > EDGE_CONTRAST)
    foreign = np.zeros(depth.shape, dtype=bool)
    foreign.ravel()[holes[is_apart | (apart[:, 2] > EDGE_CONTRAST)]] = True
    return filled, foreign


def _near_holes(depth: Image) -> NDArray[np.int64]:
    """Give the places (N,) in the flat image of holes at most two pixels from valid depth."""
    holes = np.isnan(depth)
    near = holes & (cv2.dilate((~holes).astype(np.uint8), REACH) > 0)
    near[0] = near[-1] = False
    near[:, 0] = near[:, -1] = False
    return np.flatnonzero(near)
