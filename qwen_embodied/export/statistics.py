"""Statistics of features, as training normalises with them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.export.layout import QUANTILES

Stats = dict[str, NDArray[Any]]
MOST_IMAGES = 100  # sampled of an episode
SIDE = 150  # px, about which a sampled image is thinned to
LARGEST = 300  # px, up to which it is not


def of_rows(rows: NDArray[Any]) -> Stats:
    """Describe rows (N, J) or (N,); each statistic has the shape (J,) or (1,)."""
    values = rows.reshape(len(rows), -1).astype(np.float64)
    found: Stats = {
        'min': values.min(axis=0), 'max': values.max(axis=0), 'mean': values.mean(axis=0),
        'std': values.std(axis=0), 'count': np.array([len(rows)]),
    }  # fmt: skip
    quantiles = np.quantile(values, list(QUANTILES.values()), axis=0)
    return found | dict(zip(QUANTILES, quantiles, strict=True))


def sampled(length: int) -> set[int]:
    """Choose the frames of an episode whose images are described."""
    count = min(length, max(MOST_IMAGES, round(length**0.75)), 10 * MOST_IMAGES)
    return {int(at) for at in np.round(np.linspace(0, length - 1, count))}


def thinned(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give every n-th pixel of a large image (H, W, 3)."""
    largest = max(rgb.shape[:2])
    step = 1 if largest < LARGEST else largest // SIDE
    return np.ascontiguousarray(rgb[::step, ::step])


def of_images(images: list[NDArray[np.uint8]]) -> Stats:
    """Describe thinned images by channel, in [0, 1]; each statistic has the shape (3, 1, 1)."""
    found = of_rows(np.concatenate([image.reshape(-1, 3) for image in images]))
    scaled = {name: (value / 255.0).reshape(3, 1, 1) for name, value in found.items()
              if name != 'count'}  # fmt: skip
    return {**scaled, 'count': np.array([len(images)])}


def joined(parts: list[Stats]) -> Stats:
    """Describe several episodes from what describes each.

    Of quantiles only bounds can be given: the lowest up to the median, the highest above.
    """
    counts = np.array([float(part['count'][0]) for part in parts])
    weights = (counts / counts.sum()).reshape(-1, *[1] * parts[0]['mean'].ndim)
    means = np.stack([part['mean'] for part in parts])
    mean = (weights * means).sum(axis=0)
    spread = np.stack([part['std'] for part in parts]) ** 2 + (means - mean) ** 2
    found: Stats = {
        'min': np.min([part['min'] for part in parts], axis=0),
        'max': np.max([part['max'] for part in parts], axis=0),
        'mean': mean,
        'std': np.sqrt((weights * spread).sum(axis=0)),
        'count': np.array([int(counts.sum())]),
    }
    for name, share in QUANTILES.items():
        bound = np.min if share <= 0.5 else np.max
        found[name] = bound([part[name] for part in parts], axis=0)
    return found
