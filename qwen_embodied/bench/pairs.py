"""Two measurements side by side: the ratio of their medians and how sure it is."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qwen_embodied.bench.report import Row

RESAMPLES = 2000


def compared(row: Row, ours: Sequence[float], theirs: Sequence[float]) -> Row:
    """Add to a row the ratio of the medians of paired measurements, with a bootstrap interval.

    Args:
        row: What was measured.
        ours: Figures of this package.
        theirs: Of the baseline, measured in turns with ours; as many.
    """
    pairs = np.array([ours, theirs])
    rng = np.random.default_rng(0)
    picks = rng.integers(0, pairs.shape[1], (RESAMPLES, pairs.shape[1]))
    resampled = np.median(pairs[:, picks], axis=2)
    low, high = np.quantile(resampled[0] / resampled[1], [0.025, 0.975])
    middle = np.median(pairs, axis=1)
    return replace(row, ratio=float(middle[0] / middle[1]), interval=(float(low), float(high)))
