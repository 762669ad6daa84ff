"""Order statistics of small arrays, where the general functions cost more than the answer."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def quantile(values: NDArray[Any], share: float) -> float:
    """Give the value below which a share of some values (N,), N > 0, lies."""
    at = min(int(share * len(values)), len(values) - 1)
    return float(np.partition(values, at)[at])


def middle(values: NDArray[Any]) -> NDArray[np.float64]:
    """Give the upper median (D,) of each column of values (N, D), N > 0."""
    at = len(values) // 2
    return np.asarray(np.partition(values, at, axis=0)[at], dtype=np.float64)


def percentiles(values: NDArray[Any], percents: tuple[float, ...]) -> list[float]:
    """Give percentiles of some values (N,), N > 0, between neighbours by a straight line."""
    ends = [(len(values) - 1) * percent / 100.0 for percent in percents]
    lower = [int(end) for end in ends]
    upper = [min(at + 1, len(values) - 1) for at in lower]
    ranked = np.partition(values, sorted({*lower, *upper}))
    return [
        float(ranked[one]) + (end - one) * (float(ranked[two]) - float(ranked[one]))
        for one, two, end in zip(lower, upper, ends, strict=True)
    ]
