"""Images there and back, and images that lie about themselves."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import array

import numpy as np
import pytest

pytest.importorskip('rclpy')

from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.nodes import conversions, conversions_image

HEADER = Header(frame_id='camera')


@pytest.fixture
def rgb(rng):
    return rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def padded(message, bytes_more):
    """Give a message whose rows have bytes behind them that belong to no pixel."""
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)
    filler = np.full((message.height, bytes_more), 0xAB, np.uint8)
    message.data = array.array('B', np.hstack([rows, filler]).tobytes())
    message.step += bytes_more
    return message


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'rgba8', 'bgra8'])
@pytest.mark.parametrize('padding', [0, 3])
def test_colours_come_back(rgb, encoding, padding):
    message = padded(conversions_image.image_to_ros(rgb, HEADER, encoding), padding)
    assert np.array_equal(conversions_image.image_from_ros(message), rgb)


def test_bgr_lies_the_other_way_round(rgb):
    message = conversions_image.image_to_ros(rgb, HEADER, 'bgr8')
    assert list(message.data[:3]) == rgb[0, 0, ::-1].tolist()


def test_grey_comes_back_as_three_equal_channels(rng):
    grey = np.repeat(rng.integers(0, 256, (4, 6, 1), dtype=np.uint8), 3, axis=2)
    message = conversions_image.image_to_ros(grey, HEADER, 'mono8')
    assert message.step == 6
    assert np.array_equal(conversions_image.image_from_ros(message), grey)


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1'])
def test_depth_comes_back_with_its_holes(encoding):
    depth = np.array([[0.001, 1.2345, np.nan], [65.535, np.nan, 0.4]], np.float32)
    message = conversions_image.depth_to_ros(depth, HEADER, encoding)
    back = conversions_image.depth_from_ros(padded(message, 2 if encoding == '16UC1' else 4))
    tolerance = 0.0005001 if encoding == '16UC1' else 0
    assert np.allclose(back, depth, atol=tolerance, rtol=1e-6, equal_nan=True)
    assert back.dtype == np.float32


@pytest.mark.parametrize('bad', [0.0, -1.0, np.inf, -np.inf, 65.6, 1e9])
def test_depth_that_millimetres_cannot_say_is_a_hole(bad):
    depth = np.array([[bad, 1.0]], np.float32)
    back = conversions_image.depth_from_ros(conversions_image.depth_to_ros(depth, HEADER))
    assert np.isnan(back[0, 0])
    assert back[0, 1] == pytest.approx(1.0)


@pytest.mark.parametrize('bad', [0.0, -2.0, np.inf, np.nan])
def test_metres_that_are_no_distance_are_holes(bad):
    depth = np.array([[bad, 1.0]], np.float32)
    message = conversions_image.depth_to_ros(depth, HEADER, '32FC1')
    assert np.isnan(conversions_image.depth_from_ros(message)[0, 0])


def test_big_endian_depth_is_read():
    message = conversions_image.depth_to_ros(np.full((2, 2), 1.234, np.float32), HEADER)
    swapped = np.frombuffer(message.data, '<u2').astype('>u2')
    message.data, message.is_bigendian = array.array('B', swapped.tobytes()), 1
    assert conversions_image.depth_from_ros(message) == pytest.approx(1.234)


@pytest.mark.parametrize('encoding', ['yuv422', '', 'rgb16', '16UC1', 'RGB8'])
def test_an_unknown_colour_encoding_is_named(rgb, encoding):
    message = conversions_image.image_to_ros(rgb, HEADER)
    message.encoding = encoding
    with pytest.raises(CameraError, match=f'encoding {encoding!r} cannot be read; known are rgb8'):
        conversions_image.image_from_ros(message)


def test_a_colour_image_is_no_depth(rgb):
    with pytest.raises(CameraError, match=r"a depth image with encoding 'rgb8'.*16UC1, 32FC1"):
        conversions_image.depth_from_ros(conversions_image.image_to_ros(rgb, HEADER))


@pytest.mark.parametrize(
    'change',
    [
        {'height': 6}, {'height': 0}, {'width': 0}, {'width': 8}, {'step': 20}, {'step': 0},
        {'step': 2**31}, {'width': 2**31, 'height': 1}, {'height': 5000}, {'data': b''},
    ],
)  # fmt: skip
def test_sizes_that_lie_are_refused(rgb, change):
    message = conversions_image.image_to_ros(rgb, HEADER)
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(CameraError, match=r'rgb8 image says .* and carries'):
        conversions_image.image_from_ros(message)


def test_a_stamped_image_keeps_the_stamp_of_its_source(rgb):
    message = conversions_image.image_to_ros(rgb, conversions.header(12.25, 'camera'))
    stamp, image = conversions_image.stamped_image(message)
    assert stamp == 12.25
    assert np.array_equal(image, rgb)


def test_intrinsics_come_back():
    intrinsics = Intrinsics(640, 480, 601.5, 602.25, 319.5, 240.125)
    message = conversions_image.intrinsics_to_ros(intrinsics, HEADER)
    assert conversions_image.intrinsics_from_ros(message) == intrinsics


def test_a_distorted_camera_is_refused_with_the_way_out():
    message = conversions_image.intrinsics_to_ros(Intrinsics(4, 3, 5, 5, 1.5, 1), HEADER)
    message.d = [0.1, 0.0, 0.0, 0.0, 0.0]
    with pytest.raises(CameraError, match=r'distortion .*image_proc'):
        conversions_image.intrinsics_from_ros(message)


@pytest.mark.parametrize('message', [CameraInfo(), CameraInfo(width=4, height=3)])
def test_a_camera_without_calibration_is_refused(message):
    with pytest.raises(CameraError, match='not calibrated'):
        conversions_image.intrinsics_from_ros(message)


def test_the_data_of_a_published_image_is_an_array(rgb):
    assert isinstance(conversions_image.image_to_ros(rgb, HEADER).data, array.array)
    assert isinstance(Image().data, array.array)
