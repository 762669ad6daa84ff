"""Compressed images: JPEG, PNG and compressedDepth, sized up before they are decoded.

A small file can hold a picture that fills the memory; its header says so, and is read first.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.camera.headers import PNG, check_image
from qwen_embodied.errors import CameraError


class CompressedMessage(Protocol):
    """The fields of sensor_msgs/CompressedImage that are read."""

    format: str
    data: Any


DEPTH_HEADER = struct.Struct('<iff')  # format, and two parameters of inverse depth


def read_compressed(message: CompressedMessage) -> NDArray[np.uint8]:
    """Decode a JPEG or PNG image to RGB, (H, W, 3) uint8.

    Raises:
        CameraError: It is neither, too large, or broken.
    """
    import cv2

    data = bytes(message.data)
    check_image(data)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise CameraError(f'a compressed image of {len(data)} bytes is broken')
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def read_compressed_depth(message: CompressedMessage) -> NDArray[np.float32]:
    """Decode a compressed depth image to (H, W) float32 m, NaN where invalid.

    16UC1 holds millimetres, as compressedDepth or as a plain PNG; 32FC1 inverse depths.

    Raises:
        CameraError: It is neither, no PNG, too large, or broken.
    """
    import cv2

    data = bytes(message.data)
    encoding = message.format.partition(';')[0].strip()
    is_plain = encoding == '16UC1' and data.startswith(PNG)
    is_known = encoding in ('16UC1', '32FC1') and 'compresseddepth' in message.format.lower()
    if not is_plain and (not is_known or data[DEPTH_HEADER.size :][: len(PNG)] != PNG):
        raise CameraError(
            f'a compressed depth image with the format {message.format!r} cannot be read; known '
            'are "16UC1; compressedDepth png", "32FC1; compressedDepth png" and "16UC1; png"'
        )
    scale = offset = 0.0
    if not is_plain:
        _, scale, offset = DEPTH_HEADER.unpack_from(data)
        data = data[DEPTH_HEADER.size :]
    check_image(data)
    levels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if levels is None or levels.ndim != 2 or levels.dtype != np.uint16:
        raise CameraError(f'a compressed depth image of {len(data)} bytes is broken')
    with np.errstate(divide='ignore', invalid='ignore'):
        metres = levels * 1e-3 if encoding == '16UC1' else scale / (levels - offset)
        metres = np.where((levels > 0) & (metres > 0) & np.isfinite(metres), metres, np.nan)
    return metres.astype(np.float32)
