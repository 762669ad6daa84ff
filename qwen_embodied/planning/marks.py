"""Numbers drawn on the image, so that a model can name what it sees by the list's ids."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import Scene, SceneObject

Pixels = NDArray[np.uint8]
PLATE, INK, EDGE = (20, 20, 24), (255, 255, 255), (255, 220, 0)


def mark_objects(rgb: Pixels, scene: Scene) -> Pixels:
    """Draw each object's number (from 1, in the order of the scene) beside its box.

    The image keeps its size: what the model sees is what the camera saw, with marks.

    Args:
        rgb: (H, W, 3) uint8; left as it was.
        scene: Objects without a box in the image get no mark.

    Returns:
        A new image of the same size.
    """
    canvas = np.ascontiguousarray(rgb).copy()
    for number, item in enumerate(scene.objects, start=1):
        if item.box is not None:
            _mark(canvas, str(number), item)
    return canvas


def _mark(canvas: Pixels, text: str, item: SceneObject) -> None:
    import cv2

    height, width = canvas.shape[:2]
    x0, y0, x1, y1 = (float(value) for value in item.box or (0, 0, 0, 0))
    scale = max(0.45, height / 960)
    (wide, tall), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    plate = (wide + 6, tall + below + 4)
    left = int(np.clip((x0 + x1 - plate[0]) / 2, 0, max(0, width - plate[0])))
    above = y0 - plate[1] - 2
    top = above if above >= 0 else y1 + 2
    top = int(np.clip(top, 0, max(0, height - plate[1])))
    cv2.rectangle(canvas, (round(x0), round(y0)), (round(x1), round(y1)), EDGE, 1, cv2.LINE_AA)
    cv2.rectangle(canvas, (left, top), (left + plate[0], top + plate[1]), PLATE, -1)
    cv2.putText(
        canvas, text, (left + 3, top + tall + 2), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1,
        cv2.LINE_AA,
    )  # fmt: skip
