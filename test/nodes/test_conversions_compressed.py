"""Compressed images: right ones are read, large and broken ones are refused unread."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')

from sensor_msgs.msg import CompressedImage

from qwen_embodied.camera.headers import image_size
from qwen_embodied.errors import CameraError
from qwen_embodied.nodes.conversions_compressed import (
    depth_from_compressed,
    rgb_from_compressed,
)


def encoded(image, kind='.png'):
    return cv2.imencode(kind, image)[1].tobytes()


def message(data, words='png'):
    return CompressedImage(format=words, data=data)


def bomb(width, height):
    """Give a small PNG that says it is large."""
    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    chunks = [(b'IHDR', head), (b'IDAT', zlib.compress(bytes(1000))), (b'IEND', b'')]
    body = b''.join(
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in chunks
    )
    return b'\x89PNG\r\n\x1a\n' + body


def test_png_comes_back_in_rgb(rng):
    rgb = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert np.array_equal(rgb_from_compressed(message(encoded(rgb[..., ::-1]))), rgb)


@pytest.mark.parametrize('options', [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]])
def test_jpeg_comes_back_nearly(options):
    rgb = np.zeros((32, 48, 3), np.uint8)
    rgb[:, :24] = 200, 30, 30
    data = cv2.imencode('.jpg', rgb[..., ::-1], options)[1].tobytes()
    assert image_size(data) == (48, 32)
    found = rgb_from_compressed(message(data, 'bgr8; jpeg compressed bgr8')).astype(int)
    assert np.abs(found[16, 8] - rgb[16, 8]).max() < 12


@pytest.mark.parametrize(
    ('width', 'height'), [(4097, 10), (10, 60000), (4096, 4103), (0, 5), (2**31, 2**31)]
)
def test_x09_sizes_beyond_the_limits_are_refused_before_decoding(width, height):
    with pytest.raises(CameraError, match=f'says {width}x{height} px'):
        rgb_from_compressed(message(bomb(width, height)))


def test_x09_a_large_file_is_refused():
    data = bomb(10, 10) + bytes(20_000_000)
    with pytest.raises(CameraError, match='20000000 bytes are read'):
        rgb_from_compressed(message(data))


@pytest.mark.parametrize(
    'data', [b'', b'GIF89a' + bytes(30), b'\xff\xd8', b'\xff\xd8\xff', bytes(9)]
)
def test_what_is_no_jpeg_or_png_is_refused(data):
    with pytest.raises(CameraError, match='neither JPEG nor PNG'):
        rgb_from_compressed(message(data))


def test_a_broken_image_is_refused(rng):
    data = encoded(rng.integers(0, 256, (50, 70, 3), dtype=np.uint8))
    with pytest.raises(CameraError, match='broken'):
        rgb_from_compressed(message(data[:60]))


def test_no_prefix_or_flipped_byte_of_an_image_does_more_than_raise(rng):
    data = encoded(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8), '.jpg')
    for cut in range(0, len(data), 7):
        flipped = bytearray(data)
        flipped[cut] ^= 0xFF
        for lie in (data[:cut], bytes(flipped)):
            try:
                assert rgb_from_compressed(message(lie)).dtype == np.uint8
            except CameraError:
                continue


def test_depth_in_millimetres_comes_back():
    levels = np.array([[0, 1234], [65535, 400]], np.uint16)
    data = bytes(12) + encoded(levels)
    found = depth_from_compressed(message(data, '16UC1; compressedDepth png'))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == pytest.approx(1.234)


def test_inverse_depth_comes_back():
    depth = np.array([[0.5, 1.0], [2.0, 4.0]])
    scale, offset = 1000.0, -50.0
    levels = np.rint(scale / depth + offset).astype(np.uint16)
    data = struct.pack('<iff', 0, scale, offset) + encoded(levels)
    found = depth_from_compressed(message(data, '32FC1; compressedDepth'))
    assert found == pytest.approx(depth, rel=5e-3)


def test_depth_in_a_plain_png_is_millimetres():
    levels = np.array([[0, 700], [1500, 65535]], np.uint16)
    data = cv2.imencode('.png', levels)[1].tobytes()
    found = depth_from_compressed(message(data, '16UC1; png compressed '))
    np.testing.assert_allclose(found, [[np.nan, 0.7], [1.5, 65.535]], rtol=1e-6)


@pytest.mark.parametrize(
    ('words', 'data'),
    [('16UC1; compressedDepth rvl', bytes(40)), ('16UC1; png', bytes(12) + bomb(4, 4)),
     ('', b''), ('rgb8; compressedDepth png', bytes(12) + bomb(4, 4))],
)  # fmt: skip
def test_other_depth_is_refused(words, data):
    with pytest.raises(CameraError, match='known are "16UC1; compressedDepth png"'):
        depth_from_compressed(message(data, words))


def test_colour_is_no_depth(rng):
    data = bytes(12) + encoded(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    with pytest.raises(CameraError, match='broken'):
        depth_from_compressed(message(data, '16UC1; compressedDepth png'))
