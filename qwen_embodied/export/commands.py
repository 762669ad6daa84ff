"""What the arm was told at any time, from the trajectories that were recorded."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Command:
    """A trajectory and when it was to start, s on the clock of the images."""

    start: float
    names: tuple[str, ...]
    times: Rows
    positions: Rows

    @classmethod
    def read(cls, message: Any, received: float) -> Command | None:
        """Read trajectory_msgs/JointTrajectory; None where it holds nothing that can be used.

        Args:
            message: As it was decoded.
            received: When it was recorded, s; counts where the header has no stamp.
        """
        stamp = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        names = tuple(message.joint_names)
        rows = [np.asarray(point.positions, np.float64) for point in message.points]
        durations = [point.time_from_start for point in message.points]
        times = np.array([item.sec + item.nanosec * 1e-9 for item in durations])
        is_whole = bool(rows) and all(row.shape == (len(names),) for row in rows)
        if not is_whole or not np.isfinite(rows).all() or (np.diff(times) < 0).any():
            return None
        return cls(float(stamp) or received, names, times, np.array(rows))

    def at(self, time: float) -> Rows:
        """Give the positions (J,) at a time; before and after it those at its ends."""
        since = time - self.start
        return np.array([np.interp(since, self.times, column) for column in self.positions.T])


def commanded(
    commands: list[Command], names: tuple[str, ...], stamps: Rows, states: Rows, period: float
) -> Rows:
    """Give what the arm was told to be at one period after each frame.

    The newest trajectory that had started counts, and holds at its end. Joints that it does not
    name keep what they were told before. Before the first one the next state stands in.

    Args:
        commands: In the order of their starts.
        names: Of the columns.
        stamps: Of the frames, (N,) s.
        states: At the frames, (N, J).
        period: Between frames, s.

    Returns:
        (N, J).
    """
    following = np.vstack([states[1:], states[-1:]])
    told: dict[str, float] = {}
    newest = -1
    for row, stamp in enumerate(stamps + period):
        while newest + 1 < len(commands) and commands[newest + 1].start <= stamp:
            newest += 1
            told |= _values(commands[newest - 1], stamp) if newest else {}
        if newest >= 0:
            told |= _values(commands[newest], stamp)
        for column, name in enumerate(names):
            following[row, column] = told.get(name, following[row, column])
    return following


def _values(command: Command, time: float) -> dict[str, float]:
    return dict(zip(command.names, command.at(time).tolist(), strict=True))
