"""Parameters of the safety stage; config/5_safety.yaml holds their values and why."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import param

REDUCED_SPEED = 0.25  # m/s, of the tool where people may be near
# Without the others nothing could be judged at all, or no stop would be left.
DISABLABLE = (
    'C5', 'C6', 'C7', 'C8', 'C9', 'C10', 'C11',
    'D3', 'D4', 'D7', 'D8', 'D9', 'D10', 'D11', 'D13',
)  # fmt: skip

# What a fenced, simulated cell may do more than an unknown real one.
SIMULATION_PROFILE: dict[str, Any] = {
    'simulation': True,
    'self_arming': True,
    'max_tool_speed': 1.0,
    'state_future': 0.05,
    'check_jerk': True,
    'loop_overrun': 0.5,
    'most_saturated': 0.95,
    'camera_silence': 5.0,
    'latch_file': '',
    'audit_file': '',
}


@dataclass(frozen=True)
class Parameters:
    """Thresholds of the rules and of the supervisor. SI units, radians."""

    simulation: bool = param(False, 'No real arm moves: reset needs no nonce, rules may be off.')
    unsafe_disable: str = param(
        '', 'Ids of rules that are off, separated by spaces: simulation only.'
    )
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
    body_lower: list[float] = param(
        [-0.6, -1.0, -0.05], 'Lowest corner x, y, z of the box for every moving link, m.'
    )
    body_upper: list[float] = param(
        [1.1, 1.0, 1.5], 'Highest corner x, y, z of the box for every moving link, m.'
    )
    keep_out: str = param(
        '', 'Boxes that no moving link may enter, six numbers each: lowest, highest corner, m.'
    )
    zone_margin: float = param(
        0.02, 'Distance of the moving links from these boxes, m.', bounds=(0.0, 0.5)
    )
    singularity: float = param(
        30.0, 'Largest condition number on a straight tool path.', bounds=(2.0, 1000.0)
    )
    branch_step: float = param(
        0.2, 'Largest joint step between points of a straight tool path, rad.',
        bounds=(0.01, 3.2),
    )  # fmt: skip
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

    loop_overrun: float = param(
        0.01, 'Lateness of the supervisor loop that counts, s.', bounds=(0.001, 1.0)
    )
    loop_overruns: int = param(3, 'Late loops in a row that latch the stop.', bounds=(1, 100))
    clock_jump: float = param(
        0.5, 'Jump ahead of the ROS clock that counts, s.', bounds=(0.01, 10.0)
    )
    command_topics: list[str] = param(
        ['arm/command'],
        'Topics, or actions of trajectory controllers, on which at most one node may send.',
    )
    people: str = param(
        'fenced', 'Whether people can come near the arm.', choices=('fenced', 'shared')
    )
    people_timeout: float = param(
        0.3, 'Age of the distance to the nearest person that counts, s.', bounds=(0.05, 2.0)
    )
    people_clear: float = param(
        2.0, 'How long nobody must be near before the arm goes on, s.', bounds=(0.1, 60.0)
    )
    people_resume: bool = param(False, 'Go on after that without a person who arms.')
    human_speed: float = param(1.6, 'Of a person who walks up, m/s.', bounds=(0.5, 3.0))
    reaction_time: float = param(
        0.25, 'From a person being there to the first slowing, s.', bounds=(0.01, 2.0)
    )
    stopping_time: float = param(0.25, 'From the first slowing to rest, s.', bounds=(0.01, 2.0))
    intrusion: float = param(
        0.1, 'How far a hand reaches before it is seen, m.', bounds=(0.0, 1.0)
    )
    position_error: float = param(
        0.07, 'Error of the places of person and arm together, m.', bounds=(0.0, 0.5)
    )
    vision_guided: bool = param(False, 'Motion is led by sight: camera faults hold the arm.')
    camera_age: float = param(0.2, 'Age of an image used in motion, s.', bounds=(0.02, 2.0))
    frozen_images: int = param(
        3, 'Equal images with new stamps in motion that count as frozen.', bounds=(2, 100)
    )
    least_luma: float = param(
        8.0, 'Mean luma below which, or as far below 255 above which, it sees nothing.',
        bounds=(0.0, 100.0),
    )  # fmt: skip
    most_saturated: float = param(0.3, 'Share of saturated pixels.', bounds=(0.01, 1.0))
    camera_patience: float = param(1.0, 'How long the light may be wrong, s.', bounds=(0.0, 60.0))
    camera_silence: float = param(
        2.0, 'Silence of a camera that was heard, after which nothing new is taken, s.',
        bounds=(0.1, 60.0),
    )  # fmt: skip
    least_depth: float = param(0.5, 'Share of pixels with depth.', bounds=(0.0, 1.0))
    camera_pose_age: float = param(
        0.5, 'Age of the pose of a camera that moves, s.', bounds=(0.01, 10.0)
    )
    reprojection: float = param(
        5.0, 'How far a known point may be seen from its place, px.', bounds=(0.5, 100.0)
    )
    effort_sigma: float = param(
        3.0, 'Deviations of the effort above its baseline.', bounds=(1.0, 20.0)
    )
    effort_margin: float = param(
        10.0, 'Effort above its baseline that always passes, N·m.', bounds=(0.1, 200.0)
    )
    hardware_status: bool = param(False, 'Nothing moves without the status of the robot.')
    hardware_timeout: float = param(0.5, 'Age of the status of the robot, s.', bounds=(0.05, 5.0))
    hardware_modes: list[str] = param(
        ['NORMAL', 'REDUCED'], 'Modes of the robot in which it may be moved.'
    )
    stop_button: bool = param(False, 'Nothing moves unless safety/stop is heard all the time.')
    stop_button_timeout: float = param(
        0.5, 'Silence of safety/stop that stops, s.', bounds=(0.05, 5.0)
    )
    approval: str = param(
        'auto', 'Which plans are carried out: all, those a person approves, or none.',
        choices=('auto', 'ask', 'deny'),
    )  # fmt: skip
    approval_timeout: float = param(
        120.0, 'How long a plan waits for a person, or an approved one for motion, s.',
        bounds=(1.0, 3600.0),
    )  # fmt: skip
    latch_file: str = param(
        '~/.ros/qwen_embodied/latch.json', 'Keeps a latched stop across restarts; empty: none.'
    )
    audit_file: str = param(
        '~/.ros/qwen_embodied/audit.jsonl', 'Gets every decision; empty: none.'
    )

    @property
    def disabled(self) -> frozenset[str]:
        """Ids of the rules that are off."""
        return frozenset(self.unsafe_disable.replace(',', ' ').split())

    @property
    def zones(self) -> tuple[tuple[float, ...], ...]:
        """The boxes of `keep_out`, six numbers each, m."""
        numbers = [float(word) for word in self.keep_out.replace(';', ' ').split()]
        return tuple(tuple(numbers[at : at + 6]) for at in range(0, len(numbers), 6))

    @property
    def digest(self) -> str:
        """SHA-256 of all values, for the audit."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def __post_init__(self) -> None:
        """Refuse values that contradict one another."""
        for name in ('workspace', 'body'):
            corners = (getattr(self, f'{name}_lower'), getattr(self, f'{name}_upper'))
            _check_box(name, *corners)
        if not self.state_timeout < self.silence_stop:
            raise ConfigurationError(
                f'silence_stop = {self.silence_stop}; must be above {self.state_timeout}'
            )
        if self.people == 'shared' and not self.max_tool_speed <= REDUCED_SPEED:
            raise ConfigurationError(
                f'max_tool_speed = {self.max_tool_speed}; where people may be near '
                f'(people: shared) it must be at most {REDUCED_SPEED}'
            )
        self._check_zones()
        self._check_disabled()

    def _check_zones(self) -> None:
        try:
            zones = self.zones
        except ValueError as error:
            raise ConfigurationError(f'keep_out = {self.keep_out!r}; {error}') from error
        for zone in zones:
            _check_box('keep_out', list(zone[:3]), list(zone[3:]))

    def _check_disabled(self) -> None:
        unknown = sorted(self.disabled - set(DISABLABLE))
        if unknown:
            raise ConfigurationError(
                f'unsafe_disable = {self.unsafe_disable!r}; {", ".join(unknown)} cannot be off, '
                f'only {", ".join(DISABLABLE)}'
            )
        if self.disabled and not self.simulation:
            raise ConfigurationError(
                f'unsafe_disable = {self.unsafe_disable!r}; rules may be off in simulation only'
            )


def _check_box(name: str, lower: list[float], upper: list[float]) -> None:
    finite = all(math.isfinite(value) for value in (*lower, *upper))
    ordered = all(a < b for a, b in zip(lower, upper, strict=False))
    if not (len(lower) == 3 == len(upper) and finite and ordered):
        raise ConfigurationError(f'{name} {(lower, upper)}: needs two corners of 3, lower below')
