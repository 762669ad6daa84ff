"""The scene drawn over its image: a box and a label for each object."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import Intrinsics, inverse_pose, transform
from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.perception.plates import Label, Rectangle, draw_labels, enlargement

Pixels = NDArray[np.uint8]

INK = {
    'black': (70, 70, 76), 'white': (245, 245, 245), 'grey': (150, 150, 156),
    'red': (235, 64, 52), 'orange': (255, 146, 40), 'yellow': (250, 214, 40),
    'green': (58, 190, 84), 'blue': (62, 128, 255), 'purple': (162, 92, 235),
    'pink': (255, 130, 190), 'brown': (166, 108, 66), 'unknown': (0, 210, 210),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Camera:
    intrinsics: Intrinsics
    base_in_camera: NDArray[np.float64]

    def pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Project points (N, 3) of the base frame; None when one is behind the camera."""
        found = self.intrinsics.project(transform(self.base_in_camera, points))
        return found if np.isfinite(found).all() else None


def draw_scene(
    rgb: Pixels, scene: Scene, intrinsics: Intrinsics, camera_in_base: NDArray[np.float64]
) -> Pixels:
    """Draw the objects' boxes and labels.

    Args:
        rgb: The image the scene was seen in, (H, W, 3) uint8; left as it was.
        scene: Its objects; those that are hidden now are drawn with thin lines.
        intrinsics: Of the camera.
        camera_in_base: Its pose (4, 4).

    Returns:
        A new image of the same size.
    """
    canvas = np.ascontiguousarray(rgb).copy()
    camera = _Camera(intrinsics, inverse_pose(camera_in_base))
    drawn = []
    for item in scene.objects:
        corners = camera.pixels(_corners(item))
        if corners is not None:
            _draw_outline(canvas, item, camera, corners)
            drawn.append((item, corners))
    words = _words(scene)
    labels = [Label(words[item.id], INK[item.colour], _bounds(corners)) for item, corners in drawn]
    draw_labels(canvas, labels)
    return canvas


def _bounds(corners: NDArray[np.float64]) -> Rectangle:
    """Give the box around an object, which no label may cover."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    inset = 0.04 * (high - low)
    x0, y0 = np.round(low + inset).astype(int)
    x1, y1 = np.round(high - inset).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def _corners(item: SceneObject) -> NDArray[np.float64]:
    """Give the corners (8, 3) of the bounding box in the base frame; the lower four first."""
    signs = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)])
    return transform(item.object_in_base, signs * item.size / 2)


def _draw_outline(
    canvas: Pixels, item: SceneObject, camera: _Camera, corners: NDArray[np.float64]
) -> None:
    """Draw the bounding box, or the upright cylinder around something round."""
    is_seen = item.box is not None
    low, high = corners[[0, 1, 3, 2]], corners[[4, 5, 7, 6]]
    posts = [np.array([one, two]) for one, two in zip(low, high, strict=True)]
    if item.shape in ('ball', 'bowl', 'cylinder'):
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        ring = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(48)]) * item.size / 2
        up = np.array([0.0, 0.0, item.size[2] / 2])
        top = ring if item.shape == 'ball' else ring + up
        high = _outline(camera, item, top, high)
        low = _outline(camera, item, ring - up, low)
        posts = []
    ink = INK[item.colour]
    for line in [low, *posts] if is_seen and item.shape != 'ball' else []:
        _stroke(canvas, line, ink, 1)
    _stroke(canvas, high, (20, 20, 24), 4 if is_seen else 3)
    _stroke(canvas, high, ink, 2 if is_seen else 1)


def _outline(
    camera: _Camera,
    item: SceneObject,
    points: NDArray[np.float64],
    otherwise: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Project points (N, 3) of the object's frame; something else when one is not in front."""
    pixels = camera.pixels(transform(item.object_in_base, points))
    return otherwise if pixels is None else pixels


def _stroke(canvas: Pixels, points: NDArray[np.float64], ink: tuple[int, ...], width: int) -> None:
    line, width = np.round(points * 8).astype(np.int32), width * round(enlargement(canvas))
    cv2.polylines(
        canvas, [line], isClosed=True, color=ink, thickness=width, lineType=cv2.LINE_AA, shift=3
    )


def _words(scene: Scene) -> dict[str, str]:
    """Give what is written beside each object: numbered where several look alike."""
    stems = [(item.colour, item.shape) for item in scene.objects]
    return {
        item.id: item.label.split(',')[0]
        + (f' {item.id.rsplit("_", 1)[-1]}' if stems.count(stem) > 1 else '')
        for item, stem in zip(scene.objects, stems, strict=True)
    }
