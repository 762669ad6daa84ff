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
def test_f29_metres_that_are_no_distance_are_holes(bad):
    depth = np.array([[bad, 1.0]], np.float32)
    message = conversions_image.depth_to_ros(depth, HEADER, '32FC1')
    assert np.isnan(conversions_image.depth_from_ros(message)[0, 0])


def test_big_endian_depth_is_read():
    message = conversions_image.depth_to_ros(np.full((2, 2), 1.234, np.float32), HEADER)
    swapped = np.frombuffer(message.data, '<u2').astype('>u2')
    message.data, message.is_bigendian = array.array('B', swapped.tobytes()), 1
    assert conversions_image.depth_from_ros(message) == pytest.approx(1.234)


@pytest.mark.parametrize('encoding', ['nv12', '', 'rgb32', '16UC1', 'RGB8'])
def test_f29_an_unknown_colour_encoding_is_named(rgb, encoding):
    message = conversions_image.image_to_ros(rgb, HEADER)
    message.encoding = encoding
    with pytest.raises(CameraError, match=f'encoding {encoding!r} cannot be read; known are rgb8'):
        conversions_image.image_from_ros(message)


def test_a_colour_image_is_no_depth(rgb):
    with pytest.raises(
        CameraError, match=r"a depth image with encoding 'rgb8'.*16UC1, mono16, 32FC1"
    ):
        conversions_image.depth_from_ros(conversions_image.image_to_ros(rgb, HEADER))


@pytest.mark.parametrize(
    'change',
    [
        {'height': 6}, {'height': 0}, {'width': 0}, {'width': 8}, {'step': 20}, {'step': 0},
        {'step': 2**31}, {'width': 2**31, 'height': 1}, {'height': 5000}, {'data': b''},
    ],
)  # fmt: skip
def test_f29_sizes_that_lie_are_refused(rgb, change):
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


@pytest.mark.parametrize(
    ('distortion', 'is_fisheye'),
    [((0.1, -0.2, 0.001, -0.002, 0.05), False), ((0.1, 0, 0, 0, 0, 0.02, 0, 0), False),
     ((0.05, -0.01, 0.002, 0.0), True)],
)  # fmt: skip
def test_distortion_comes_back(distortion, is_fisheye):
    lens = Intrinsics(64, 48, 60.0, 61.0, 31.5, 23.5, distortion, is_fisheye)
    message = conversions_image.intrinsics_to_ros(lens, HEADER)
    assert conversions_image.intrinsics_from_ros(message) == lens


@pytest.mark.parametrize(('model', 'count'), [('plumb_bob', 8), ('thin_prism', 5), ('', 4)])
def test_an_unknown_distortion_is_refused_with_the_way_out(model, count):
    message = conversions_image.intrinsics_to_ros(Intrinsics(4, 3, 5, 5, 1.5, 1), HEADER)
    message.d, message.distortion_model = [0.1] * count, model
    with pytest.raises(CameraError, match=r'distortion .*image_proc'):
        conversions_image.intrinsics_from_ros(message)


@pytest.mark.parametrize('encoding', ['rgb16', 'bgr16', 'rgba16', 'bgra16', 'mono16'])
@pytest.mark.parametrize('is_bigendian', [0, 1])
def test_of_sixteen_bits_the_upper_eight_stay(rng, encoding, is_bigendian):
    channels = {'rgb': 3, 'bgr': 3, 'rgba': 4, 'bgra': 4, 'mono': 1}[encoding[:-2]]
    values = rng.integers(0, 65536, (4, 6, channels), dtype=np.uint16)
    stored = values.astype('>u2' if is_bigendian else '<u2')
    found = conversions_image.image_from_ros(made(stored, encoding, is_bigendian=is_bigendian))
    first = {'bgr': 2, 'bgra': 2}.get(encoding[:-2], 0)
    assert np.array_equal(found[..., 0], values[..., first] >> 8)


@pytest.mark.parametrize(('encoding', 'luma'), [
    ('yuv422', 1), ('uyvy', 1), ('yuv422_yuy2', 0), ('yuyv', 0),
])  # fmt: skip
def test_yuv_without_colour_is_grey_by_its_luma(encoding, luma):
    pixels = np.full((4, 6, 2), 128, np.uint8)
    pixels[..., luma] = np.linspace(16, 235, 24).reshape(4, 6)
    found = conversions_image.image_from_ros(made(pixels, encoding)).astype(int)
    assert np.ptp(found, axis=2).max() <= 1
    assert (np.diff(found[..., 0].ravel()) >= 0).all()
    assert (found.min(), found.max()) == (0, 255)


def test_yuv_knows_red_from_blue():
    pixels = np.full((2, 4, 2), 80, np.uint8)
    pixels[:, ::2, 0], pixels[:, 1::2, 0] = 90, 240
    r, _, b = conversions_image.image_from_ros(made(pixels, 'yuv422'))[0, 1].tolist()
    assert r > b + 100


@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('mosaic', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_a_mosaic_of_one_colour_is_that_colour(mosaic, bits):
    colour = {'r': 200, 'g': 90, 'b': 30}
    tile = np.array(
        [[colour[mosaic[0]], colour[mosaic[1]]], [colour[mosaic[2]], colour[mosaic[3]]]]
    )
    pixels = np.tile(tile, (4, 4)).astype(f'<u{bits // 8}')[..., None] * (1 if bits == 8 else 256)
    found = conversions_image.image_from_ros(made(pixels, f'bayer_{mosaic}{bits}'))
    assert found[3, 3].tolist() == [200, 90, 30]


@pytest.mark.parametrize('encoding', ['yuv422', 'bayer_rggb8'])
def test_pairs_need_even_sizes(encoding):
    pixels = np.zeros((4, 5, 2 if encoding == 'yuv422' else 1), np.uint8)
    with pytest.raises(CameraError, match='image says 5x4 px'):
        conversions_image.image_from_ros(made(pixels, encoding))


@pytest.mark.parametrize('encoding', ['mono16', 'yuv422', 'bayer_rggb8'])
def test_what_cannot_be_written_is_refused(rgb, encoding):
    with pytest.raises(CameraError, match='use rgb8'):
        conversions_image.image_to_ros(rgb, HEADER, encoding)


def made(pixels, encoding, is_bigendian=0):
    """Give a message that holds pixels (H, W, channels) as they are."""
    height, width = pixels.shape[:2]
    data = array.array('B', pixels.tobytes())
    message = Image(height=height, width=width, encoding=encoding, data=data)
    message.step, message.is_bigendian = len(data) // height, is_bigendian
    return message


@pytest.mark.parametrize('message', [CameraInfo(), CameraInfo(width=4, height=3)])
def test_a_camera_without_calibration_is_refused(message):
    with pytest.raises(CameraError, match='not calibrated'):
        conversions_image.intrinsics_from_ros(message)


def test_the_data_of_a_published_image_is_an_array(rgb):
    assert isinstance(conversions_image.image_to_ros(rgb, HEADER).data, array.array)
    assert isinstance(Image().data, array.array)
