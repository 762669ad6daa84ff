"""What the camera sees, as heights above the table pixel by pixel."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import PerceptionError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import Frame
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.plane import Plane, find_table

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
UNSEEN = -1.0
EDGE_CONTRAST = 22
DARKEST, LIGHTEST = 10.0, 251.0  # levels that the light and the dark pixels must reach


@dataclass(frozen=True, eq=False)
class Surface:
    """The table and what stands on it, on the pixel grid.

    Attributes:
        raw: Colour as it came, (H, W, 3) uint8.
        rgb: Colour, smoothed over 3x3 pixels, (H, W, 3) uint8.
        x: In the base frame, (H, W) m, NaN where it is not known.
        y: In the base frame, (H, W) m, NaN where it is not known.
        own_height: Above the table, small holes filled, (H, W) m; UNSEEN where invalid.
        height: Above the table, smoothed, small holes filled, (H, W) m; UNSEEN where invalid.
        depth: As measured, (H, W) m, NaN where invalid.
        measured: Pixels with valid depth, or just a speck without, (H, W).
        known: Those, and small holes of the colour of their neighbours, (H, W).
        raised: Pixels that stand above the table and are not the robot, (H, W).
        robot: Pixels that show the robot, (H, W).
        plane: The table.
        pixel: Size of a pixel at the distance of the table, m.
        camera: x and y of the base and height above the table, (3,) m.
        ground: Median colour of the table, (3,) sRGB.
    """

    raw: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    x: Image
    y: Image
    own_height: Image
    height: Image
    depth: Image
    measured: Mask
    known: Mask
    raised: Mask
    robot: Mask
    plane: Plane
    pixel: float
    camera: NDArray[np.float64]
    ground: NDArray[np.float64]


def look(
    frame: Frame, parameters: PerceptionParameters, spheres: NDArray[np.float64] | None = None
) -> Surface:
    """Measure the table and the heights above it.

    Args:
        frame: With depth.
        parameters: Thresholds.
        spheres: Of the robot's body, (N, 4) x y z radius in the base frame, m; or None.
    """
    depth = _checked_depth(frame, parameters)
    rgb = np.asarray(cv2.medianBlur(frame.rgb, 3), np.uint8)
    filled, foreign = fill_holes(depth, rgb)
    origin = frame.camera_in_base[:3, 3].astype(np.float32)
    rays = _rays(frame.intrinsics, frame.camera_in_base.tobytes())
    points = [origin[axis] + filled * ray for axis, ray in enumerate(rays)]
    robot = _silhouette(points, frame, spheres, parameters)
    measured = np.isfinite(depth)
    measured |= cv2.blur(measured.astype(np.float32), (3, 3)) > 0.73
    plane, pixel = _table(points, depth, np.isfinite(depth) & ~robot, parameters, frame)
    height = points[2] - (plane.a * points[0] + plane.b * points[1] + plane.c)
    own = np.where(np.isfinite(filled), height, np.float32(UNSEEN)).astype(np.float32)
    width = 5 if plane.noise > 0.0035 else 3
    height = np.asarray(cv2.medianBlur(own, width), np.float32)
    raised = (height > max(parameters.min_height, 3.0 * plane.noise)) & ~robot
    flat = (np.abs(height) < parameters.min_height)[::6, ::6]
    eye = frame.camera_in_base[:3, 3]
    camera = np.array([eye[0], eye[1], plane.distances(eye[None])[0]])
    if camera[2] < parameters.min_height:
        raise PerceptionError('the camera is below the table; check camera_in_base')
    table_rgb = rgb[::6, ::6][flat]
    ground: NDArray[np.float64] = np.full(3, 128.0)
    if flat.any():
        ground = np.asarray(np.median(table_rgb, axis=0), dtype=np.float64)
    return Surface(
        frame.rgb,
        rgb,
        points[0],
        points[1],
        own,
        height,
        depth,
        measured,
        np.isfinite(filled) & ~foreign,
        raised,
        robot,
        plane,
        pixel,
        camera,
        ground,
    )


def _table(
    points: list[Image], depth: Image, usable: Mask, parameters: PerceptionParameters, frame: Frame
) -> tuple[Plane, float]:
    """Find the table on every sixth pixel; give the size of a pixel there, m, too."""
    step = (slice(2, None, 8), slice(2, None, 8))
    chosen = usable[step]
    if chosen.sum() < 50:
        raise PerceptionError('the robot hides the table; move the arm out of the view')
    sample = np.column_stack([axis[step][chosen] for axis in points]).astype(np.float64)
    plane = find_table(sample, parameters)
    on_table = np.abs(plane.distances(sample)) < parameters.plane_tolerance
    return plane, float(np.median(depth[step][chosen][on_table])) / frame.intrinsics.fx


def _checked_depth(frame: Frame, parameters: PerceptionParameters) -> Image:
    if frame.depth is None:
        raise PerceptionError('the frame has no depth; a scene needs an aligned depth image')
    dark, light = np.percentile(frame.rgb[::8, ::8], (2.0, 99.0))
    if light < DARKEST or dark > LIGHTEST:
        covered = light < DARKEST
        word = 'black: is the lens covered or the light off' if covered else 'white: overexposed'
        raise PerceptionError(f'the image is {word}? (levels {dark:.0f} to {light:.0f} of 255)')
    if not np.isfinite(frame.camera_in_base).all():
        raise PerceptionError('camera_in_base is not finite; check the calibration')
    near, far = parameters.nearest_depth, parameters.farthest_depth
    with np.errstate(invalid='ignore'):
        valid = (frame.depth > near) & (frame.depth < far)
    share = float(valid.mean())
    if not share >= parameters.valid_share:
        raise PerceptionError(
            f'only {share:.0%} of the depth pixels are within {near} m to {far} m, '
            f'{parameters.valid_share:.0%} are needed; is the depth camera covered, '
            'or its depth in millimetres?'
        )
    return np.where(valid, frame.depth, np.float32(np.nan))


def fill_holes(depth: Image, rgb: NDArray[np.uint8]) -> tuple[Image, Mask]:
    """Fill holes up to two pixels from valid depth with the nearest depth beside them.

    Depth cameras lose the pixels at steep edges; what stands above the table owns them, if its
    colour says so.

    Returns:
        The filled depth (H, W) and the filled pixels whose colour differs from the pixel that
        they were filled from.
    """
    filled = depth.copy()
    source = np.arange(depth.size, dtype=np.int32).reshape(depth.shape)
    for _ in range(2):
        rows, columns = np.nonzero(~np.isfinite(filled))
        inner = (rows > 0) & (columns > 0)
        inner &= (rows < depth.shape[0] - 1) & (columns < depth.shape[1] - 1)
        rows, columns = rows[inner], columns[inner]
        at = (rows * depth.shape[1] + columns)[:, None]
        around = at + (np.arange(-1, 2)[:, None] * depth.shape[1] + np.arange(-1, 2)).ravel()
        values = np.nan_to_num(filled.ravel()[around], nan=np.inf)
        nearest = values.argmin(axis=1)
        pick = np.arange(len(rows))
        found = np.isfinite(values[pick, nearest])
        source[rows[found], columns[found]] = source.ravel()[around[pick, nearest][found]]
        filled[rows[found], columns[found]] = values[pick, nearest][found]
    holes = np.flatnonzero(np.isfinite(filled).ravel() & ~np.isfinite(depth).ravel())
    pixels = rgb.reshape(-1, 3)
    apart = np.abs(pixels[holes].astype(np.int16) - pixels[source.ravel()[holes]])
    apart = np.maximum(np.maximum(apart[:, 0], apart[:, 1]), apart[:, 2])
    foreign = np.zeros(depth.size, dtype=bool)
    foreign[holes[apart > EDGE_CONTRAST]] = True
    return filled, foreign.reshape(depth.shape)


@lru_cache(maxsize=4)
def _rays(lens: Intrinsics, pose_bytes: bytes) -> tuple[Image, ...]:
    """Give the direction of each pixel in the base frame, at depth one, as x, y and z."""
    rotation = np.frombuffer(pose_bytes).reshape(4, 4)[:3, :3]
    v, u = np.mgrid[: lens.height, : lens.width]
    rays = lens.deproject(np.stack([u, v], axis=-1), np.ones(u.shape)) @ rotation.T
    return tuple(np.ascontiguousarray(rays[..., axis], dtype=np.float32) for axis in range(3))


def _silhouette(
    points: list[Image],
    frame: Frame,
    spheres: NDArray[np.float64] | None,
    parameters: PerceptionParameters,
) -> Mask:
    """Mark the pixels whose points lie in the inflated spheres, at half resolution."""
    shape = points[0].shape
    half = [axis[::2, ::2] for axis in points]
    mask = np.zeros(half[0].shape, dtype=bool)
    for sphere in np.empty((0, 4)) if spheres is None else spheres:
        radius = float(sphere[3]) + parameters.body_margin
        window = _window(sphere[:3], radius, frame)
        x, y, z = (axis[window] for axis in half)
        squared = (x - sphere[0]) ** 2 + (y - sphere[1]) ** 2 + (z - sphere[2]) ** 2
        mask[window] |= squared < radius * radius
    full = cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(full > 0)


def _window(centre: NDArray[np.float64], radius: float, frame: Frame) -> tuple[slice, slice]:
    """Give rows and columns, at half resolution, that a sphere can appear in."""
    lens, pose = frame.intrinsics, frame.camera_in_base
    x, y, z = (centre - pose[:3, 3]) @ pose[:3, :3]
    if z < -radius:
        return slice(0, 0), slice(0, 0)
    if z < 2 * radius:
        return slice(None), slice(None)
    near = z - radius
    reach_u, reach_v = 1.1 * lens.fx * radius / near, 1.1 * lens.fy * radius / near
    u, v = lens.cx + lens.fx * x / z, lens.cy + lens.fy * y / z
    rows = [int(np.clip((v + sign * reach_v) / 2, 0, lens.height // 2 + 1)) for sign in (-1, 1)]
    columns = [int(np.clip((u + sign * reach_u) / 2, 0, lens.width // 2 + 1)) for sign in (-1, 1)]
    return slice(rows[0], rows[1] + 1), slice(columns[0], columns[1] + 1)
