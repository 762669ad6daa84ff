"""Pixels of one paint in the light of a lamp and in the shadow of something else."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.light_sample import LINEAR
from qwen_embodied.perception.order import percentiles

Luma = NDArray[np.uint16]
Mask = NDArray[np.bool_]

PARTED = 0.86  # share of the spread of log light that lies between two classes; a slope has 0.75
HARD = 0.55  # light in a cast shadow over that beside it, at most
FEWEST = 8  # pixels of a class
FLOOR = 0.004  # of the camera's range, that is added before the logarithm is taken
THIN = 300  # pixels that are enough to tell
_LEVELS = np.log(LINEAR + np.float32(FLOOR)).astype(np.float64)  # (256,)


@dataclass(frozen=True, eq=False)
class Cast:
    """Lit pixels and those in a cast shadow.

    Attributes:
        lit: Which pixels are lit, (N,).
        share: Of the lit pixels.
    """

    lit: Mask
    share: float


def find_cast(luma: Luma) -> Cast | None:
    """Part pixels (N,) into lit ones and shadowed ones; None where they are of one kind.

    Args:
        luma: 2 r + 5 g + b of each.
    """
    thin = luma[:: max(1, len(luma) // THIN)]
    if len(thin) < 2 * FEWEST:
        return None
    low, high = (float(_LEVELS[int(end) // 8]) for end in percentiles(thin, (4.0, 96.0)))
    if high - low < -np.log(HARD):
        return None
    counts = np.bincount(thin >> 3, minlength=256)
    below, light = counts.cumsum(), (counts * _LEVELS).cumsum()
    whole, split = float(light[-1]), 0.5 * (low + high)
    for _ in range(2):
        dark = int(_LEVELS.searchsorted(split, side='right')) - 1
        count = len(thin) - int(below[dark])
        if not FEWEST <= count <= len(thin) - FEWEST:
            return None
        upper, lower = (whole - float(light[dark])) / count, float(light[dark] / below[dark])
        split = 0.5 * (upper + lower)
    share = count / len(thin)
    between = share * (1.0 - share) * (upper - lower) ** 2
    spread = float(counts @ np.square(_LEVELS - whole / len(thin))) / len(thin)
    if between < PARTED * spread or lower - upper > np.log(HARD):
        return None
    return Cast(luma >> 3 >= int(_LEVELS.searchsorted(split)), share)
