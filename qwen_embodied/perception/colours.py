"""The name of a colour: one of eleven basic words, in a perceptual space."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.messages import BASIC_COLOURS

Array = NDArray[np.float64]
UNKNOWN = 'unknown'

# Sectors of hue, up to a limit in degrees of OKLab, and their names. Only lightness tells brown
# from orange and pink from red and purple: the name of what is dark, with the lightness and the
# chroma below which it has it, and of what is light, with the lightness above and the chroma
# below which it has it.
SECTORS = (
    (12.0, 'pink', 'red', 0.57, 9.0, 'pink', 9.0, 0.0),
    (34.0, 'red', 'red', 0.0, 0.0, 'pink', 0.7, 0.16),
    (38.0, 'red', 'brown', 0.56, 0.155, 'pink', 0.7, 0.16),
    (82.0, 'orange', 'brown', 0.56, 0.155, 'orange', 9.0, 0.0),
    (100.0, 'yellow', 'brown', 0.55, 9.0, 'yellow', 9.0, 0.0),
    (115.0, 'yellow', 'green', 0.55, 9.0, 'yellow', 9.0, 0.0),
    (208.0, 'green', 'green', 0.0, 0.0, 'green', 9.0, 0.0),
    (284.0, 'blue', 'blue', 0.0, 0.0, 'blue', 9.0, 0.0),
    (320.0, 'purple', 'purple', 0.0, 0.0, 'purple', 9.0, 0.0),
    (336.0, 'purple', 'purple', 0.0, 0.0, 'pink', 0.72, 9.0),
    (360.0, 'pink', 'purple', 0.57, 9.0, 'pink', 9.0, 0.0),
)


def linear(rgb: ArrayLike) -> Array:
    """Undo the sRGB curve: (..., 3) of 0 to 255 gives light intensities of 0 to 1."""
    value = np.asarray(rgb, dtype=np.float64) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(rgb: ArrayLike) -> Array:
    """Give lightness, a and b of OKLab (..., 3) for sRGB of 0 to 255."""
    return oklab_of_linear(linear(rgb))


def oklab_of_linear(light: Array) -> Array:
    """Give lightness, a and b of OKLab (..., 3) for linear sRGB, 1 being white."""
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.asarray(np.cbrt(light @ to_cones.T) @ to_lab.T)


def highest_of(paint: Array) -> Array:
    """Give the largest channel (...) of paints (..., 3)."""
    return np.maximum(np.maximum(paint[..., 0], paint[..., 1]), paint[..., 2])


def sum_of(paint: Array) -> Array:
    """Add the channels (...) of paints (..., 3); numpy's own sum is slow on short axes."""
    return np.asarray(paint[..., 0] + paint[..., 1] + paint[..., 2])


def colour_name(rgb: ArrayLike) -> str:
    """Name one sRGB colour (3,) of 0 to 255.

    >>> colour_name([200, 30, 30])
    'red'
    """
    lightness, a, b = oklab(rgb).tolist()
    return _word(lightness, a, b)


def _word(lightness: float, a: float, b: float) -> str:
    return BASIC_COLOURS[int(name_indices(np.array([[lightness, a, b]]))[0])]


def name_indices(lab: Array) -> NDArray[np.int64]:
    """Name colours of OKLab (N, 3): indices into BASIC_COLOURS, (N,)."""
    return np.asarray(name_shades(lab, np.ones(1))[0])


def name_shades(lab: Array, factors: Array) -> NDArray[np.int64]:
    """Name colours in several shades: indices into BASIC_COLOURS, (S, N).

    Dark pixels need more chroma to look coloured.

    Args:
        lab: In OKLab, (N, 3).
        factors: On all three of its axes, (S,); the hue stays.
    """
    limits, word, low, dark, dull, high, light, pale = _sectors()
    a, b = lab[:, 1], lab[:, 2]
    sector = np.searchsorted(limits, np.degrees(np.arctan2(b, a)) % 360.0)
    np.minimum(sector, len(limits) - 1, out=sector)
    lightness, chroma = factors[:, None] * lab[:, 0], factors[:, None] * np.hypot(a, b)
    name = np.where(
        (lightness < dark[sector]) & (chroma < dull[sector]), low[sector], word[sector]
    )
    name = np.where((lightness > light[sector]) & (chroma < pale[sector]), high[sector], name)
    grey = _GREYS[(lightness >= 0.40).astype(np.int8) + (lightness >= 0.8)]
    return np.asarray(np.where(chroma < np.where(lightness < 0.3, 0.045, 0.032), grey, name))


def _index(word: str) -> int:
    return BASIC_COLOURS.index(word)


_GREYS = np.array([_index(word) for word in ('black', 'grey', 'white')])


@cache
def _sectors() -> tuple[NDArray[Any], ...]:
    """Give the columns of SECTORS, with indices into BASIC_COLOURS for words."""
    return tuple(
        np.array([_index(one) if isinstance(one, str) else one for one in column])
        for column in zip(*SECTORS, strict=True)
    )


@cache
def _table() -> NDArray[np.uint8]:
    """Give the index into BASIC_COLOURS for 32 levels of each channel, (32, 32, 32)."""
    levels = np.arange(32) * 8 + 4
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing='ij'), axis=-1)
    return name_indices(oklab(grid.reshape(-1, 3))).astype(np.uint8).reshape(32, 32, 32)


def colour_indices(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Name each pixel of (H, W, 3): indices into BASIC_COLOURS, (H, W)."""
    fifth = rgb >> 3
    found: NDArray[np.uint8] = _table()[fifth[..., 0], fifth[..., 1], fifth[..., 2]]
    return found


def alike(first: ArrayLike, second: ArrayLike, shade: float = 1.0) -> bool:
    """Tell whether two sRGB colours (3,) can be one paint in light and in shade.

    Shade scales all channels alike: in a camera's linear light, or, in many renderings and
    after a camera's tone curve, in the sRGB values. A shade above 1 allows for more of it.
    """
    one, two = _plain(first), _plain(second)
    apart = _apart([each + 4.0 for each in one], [each + 4.0 for each in two])
    coloured = all(max(each) - min(each) > 0.25 * (max(each) + 4.0) for each in (one, two))
    one, two = ([linear_level(value) + 2e-3 for value in each] for each in (one, two))
    low, high = sorted((sum(one), sum(two)))
    apart = min(apart, _apart(one, two))
    return high < low * shade * (6.0 if coloured else 3.5) and apart < (
        0.14 if low < 0.03 else 0.08
    )


def _plain(rgb: ArrayLike) -> list[float]:
    red, green, blue = np.asarray(rgb, dtype=np.float64).tolist()
    return [red, green, blue]


def linear_level(level: float) -> float:
    """Undo the sRGB curve of one level; a tenth of what the same costs with arrays."""
    value = level / 255.0
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _apart(one: list[float], two: list[float]) -> float:
    """Give the largest difference of the shares of the channels."""
    first, second = sum(one), sum(two)
    return max(abs(a / first - b / second) for a, b in zip(one, two, strict=True))
