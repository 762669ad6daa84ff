"""Poses, rotations and the pinhole camera, with numpy alone.

A pose is a (4, 4) matrix named `inner_in_outer`; inner names must meet when poses are chained:
`gripper_in_base = camera_in_base @ gripper_in_camera`. Quaternions are (x, y, z, w) as in ROS.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.distortion import distorted, undistorted
from qwen_embodied.errors import ContractError

Array = NDArray[np.float64]


def pose(position: ArrayLike, rotation: ArrayLike | None = None) -> Array:
    """Build a (4, 4) pose from a position (3,) in metres and a rotation (3, 3)."""
    matrix = np.eye(4)
    matrix[:3, 3] = position
    if rotation is not None:
        matrix[:3, :3] = rotation
    return matrix


def inverse_pose(inner_in_outer: ArrayLike) -> Array:
    """Invert a rigid (4, 4) pose."""
    matrix = np.asarray(inner_in_outer, dtype=float)
    rotation = matrix[:3, :3].T
    return pose(-rotation @ matrix[:3, 3], rotation)


def transform(inner_in_outer: ArrayLike, points: ArrayLike) -> Array:
    """Take points (..., 3) from the inner to the outer frame."""
    matrix = np.asarray(inner_in_outer, dtype=float)
    moved: Array = np.asarray(points, dtype=float) @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def rotation_z(angle: float) -> Array:
    """Rotate by an angle in radians about z: (3, 3)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def rotation_y(angle: float) -> Array:
    """Rotate by an angle in radians about y: (3, 3)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def rotation_x(angle: float) -> Array:
    """Rotate by an angle in radians about x: (3, 3)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def yaw_of(inner_in_outer: ArrayLike) -> float:
    """Give the angle of the inner x axis about the outer z axis, in (-pi, pi]."""
    matrix = np.asarray(inner_in_outer, dtype=float)
    return float(np.arctan2(matrix[1, 0], matrix[0, 0]))


def rotation_angle(rotation: ArrayLike) -> float:
    """Give the angle in [0, pi] of a rotation (3, 3)."""
    matrix = np.asarray(rotation, dtype=float)
    axis = np.array(
        [matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]]
    )
    return float(np.arctan2(np.linalg.norm(axis), np.trace(matrix) - 1.0))


def quaternion_of(rotation: ArrayLike) -> Array:
    """Convert a rotation (3, 3) to a unit quaternion (x, y, z, w) with w >= 0."""
    r = np.asarray(rotation, dtype=float)
    # The largest eigenvector of this symmetric matrix is the quaternion, at every angle.
    k = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], 0.0, 0.0, 0.0],
            [r[0, 1] + r[1, 0], r[1, 1] - r[0, 0] - r[2, 2], 0.0, 0.0],
            [r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], r[2, 2] - r[0, 0] - r[1, 1], 0.0],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], np.trace(r)],
        ]
    )
    quaternion: Array = np.linalg.eigh(k)[1][:, -1]
    return quaternion if quaternion[3] >= 0 else -quaternion


def rotation_of(quaternion: ArrayLike) -> Array:
    """Convert a quaternion (x, y, z, w) of any length but zero to a rotation (3, 3)."""
    q = np.asarray(quaternion, dtype=float)
    norm = float(np.linalg.norm(q))
    if not 1e-9 < norm < np.inf:
        raise ContractError('quaternion', q.tolist(), 'finite and of non-zero length')
    x, y, z, w = q / norm
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def look_at(position: ArrayLike, target: ArrayLike, image_up: ArrayLike) -> Array:
    """Build camera_in_base for an optical frame (x right, y down, z forward; REP-103).

    Args:
        position: Of the camera, (3,) m.
        target: Point on the optical axis, (3,) m.
        image_up: Direction (3,) that points to the top of the image; not along the axis.

    Returns:
        The pose (4, 4) of the optical frame.
    """
    eye = np.asarray(position, dtype=float)
    forward = np.asarray(target, dtype=float) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.asarray(image_up, dtype=float))
    right /= np.linalg.norm(right)
    return pose(eye, np.column_stack([right, np.cross(forward, right), forward]))


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera, with the distortion of its lens if its images are not rectified.

    Pixel (0, 0) is the centre of the top left pixel, as in ROS and OpenCV.

    Attributes:
        width: Of the image, px.
        height: Of the image, px.
        fx: Focal length along x, px.
        fy: Focal length along y, px.
        cx: Principal point along x, px.
        cy: Principal point along y, px.
        distortion: k1 k2 p1 p2 k3 k4 k5 k6 as in sensor_msgs/CameraInfo, or fewer; empty for a
            rectified image.
        is_fisheye: Whether they are k1 k2 k3 k4 of the equidistant model.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, ...] = ()
    is_fisheye: bool = False

    def __post_init__(self) -> None:
        """Refuse sizes and focal lengths that no camera has."""
        for name in ('width', 'height', 'fx', 'fy'):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ContractError(f'Intrinsics.{name}', value, 'finite and positive')
        for name in ('cx', 'cy'):
            if not np.isfinite(getattr(self, name)):
                raise ContractError(f'Intrinsics.{name}', getattr(self, name), 'finite')
        object.__setattr__(self, 'distortion', tuple(float(one) for one in self.distortion))
        most = 4 if self.is_fisheye else 8
        if len(self.distortion) > most or not np.isfinite(self.distortion).all():
            raise ContractError(
                'Intrinsics.distortion', self.distortion, f'at most {most} finite numbers'
            )

    @classmethod
    def from_field_of_view(cls, width: int, height: int, vertical: float) -> Intrinsics:
        """Build from the vertical field of view in radians, with square pixels."""
        focal = height / (2.0 * np.tan(vertical / 2.0))
        return cls(width, height, focal, focal, (width - 1) / 2.0, (height - 1) / 2.0)

    def project(self, points: ArrayLike) -> Array:
        """Project points (..., 3) in the optical frame to pixels (..., 2).

        Points at or behind the camera give NaN.
        """
        p = np.asarray(points, dtype=float)
        depth = np.where(p[..., 2] > 0, p[..., 2], np.nan)
        rays = p[..., :2] / depth[..., None]
        if any(self.distortion) or self.is_fisheye:
            rays = distorted(rays, self.distortion, self.is_fisheye)
        u = self.fx * rays[..., 0] + self.cx
        v = self.fy * rays[..., 1] + self.cy
        return np.stack([u, v], axis=-1)

    def deproject(self, pixels: ArrayLike, depth: ArrayLike) -> Array:
        """Lift pixels (..., 2) with depth (...) in metres along z to points (..., 3).

        Pixels that no ray through the lens reaches give NaN.
        """
        uv, z = np.asarray(pixels, dtype=float), np.asarray(depth, dtype=float)
        rays = (uv - [self.cx, self.cy]) / [self.fx, self.fy]
        if any(self.distortion) or self.is_fisheye:
            rays = undistorted(rays, self.distortion, self.is_fisheye)
        return np.stack([rays[..., 0] * z, rays[..., 1] * z, z], axis=-1)

    def resized(self, width: int, height: int) -> Intrinsics:
        """Give the camera of the same image in another size, px."""
        x, y = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            fx=self.fx * x,
            fy=self.fy * y,
            cx=(self.cx + 0.5) * x - 0.5,
            cy=(self.cy + 0.5) * y - 0.5,
        )
