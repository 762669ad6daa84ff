"""What will be commanded from now on: for arms whose own controller draws the curve."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.pace import Pace
from qwen_embodied.control.path import CommandPath
from qwen_embodied.messages import JointTrajectory

Array = NDArray[np.float64]
LONGEST = 120.0  # s; a pace that still changes then is a fault
NEAREST = 1e-3  # s, between two points


@dataclass(frozen=True, eq=False)
class Course:
    """Where the commands go.

    Attributes:
        path: Of the commands.
        acceleration: Largest of each joint, (J,).
        at: Time along the path, s.
        pace: Of that time, 0 to 1.
        target: Pace that it goes to: 0 to come to rest, up to 1 to go on to the end of the path.
    """

    path: CommandPath
    acceleration: Array
    at: float
    pace: float
    target: float

    def is_that_of(self, other: Course | None) -> bool:
        """True when both follow the same path with the same intent."""
        same_path = other is not None and self.path is other.path
        return same_path and other is not None and self.target == other.target


def forecast(course: Course, names: tuple[str, ...], period: float) -> JointTrajectory:
    """Give the commands from now on, as long as the intent stays.

    Args:
        course: Where the commands are and go.
        names: Of the joints.
        period: Of the control loop, s; the time between two points while the pace changes.

    Returns:
        A trajectory that starts with the command of now at time 0 and ends at rest. At full
        pace it has the points and accelerations of the path itself.
    """
    pace = Pace(course.path, course.acceleration, course.pace)
    pace.at = course.at
    rows = [(0.0, pace.at, pace.pace)]
    while not (pace.is_at_end or pace.pace == course.target) and rows[-1][0] < LONGEST:
        pace.advance(period, course.target)
        rows.append((rows[-1][0] + period, pace.at, pace.pace))
    if course.target > 0.0:
        steady, begun = pace.at, rows[-1][0]
        ahead = course.path.times[course.path.times > steady + NEAREST]
        rows += [
            (begun + (float(at) - steady) / course.target, float(at), course.target)
            for at in ahead
        ]
    times, places, paces = (np.array(column) for column in zip(*rows, strict=True))
    positions, slopes, bends = course.path.sample(places)
    velocities = slopes * paces[:, None]
    velocities[-1] = 0.0
    accelerations = None if (paces < 1.0).any() else bends
    return JointTrajectory(names, times, positions, velocities, accelerations)
