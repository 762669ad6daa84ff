"""Parameters of the control stage; config/6_control.yaml holds the same values with reasons."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qwen_embodied.parameters import param

# In a simulation the clock's own message may come after a joint state.
SIMULATION_PROFILE: dict[str, Any] = {'state_future': 0.05}


@dataclass(frozen=True)
class Parameters:
    """Tolerances and times of the tracker. SI units, radians."""

    control_rate: float = param(100.0, 'Commands per second, Hz.', bounds=(50.0, 1000.0))
    contact_joints: list[str] = param(
        ['panda_finger_joint1'], 'Joints that objects may stop; exempt from tolerances.'
    )
    start_tolerance: float = param(
        0.01, 'Largest distance of an arm joint from the start, rad.', bounds=(0.0001, 0.1)
    )
    start_velocity: float = param(
        0.01, 'Largest difference of an arm joint speed at the start, rad/s.',
        bounds=(0.0001, 0.1),
    )  # fmt: skip
    path_tolerance: float = param(
        0.05, 'Tracking error at which a trajectory is aborted, rad.', bounds=(0.001, 0.2)
    )
    goal_tolerance: float = param(
        0.01, 'Largest distance of an arm joint from the goal, rad.', bounds=(0.0001, 0.1)
    )
    goal_velocity: float = param(
        0.05, 'Speed below which an arm joint counts as arrived, rad/s.', bounds=(0.001, 0.5)
    )
    goal_time: float = param(
        0.5, 'Time after the last point to reach the goal, plus a tenth of the duration, s.',
        bounds=(0.05, 10.0),
    )  # fmt: skip
    response_time: float = param(
        0.01, 'Time from a command to the arm being there, s.', bounds=(0.0, 0.2)
    )
    state_future: float = param(
        0.005, 'How far in the future a joint state may be stamped, s.', bounds=(0.0, 0.1)
    )
    state_timeout: float = param(
        0.1, 'Age of the joint state after which the arm holds, s.', bounds=(0.01, 1.0)
    )
    lease_timeout: float = param(
        0.1, 'Silence of the supervisor after which the arm holds, s.', bounds=(0.01, 1.0)
    )
    abort_after: float = param(
        0.5, 'How long a hold may last before the trajectory is aborted, s.', bounds=(0.0, 10.0)
    )
    max_gap: float = param(
        0.05, 'Time between two updates after which motion starts again from rest, s.',
        bounds=(0.005, 0.2),
    )  # fmt: skip
    max_points: int = param(2000, 'Most points of a trajectory.', bounds=(2, 10000))
    max_duration: float = param(60.0, 'Longest trajectory, s.', bounds=(1.0, 600.0))
