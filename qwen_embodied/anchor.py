"""Where the next motion starts: where the last one ended as commanded, not as measured."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np

from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory


class Anchor:
    """Remembers what was commanded last.

    A motion that starts at the measured point would jump by the tracking error, and fingers that
    hold something would let go of it.
    """

    def __init__(self) -> None:
        """Know nothing yet: a motion starts where the arm is measured."""
        self._commanded: dict[str, float] = {}

    def take(self, trajectory: JointTrajectory, status: ArmStatus) -> None:
        """Take how a trajectory ended; one that was rejected changes nothing."""
        if status.state == 'succeeded':
            end = trajectory.positions[-1].tolist()
            self._commanded = dict(zip(trajectory.joint_names, end, strict=True))
        elif status.state == 'aborted':
            self._commanded = {}

    def of(self, state: JointState) -> JointState:
        """Give a measured state at rest with the commanded joints in it, where they are known."""
        positions = [
            self._commanded.get(name, float(at))
            for name, at in zip(state.names, state.positions, strict=True)
        ]
        return replace(state, positions=np.array(positions), velocities=None)
