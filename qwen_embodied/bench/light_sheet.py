"""A contact sheet: one table in every condition, as the camera gives it and as corrected."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.perception import LightingCorrection
from qwen_embodied.simulation import (
    CONDITIONS,
    Laboratory,
    MujocoWorld,
    condition_named,
    generate_scene,
)

Rgb = NDArray[np.uint8]

TABLE = (
    ('red', 'cube'), ('blue', 'bowl'), ('green', 'box'), ('yellow', 'cylinder'),
    ('white', 'ball'), ('black', 'cube'), ('orange', 'cylinder'), ('purple', 'box'),
)  # fmt: skip
CROP = (slice(110, 400), slice(110, 530))  # rows and columns of the image with the objects in it
WIDTH, HEIGHT = 210, 145  # px of a picture
LABEL, GAP, HEAD = 96, 4, 34
FLICKER_IMAGES = 15  # that precede the one shown, since flicker is seen over images only
INK, PAPER = (40, 40, 40), 250


def contact_sheet(seed: int = 0, severities: tuple[int, ...] = (2, 4, 5)) -> Rgb:
    """Draw the sheet (H, W, 3): a row per condition, a pair of images per severity.

    Args:
        seed: Of the table and of the camera's noise.
        severities: Of 1 to 5.
    """
    world = MujocoWorld(generate_scene(seed, wanted=TABLE), seed=seed)
    laboratory = Laboratory(world.model, seed=seed)
    try:
        layers = laboratory.layers(world.snapshot())

        def pair(label: str) -> Iterator[Rgb]:
            correct = LightingCorrection()
            images = FLICKER_IMAGES if label.startswith('flicker') else 1
            for number in range(images):
                raw = laboratory.photograph(layers, condition_named(label), number / 30)
                corrected = correct(raw).rgb
            yield from (_small(raw), _small(corrected))

        rows = [
            _labelled(name, [one for level in severities for one in pair(f'{name}@{level}')])
            for name in CONDITIONS
        ]
    finally:
        laboratory.close()
        world.close()
    return np.vstack([_head(severities, rows[0].shape[1]), *rows])


def _small(rgb: Rgb) -> Rgb:
    small = cv2.resize(rgb[CROP], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _labelled(name: str, images: list[Rgb]) -> Rgb:
    """Put images side by side, in pairs, with a name in front."""
    label = np.full((HEIGHT, LABEL, 3), PAPER, np.uint8)
    _write(label, name, (6, HEIGHT // 2))
    gap = np.full((HEIGHT, GAP, 3), PAPER, np.uint8)
    wide = np.full((HEIGHT, 3 * GAP, 3), PAPER, np.uint8)
    parts = [label]
    for at, image in enumerate(images):
        parts += [wide if at % 2 == 0 else gap, image]
    row = np.hstack(parts)
    return np.vstack([row, np.full((GAP, row.shape[1], 3), PAPER, np.uint8)])


def _head(severities: tuple[int, ...], width: int) -> Rgb:
    head = np.full((HEAD, width, 3), PAPER, np.uint8)
    step = 2 * WIDTH + 4 * GAP
    for at, level in enumerate(severities):
        left = LABEL + 3 * GAP + at * step
        _write(head, f'severity {level}: camera', (left, 22))
        _write(head, 'corrected', (left + WIDTH + GAP, 22))
    return head


def _write(image: Rgb, text: str, at: tuple[int, int]) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)


def write_sheet(path: Path, sheet: Rgb) -> None:
    """Write a sheet as PNG or JPEG, as the name of the file says.

    Raises:
        ConfigurationError: The file cannot be written, or is neither.
    """
    if path.suffix not in ('.png', '.jpg'):
        raise ConfigurationError(f'{path}: must end in .png or .jpg')
    options = [cv2.IMWRITE_JPEG_QUALITY, 82] if path.suffix == '.jpg' else []
    encoded = cv2.imencode(path.suffix, sheet[..., ::-1], options)[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise ConfigurationError(f'{path}: cannot be written: {error.strerror}') from error
