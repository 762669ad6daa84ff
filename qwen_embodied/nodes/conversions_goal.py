"""Trajectories as they come, unchecked: what is wrong with them is for the rules to say."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, overload

from builtin_interfaces.msg import Duration
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage
from trajectory_msgs.msg import JointTrajectoryPoint

from qwen_embodied.control import GoalPoint, TrajectoryGoal
from qwen_embodied.nodes.conversions import time_from_ros


class Points(Sequence[GoalPoint]):
    """The points of a message, each converted when it is looked at.

    A message of a million points costs nothing until somebody looks at them.
    """

    def __init__(self, points: Any) -> None:
        """Keep the points of a message."""
        self._points = points

    def __len__(self) -> int:
        """Count the points."""
        return len(self._points)

    @overload
    def __getitem__(self, at: int) -> GoalPoint: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[GoalPoint]: ...

    def __getitem__(self, at: int | slice) -> GoalPoint | Sequence[GoalPoint]:
        """Convert one point, or keep some."""
        return Points(self._points[at]) if isinstance(at, slice) else _point(self._points[at])

    def __iter__(self) -> Iterator[GoalPoint]:
        """Convert the points in order."""
        return map(_point, self._points)


def goal_from_ros(message: JointTrajectoryMessage) -> TrajectoryGoal:
    """Read a trajectory without judging it; its id is header.frame_id."""
    stamp = time_from_ros(message.header.stamp)
    return TrajectoryGoal(
        tuple(message.joint_names), Points(message.points), stamp, message.header.frame_id
    )


def _point(point: JointTrajectoryPoint) -> GoalPoint:
    return GoalPoint(
        _time(point.time_from_start),
        point.positions,
        point.velocities,
        point.accelerations,
        point.effort,
    )


def _time(duration: Duration) -> float:
    """Read a duration; one with a second or more of nanoseconds is no time at all."""
    return math.nan if duration.nanosec >= 1_000_000_000 else time_from_ros(duration)
