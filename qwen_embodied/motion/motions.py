"""What a skill gives: named, timed segments and what is expected of them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import JointTrajectory, SceneObject
from qwen_embodied.motion.grasp import Grasp

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Segment:
    """One trajectory with the name of what it does."""

    name: str
    trajectory: JointTrajectory


@dataclass(frozen=True, eq=False)
class Held:
    """An object in the gripper.

    Attributes:
        item: As it was perceived when it was taken.
        object_in_tool: Its pose (4, 4).
        width: Between the fingers, m.
        command: Width that was commanded to hold it, m.
    """

    item: SceneObject
    object_in_tool: Array
    width: float
    command: float

    @property
    def blind(self) -> float:
        """Width between the fingers below which they have missed it, m."""
        return (self.command + self.width) / 2


@dataclass(frozen=True, eq=False)
class Motion:
    """Segments to be executed in order; iterating gives them.

    Attributes:
        segments: Each starts where the one before ends.
        grasp: The way a pick takes its object, or None.
        held: What the gripper holds afterwards, or None.
        expected: Pose (4, 4) in the base where a placed or pushed object should lie, or None.
    """

    segments: tuple[Segment, ...]
    grasp: Grasp | None = None
    held: Held | None = None
    expected: Array | None = None

    def __iter__(self) -> Iterator[Segment]:
        """Give the segments in order."""
        return iter(self.segments)

    def __len__(self) -> int:
        """Count the segments."""
        return len(self.segments)

    @property
    def duration(self) -> float:
        """Time of all segments, s."""
        return sum(segment.trajectory.duration for segment in self.segments)
