"""The headers of image files, read before the files are decoded.

A small file can hold a picture that fills the memory; its header says so.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct

from qwen_embodied.errors import CameraError

LARGEST_SIDE = 4096  # px
LARGEST_AREA = 16_800_000  # px
LARGEST_FILE = 20_000_000  # bytes
PNG = b'\x89PNG\r\n\x1a\n'
JPEG = b'\xff\xd8'
# Markers of JPEG that start a frame, and those without a length.
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
BARE = {0x01, *range(0xD0, 0xD9)}


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


def check_image(data: bytes) -> None:
    """Refuse what is no JPEG or PNG file, or too large, with a CameraError."""
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
