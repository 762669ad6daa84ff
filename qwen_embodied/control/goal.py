"""A trajectory as it comes in from outside: nothing about it is checked yet."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qwen_embodied.messages import JointTrajectory

Numbers = Sequence[float]


@dataclass(frozen=True, eq=False)
class GoalPoint:
    """One point; a field that was not sent is empty.

    Attributes:
        time: From the start, s.
        positions: One per joint, rad or m.
        velocities: One per joint, or empty.
        accelerations: One per joint, or empty.
        effort: One per joint, or empty.
    """

    time: float
    positions: Numbers = ()
    velocities: Numbers = ()
    accelerations: Numbers = ()
    effort: Numbers = ()


@dataclass(frozen=True, eq=False)
class TrajectoryGoal:
    """What a `trajectory_msgs/JointTrajectory` can hold, right or wrong.

    Attributes:
        joint_names: As sent; may be empty or doubled.
        points: As sent; may be converted only when they are looked at.
        stamp: When time 0 is, s; 0 starts on receipt.
        id: Of the trajectory.
    """

    joint_names: tuple[str, ...]
    points: Sequence[GoalPoint]
    stamp: float = 0.0
    id: str = ''

    @classmethod
    def of(cls, trajectory: JointTrajectory, stamp: float = 0.0) -> TrajectoryGoal:
        """Write a trajectory as it would be sent."""

        def row(values: object, at: int) -> Numbers:
            return () if values is None else values[at].tolist()  # type: ignore[index]

        points = tuple(
            GoalPoint(
                float(time),
                row(trajectory.positions, at),
                row(trajectory.velocities, at),
                row(trajectory.accelerations, at),
            )
            for at, time in enumerate(trajectory.times)
        )
        return cls(trajectory.joint_names, points, stamp, trajectory.id)
