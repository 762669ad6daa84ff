"""Calibrates a camera's lens from images of a board, and says how well images hold back agree."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.camera.boards import Corners
from qwen_embodied.errors import CalibrationError
from qwen_embodied.geometry import Intrinsics, pose

Array = NDArray[np.float64]

LEAST_IMAGES = 6
HELD_OUT = 4  # every fourth image judges what the others gave
CELLS = 3  # the image is looked at in 3 x 3 cells
TILTS, SPREAD = 15.0, 1.3  # degrees between boards; farthest over nearest distance


@dataclass(frozen=True, eq=False)
class LensCalibration:
    """A calibrated lens.

    Attributes:
        lens: Focal lengths, centre and distortion (k1 k2 p1 p2, k3 zero), from all images.
        error: Root mean square distance of corners from where the lens puts them, px.
        held_out: The same for images that took no part, px.
        images: How many there were.
    """

    lens: Intrinsics
    error: float
    held_out: float
    images: int


def calibrate_lens(views: Sequence[Corners]) -> LensCalibration:
    """Calibrate from at least six images of one board.

    Raises:
        CalibrationError: Too few images, images of several sizes, or all alike.
    """
    if len(views) < LEAST_IMAGES:
        raise CalibrationError(
            f'the board was found in {len(views)} images; at least {LEAST_IMAGES} are needed'
        )
    sizes = {view.size for view in views}
    if len(sizes) > 1:
        listed = ', '.join(f'{width}x{height}' for width, height in sorted(sizes))
        raise CalibrationError(f'the images have several sizes: {listed}; use one camera mode')
    lens, error = _fit(views)
    kept = [view for number, view in enumerate(views) if number % HELD_OUT]
    apart = [view for number, view in enumerate(views) if not number % HELD_OUT]
    judged, _ = _fit(kept)
    errors = np.concatenate(
        [residuals(judged, view, board_in_camera(judged, view)) for view in apart]
    )
    return LensCalibration(lens, error, float(np.sqrt((errors**2).sum(axis=1).mean())), len(views))


def _fit(views: Sequence[Corners]) -> tuple[Intrinsics, float]:
    points = [view.points.astype(np.float32) for view in views]
    pixels = [view.pixels.astype(np.float32) for view in views]
    width, height = views[0].size
    try:
        error, matrix, distortion, _, _ = cv2.calibrateCamera(
            points, pixels, (width, height), np.eye(3), np.zeros(5), flags=cv2.CALIB_FIX_K3
        )
    except cv2.error as fault:
        raise CalibrationError(f'the images do not fix a lens: {fault.err}') from fault
    if not (np.isfinite(matrix).all() and matrix[0, 0] > 0 and matrix[1, 1] > 0):
        raise CalibrationError('the images do not fix a lens; tilt the board more between them')
    lens = Intrinsics(
        width, height, matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2],
        tuple(float(one) for one in distortion.reshape(-1)[:5]),
    )  # fmt: skip
    return lens, float(error)


def board_in_camera(lens: Intrinsics, view: Corners) -> Array:
    """Give the pose (4, 4) of the board in the optical frame.

    Raises:
        CalibrationError: The corners do not fix one.
    """
    matrix, bent = camera_matrix(lens), np.array(lens.distortion or (0.0,) * 5)
    done, turn, place = cv2.solvePnP(
        view.points, view.pixels, matrix, bent, flags=cv2.SOLVEPNP_IPPE
    )
    if not done:
        raise CalibrationError('the corners found do not fix the place of the board')
    turn, place = cv2.solvePnPRefineLM(view.points, view.pixels, matrix, bent, turn, place)
    return pose(place.reshape(3), cv2.Rodrigues(turn)[0])


def residuals(lens: Intrinsics, view: Corners, placed: Array) -> Array:
    """Give how far corners (N, 2) px are from where a placed board would show them."""
    return lens.project(view.points @ placed[:3, :3].T + placed[:3, 3]) - view.pixels


def camera_matrix(lens: Intrinsics) -> Array:
    """Give the (3, 3) matrix of OpenCV."""
    return np.array([[lens.fx, 0.0, lens.cx], [0.0, lens.fy, lens.cy], [0.0, 0.0, 1.0]])


def lens_advice(views: Sequence[Corners]) -> tuple[str, ...]:
    """Say which further images would make the calibration better; empty when it is enough."""
    advice = []
    if len(views) < LEAST_IMAGES + 4:
        advice.append(f'take more images: {len(views)} of {LEAST_IMAGES + 4}')
    if not views:
        return tuple(advice)
    advice += [f'show the board in the {place} of the image' for place in _empty(views)]
    guess = Intrinsics.from_field_of_view(*views[0].size, vertical=np.radians(45.0))
    boards = np.array([board_in_camera(guess, view) for view in views])
    tilts = np.degrees(np.arccos(np.clip(np.abs(boards[:, 2, 2]), 0.0, 1.0)))
    if not tilts.max() >= TILTS:
        advice.append(f'tilt the board by {TILTS:.0f} degrees and more, about both axes')
    depths = boards[:, 2, 3]
    if not depths.max() >= SPREAD * depths.min():
        advice.append('hold the board nearer and farther')
    return tuple(advice)


def _empty(views: Sequence[Corners]) -> list[str]:
    """Name the cells of the image in which no corner was."""
    width, height = views[0].size
    pixels = np.concatenate([view.pixels for view in views])
    cells = np.clip((pixels / (width, height) * CELLS).astype(int), 0, CELLS - 1)
    seen = {(int(x), int(y)) for x, y in cells}
    words = (('top', 'middle', 'bottom'), ('left', 'centre', 'right'))
    return [
        f'{words[0][y]} {words[1][x]}'
        for y in range(CELLS)
        for x in range(CELLS)
        if (x, y) not in seen
    ]
