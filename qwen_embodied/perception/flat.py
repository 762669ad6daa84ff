"""Objects without depth: what looks unlike the table, taken to stand on it.

Heights cannot be seen: a thing is taken to be as high as it is wide, and its place is where its
outline lies at half that height. Centres are off by some millimetres, sizes by a centimetre.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import PerceptionError
from qwen_embodied.geometry import inverse_pose, pose, rotation_z, transform
from qwen_embodied.messages import Frame, SceneObject
from qwen_embodied.perception.colours import UNKNOWN
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.patches import measure
from qwen_embodied.perception.surface import check_light
from qwen_embodied.perception.tracking import Sighting

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
CONFIDENCE = 0.7  # times that of the colour: a clear one may be planned with (B1 wants 0.5)
WIDEST_SOLID = 0.11  # m; what is wider may be a container
HIGHEST_GUESS = 0.06  # m
SHADE = 0.45  # shadows keep at least this share of the table's lightness, and its colour
CONTRAST = (9.0, 20.0)  # of colour and of lightness, in units of CIE Lab


@dataclass(frozen=True, eq=False)
class Flat:
    """A picture of a table without depth.

    Attributes:
        frame: As it came.
        things: Pixels that are not the table, (H, W).
        table: Pixels that are, (H, W).
    """

    frame: Frame
    things: Mask
    table: Mask


def look_flat(
    frame: Frame, parameters: PerceptionParameters, spheres: Array | None = None
) -> Flat:
    """Part the table from what stands on it, by colour.

    Args:
        frame: Depth is not used.
        parameters: With the height of the table.
        spheres: Of the robot's body, (N, 4) x y z radius in the base frame, m; or None.
    """
    check_light(frame.rgb)
    if not np.isfinite(frame.camera_in_base).all():
        raise PerceptionError('camera_in_base is not finite; check the calibration')
    if frame.camera_in_base[2, 3] <= parameters.table_height + parameters.min_height:
        raise PerceptionError('the camera is below the table; check camera_in_base')
    seen = ~_robot(frame, spheres, parameters.body_margin)
    lab = cv2.cvtColor(cv2.medianBlur(frame.rgb, 5), cv2.COLOR_RGB2LAB).astype(np.float32)
    ground = np.median(lab[::4, ::4][seen[::4, ::4]], axis=0) if seen.any() else lab.mean((0, 1))
    near = np.abs(lab - ground).sum(axis=2) < 60.0
    local = np.stack([_smooth(lab[..., axis], near & seen) for axis in range(3)], axis=2)
    apart = np.hypot(lab[..., 1] - local[..., 1], lab[..., 2] - local[..., 2])
    lighter = lab[..., 0] - local[..., 0]
    dark = lab[..., 0] < SHADE * local[..., 0]
    things = ((apart > CONTRAST[0]) | (lighter > CONTRAST[1]) | dark) & seen
    closed = cv2.morphologyEx(things.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return Flat(frame, closed > 0, seen & ~things)


def find_flat(flat: Flat, parameters: PerceptionParameters) -> list[Sighting]:
    """Find what stands on the table, from left to right as the operator sees it."""
    outlines, _ = cv2.findContours(
        flat.things.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    found = [_sighting(np.asarray(one[:, 0], np.int32), flat, parameters) for one in outlines]
    sightings = [one for one in found if one is not None]
    return sorted(sightings, key=lambda one: (-one.item.position[1], one.item.position[0]))


def _sighting(
    outline: NDArray[np.int32], flat: Flat, parameters: PerceptionParameters
) -> Sighting | None:
    low, high = outline.min(axis=0), outline.max(axis=0) + 1
    size = flat.things.shape
    if len(outline) < 12 or low.min() < 2 or high[0] > size[1] - 2 or high[1] > size[0] - 2:
        return None
    points = _on_level(outline, flat.frame, parameters.table_height)
    if points is None:
        return None
    height = min(float(_rectangle(points)[1].min()), HIGHEST_GUESS)
    points = _on_level(outline, flat.frame, parameters.table_height + height / 2)
    if points is None:
        return None
    centre, sides, yaw = _rectangle(points)
    if sides.min() < parameters.min_side or sides.max() > parameters.max_side:
        return None
    mask = np.zeros(size, np.uint8)
    cv2.drawContours(mask, [outline[:, None]], -1, 1, cv2.FILLED)
    shape = _shape(points, sides)
    item = SceneObject(
        'unnamed',
        f'{UNKNOWN} {"thing" if shape == UNKNOWN else shape}',
        UNKNOWN,
        shape,
        pose([*centre, parameters.table_height + height / 2], rotation_z(yaw)),
        np.array([*sides, height]),
        CONFIDENCE,
        (float(low[0]), float(low[1]), float(high[0]), float(high[1])),
    )
    return Sighting(item, patch=measure(flat.frame.raw, mask > 0))


def _shape(points: Array, sides: Array) -> str:
    """Name what an outline tells: blocks by their corners; round and wide things remain open."""
    area = cv2.contourArea(cv2.convexHull((points * 1e3).astype(np.float32))) * 1e-6
    if sides.max() > WIDEST_SOLID or area < 0.86 * sides[0] * sides[1]:
        return UNKNOWN
    return 'cube' if sides[1] > 0.85 * sides[0] else 'box'


def _rectangle(points: Array) -> tuple[Array, Array, float]:
    """Give centre, sides, the longer first, and yaw of the rectangle around points (N, 2)."""
    offset = points.mean(axis=0)
    (u, v), extent, angle = cv2.minAreaRect(((points - offset) * 1e3).astype(np.float32))
    sides, yaw = np.array(extent) / 1e3, float(np.radians(angle))
    if sides[1] > sides[0]:
        sides, yaw = sides[::-1], yaw + np.pi / 2
    yaw = (yaw + np.pi / 2) % np.pi - np.pi / 2
    return offset + np.array([u, v]) / 1e3, sides, yaw


def _on_level(pixels: NDArray[np.int32], frame: Frame, level: float) -> Array | None:
    """Give the points (N, 2) in the base frame where rays pierce a level; None if one does not."""
    rays = frame.intrinsics.deproject(pixels, np.ones(len(pixels)))
    rays = rays @ frame.camera_in_base[:3, :3].T
    if not (rays[:, 2] < -1e-3).all():
        return None
    eye = frame.camera_in_base[:3, 3]
    along = (level - eye[2]) / rays[:, 2]
    return np.asarray(eye[:2] + along[:, None] * rays[:, :2])


def _smooth(channel: NDArray[np.float32], mask: Mask) -> NDArray[np.float32]:
    """Spread the table's values over the picture: a wide mean of the masked pixels."""
    small = (max(channel.shape[1] // 8, 1), max(channel.shape[0] // 8, 1))
    weight = cv2.resize(mask.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    value = cv2.resize(channel * mask, small, interpolation=cv2.INTER_AREA)
    weight, value = (cv2.GaussianBlur(one, (0, 0), small[0] / 8 + 1) for one in (weight, value))
    spread = value / np.maximum(weight, 1e-3)
    return np.asarray(cv2.resize(spread, channel.shape[::-1]), np.float32)


def _robot(frame: Frame, spheres: Array | None, margin: float) -> Mask:
    """Mark the discs that spheres cover."""
    mask = np.zeros(frame.rgb.shape[:2], np.uint8)
    if spheres is None or not len(spheres):
        return mask > 0
    centres = transform(inverse_pose(frame.camera_in_base), spheres[:, :3])
    pixels = frame.intrinsics.project(centres)
    radii = frame.intrinsics.fx * (spheres[:, 3] + margin) / np.maximum(centres[:, 2], 0.05)
    for (u, v), radius in zip(pixels, radii, strict=True):
        if np.isfinite([u, v]).all() and max(abs(u), abs(v)) < 1e5:
            cv2.circle(mask, (int(u), int(v)), int(radius) + 1, 1, cv2.FILLED)
    return mask > 0
