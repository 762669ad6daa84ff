"""Frames from files: an image, perhaps its depth, perhaps a note on the camera beside it.

The note has the image's name with `.camera.json` in place of its suffix, and holds fx, fy, cx, cy
in px, distortion, and camera_in_base (4, 4); what it lacks is assumed.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.camera.headers import check_image
from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics, look_at, pose
from qwen_embodied.messages import Frame

Array = NDArray[np.float64]
FIELD_OF_VIEW = np.radians(45.0)  # vertical, where nothing else is known
POSITION, TARGET = (0.40, 0.0, 1.25), (0.55, 0.0, 0.0)  # of the camera and what it looks at, m
FLAT = 0.008  # m by which points of a table may be off
HYPOTHESES = 200


def read_frame(image: Path, depth: Path | None = None) -> Frame:
    """Read a frame.

    Args:
        image: JPEG or PNG.
        depth: Of the same view: PNG of 16 bits in mm, or .npy in m; 0 or NaN where invalid.

    Raises:
        CameraError: A file cannot be read, or does not fit the image.
    """
    rgb = _decoded(image, is_colour=True)
    size = (rgb.shape[1], rgb.shape[0])
    note = _note(image.with_suffix('.camera.json'))
    try:
        lens = _lens(note, *size)
        metres = None if depth is None else _depth(depth, size)
        camera_in_base = note.get('camera_in_base')
        if camera_in_base is None and metres is not None:
            camera_in_base = above_table(metres, lens)
        if camera_in_base is None:
            camera_in_base = look_at(POSITION, TARGET, image_up=[1, 0, 0])
        return Frame(0.0, image.name, rgb, metres, lens, np.array(camera_in_base, dtype=float))
    except (TypeError, ValueError) as error:
        raise CameraError(f'{image}: the note on its camera is wrong: {error}') from error


def above_table(depth: NDArray[np.float32], lens: Intrinsics) -> Array:
    """Give camera_in_base for a base on the largest plane in view, below the camera.

    Its z axis is the plane's normal, its x axis points to the top of the image.

    Raises:
        CameraError: There is too little depth to see a plane.
    """
    v, u = np.mgrid[: lens.height : 8, : lens.width : 8]
    points = lens.deproject(np.stack([u, v], axis=-1), depth[::8, ::8])
    points = points[np.isfinite(points).all(axis=-1)]
    if len(points) < 100:
        raise CameraError('the depth image has too few valid pixels to find a table')
    rng = np.random.default_rng(0)
    corners = points[rng.integers(len(points), size=(HYPOTHESES, 3))]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-9)[:, None]
    offsets = np.einsum('ij,ij->i', normals, corners[:, 0])
    inside = np.abs(points @ normals.T - offsets) < FLAT
    best = int(inside.sum(axis=0).argmax())
    near = points[inside[:, best]]
    up = np.linalg.svd(near - near.mean(axis=0), full_matrices=False)[2][2]
    up = up if up @ near.mean(axis=0) < 0 else -up
    forward = np.array([0.0, -1.0, 0.0]) if abs(up[1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    forward -= (forward @ up) * up
    forward /= np.linalg.norm(forward)
    rotation = np.stack([forward, np.cross(up, forward), up])
    return pose([0.0, 0.0, -float(up @ near.mean(axis=0))], rotation)


def _lens(note: dict[str, Any], width: int, height: int) -> Intrinsics:
    usual = Intrinsics.from_field_of_view(width, height, FIELD_OF_VIEW)
    fx, fy, cx, cy = (
        float(note.get(key, getattr(usual, key))) for key in ('fx', 'fy', 'cx', 'cy')
    )
    return Intrinsics(width, height, fx, fy, cx, cy, tuple(note.get('distortion', ())))


def _depth(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    metres = _stored(path) if path.suffix == '.npy' else _decoded(path, is_colour=False) * 1e-3
    metres = _fitted(metres, size, path)
    with np.errstate(invalid='ignore'):
        return np.where(metres > 0, metres, np.nan).astype(np.float32)


def _fitted(metres: NDArray[Any], size: tuple[int, int], path: Path) -> NDArray[Any]:
    """Give aligned depth the size of the image, without making up distances."""
    height, width = metres.shape
    if abs(width * size[1] - height * size[0]) > max(width, height, *size):
        raise CameraError(
            f'{path}: {width}x{height} px do not fit the image of {size[0]}x{size[1]} px; depth '
            'of the same view has the same ratio of its sides; use depth aligned to colour'
        )
    rows = ((np.arange(size[1]) + 0.5) * height / size[1]).astype(int)
    columns = ((np.arange(size[0]) + 0.5) * width / size[0]).astype(int)
    return metres if (width, height) == size else metres[rows[:, None], columns]


def _stored(path: Path) -> NDArray[Any]:
    try:
        stored = np.load(path, allow_pickle=False, mmap_mode='r')
    except (OSError, ValueError) as error:
        raise CameraError(f'{path}: cannot be read: {error}') from error
    if stored.ndim != 2 or stored.dtype.kind not in 'fu':
        raise CameraError(f'{path}: {stored.shape} {stored.dtype} is no depth image')
    return np.asarray(stored, np.float32)


def _decoded(path: Path, *, is_colour: bool) -> NDArray[Any]:
    import cv2

    try:
        data = path.read_bytes()
    except OSError as error:
        raise CameraError(f'{path}: cannot be read: {error}') from error
    check_image(data)
    mode = cv2.IMREAD_COLOR if is_colour else cv2.IMREAD_UNCHANGED
    found = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    if found is None:
        raise CameraError(f'{path}: is broken')
    if is_colour:
        return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB))
    if found.dtype != np.uint16 or found.ndim != 2:
        raise CameraError(f'{path}: depth must be a PNG of 16 bits in millimetres')
    return np.asarray(found)


def _note(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        note = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CameraError(f'{path}: cannot be read: {error}') from error
    if not isinstance(note, dict):
        raise CameraError(f'{path}: must hold an object with fx, fy, cx, cy, camera_in_base')
    return note
