"""Where the camera is: from a board that the arm carries past it, or carries it past.

Fixed camera, board in the hand:   camera_in_base @ board_in_camera = hand_in_base @ board_in_hand
Camera in the hand, board fixed:   hand_in_base @ camera_in_hand @ board_in_camera = board_in_base

Three published methods (R. Tsai and R. Lenz 1989; F. Park and B. Martin 1994; M. Shah 2013), as
OpenCV has them, must agree; then all corners are fitted together. OpenCV's Daniilidis is not among
them: with 0.3 px of noise it went kilometres astray in some of sixty trials.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from qwen_embodied.camera.boards import Corners
from qwen_embodied.camera.lens import board_in_camera
from qwen_embodied.errors import CalibrationError, ConfigurationError
from qwen_embodied.geometry import Intrinsics, inverse_pose, pose, rotation_angle

Array = NDArray[np.float64]

METHODS = {
    'Tsai': cv2.CALIB_HAND_EYE_TSAI,
    'Park': cv2.CALIB_HAND_EYE_PARK,
    'Shah': cv2.CALIB_ROBOT_WORLD_HAND_EYE_SHAH,
}
MOUNTS = ('fixed', 'hand')
LEAST_POSES, ADVISED_POSES = 5, 15
TURN = 20.0  # degrees, between poses, about each of two axes
APART = 0.05  # m, between places of the hand
AGREE, AGREE_ANGLE = 0.02, 2.0  # m and degrees within which the methods must agree
OUTLIER = 5.0  # times the median error of a pose


@dataclass(frozen=True, eq=False)
class Sample:
    """One pose of the arm with what the camera saw.

    Attributes:
        hand_in_base: (4, 4), from forward kinematics.
        corners: Of the board.
        name: For messages.
    """

    hand_in_base: Array
    corners: Corners
    name: str = ''


@dataclass(frozen=True, eq=False)
class HandEye:
    """A calibrated camera pose.

    Attributes:
        camera: camera_in_base for a fixed camera, camera_in_hand for one in the hand, (4, 4).
        board: board_in_hand, or board_in_base.
        methods: The same camera pose by each published method.
        apart: Largest distance between these, m.
        apart_angle: Largest angle between these, degrees.
        held_out_pixels: Median error of a pose that took no part, px.
        held_out: The same at the board, m.
        outliers: Names of poses that fit far worse than the others.
    """

    camera: Array
    board: Array
    methods: dict[str, Array]
    apart: float
    apart_angle: float
    held_out_pixels: float
    held_out: float
    outliers: tuple[str, ...]


def calibrate_hand_eye(
    samples: Sequence[Sample], lens: Intrinsics, mount: str = 'fixed'
) -> HandEye:
    """Find the camera from at least five poses.

    Args:
        samples: Poses of the arm with the corners seen.
        lens: Of the camera.
        mount: fixed, with the board in the hand; or hand, with the board on the table.

    Raises:
        CalibrationError: Too few poses, too much alike, or the methods disagree.
    """
    if mount not in MOUNTS:
        raise ConfigurationError(f'mount = {mount!r}; allowed are {", ".join(MOUNTS)}')
    missing = hand_eye_advice([sample.hand_in_base for sample in samples])
    if len(samples) < LEAST_POSES or any(word.startswith('turn') for word in missing):
        raise CalibrationError(f'{len(samples)} poses do not fix the camera: {"; ".join(missing)}')
    boards = [board_in_camera(lens, sample.corners) for sample in samples]
    methods = {name: _solved(samples, boards, mount, name) for name in METHODS}
    apart, angle = _spread(list(methods.values()))
    if not (apart <= AGREE and angle <= AGREE_ANGLE):
        raise CalibrationError(
            f'the three methods differ by {apart * 1e3:.1f} mm and {angle:.2f} degrees: the board '
            'slipped, a joint state is not of its image, or the lens is wrong'
        )
    camera, board = _fitted(samples, lens, mount, _start(samples, boards, mount, methods))
    pixels, metres = _held_out(samples, lens, mount, (camera, board))
    errors = [_pixels(sample, lens, mount, camera, board) for sample in samples]
    limit = OUTLIER * float(np.median(errors))
    outliers = tuple(s.name for s, error in zip(samples, errors, strict=True) if error > limit)
    return HandEye(camera, board, methods, apart, angle, pixels, metres, outliers)


def hand_eye_advice(hands: Sequence[Array]) -> tuple[str, ...]:
    """Say which further poses of the hand are needed; empty when they are enough."""
    advice = []
    if len(hands) < ADVISED_POSES:
        advice.append(f'take more poses: {len(hands)} of {ADVISED_POSES}')
    if len(hands) < 2:
        return tuple(advice)
    turns = np.array(
        [
            cv2.Rodrigues(a[:3, :3].T @ b[:3, :3])[0].reshape(3)
            for number, a in enumerate(hands)
            for b in hands[number + 1 :]
        ]
    )
    # Columns of v are axes; how far the hand was turned about the second tells whether two are.
    _, _, axes = np.linalg.svd(turns, full_matrices=False)
    about = np.degrees(np.abs(turns @ axes.T).max(axis=0))
    if not about[0] >= TURN:
        advice.append(f'turn the hand by {TURN:.0f} degrees and more between poses')
    elif not about[1] >= TURN:
        advice.append(f'turn the hand about a second axis too, by {TURN:.0f} degrees and more')
    places = np.array([hand[:3, 3] for hand in hands])
    if not np.ptp(places, axis=0).max() >= APART:
        advice.append(f'move the hand by {APART * 100:.0f} cm and more between poses')
    return tuple(advice)


def _solved(samples: Sequence[Sample], boards: Sequence[Array], mount: str, name: str) -> Array:
    """Give the camera's pose by one of METHODS, in the base or in the hand."""
    # What the camera is fixed to, seen from what the board is fixed to, and the other way round.
    inwards = [
        inverse_pose(sample.hand_in_base) if mount == 'fixed' else sample.hand_in_base
        for sample in samples
    ]
    outwards = [inverse_pose(hand) for hand in inwards]
    try:
        if name == 'Shah':
            _, _, turn, place = cv2.calibrateRobotWorldHandEye(
                *_parts(boards), *_parts(outwards), method=METHODS[name]
            )
            found = inverse_pose(pose(place.reshape(3), turn))
        else:
            turn, place = cv2.calibrateHandEye(
                *_parts(inwards), *_parts(boards), method=METHODS[name]
            )
            found = pose(place.reshape(3), turn)
    except cv2.error as error:
        raise CalibrationError(f'the poses do not fix the camera: {error.err}') from error
    if not np.isfinite(found).all():
        raise CalibrationError('the poses do not fix the camera; turn the hand about two axes')
    return found


def _parts(poses: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    return [one[:3, :3] for one in poses], [one[:3, 3] for one in poses]


def _spread(poses: Sequence[Array]) -> tuple[float, float]:
    pairs = [(a, b) for number, a in enumerate(poses) for b in poses[number + 1 :]]
    return (
        max(float(np.linalg.norm(a[:3, 3] - b[:3, 3])) for a, b in pairs),
        max(float(np.degrees(rotation_angle(a[:3, :3].T @ b[:3, :3]))) for a, b in pairs),
    )


def _start(
    samples: Sequence[Sample], boards: Sequence[Array], mount: str, methods: dict[str, Array]
) -> tuple[Array, Array]:
    """Give camera and board poses to begin with: those of the middle pose, by Park's method."""
    camera, middle = methods['Park'], len(samples) // 2
    hand = samples[middle].hand_in_base
    if mount == 'fixed':
        return camera, inverse_pose(hand) @ camera @ boards[middle]
    return camera, hand @ camera @ boards[middle]


def _seen(sample: Sample, mount: str, camera: Array, board: Array) -> Array:
    """Give board_in_camera as the calibration has it."""
    if mount == 'fixed':
        return inverse_pose(camera) @ sample.hand_in_base @ board
    return inverse_pose(sample.hand_in_base @ camera) @ board


def _errors(sample: Sample, lens: Intrinsics, mount: str, camera: Array, board: Array) -> Array:
    placed = _seen(sample, mount, camera, board)
    points = sample.corners.points @ placed[:3, :3].T + placed[:3, 3]
    points[:, 2] = np.maximum(points[:, 2], 1e-3)  # behind the camera is far off, not nowhere
    return lens.project(points) - sample.corners.pixels


def _pixels(sample: Sample, lens: Intrinsics, mount: str, camera: Array, board: Array) -> float:
    errors = _errors(sample, lens, mount, camera, board)
    return float(np.sqrt((errors**2).sum(axis=1).mean()))


def _fitted(
    samples: Sequence[Sample], lens: Intrinsics, mount: str, start: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Fit both poses to all corners; a few wild ones count little."""

    def moved(values: Array) -> tuple[Array, Array]:
        camera, board = (
            base @ pose(step[3:], cv2.Rodrigues(step[:3])[0])
            for base, step in zip(start, (values[:6], values[6:]), strict=True)
        )
        return camera, board

    def errors(values: Array) -> Array:
        camera, board = moved(values)
        rows = [_errors(sample, lens, mount, camera, board).ravel() for sample in samples]
        return np.concatenate(rows)

    return moved(least_squares(errors, np.zeros(12), loss='huber', x_scale='jac').x)


def _held_out(
    samples: Sequence[Sample], lens: Intrinsics, mount: str, start: tuple[Array, Array]
) -> tuple[float, float]:
    """Judge each pose by the calibration of all others: median error in px and in m."""
    pixels, metres = [], []
    for number, sample in enumerate(samples):
        others = [*samples[:number], *samples[number + 1 :]]
        camera, board = _fitted(others, lens, mount, start)
        pixels.append(_pixels(sample, lens, mount, camera, board))
        depth = _seen(sample, mount, camera, board)[2, 3]
        metres.append(pixels[-1] * depth / lens.fx)
    return float(np.median(pixels)), float(np.median(metres))
