"""What the executive needs of a camera, an arm and a clock, and what it tells the operator."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import ArmStatus, Frame, JointState, JointTrajectory, Scene


@dataclass(frozen=True, eq=False)
class Observation:
    """What the workcell looks like now.

    Attributes:
        scene: Perceived after the call that asked for it.
        rgb: The corrected image it was perceived in, (H, W, 3) uint8.
        state: Measured joints.
        frame: The corrected image with its depth and camera, or None where that is not known.
    """

    scene: Scene
    rgb: NDArray[np.uint8]
    state: JointState
    frame: Frame | None = None


# Kinds of events after which a task does nothing more.
ENDS = ('succeeded', 'failed', 'question', 'cancelled')


@dataclass(frozen=True)
class TaskEvent:
    """One line of the account that the executive gives.

    Attributes:
        stamp: s, of the workcell's clock.
        kind: accepted, looked, waited, planned, asked, question, step, segment, verified, retry,
            changed, replanned, paused, resumed, replaced, succeeded, failed or cancelled.
        text: For a person.
        data: For a program; plain JSON values.
        task: Id of the instruction that it belongs to; empty where there is one at a time.
    """

    stamp: float
    kind: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    task: str = ''


class Workcell(Protocol):
    """Camera, arm and clock, as the executive needs them."""

    def now(self) -> float:
        """Give the workcell's time, s."""
        ...

    def look(self) -> Observation:
        """Wait for a scene perceived after this call; raises CameraError or PerceptionError."""
        ...

    def glimpse(self) -> Observation | None:
        """Give what was perceived last, at once; None where that is old or nothing was."""
        ...

    def stopped(self, since: float) -> str:
        """Say why the arm was stopped for good, since a time of the workcell, s; or nothing."""
        ...

    def state(self) -> JointState:
        """Give the newest measured joints."""
        ...

    def execute(self, trajectory: JointTrajectory) -> ArmStatus:
        """Propose a trajectory and wait until it ended: succeeded, aborted or rejected."""
        ...

    def wait(self, seconds: float) -> None:
        """Let the workcell's time pass while the arm holds still."""
        ...

    def report(self, event: TaskEvent) -> None:
        """Tell the operator."""
        ...
