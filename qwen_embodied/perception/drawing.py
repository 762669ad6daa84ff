"""The scene drawn over its image: a box and a label for each object."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import Intrinsics, inverse_pose, transform
from qwen_embodied.messages import Scene, SceneObject

Pixels = NDArray[np.uint8]
Rectangle = tuple[int, int, int, int]

INK = {
    'black': (70, 70, 76), 'white': (245, 245, 245), 'grey': (150, 150, 156),
    'red': (235, 64, 52), 'orange': (255, 146, 40), 'yellow': (250, 214, 40),
    'green': (58, 190, 84), 'blue': (62, 128, 255), 'purple': (162, 92, 235),
    'pink': (255, 130, 190), 'brown': (166, 108, 66), 'unknown': (0, 210, 210),
}  # fmt: skip
FONT = cv2.FONT_HERSHEY_SIMPLEX


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
    taken = [_bounds(corners) for _, corners in drawn]
    for item, corners in drawn:
        _draw_label(canvas, item, corners, taken)
    return canvas


def _bounds(corners: NDArray[np.float64]) -> Rectangle:
    """Give the middle of a box, which no label may cover."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    inset = 0.12 * (high - low)
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
    line = np.round(points * 8).astype(np.int32)
    cv2.polylines(
        canvas, [line], isClosed=True, color=ink, thickness=width, lineType=cv2.LINE_AA, shift=3
    )


def _draw_label(
    canvas: Pixels, item: SceneObject, corners: NDArray[np.float64], taken: list[Rectangle]
) -> None:
    """Write the id on a plate beside the box, where no other plate is."""
    text = item.id.replace('_', ' ')
    scale = 0.42 * max(1.0, canvas.shape[0] / 480)
    (width, height), below = cv2.getTextSize(text, FONT, scale, 1)
    swatch = height + 4
    size = (width + swatch + 12, height + below + 7)
    x, y = _free_place(canvas.shape, corners, size, taken)
    taken.append((x, y, x + size[0], y + size[1]))
    _draw_leader(canvas, (x, y, x + size[0], y + size[1]), corners, INK[item.colour])
    plate = canvas[y : y + size[1], x : x + size[0]]
    plate[:] = (plate * 0.2 + np.array([18, 20, 26]) * 0.8).astype(np.uint8)
    ink = INK[item.colour]
    cv2.rectangle(canvas, (x, y), (x + 3, y + size[1] - 1), ink, -1)
    middle = (x + 6 + swatch // 2, y + size[1] // 2)
    cv2.circle(canvas, middle, swatch // 3, ink, -1, cv2.LINE_AA)
    cv2.circle(canvas, middle, swatch // 3, (235, 235, 235), 1, cv2.LINE_AA)
    origin = (x + swatch + 7, y + height + 4)
    cv2.putText(canvas, text, origin, FONT, scale, (250, 250, 250), 1, cv2.LINE_AA)


def _draw_leader(
    canvas: Pixels, plate: Rectangle, corners: NDArray[np.float64], ink: tuple[int, ...]
) -> None:
    """Join a plate to its box where they are far apart."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    start = np.clip((low + high) / 2, plate[:2], plate[2:])
    end = np.clip(start, low, high)
    if np.linalg.norm(end - start) > 8.0:
        line = np.round([start, end]).astype(int).tolist()
        cv2.line(canvas, line[0], line[1], (20, 20, 24), 3, cv2.LINE_AA)
        cv2.line(canvas, line[0], line[1], ink, 1, cv2.LINE_AA)


def _free_place(
    shape: tuple[int, ...],
    corners: NDArray[np.float64],
    size: tuple[int, int],
    taken: list[Rectangle],
) -> tuple[int, int]:
    """Give the top left corner of a plate: above, below, right or left of the box."""
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    middle = (x0 + x1 - size[0]) / 2
    row = (y0 + y1 - size[1]) / 2
    wishes = [(middle, y0 - size[1] - 4), (middle, y1 + 4), (x1 + 4, row), (x0 - size[0] - 4, row)]
    wishes += [(x, y) for x in (x1 + 4, x0 - size[0] - 4) for y in (y0 - size[1], y1)]
    wishes += [(middle, y0 - k * (size[1] + 3) - 4) for k in (2, 3)]
    wishes += [(middle, y1 + k * (size[1] + 3) + 4) for k in (1, 2)]
    places = [
        (
            int(np.clip(x, 0, max(0, shape[1] - size[0]))),
            int(np.clip(y, 0, max(0, shape[0] - size[1]))),
        )
        for x, y in wishes
    ]
    return min(
        places, key=lambda place: _overlap((*place, place[0] + size[0], place[1] + size[1]), taken)
    )


def _overlap(one: Rectangle, taken: list[Rectangle]) -> int:
    return sum(
        max(0, min(one[2], other[2]) - max(one[0], other[0]))
        * max(0, min(one[3], other[3]) - max(one[1], other[1]))
        for other in taken
    )
