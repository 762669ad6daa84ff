"""Images, depth and camera_info, from ROS and to ROS.

Reading needs no ROS and lives in camera/images.py; here is what writes messages.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import array
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from qwen_embodied.camera.encodings import COLOUR
from qwen_embodied.camera.images import read_depth as depth_from_ros
from qwen_embodied.camera.images import read_image as image_from_ros
from qwen_embodied.camera.images import read_intrinsics as intrinsics_from_ros
from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.nodes.conversions import time_from_ros

__all__ = [
    'depth_from_ros',
    'depth_to_ros',
    'image_from_ros',
    'image_to_ros',
    'intrinsics_from_ros',
    'intrinsics_to_ros',
    'stamped_image',
]

LARGEST_DEPTH = 65.535  # m, the most that 16UC1 can say


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


def depth_to_ros(depth: NDArray[np.float32], header: Header, encoding: str = '16UC1') -> Image:
    """Write depth (H, W) m; what is invalid or beyond 65.535 m becomes 0 in 16UC1."""
    if encoding == '32FC1':
        return _message(depth.astype('<f4')[:, :, None], header, encoding)
    with np.errstate(invalid='ignore'):
        valid = (depth > 0.0) & (depth <= LARGEST_DEPTH)
    millimetres = np.rint(np.where(valid, depth, 0.0) * 1e3).astype('<u2')
    return _message(millimetres[:, :, None], header, encoding)


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


def _message(pixels: NDArray[Any], header: Header, encoding: str) -> Image:
    height, width = pixels.shape[:2]
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(pixels).tobytes())
    message = Image(header=header, height=height, width=width, encoding=encoding)
    message.step = len(data) // height
    # rclpy takes an array.array as it is; a numpy array would be copied element by element.
    message.data = data
    return message
