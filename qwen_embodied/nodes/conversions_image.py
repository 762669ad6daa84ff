"""Images, depth and camera_info, from ROS and to ROS.

Sizes are checked before a byte is read: a message that lies about itself raises CameraError.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import array
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from qwen_embodied.camera.headers import LARGEST_AREA, LARGEST_SIDE
from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.nodes.conversions import time_from_ros
from qwen_embodied.nodes.encodings import COLOUR, DEPTH, Encoding, to_rgb

# How many coefficients of each distortion model are read.
MODELS = {'plumb_bob': 5, 'rational_polynomial': 8, 'equidistant': 4}
LARGEST_DEPTH = 65.535  # m, the most that 16UC1 can say


def image_from_ros(message: Image) -> NDArray[np.uint8]:
    """Read a colour or grey image as RGB, (H, W, 3) uint8.

    Raises:
        CameraError: The encoding is no colour encoding, or size, step and data disagree.
    """
    encoding = _known(message, COLOUR, 'an image')
    return to_rgb(_pixels(message, encoding), encoding)


def stamped_image(message: Image) -> tuple[float, NDArray[np.uint8]]:
    """Read the stamp in s and the RGB image (H, W, 3) of a colour image."""
    return time_from_ros(message.header.stamp), image_from_ros(message)


def image_to_ros(rgb: NDArray[np.uint8], header: Header, encoding: str = 'rgb8') -> Image:
    """Write RGB (H, W, 3) uint8; alpha becomes 255 and mono8 the mean of the channels."""
    form = COLOUR[encoding]
    if form.dtype != 'u1' or form.code:
        raise CameraError(f'images are not written with the encoding {encoding!r}; use rgb8')
    if form.channels == 1:
        pixels = np.rint(rgb.mean(axis=2, keepdims=True)).astype(np.uint8)
    else:
        pixels = np.full((*rgb.shape[:2], form.channels), 255, np.uint8)
        pixels[:, :, form.order] = rgb
    return _message(pixels, header, encoding)


def depth_from_ros(message: Image) -> NDArray[np.float32]:
    """Read depth as (H, W) float32 m, NaN where invalid (REP-118).

    Raises:
        CameraError: The encoding is no depth encoding, or size, step and data disagree.
    """
    encoding = _known(message, DEPTH, 'a depth image')
    pixels = _pixels(message, encoding)[:, :, 0]
    if encoding.dtype == 'u2':
        metres = pixels.astype(np.float32) * np.float32(1e-3)
        metres[pixels == 0] = np.nan
        return metres
    metres = pixels.astype(np.float32)
    with np.errstate(invalid='ignore'):
        metres[~(np.isfinite(metres) & (metres > 0.0))] = np.nan
    return metres


def depth_to_ros(depth: NDArray[np.float32], header: Header, encoding: str = '16UC1') -> Image:
    """Write depth (H, W) m; what is invalid or beyond 65.535 m becomes 0 in 16UC1."""
    if encoding == '32FC1':
        return _message(depth.astype('<f4')[:, :, None], header, encoding)
    with np.errstate(invalid='ignore'):
        valid = (depth > 0.0) & (depth <= LARGEST_DEPTH)
    millimetres = np.rint(np.where(valid, depth, 0.0) * 1e3).astype('<u2')
    return _message(millimetres[:, :, None], header, encoding)


def intrinsics_from_ros(message: CameraInfo) -> Intrinsics:
    """Read K and the distortion of the lens.

    Raises:
        CameraError: The camera is not calibrated, or its distortion model is unknown.
    """
    fx, fy, cx, cy = (float(message.k[at]) for at in (0, 4, 2, 5))
    distortion = tuple(float(one) for one in message.d)
    numbers = np.array([fx, fy, cx, cy, *distortion])
    is_sized = 0 < message.width <= LARGEST_SIDE and 0 < message.height <= LARGEST_SIDE
    if not (fx > 0.0 and fy > 0.0 and is_sized and np.isfinite(numbers).all()):
        raise CameraError(
            f'camera_info: {message.width}x{message.height} px, fx = {fx}, fy = {fy}; '
            'the camera is not calibrated'
        )
    if not any(distortion):
        return Intrinsics(message.width, message.height, fx, fy, cx, cy)
    most = MODELS.get(message.distortion_model, 0)
    if len(distortion) > most:
        raise CameraError(
            f'camera_info: distortion model {message.distortion_model!r} with '
            f'{len(distortion)} coefficients cannot be read; known are {", ".join(MODELS)}; '
            'or use the rectified image (image_proc) and its camera_info'
        )
    is_fisheye = message.distortion_model == 'equidistant'
    return Intrinsics(message.width, message.height, fx, fy, cx, cy, distortion, is_fisheye)


def intrinsics_to_ros(intrinsics: Intrinsics, header: Header) -> CameraInfo:
    """Write K and the distortion of the lens."""
    fx, fy, cx, cy = (
        float(value) for value in (intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy)
    )
    return CameraInfo(
        header=header,
        width=intrinsics.width,
        height=intrinsics.height,
        distortion_model=_model(intrinsics),
        d=list(intrinsics.distortion) or [0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def _model(intrinsics: Intrinsics) -> str:
    if intrinsics.is_fisheye:
        return 'equidistant'
    return 'plumb_bob' if len(intrinsics.distortion) <= 5 else 'rational_polynomial'


def _known(message: Image, table: dict[str, Encoding], what: str) -> Encoding:
    encoding = table.get(message.encoding)
    if encoding is None:
        raise CameraError(
            f'{what} with encoding {message.encoding!r} cannot be read; '
            f'known are {", ".join(table)}'
        )
    return encoding


def _pixels(message: Image, encoding: Encoding) -> NDArray[Any]:
    """View the data as (H, W, channels) in the machine's byte order, rows unpadded."""
    height, width, step, size = message.height, message.width, message.step, len(message.data)
    dtype = np.dtype(('>' if message.is_bigendian else '<') + encoding.dtype)
    row = width * encoding.channels * dtype.itemsize
    fits = 0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE and step >= row
    fits = fits and height * width <= LARGEST_AREA
    fits = fits and not (encoding.even[0] and width % 2) and not (encoding.even[1] and height % 2)
    if not fits or size != height * step:
        raise CameraError(
            f'{message.encoding} image says {width}x{height} px with rows of {step} bytes '
            f'and carries {size} bytes; rows need {row} bytes, at most '
            f'{LARGEST_SIDE}x{LARGEST_SIDE} px are read'
        )
    rows = np.frombuffer(message.data, np.uint8).reshape(height, step)[:, :row]
    return np.ascontiguousarray(rows).view(dtype).reshape(height, width, encoding.channels)


def _message(pixels: NDArray[Any], header: Header, encoding: str) -> Image:
    height, width = pixels.shape[:2]
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(pixels).tobytes())
    message = Image(header=header, height=height, width=width, encoding=encoding)
    message.step = len(data) // height
    # rclpy takes an array.array as it is; a numpy array would be copied element by element.
    message.data = data
    return message
