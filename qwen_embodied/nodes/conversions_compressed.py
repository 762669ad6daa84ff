"""Compressed images from ROS: JPEG, PNG and compressedDepth, sized up before they are decoded.

A small file can hold a picture that fills the memory; its header says so, and is read first.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage

from qwen_embodied.errors import CameraError
from qwen_embodied.nodes.conversions_image import LARGEST_AREA, LARGEST_SIDE

LARGEST_FILE = 20_000_000  # bytes
PNG = b'\x89PNG\r\n\x1a\n'
JPEG = b'\xff\xd8'
# Markers of JPEG that start a frame, and those without a length.
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
BARE = {0x01, *range(0xD0, 0xD9)}
DEPTH_HEADER = struct.Struct('<iff')  # format, and two parameters of inverse depth


def rgb_from_compressed(message: CompressedImage) -> NDArray[np.uint8]:
    """Decode a JPEG or PNG image to RGB, (H, W, 3) uint8.

    Raises:
        CameraError: It is neither, too large, or broken.
    """
    import cv2

    data = bytes(message.data)
    _check(data)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise CameraError(f'a compressed image of {len(data)} bytes is broken')
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def depth_from_compressed(message: CompressedImage) -> NDArray[np.float32]:
    """Decode a compressedDepth image to (H, W) float32 m, NaN where invalid.

    16UC1 holds millimetres, 32FC1 inverse depths.

    Raises:
        CameraError: It is no compressedDepth image in PNG, too large, or broken.
    """
    import cv2

    data = bytes(message.data)
    encoding = message.format.partition(';')[0].strip()
    is_depth = encoding in ('16UC1', '32FC1') and 'compresseddepth' in message.format.lower()
    if not is_depth or data[DEPTH_HEADER.size : DEPTH_HEADER.size + 8] != PNG:
        raise CameraError(
            f'a compressed depth image with the format {message.format!r} cannot be read; '
            'known are "16UC1; compressedDepth png" and "32FC1; compressedDepth png"'
        )
    _, scale, offset = DEPTH_HEADER.unpack_from(data)
    data = data[DEPTH_HEADER.size :]
    _check(data)
    levels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if levels is None or levels.ndim != 2 or levels.dtype != np.uint16:
        raise CameraError(f'a compressed depth image of {len(data)} bytes is broken')
    with np.errstate(divide='ignore', invalid='ignore'):
        metres = levels * 1e-3 if encoding == '16UC1' else scale / (levels - offset)
        metres = np.where((levels > 0) & (metres > 0) & np.isfinite(metres), metres, np.nan)
    return metres.astype(np.float32)


def image_size(data: bytes) -> tuple[int, int] | None:
    """Read width and height from the header of a JPEG or PNG file; None when it is neither."""
    if data[:8] == PNG and data[12:16] == b'IHDR' and len(data) >= 24:
        width, height = struct.unpack('>II', data[16:24])
        return width, height
    return _jpeg_size(data) if data[:2] == JPEG else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in FRAMES:
            height, width = struct.unpack('>HH', data[at + 5 : at + 9])
            return width, height
        if marker == 0xFF:
            at += 1
        elif marker in BARE:
            at += 2
        else:
            at += 2 + struct.unpack('>H', data[at + 2 : at + 4])[0]
    return None


def _check(data: bytes) -> None:
    size = image_size(data)
    if size is None:
        raise CameraError(
            f'a compressed image of {len(data)} bytes that begins with {data[:4].hex()} '
            'is neither JPEG nor PNG'
        )
    width, height = size
    fits = 0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE
    if not fits or width * height > LARGEST_AREA or len(data) > LARGEST_FILE:
        raise CameraError(
            f'a compressed image says {width}x{height} px in {len(data)} bytes; at most '
            f'{LARGEST_SIDE}x{LARGEST_SIDE} px, {LARGEST_AREA} px in all and '
            f'{LARGEST_FILE} bytes are read'
        )
