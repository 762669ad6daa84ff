"""Evens out lamps that flicker: rows that got more or less light than they usually do."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.light_sample import Floats, Sample
from qwen_embodied.perception.treatment import Treatment

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Deflicker:
    """Compares each row with what it was in the images before, and scales it back to that.

    A moving arm does not count: the median of a row's pixels decides, and rows of which less
    than half agree take the factor of their neighbours.

    Attributes:
        free: Deviation of rows that is left alone, in natural logarithms.
        memory: Images over which the usual light of a row is learnt; later it follows what lasts
            for about a hundred images, so that a shadow that stays is not taken for flicker.
        most: Deviation from which on it is another scene or another lamp, not flicker.
    """

    free: float = 0.004
    memory: int = 12
    most: float = 0.9

    def __call__(self, treatment: Treatment, sample: Sample) -> Treatment:
        """Scale the rows of an image that has predecessors."""
        logs = np.log(sample.luma + np.float32(2e-3))
        mean: Floats | None = sample.before.get('mean')
        if mean is None or mean.shape != logs.shape:
            return _afresh(treatment, logs)
        apart = logs - mean
        rows, agreeing = _rows(apart)
        if np.abs(rows).max() > self.most or agreeing.mean() < 0.4:
            return _afresh(treatment, logs)
        images = int(sample.before.get('images', 1)) + 1
        drift = 0.95 * sample.before['drift'] + 0.05 * rows
        banding = max(0.9 * float(sample.before.get('banding', 0.0)), float(np.std(rows)))
        share = rows / images if images <= self.memory else 0.1 * drift
        level = (share - rows)[:, None].astype(np.float32)
        mean = mean + np.float32(0.1) * (apart - rows[:, None].astype(np.float32))
        mean = mean + share[:, None].astype(np.float32)
        treatment = treatment.noting(mean=mean, images=images, banding=banding, drift=drift)
        if banding < self.free:
            return treatment
        return treatment.shaded(np.repeat(np.exp(level), logs.shape[1], axis=1))


def _afresh(treatment: Treatment, logs: Floats) -> Treatment:
    return treatment.noting(mean=logs, images=1, banding=0.0, drift=np.zeros(len(logs)))


def _rows(apart: Floats) -> tuple[Array, NDArray[np.bool_]]:
    """Give the deviation (h,) of each row and whether most of its pixels agree on it."""
    half = apart.shape[1] // 2
    middle = np.partition(apart, half, axis=1)[:, half].astype(np.float64)
    near = np.abs(apart - middle[:, None].astype(np.float32)) < 0.08
    agreeing = near.mean(axis=1) >= 0.5
    mean = (apart * near).sum(axis=1) / np.maximum(near.sum(axis=1), 1)
    middle = np.where(agreeing, mean, middle)
    at = np.arange(len(middle))
    if agreeing.any() and not agreeing.all():
        middle = np.interp(at, at[agreeing], middle[agreeing])
    if len(middle) >= 3:
        padded = np.pad(middle, 1, mode='edge')
        middle = 0.1 * padded[:-2] + 0.8 * padded[1:-1] + 0.1 * padded[2:]
    return middle, agreeing
