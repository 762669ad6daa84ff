"""The exact scene, for scoring alone: perception and planning never see it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import inverse_pose, pose, rotation_of, transform
from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.simulation.model import CAMERA_IN_BASE, INTRINSICS, TABLE_HEIGHT
from qwen_embodied.simulation.scenes import ObjectSpec, SceneSpec

Array = NDArray[np.float64]


def true_scene(spec: SceneSpec, model: Any, qpos: Array, time: float) -> Scene:
    """Read the scene from the generalised positions (nq,) of an MjModel."""
    objects = []
    for item in spec.objects:
        start = model.joint(item.name).qposadr[0]
        x, y, z, qw, qx, qy, qz = qpos[start : start + 7]
        objects.append(_true_object(item, pose([x, y, z], rotation_of([qx, qy, qz, qw]))))
    return Scene(time, 'panda_link0', tuple(objects), TABLE_HEIGHT)


def _true_object(item: ObjectSpec, body_in_base: Array) -> SceneObject:
    object_in_base, size = upright(body_in_base, np.array(item.size), item.shape)
    label = f'{item.colour} {item.shape}'
    box = _box(object_in_base, size)
    return SceneObject(item.name, label, item.colour, item.shape, object_in_base, size, 1.0, box)


def upright(body_in_base: Array, size: Array, shape: str) -> tuple[Array, Array]:
    """Rename the axes of a body so that z is the one nearest up and x the longer of the others.

    Args:
        body_in_base: Pose (4, 4).
        size: Along its own axes, (3,) m.
        shape: One of SHAPES; the axes of a ball are the base's.

    Returns:
        The pose (4, 4) and the size (3,) along the new axes.
    """
    if shape == 'ball':
        return pose(body_in_base[:3, 3]), size
    rotation = body_in_base[:3, :3]
    up = int(np.argmax(np.abs(rotation[2])))
    x, y = ((up + 1) % 3, (up + 2) % 3)
    if size[y] > size[x]:
        x, y = y, x
    z_axis = rotation[:, up] * (1.0 if rotation[2, up] > 0 else -1.0)
    axes = np.column_stack([rotation[:, x], np.cross(z_axis, rotation[:, x]), z_axis])
    return pose(body_in_base[:3, 3], axes), size[[x, y, up]]


def _box(object_in_base: Array, size: Array) -> tuple[float, float, float, float] | None:
    """Give the box in the image around the corners of an object, or None outside the image."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).T
    corners = transform(object_in_base, signs * size / 2)
    pixels = INTRINSICS.project(transform(inverse_pose(CAMERA_IN_BASE), corners))
    most = np.array([INTRINSICS.width - 1, INTRINSICS.height - 1])
    if np.isnan(pixels).any() or not ((pixels.max(0) > 0) & (pixels.min(0) < most)).all():
        return None
    low, high = np.clip(pixels.min(0), 0, most), np.clip(pixels.max(0), 0, most)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
