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
from qwen_embodied.perception.filling import fill_holes
from qwen_embodied.perception.order import percentiles, quantile
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.plane import Plane, find_table

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
UNSEEN = -1.0
DARKEST, LIGHTEST = 10.0, 251.0  # levels that the light and the dark pixels must reach


@dataclass(frozen=True, eq=False)
class Surface:
    """The table and what stands on it, on the pixel grid.

    Attributes:
        raw: Colour before any correction, (H, W, 3) uint8.
        rgb: Colour, smoothed over 3x3 pixels, (H, W, 3) uint8.
        rays: x, y and z in the base frame of each pixel's ray at depth one, each (H, W).
        filled: Depth with small holes filled, (H, W) m, NaN where it is not known.
        own_height: Above the table, small holes filled, (H, W) m; UNSEEN where invalid.
        height: Above the table, smoothed, small holes filled, (H, W) m; UNSEEN where invalid.
        depth: As measured, (H, W) m, NaN where invalid.
        measured: Pixels with valid depth, or just a speck or a thin line without, (H, W).
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
    rays: tuple[Image, ...]
    filled: Image
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
    origin = frame.camera_in_base[:3, 3]
    key = frame.camera_in_base.tobytes()
    rays = _rays(frame.intrinsics, key)
    robot = _silhouette(filled, _halves(frame.intrinsics, key), frame, spheres, parameters)
    valid = np.isfinite(depth)
    measured = valid | (cv2.boxFilter(valid.astype(np.uint8), -1, (3, 3), normalize=False) > 5)
    plane, pixel = _table(depth, rays, valid & ~robot, parameters, frame)
    rise = cv2.add(cv2.addWeighted(rays[0], -plane.a, rays[1], -plane.b, 0.0), rays[2])
    own = np.asarray(cv2.multiply(filled, rise), np.float32)
    own += np.float32(plane.distances(origin[None])[0])
    known = np.isfinite(filled)
    cv2.patchNaNs(own, UNSEEN)
    width = 5 if plane.noise > 0.0035 else 3
    height = np.asarray(cv2.medianBlur(own, width), np.float32)
    raised = (height > max(parameters.min_height, 3.0 * plane.noise)) & ~robot
    flat = np.abs(height[::6, ::6]) < parameters.min_height
    camera = np.array([origin[0], origin[1], plane.distances(origin[None])[0]])
    if camera[2] < parameters.min_height:
        raise PerceptionError('the camera is below the table; check camera_in_base')
    return Surface(
        frame.raw,
        rgb,
        rays,
        filled,
        own,
        height,
        depth,
        measured,
        known & ~foreign,
        raised,
        robot,
        plane,
        pixel,
        camera,
        _ground(rgb[::6, ::6][flat]),
    )


def _ground(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    if not len(pixels):
        return np.full(3, 128.0)
    return np.array([quantile(pixels[:, axis], 0.5) for axis in range(3)])


def _table(
    depth: Image,
    rays: tuple[Image, ...],
    usable: Mask,
    parameters: PerceptionParameters,
    frame: Frame,
) -> tuple[Plane, float]:
    """Find the table on a sample of the pixels; give the size of a pixel there, m, too."""
    stride = max(8, round(8 * depth.shape[0] / 480))
    step = (slice(2, None, stride), slice(2, None, stride))
    chosen = usable[step]
    if chosen.sum() < 50:
        raise PerceptionError('the robot hides the table; move the arm out of the view')
    along = depth[step][chosen].astype(np.float64)
    sample = np.column_stack([ray[step][chosen] * along for ray in rays])
    sample += frame.camera_in_base[:3, 3]
    plane = find_table(sample, parameters)
    on_table = np.abs(plane.distances(sample)) < parameters.plane_tolerance
    return plane, float(np.median(along[on_table])) / frame.intrinsics.fx


def _checked_depth(frame: Frame, parameters: PerceptionParameters) -> Image:
    if frame.depth is None:
        raise PerceptionError(
            'the frame has no depth; a scene needs an aligned depth image, or assume_table'
        )
    check_light(frame.rgb)
    if not np.isfinite(frame.camera_in_base).all():
        raise PerceptionError('camera_in_base is not finite; check the calibration')
    near, far = parameters.nearest_depth, parameters.farthest_depth
    with np.errstate(invalid='ignore'):
        valid = (frame.depth > near) & (frame.depth < far)
    share = np.count_nonzero(valid) / valid.size
    if not share >= parameters.valid_share:
        raise PerceptionError(
            f'only {share:.0%} of the depth pixels are within {near} m to {far} m, '
            f'{parameters.valid_share:.0%} are needed; is the depth camera covered, '
            'or its depth in millimetres?'
        )
    return np.where(valid, frame.depth, np.float32(np.nan))


def check_light(rgb: NDArray[np.uint8]) -> None:
    """Refuse a picture that is all black or all white with a PerceptionError."""
    dark, light = percentiles(rgb[::8, ::8].ravel(), (2.0, 99.0))
    if light < DARKEST or dark > LIGHTEST:
        covered = light < DARKEST
        word = 'black: is the lens covered or the light off' if covered else 'white: overexposed'
        raise PerceptionError(f'the image is {word}? (levels {dark:.0f} to {light:.0f} of 255)')


@lru_cache(maxsize=4)
def _rays(lens: Intrinsics, pose_bytes: bytes) -> tuple[Image, ...]:
    """Give the direction of each pixel in the base frame, at depth one, as x, y and z."""
    rotation = np.frombuffer(pose_bytes).reshape(4, 4)[:3, :3]
    v, u = np.mgrid[: lens.height, : lens.width]
    rays = lens.deproject(np.stack([u, v], axis=-1), np.ones(u.shape)) @ rotation.T
    return tuple(np.ascontiguousarray(rays[..., axis], dtype=np.float32) for axis in range(3))


@lru_cache(maxsize=4)
def _halves(lens: Intrinsics, pose_bytes: bytes) -> tuple[Image, ...]:
    """Give every other of the rays."""
    return tuple(np.ascontiguousarray(ray[::2, ::2]) for ray in _rays(lens, pose_bytes))


def _silhouette(
    depth: Image,
    halves: tuple[Image, ...],
    frame: Frame,
    spheres: NDArray[np.float64] | None,
    parameters: PerceptionParameters,
) -> Mask:
    """Mark the pixels whose points lie in the inflated spheres.

    Every other ray in `halves` is looked at.
    """
    if spheres is None or not len(spheres):
        return np.zeros(depth.shape, dtype=bool)
    origin = frame.camera_in_base[:3, 3]
    half = np.ascontiguousarray(depth[::2, ::2])
    points = [half * ray for ray in halves]
    squares = points[0] ** 2 + points[1] ** 2 + points[2] ** 2
    mask = np.zeros(half.shape, dtype=bool)
    radii = spheres[:, 3] + parameters.body_margin
    windows = _windows(spheres[:, :3], radii, frame)
    centres = spheres[:, :3] - origin
    edges = radii**2 - (centres**2).sum(axis=1)
    rows = np.column_stack([2.0 * centres, edges]).tolist()
    for (top, bottom, left, right), (a, b, c, edge) in zip(windows.tolist(), rows, strict=True):
        if top < bottom and left < right:
            window = (slice(top, bottom), slice(left, right))
            x, y, z = (plane[window] for plane in points)
            mask[window] |= squares[window] - (a * x + b * y + c * z) < edge
    full = cv2.resize(mask.astype(np.uint8), depth.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(full > 0)


def _windows(
    centres: NDArray[np.float64], radii: NDArray[np.float64], frame: Frame
) -> NDArray[np.int64]:
    """Give rows and columns, first and end, at half resolution, that spheres can appear in.

    Returns:
        (N, 4); the end is not behind the first where a sphere is behind the camera.
    """
    lens, pose = frame.intrinsics, frame.camera_in_base
    x, y, z = ((centres - pose[:3, 3]) @ pose[:3, :3]).T
    near = np.maximum(z - radii, 1e-6)
    sides = []
    for centre, size, focal, middle in (
        (y, lens.height, lens.fy, lens.cy), (x, lens.width, lens.fx, lens.cx),
    ):  # fmt: skip
        at, reach = middle + focal * centre / np.maximum(z, 1e-6), 1.1 * focal * radii / near
        first, last = at - reach, at + reach
        first, last = (np.where(z < 2 * radii, whole, end) for whole, end in
                       ((0, first), (size, last)))  # fmt: skip
        sides += [np.clip(first / 2, 0, size // 2 + 1), np.clip(last / 2, 0, size // 2 + 1) + 1]
    windows = np.stack(sides, axis=1).astype(np.int64)
    windows[z < -radii] = 0
    outside = (windows[:, 0] > lens.height // 2) | (windows[:, 2] > lens.width // 2)
    windows[outside | (windows[:, 1] <= 1) | (windows[:, 3] <= 1)] = 0
    return windows
