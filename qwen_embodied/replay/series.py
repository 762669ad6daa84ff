"""A record of any length in a bounded number of rows."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 4000


class Series:
    """Keeps every n-th row; n doubles whenever the rows would become too many."""

    def __init__(self, most: int = MOST) -> None:
        """Start empty, for at most `most` rows."""
        self._rows: list[NDArray[np.float64]] = []
        self._most, self._stride, self._count = most, 1, 0

    def add(self, *values: float) -> None:
        """Take a row."""
        if self._count % self._stride == 0:
            self._rows.append(np.array(values))
        self._count += 1
        if len(self._rows) >= self._most:
            self._rows = self._rows[::2]
            self._stride *= 2

    @property
    def rows(self) -> NDArray[np.float64]:
        """Give (N, columns); (0, 0) when empty."""
        return np.array(self._rows) if self._rows else np.zeros((0, 0))
