"""Calibration boards: ChArUco and AprilTag grids, found in an image or drawn for the printer."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ConfigurationError, ContractError

Array = NDArray[np.float64]

KINDS = ('charuco', 'apriltag')
DICTIONARIES = {'charuco': cv2.aruco.DICT_5X5_250, 'apriltag': cv2.aruco.DICT_APRILTAG_36h11}
MOST_MARKERS = 250
# Of a tag's module; with OpenCV's 0.3 corners are off by 0.6 px, with this one by 0.25 px.
REFINEMENT = 0.5
QUIET_ZONE = 0.5  # squares of white round a drawn board


@dataclass(frozen=True, eq=False)
class Corners:
    """Corners of a board found in one image.

    Attributes:
        ids: (N,) of the corners, as the board numbers them.
        points: (N, 3) in the board's frame, m; z is 0.
        pixels: (N, 2).
        size: (width, height) of the image, px.
    """

    ids: NDArray[np.int64]
    points: Array
    pixels: Array
    size: tuple[int, int]


@dataclass(frozen=True)
class Board:
    """A flat board with known corners; its frame lies at its top left corner, z into the board.

    Attributes:
        kind: charuco, a chessboard with markers in its white squares, or apriltag, a grid of
            tags of the family 36h11.
        columns: Squares, or tags, along x.
        rows: Along y.
        square: Side of a square, or distance from one tag's edge to that of the next, m.
        marker: Side of a marker, or of a tag's black square, m; less than `square`.
    """

    kind: str = 'charuco'
    columns: int = 7
    rows: int = 5
    square: float = 0.03
    marker: float = 0.022

    def __post_init__(self) -> None:
        """Refuse boards that cannot be drawn."""
        if self.kind not in KINDS:
            raise ConfigurationError(f'board = {self.kind!r}; allowed are {", ".join(KINDS)}')
        for name in ('columns', 'rows'):
            if not 2 <= getattr(self, name) <= 30:
                raise ContractError(f'Board.{name}', getattr(self, name), '2 to 30')
        if not 0.0 < self.marker < self.square <= 2.0:
            wanted = f'more than 0 and less than the square, {self.square} m'
            raise ContractError('Board.marker', self.marker, wanted)
        if self.columns * self.rows > MOST_MARKERS:
            raise ContractError('Board.columns x rows', self.columns * self.rows, '250 at most')

    @classmethod
    def parse(cls, words: str) -> Board:
        """Read 'charuco 7x5 0.030 0.022': kind, columns x rows, square and marker in m."""
        try:
            kind, grid, square, marker = words.split()
            columns, rows = grid.lower().split('x')
            return cls(kind, int(columns), int(rows), float(square), float(marker))
        except ValueError as error:
            raise ConfigurationError(
                f'board = {words!r}; it must be like "charuco 7x5 0.030 0.022": '
                'kind, columns x rows, side of a square and of a marker in m'
            ) from error

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, m."""
        if self.kind == 'charuco':
            return self.columns * self.square, self.rows * self.square
        gap = self.square - self.marker
        return self.columns * self.square - gap, self.rows * self.square - gap

    def draw(self, pixels_per_metre: float = 4000.0) -> NDArray[np.uint8]:
        """Draw the board as it is to be printed: (H, W) uint8 with white round it."""
        width, height = (round(side * pixels_per_metre) for side in self.size)
        inner = self._made().generateImage((width, height), marginSize=0)
        margin = round(QUIET_ZONE * self.square * pixels_per_metre)
        drawn: NDArray[np.uint8] = cv2.copyMakeBorder(
            inner, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=255
        )
        return drawn

    def find(self, image: NDArray[np.uint8]) -> Corners | None:
        """Find the board in an image (H, W) or (H, W, 3); None when fewer than 6 corners are."""
        if image.ndim not in (2, 3) or image.dtype != np.uint8 or 0 in image.shape:
            raise ContractError('image', f'{image.dtype} {image.shape}', '(H, W[, 3]) uint8')
        grey = np.asarray(
            image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8
        )
        found = self._charuco(grey) if self.kind == 'charuco' else self._tags(grey)
        if found is None or len(found[0]) < 6:
            return None
        ids, points, pixels = found
        return Corners(ids, points, pixels, (grey.shape[1], grey.shape[0]))

    def _charuco(self, grey: NDArray[np.uint8]) -> tuple[Any, Array, Array] | None:
        made = self._made()
        pixels, ids, _, _ = cv2.aruco.CharucoDetector(made).detectBoard(grey)
        if ids is None:
            return None
        names = ids.reshape(-1).astype(np.int64)
        points = np.asarray(made.getChessboardCorners(), dtype=float)[names]
        return names, points, pixels.reshape(-1, 2).astype(float)

    def _tags(self, grey: NDArray[np.uint8]) -> tuple[Any, Array, Array] | None:
        made = self._made()
        details = cv2.aruco.DetectorParameters()
        details.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        details.relativeCornerRefinmentWinSize = REFINEMENT
        corners, ids, _ = cv2.aruco.ArucoDetector(made.getDictionary(), details).detectMarkers(
            grey
        )
        if ids is None:
            return None
        points, pixels = made.matchImagePoints(corners, ids)
        if points is None:
            return None
        known = [int(tag) for tag in ids.reshape(-1) if int(tag) in set(made.getIds().tolist())]
        names = np.array([4 * tag + corner for tag in known for corner in range(4)])
        return names, points.reshape(-1, 3).astype(float), pixels.reshape(-1, 2).astype(float)

    def _made(self) -> Any:
        words = cv2.aruco.getPredefinedDictionary(DICTIONARIES[self.kind])
        grid = (self.columns, self.rows)
        if self.kind == 'charuco':
            return cv2.aruco.CharucoBoard(grid, self.square, self.marker, words)
        return cv2.aruco.GridBoard(grid, self.marker, self.square - self.marker, words)
