"""What a planner is given, and what every planner is."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import Frame, Scene
from qwen_embodied.planning.model import Reach
from qwen_embodied.planning.schema import Plan


@dataclass(frozen=True, eq=False)
class PlanRequest:
    """An instruction with what is known when it is given.

    Attributes:
        instruction: The operator's words.
        scene: What stands on the table.
        rgb: The image the scene was seen in, (H, W, 3) uint8, for planners that look; or None.
        holding: Id of the object in the gripper, or None.
        history: What was said and done before, oldest first, one line each.
        frame: The image with its depth and camera, so that a place in the image can be measured;
            or None.
        reach: Says whether the robot's tool gets to x, y, z m in the base frame; None trusts
            that it does.
    """

    instruction: str
    scene: Scene
    rgb: NDArray[np.uint8] | None = None
    holding: str | None = None
    history: tuple[str, ...] = ()
    frame: Frame | None = None
    reach: Reach | None = None


class Planner(Protocol):
    """Turns a request into a plan: by grammar, by script or with a model."""

    def plan(self, request: PlanRequest) -> Plan:
        """Give a plan; what cannot be understood becomes a plan with one `ask` step.

        Raises:
            PlanningError: No plan could be made at all.
        """
        ...
