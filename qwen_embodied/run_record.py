"""What is kept of a run, whether it ran in one process or as a ROS graph."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import JointTrajectory, Scene
from qwen_embodied.task import TaskEvent

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]


@dataclass
class RunRecord:
    """An account of one run, filled while it goes on.

    Attributes:
        instruction: As the operator said it.
        settings: Seed, light, planner and mode.
        events: What the executive told.
        plan: JSON of the plan; empty when there was none.
        trajectories: Approved ones, in order.
        joint_names: Columns of the joint log.
        joint_log: Rows of (stamp, measured positions …).
        before: Annotated camera picture of the first scene, (H, W, 3).
        after: The same of the last scene.
        views: Pictures for the episode with their stamps.
        timings: Named durations and instants, s.
        scene_before: First perceived scene.
        scene_after: Last perceived scene.
        success: True when the goal was confirmed.
        reason: Why not.
    """

    instruction: str
    settings: dict[str, str | int | float] = field(default_factory=dict)
    events: list[TaskEvent] = field(default_factory=list)
    plan: str = ''
    trajectories: list[JointTrajectory] = field(default_factory=list)
    joint_names: tuple[str, ...] = ()
    joint_log: list[Array] = field(default_factory=list)
    before: Picture | None = None
    after: Picture | None = None
    views: list[tuple[float, Picture]] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    scene_before: Scene | None = None
    scene_after: Scene | None = None
    success: bool = False
    reason: str = ''
