"""Parameters of the safety stage; config/5_safety.yaml holds their values and why."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import param

# What a fenced, simulated cell may do more than an unknown real one.
SIMULATION_PROFILE: dict[str, Any] = {
    'self_arming': True,
    'max_tool_speed': 1.0,
    'state_future': 0.05,
    'check_jerk': True,
}


@dataclass(frozen=True)
class Parameters:
    """Thresholds of the rules and of the supervisor. SI units, radians."""

    self_arming: bool = param(False, 'Arm without a person once healthy: simulation only.')
    velocity_scale: float = param(0.5, 'Share of the joint speeds allowed.', bounds=(0.01, 1.0))
    acceleration_scale: float = param(
        0.5, 'Share of the joint accelerations allowed.', bounds=(0.01, 1.0)
    )
    jerk_scale: float = param(0.2, 'Share of the joint jerks allowed.', bounds=(0.01, 1.0))
    check_jerk: bool = param(False, 'Refuse too much jerk and an end that still accelerates.')
    max_points: int = param(2000, 'Most points of a trajectory.', bounds=(2, 10000))
    max_duration: float = param(60.0, 'Longest trajectory, s.', bounds=(1.0, 600.0))
    min_step: float = param(0.002, 'Shortest time between points, s.', bounds=(0.0005, 0.1))
    max_step: float = param(1.0, 'Longest time between points, s.', bounds=(0.01, 10.0))
    start_tolerance: float = param(
        0.01, 'Largest distance of an arm joint from the start, rad.', bounds=(0.0001, 0.1)
    )
    start_velocity: float = param(
        0.01, 'Largest speed of an arm joint at the first point, rad/s.', bounds=(0.0001, 0.1)
    )
    moving_velocity: float = param(
        0.1, 'Measured arm joint speed above which the arm is not at rest, rad/s.',
        bounds=(0.001, 0.5),
    )  # fmt: skip
    sample_rate: float = param(
        500.0, 'Rate at which the curve is checked, Hz.', bounds=(100.0, 2000.0)
    )
    position_margin: float = param(
        0.05, 'Distance of arm joints from their limits, rad.', bounds=(0.0, 0.5)
    )
    gripper_tolerance: float = param(
        0.0005, 'How far a gripper command may pass its limits, m.', bounds=(0.0, 0.005)
    )
    stop_latency: float = param(
        0.02, 'Time from a stop to the first slower set-point, s.', bounds=(0.0, 0.5)
    )
    max_tool_speed: float = param(0.25, 'Largest speed of the tool, m/s.', bounds=(0.01, 1.0))
    slow_tool_speed: float = param(
        0.25, 'Tool speed up to which the hand may touch things, m/s.', bounds=(0.01, 0.25)
    )
    workspace_lower: list[float] = param(
        [-0.3, -0.8, 0.0], 'Lowest corner x, y, z of the box for the tool, base frame, m.'
    )
    workspace_upper: list[float] = param(
        [0.9, 0.8, 1.3], 'Highest corner x, y, z of the box for the tool, base frame, m.'
    )
    clearance_step: float = param(
        0.005, 'Largest link movement between clearance checks, m.', bounds=(0.001, 0.02)
    )
    state_future: float = param(
        0.005, 'How far in the future a joint state may be stamped, s.', bounds=(0.0, 0.1)
    )
    state_timeout: float = param(
        0.1, 'Age of an input after which the arm holds, s.', bounds=(0.01, 1.0)
    )
    silence_stop: float = param(
        0.5, 'Age of an input after which the stop latches, s.', bounds=(0.05, 5.0)
    )
    heartbeats: list[str] = param(
        ['arm_controller'], 'Sources without whose heartbeat nothing may move.'
    )
    tracking_stop: float = param(
        0.15, 'Tracking error at which the stop latches, rad.', bounds=(0.01, 0.5)
    )
    overtime: float = param(
        2.0, 'Time beyond 1.1 times its duration that a trajectory may take, s.',
        bounds=(0.1, 30.0),
    )  # fmt: skip
    lease: float = param(
        0.1, 'How long one safety state lets the controller move, s.', bounds=(0.02, 0.5)
    )
    healthy_time: float = param(
        1.0, 'How long all inputs must be healthy before arming or reset, s.', bounds=(0.0, 10.0)
    )

    def __post_init__(self) -> None:
        """Refuse values that contradict one another."""
        corners = (self.workspace_lower, self.workspace_upper)
        ordered = zip(*corners, strict=False)
        if any(len(corner) != 3 for corner in corners) or not all(a < b for a, b in ordered):
            raise ConfigurationError(f'workspace {corners}: needs two corners of 3, lower below')
        if not self.state_timeout < self.silence_stop:
            raise ConfigurationError(
                f'silence_stop = {self.silence_stop}; must be above {self.state_timeout}'
            )
