"""The pixel layouts of sensor_msgs/Image that become RGB."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]


@dataclass(frozen=True)
class Encoding:
    """How the channels of an encoding lie in memory.

    Attributes:
        dtype: Of a channel, without its byte order.
        channels: Of a pixel.
        order: Columns of R, G and B; empty for depth, and where `code` says how to convert.
        code: Name of OpenCV's conversion to RGB.
        even: Whether width (and for mosaics height) must be even.
    """

    dtype: str
    channels: int
    order: tuple[int, ...] = ()
    code: str = ''
    even: tuple[bool, bool] = (False, False)


# OpenCV names a mosaic by the second and third pixel of its second row.
_MOSAICS = {'rggb': 'BG', 'bggr': 'RG', 'gbrg': 'GR', 'grbg': 'GB'}
_LAYOUTS = {
    'rgb': (3, (0, 1, 2)), 'bgr': (3, (2, 1, 0)), 'rgba': (4, (0, 1, 2)), 'bgra': (4, (2, 1, 0)),
    'mono': (1, (0, 0, 0)),
}  # fmt: skip
COLOUR = {
    f'{name}{bits}': Encoding(f'u{bits // 8}', channels, order)
    for bits in (8, 16)
    for name, (channels, order) in _LAYOUTS.items()
}
COLOUR |= {
    name: Encoding('u1', 2, code=f'COLOR_YUV2RGB_{code}', even=(True, False))
    for name, code in (
        ('yuv422', 'UYVY'), ('uyvy', 'UYVY'), ('yuv422_yuy2', 'YUY2'), ('yuyv', 'YUY2'),
    )
}  # fmt: skip
COLOUR |= {
    f'bayer_{name}{bits}': Encoding(
        f'u{bits // 8}', 1, code=f'COLOR_Bayer{code}2RGB', even=(True, True)
    )
    for bits in (8, 16)
    for name, code in _MOSAICS.items()
}
DEPTH = {
    '16UC1': Encoding('u2', 1), 'mono16': Encoding('u2', 1), '32FC1': Encoding('f4', 1),
}  # fmt: skip


def to_rgb(pixels: Pixels, encoding: Encoding) -> NDArray[np.uint8]:
    """Convert pixels (H, W, channels) to RGB (H, W, 3) uint8; of 16 bits the upper eight stay."""
    if encoding.dtype == 'u2':
        pixels = (pixels >> 8).astype(np.uint8)
    if not encoding.code:
        return _ordered(pixels, encoding.order)
    import cv2

    one = pixels if encoding.channels == 2 else pixels[:, :, 0]
    return np.asarray(
        cv2.cvtColor(np.ascontiguousarray(one), getattr(cv2, encoding.code)), np.uint8
    )


def _ordered(pixels: Pixels, order: tuple[int, ...]) -> NDArray[np.uint8]:
    """Take channels in an order; a view where it can be one is three times as fast as a choice."""
    if order == (0, 1, 2):
        chosen = pixels[:, :, :3]
    else:
        chosen = pixels[:, :, 2::-1] if order == (2, 1, 0) else pixels[:, :, order]
    return np.ascontiguousarray(chosen, dtype=np.uint8)
