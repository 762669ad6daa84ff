"""Images, depth and camera_info as their messages hold them, read without ROS.

A message is anything with the fields of its sensor_msgs type, whoever decoded it. Sizes are
checked before a byte is read: a message that lies about itself raises CameraError.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.camera.encodings import COLOUR, DEPTH, Encoding, to_rgb
from qwen_embodied.camera.headers import LARGEST_AREA, LARGEST_SIDE
from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics

# How many coefficients of each distortion model are read.
MODELS = {'plumb_bob': 5, 'rational_polynomial': 8, 'equidistant': 4}


class ImageMessage(Protocol):
    """The fields of sensor_msgs/Image that are read."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CameraInfoMessage(Protocol):
    """The fields of sensor_msgs/CameraInfo that are read."""

    height: int
    width: int
    distortion_model: str
    d: Any
    k: Any


def read_image(message: ImageMessage) -> NDArray[np.uint8]:
    """Read a colour or grey image as RGB, (H, W, 3) uint8.

    Raises:
        CameraError: The encoding is no colour encoding, or size, step and data disagree.
    """
    encoding = _known(message, COLOUR, 'an image')
    return to_rgb(_pixels(message, encoding), encoding)


def read_depth(message: ImageMessage) -> NDArray[np.float32]:
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


def read_intrinsics(message: CameraInfoMessage) -> Intrinsics:
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


def _known(message: ImageMessage, table: dict[str, Encoding], what: str) -> Encoding:
    encoding = table.get(message.encoding)
    if encoding is None:
        raise CameraError(
            f'{what} with encoding {message.encoding!r} cannot be read; '
            f'known are {", ".join(table)}'
        )
    return encoding


def _pixels(message: ImageMessage, encoding: Encoding) -> NDArray[Any]:
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
