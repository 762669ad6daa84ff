"""A gripper: what its one joint means in metres between the fingers."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import RobotModelError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gripper:
    """A gripper that one joint drives: two sliding fingers, a linkage, or one jaw that turns.

    The fingers open along y of the tool frame and reach along its z.

    Attributes:
        joint: That drives it; every other finger joint mimics it.
        open: Its position when open, m for a sliding finger, rad for a turning one.
        closed: Its position when closed.
        finger_depth: How far the finger tips reach past the tool frame, m.
        acceleration: Largest of the joint, per s².
        jerk: Largest of the joint, per s³.
        width: Largest width between the fingers, m; None for two fingers that each slide by the
            joint's position.
        strokes: Rows of joint position, width m and finger depth m, from closed to open, for a
            gripper whose width or depth is no straight line of the joint; () for others.
        standing: y of the face of a finger that does not move, m in the tool frame; None where
            the middle between the fingers stays in the tool frame.
        palm: How far things may reach past the tool frame towards the palm, m.
        tips: Half sizes of the closed finger tips along x and y of the tool frame, m.
        links: That may touch what is worked on; () are all beyond the last arm joint's own link.
    """

    joint: str
    open: float
    closed: float
    finger_depth: float
    acceleration: float
    jerk: float
    width: float | None = None
    strokes: tuple[tuple[float, float, float], ...] = ()
    standing: float | None = None
    palm: float = 0.030
    tips: tuple[float, float] = (0.012, 0.012)
    links: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse strokes that are no way from closed to open; where there are none, draw them."""
        widest = 2.0 * abs(self.open - self.closed) if self.width is None else self.width
        straight = ((self.closed, 0.0), (self.open, widest))
        rows = self.strokes or tuple((*row, self.finger_depth) for row in straight)
        table = np.array(rows, dtype=float)
        if table.ndim != 2 or table.shape[1] != 3 or len(table) < 2:
            raise RobotModelError(
                f'gripper.strokes of {self.joint} has the shape {table.shape}; it needs two or '
                'more rows of joint position, width and finger depth'
            )
        positions, widths = np.diff(table[:, 0]), np.diff(table[:, 1])
        one_way = (positions > 0).all() or (positions < 0).all()
        if not (np.isfinite(table).all() and one_way and (widths > 0).all()):
            raise RobotModelError(
                f'gripper.strokes of {self.joint} must go from closed to open: widths grow and '
                f'joint positions go one way, but they are {table.tolist()}'
            )
        object.__setattr__(self, 'strokes', tuple(tuple(row) for row in table.tolist()))

    @property
    def opening(self) -> float:
        """Largest width between the fingers, m."""
        return self.strokes[-1][1]

    def at(self, width: float) -> float:
        """Give the joint's position for a width between the fingers, m, as near as it goes."""
        _, widths, _ = zip(*self.strokes, strict=True)
        return float(np.interp(width, widths, [row[0] for row in self.strokes]))

    def width_at(self, position: float) -> float:
        """Give the width between the fingers, m, at a position of the joint."""
        return self._of_position(position, 1)

    def depth_at(self, width: float) -> float:
        """Give how far the finger tips reach past the tool frame at a width, m."""
        return self._of_position(self.at(width), 2)

    def middle(self, width: float) -> float:
        """Give y of the middle between the fingers at a width, m in the tool frame."""
        return 0.0 if self.standing is None else self.standing + width / 2

    def wider(self, first: float, second: float) -> float:
        """Give the one of two positions of the joint at which the fingers are farther apart."""
        return max(first, second, key=self.width_at)

    def _of_position(self, position: float, column: int) -> float:
        rows = sorted(self.strokes)
        return float(np.interp(position, [r[0] for r in rows], [r[column] for r in rows]))
