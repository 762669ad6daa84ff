"""A frame from the messages of one instant: colour, perhaps depth, and the calibration."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.camera.images import read_depth, read_image, read_intrinsics
from qwen_embodied.camera.images_compressed import read_compressed, read_compressed_depth
from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import Array, Frame


def read_frame(colour: Any, depth: Any, info: Any, camera_in_base: Array) -> Frame:
    """Read the messages of one instant.

    Args:
        colour: Image or CompressedImage.
        depth: The same, aligned to colour; or None.
        info: CameraInfo of the colour camera.
        camera_in_base: Pose (4, 4) of the optical frame.

    Raises:
        CameraError: One cannot be read, or their sizes are not of one view.
    """
    rgb = _colour(colour)
    size = (rgb.shape[1], rgb.shape[0])
    lens = _fitting(read_intrinsics(info), size)
    metres = None if depth is None else _resized(_depth(depth), size)
    stamp = float(colour.header.stamp.sec) + float(colour.header.stamp.nanosec) * 1e-9
    return Frame(stamp, colour.header.frame_id, rgb, metres, lens, camera_in_base)


def _colour(message: Any) -> NDArray[np.uint8]:
    return read_compressed(message) if hasattr(message, 'format') else read_image(message)


def _depth(message: Any) -> NDArray[np.float32]:
    return read_compressed_depth(message) if hasattr(message, 'format') else read_depth(message)


def _fitting(lens: Intrinsics, size: tuple[int, int]) -> Intrinsics:
    """Give the calibration for an image of another size, (width, height), of the same view."""
    own = (lens.width, lens.height)
    _check_ratio(own, size, 'camera_info')
    return lens if own == size else lens.resized(*size)


def _resized(depth: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Give aligned depth the size of the colour image, without making up distances."""
    height, width = depth.shape
    _check_ratio((width, height), size, 'depth')
    if (width, height) == size:
        return depth
    rows = (np.arange(size[1]) + 0.5) * height / size[1]
    columns = (np.arange(size[0]) + 0.5) * width / size[0]
    return np.ascontiguousarray(depth[rows.astype(int)[:, None], columns.astype(int)])


def _check_ratio(one: tuple[int, int], colour: tuple[int, int], what: str) -> None:
    if abs(one[0] * colour[1] - one[1] * colour[0]) > max(*one, *colour):
        raise CameraError(
            f'colour, depth and camera_info have different sizes: colour is {colour[0]}x'
            f'{colour[1]}, {what} {one[0]}x{one[1]}; of the same view they would have the same '
            'ratio; use depth that is aligned to colour'
        )
