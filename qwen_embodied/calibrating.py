"""Calibration from files: images of a board, and the joints of the arm beside each of them.

A folder of samples holds `NAME.png` (or .jpg) and `NAME.json`, which has either
`{"joints": {"panda_joint1": 0.1, ...}}` or `{"hand_in_base": [[...], ...]}` (4, 4), m.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from qwen_embodied.camera import read_frame
from qwen_embodied.camera.boards import Board, Corners
from qwen_embodied.camera.hand_eye import HandEye, Sample, calibrate_hand_eye, hand_eye_advice
from qwen_embodied.camera.lens import LensCalibration, calibrate_lens, lens_advice
from qwen_embodied.errors import CalibrationError, CameraError, ConfigurationError
from qwen_embodied.geometry import Intrinsics, quaternion_of
from qwen_embodied.motion import Robot

IMAGES = ('.png', '.jpg', '.jpeg')


def images_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Give image files, and those of folders, in order.

    Raises:
        CameraError: There are none.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [one for one in inside if one.suffix.lower() in IMAGES]
    if not found:
        listed = ', '.join(map(str, paths))
        raise CameraError(f'{listed}: no image there; PNG and JPEG are read')
    return tuple(found)


def find_boards(images: Sequence[Path], board: Board) -> dict[Path, Corners]:
    """Find the board; images without it are left out."""
    found = {path: board.find(read_frame(path).rgb) for path in images}
    return {path: corners for path, corners in found.items() if corners is not None}


def lens_from_images(
    paths: Sequence[Path], board: Board
) -> tuple[LensCalibration, tuple[str, ...]]:
    """Calibrate a lens; gives also which further images would make it better."""
    views = list(find_boards(images_of(paths), board).values())
    return calibrate_lens(views), lens_advice(views)


def hand_eye_from_folder(
    folder: Path, board: Board, lens: Intrinsics, robot: Robot, mount: str
) -> tuple[HandEye, tuple[str, ...]]:
    """Calibrate where the camera is; gives also which further poses would make it better."""
    samples = [
        Sample(hand_in_base(path.with_suffix('.json'), robot), corners, path.name)
        for path, corners in find_boards(images_of([folder]), board).items()
    ]
    found = calibrate_hand_eye(samples, lens, mount)
    return found, hand_eye_advice([sample.hand_in_base for sample in samples])


def hand_in_base(note: Path, robot: Robot) -> Any:
    """Read where the hand was, (4, 4), from the note beside an image.

    Raises:
        CalibrationError: It is not there, or does not fit the robot.
    """
    try:
        content = json.loads(note.read_text(encoding='utf-8'))
        if 'hand_in_base' in content:
            return _pose(content['hand_in_base'])
        joints = [float(content['joints'][name]) for name in robot.joint_names]
    except OSError as error:
        raise CalibrationError(f'{note}: cannot be read: {error}') from error
    except KeyError as error:
        raise CalibrationError(f'{note}: {error} is missing') from error
    except (TypeError, ValueError) as error:
        raise CalibrationError(f'{note}: {error}') from error
    return robot.forward(np.array(joints))


def _pose(values: Any) -> Any:
    matrix = np.array(values, dtype=float)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise ValueError('hand_in_base must be 4 x 4 finite numbers')
    turn = matrix[:3, :3]
    if not np.abs(turn @ turn.T - np.eye(3)).max() < 1e-3:
        raise ValueError('hand_in_base holds no rotation')
    return matrix


def write_lens(path: Path, found: LensCalibration, name: str) -> None:
    """Write the file that camera drivers of ROS read (camera_info_manager)."""
    lens = found.lens
    matrix = [lens.fx, 0.0, lens.cx, 0.0, lens.fy, lens.cy, 0.0, 0.0, 1.0]
    bent = [*lens.distortion, 0.0, 0.0, 0.0, 0.0, 0.0][:5]
    content = {
        'image_width': lens.width,
        'image_height': lens.height,
        'camera_name': name,
        'camera_matrix': _matrix(3, 3, matrix),
        'distortion_model': 'plumb_bob',
        'distortion_coefficients': _matrix(1, 5, bent),
        'rectification_matrix': _matrix(3, 3, np.eye(3).ravel()),
        'projection_matrix': _matrix(
            3, 4, [*matrix[:3], 0.0, *matrix[3:6], 0.0, *matrix[6:], 0.0]
        ),
    }
    head = (
        f'# From {found.images} images; error {found.error:.2f} px, of images that took no part '
        f'{found.held_out:.2f} px.\n'
    )
    path.write_text(head + yaml.safe_dump(content, sort_keys=False), encoding='utf-8')


def _matrix(rows: int, columns: int, values: Any) -> dict[str, Any]:
    return {'rows': rows, 'cols': columns, 'data': [float(value) for value in values]}


def read_lens(path: Path) -> Intrinsics:
    """Read a file as `write_lens` and ROS's camera calibration write it.

    Raises:
        ConfigurationError: It cannot be read.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
        k = [float(value) for value in content['camera_matrix']['data']]
        bent = tuple(float(value) for value in content['distortion_coefficients']['data'])
        size = int(content['image_width']), int(content['image_height'])
        is_fisheye = content.get('distortion_model') == 'equidistant'
        return Intrinsics(*size, k[0], k[4], k[2], k[5], bent, is_fisheye)
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, IndexError) as error:
        raise ConfigurationError(
            f'{path}: is no camera calibration: {error}; "calibrate camera" writes one'
        ) from error


def write_camera_pose(path: Path, found: HandEye, mount: str) -> None:
    """Write the camera's pose as parameters of the perception node."""
    place = [round(float(value), 6) for value in found.camera[:3, 3]]
    turn = [round(float(value), 8) for value in quaternion_of(found.camera[:3, :3])]
    head = (
        f'# Hand-eye calibration, camera {"fixed" if mount == "fixed" else "in the hand"}. '
        f'Poses that took no part: {found.held_out_pixels:.2f} px, '
        f'{found.held_out * 1e3:.2f} mm.\n'
        f'# Three methods agree within {found.apart * 1e3:.2f} mm and '
        f'{found.apart_angle:.3f} degrees.\n'
    )
    if mount != 'fixed':
        head += '# This is the pose in the hand; the perception node takes fixed cameras.\n'
    values = {'camera_position': place, 'camera_quaternion': turn}
    text = yaml.safe_dump({'/**/perception': {'ros__parameters': values}}, default_flow_style=None)
    path.write_text(head + text, encoding='utf-8')
