"""The rules as data: what is judged, against which threshold, with which response, and why.

Thresholds in braces are fields of the stage's Parameters; docs/safety.md shows their defaults.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: As in breaches, logs and docs.
        text: What must hold.
        threshold: Number and unit; names in braces are parameters.
        response: A key of RESPONSES.
        why: What happens without it.
    """

    id: str
    text: str
    threshold: str
    response: str
    why: str


RESPONSES = {
    'R': 'the trajectory is rejected, nothing moves',
    'H': 'the arm comes to rest on its path, all joints together',
    'S': 'as H, and the stop stays until it is reset',
}

_TRAJECTORY = (
    Rule(
        'C1',
        'Every joint of the arm and no other is named, each point has a value for each joint, '
        'time increases strictly, the last point is at rest.',
        'exact',
        'R',
        'A controller that fills gaps by itself moves where nobody planned.',
    ),
    Rule(
        'C2',
        'No joint is named twice, every number is finite, velocities are given, and points, '
        'time steps and duration are bounded.',
        '2 to {max_points} points, first at 0 to {max_step} s, then {min_step} to {max_step} s '
        'apart, at most {max_duration} s; with check_jerk the end also has no acceleration',
        'R',
        'NaN passes the tolerance tests of common controllers, which ask whether an error is '
        'greater than a bound; every comparison here asks whether it is within.',
    ),
    Rule(
        'C3',
        'The first point is where the arm is measured, from rest, by a fresh joint state; the '
        'gripper may start anywhere, since its command differs from its position while it grips.',
        '{start_tolerance} rad, {start_velocity} rad/s; arm slower than {moving_velocity} rad/s; '
        'state age {state_future} s ahead to {state_timeout} s behind',
        'R',
        'The arm would jump to the first point.',
    ),
    Rule(
        'C4',
        'The curve that the controller draws through the points can be computed everywhere.',
        'at least {sample_rate} Hz, every point, and the extrema of each segment',
        'R',
        'Points that are legal one by one can span a curve that is not.',
    ),
    Rule(
        'C5',
        'Between the points too, every joint can stop before its limit.',
        'larger of {position_margin} rad and v²/2a + v · {stop_latency} s; gripper: its limits, '
        'with {gripper_tolerance} m for rounding',
        'R',
        'A cubic through two legal points overshoots a limit by 0.15 rad in plain examples.',
    ),
    Rule(
        'C6',
        "Between the points too, every joint keeps its share of the robot's speed, acceleration "
        'and, with check_jerk, jerk.',
        '{velocity_scale}, {acceleration_scale} and {jerk_scale} of the limits',
        'R',
        'Controllers clamp at best, and a clamped arm leaves its checked path.',
    ),
    Rule(
        'C7',
        'The tool is slow enough.',
        '{max_tool_speed} m/s; more, up to 1.0, only in a fenced cell',
        'R',
        'The speed of the tool, not of a joint, decides what an impact does.',
    ),
    Rule(
        'C8',
        'The tool stays in a box.',
        'x, y, z from {workspace_lower} to {workspace_upper} m',
        'R',
        'What lies outside is not seen by the camera.',
    ),
    Rule(
        'C9',
        'Every link keeps clear of the other links and of the scene; below '
        '{slow_tool_speed} m/s the hand may touch the table and objects.',
        'clearances of the body model, checked every {clearance_step} m',
        'R',
        'A path that was free when it was planned need not be free now.',
    ),
)

_RUNNING = (
    Rule(
        'D1',
        'Joint states are neither old nor from the future, by their stamp and by their arrival; '
        'repeated and older stamps count as silence.',
        '{state_future} s ahead to {state_timeout} s behind; S after {silence_stop} s',
        'H',
        'A test that only asks for old stamps takes one from the future as fresh for ever.',
    ),
    Rule(
        'D2',
        'A joint state names every joint, is finite, within the hard limits, and moves no faster '
        'than the arm can.',
        '0.0087 rad beyond the limits; 1.5 · v_max · dt + 0.001 rad',
        'S',
        'A broken encoder must not steer anything.',
    ),
    Rule(
        'D3',
        'The arm is where it was sent; the gripper is exempt, since objects stop it.',
        '0.05 rad in the controller; S at {tracking_stop} rad',
        'H',
        'A stuck or pushed arm is not on the path that was checked.',
    ),
    Rule(
        'D4',
        'A trajectory ends at its goal and in time.',
        '0.01 rad within 0.1 · T + 0.5 s in the controller; 1.1 · T + {overtime} s here',
        'H',
        'A goal time of zero that means "wait for ever" hides a stuck arm.',
    ),
    Rule(
        'D5',
        'Every source in `heartbeats` is alive, shown by a work counter that moves.',
        '{state_timeout} s; S after {silence_stop} s',
        'H',
        'A timer can tick on while its worker is dead.',
    ),
    Rule(
        'D6',
        'The controller moves only while it hears the supervisor.',
        '{lease} s',
        'H',
        'A supervisor that has died cannot say stop.',
    ),
)

_STOPPING = (
    Rule(
        'E1',
        'Any stop request stops the arm, whatever the state.',
        'one request',
        'S',
        'A stop that can be refused is none.',
    ),
    Rule(
        'E4',
        'Arming and reset need every input healthy, for a while, and for reset an arm at rest.',
        '{healthy_time} s, {start_velocity} rad/s',
        'R',
        'A reset while the cause is still there starts the fault again.',
    ),
    Rule(
        'E5',
        'A trajectory is taken only while ARMED, one at a time, each with a new id; reset and '
        'arming move nothing.',
        'exact',
        'R',
        'What was asked for before a stop must not start after it.',
    ),
)

RULES = {rule.id: rule for rule in (*_TRAJECTORY, *_RUNNING, *_STOPPING)}

NOT_YET = {
    'A1 to A7': 'limits on the reply of the language model; the planning stage parses it strictly',
    'B1 to B5': 'semantic rules on plans; the planning stage verifies targets and order of steps',
    'C8, in part': 'keep-out zones, and the box for every link instead of the tool',
    'C10': 'singularities and jumps between branches of the inverse kinematics',
    'C11': 'the envelope of an immediate stop (C5 covers joint limits)',
    'D7': 'overruns of the supervisor loop',
    'D8': 'jumps of the ROS clock other than those that D1 notices',
    'D9': 'number of publishers on the command topic, QoS mismatches',
    'D10, D11': 'frozen or dark cameras, age of the camera pose',
    'D12': 'people near the arm (speed and separation)',
    'D13, D15': "external torque, the hardware's own status",
    'D14': "the simulator's warning counters",
    'E3, E6': 'a latch and an audit log that survive a restart; nonces for reset (E4)',
}
