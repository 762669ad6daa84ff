"""Words beside boxes in a picture: plates where they cover neither boxes nor one another."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Rectangle = tuple[int, int, int, int]
Ink = tuple[int, ...]

FONT = cv2.FONT_HERSHEY_SIMPLEX
DARK, BRIGHT = (20, 20, 24), (250, 250, 250)
RING = ((0, -1), (0, 1), (1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1))
FARTHEST = 6  # heights of a plate away from its box
STEP_COST, CORNER_COST, CROSSING_COST = 25.0, 10.0, 60.0
NEAR = 8.0  # px between a plate and its box that need no line


@dataclass(frozen=True)
class Label:
    """Words for the box of one object.

    Attributes:
        text: To write.
        ink: Colour of the object.
        box: Around the object in the picture, (x0, y0, x1, y1) px.
    """

    text: str
    ink: Ink
    box: Rectangle


def draw_labels(canvas: Pixels, labels: list[Label]) -> None:
    """Write all labels into a picture (H, W, 3), lines first so that no word is crossed out."""
    taken = [label.box for label in labels]
    plates: list[Rectangle] = []
    for label in labels:
        x, y = _free_place(canvas.shape, label.box, _extent(canvas, label.text), taken)
        width, height = _extent(canvas, label.text)
        plates.append((x, y, x + width, y + height))
        taken.append(plates[-1])
    for label, plate in zip(labels, plates, strict=True):
        _draw_line(canvas, plate, label)
    for label, plate in zip(labels, plates, strict=True):
        _draw_plate(canvas, plate, label)


def enlargement(canvas: Pixels) -> float:
    """Give how much wider lines and words must be than in a picture of 480 px."""
    return max(1.0, float(min(canvas.shape[:2])) / 480)


def _scale(canvas: Pixels, text: str) -> float:
    """Give the size of the font: in proportion to the picture, and never wider than it."""
    scale = 0.42 * enlargement(canvas)
    wide = float(cv2.getTextSize(text, FONT, scale, 1)[0][0]) * 1.3
    return float(min(scale, scale * canvas.shape[1] / max(wide, 1.0)))


def _extent(canvas: Pixels, text: str) -> tuple[int, int]:
    (width, height), below = cv2.getTextSize(text, FONT, _scale(canvas, text), 1)
    return width + height + 16, height + below + 7


def _draw_plate(canvas: Pixels, at: Rectangle, label: Label) -> None:
    x, y, x1, y1 = at
    plate = canvas[y:y1, x:x1]
    plate[:] = (plate * 0.2 + np.array([18, 20, 26]) * 0.8).astype(np.uint8)
    scale = _scale(canvas, label.text)
    height = cv2.getTextSize(label.text, FONT, scale, 1)[0][1]
    swatch = height + 4
    cv2.rectangle(canvas, (x, y), (x + 3, y1 - 1), label.ink, -1)
    middle = (x + 6 + swatch // 2, (y + y1) // 2)
    cv2.circle(canvas, middle, swatch // 3, label.ink, -1, cv2.LINE_AA)
    cv2.circle(canvas, middle, swatch // 3, (235, 235, 235), 1, cv2.LINE_AA)
    origin = (x + swatch + 7, y + height + 4)
    weight = max(1, round(1.4 * scale))
    cv2.putText(canvas, label.text, origin, FONT, scale, BRIGHT, weight, cv2.LINE_AA)


def _draw_line(canvas: Pixels, plate: Rectangle, label: Label) -> None:
    """Join a plate to its box where they are apart."""
    start, end = _line(plate, label.box)
    if np.linalg.norm(end - start) > NEAR:
        one, two = (np.round(point).astype(int).tolist() for point in (start, end))
        width = round(enlargement(canvas))
        cv2.line(canvas, one, two, DARK, 3 * width, cv2.LINE_AA)
        cv2.line(canvas, one, two, label.ink, width, cv2.LINE_AA)


def _line(plate: Rectangle, box: Rectangle) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the ends (2,) of the shortest line from a plate to a box."""
    middle = (np.array(box[:2]) + box[2:]) / 2.0
    start = np.clip(middle, plate[:2], plate[2:])
    return start, np.clip(start, box[:2], box[2:])


def _free_place(
    shape: tuple[int, ...], box: Rectangle, size: tuple[int, int], taken: list[Rectangle]
) -> tuple[int, int]:
    """Give the top left corner of a plate: near its box, beside other boxes and plates."""
    low = np.array([box[0] - size[0] - 4, box[1] - size[1] - 4])
    high = np.array([box[2] + 4, box[3] + 4])
    last = np.maximum([shape[1] - size[0], shape[0] - size[1]], 0)
    best, least = (0, 0), np.inf
    for away in range(FARTHEST):
        step = away * (size[1] + 3)
        for across, down in RING:
            wish = np.where([across < 0, down < 0], low - step, high + step)
            wish = np.where([across == 0, down == 0], (low + high) / 2, wish)
            x, y = np.clip(wish, 0, last).astype(int).tolist()
            plate = (x, y, x + size[0], y + size[1])
            cost = _overlap(plate, taken) + STEP_COST * away
            cost += CORNER_COST * (across != 0 and down != 0)
            cost += CROSSING_COST * _crossed(plate, box, taken) if cost < least else 0.0
            if cost < least:
                best, least = (x, y), cost
    return best


def _overlap(one: Rectangle, taken: list[Rectangle]) -> int:
    return sum(
        max(0, min(one[2], other[2]) - max(one[0], other[0]))
        * max(0, min(one[3], other[3]) - max(one[1], other[1]))
        for other in taken
    )


def _crossed(plate: Rectangle, box: Rectangle, taken: list[Rectangle]) -> int:
    """Count the boxes and plates that the line from a plate to its own box runs through."""
    start, end = _line(plate, box)
    points = start + np.linspace(0.0, 1.0, 12)[:, None] * (end - start)
    others = [other for other in taken if other != box]
    return sum(
        bool(((points > other[:2]) & (points < other[2:])).all(axis=1).any()) for other in others
    )
