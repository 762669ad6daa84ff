"""C: what a trajectory must be."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.safety.rule import Rule

TRAJECTORY = (
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
        'The tool stays in a box, every moving link in a larger one and out of the zones of '
        '`keep_out`.',
        'tool from {workspace_lower} to {workspace_upper} m, links from {body_lower} to '
        '{body_upper} m, {zone_margin} m from zones',
        'R',
        "What lies outside is not seen by the camera, and may be somebody else's.",
    ),
    Rule(
        'C9',
        'Every link keeps clear of the other links and of the scene; below '
        '{slow_tool_speed} m/s the hand may touch the table and objects.',
        'clearances of the body model, checked every {clearance_step} m',
        'R',
        'A path that was free when it was planned need not be free now.',
    ),
    Rule(
        'C10',
        'A straight tool path comes near no singularity, and no joint jumps from one point to the '
        'next.',
        'condition number {singularity}, {branch_step} rad',
        'R',
        'Near a singularity, or between two branches of the inverse kinematics, the arm swings '
        'while its tool hardly moves.',
    ),
    Rule(
        'C11',
        'From every sample a stop that leaves the path, each joint braking as hard as it can, '
        'ends clear of everything; stops of this software stay on the path.',
        'v²/2a of each joint, C5 for the joint limits',
        'R',
        'An emergency stop of the hardware does not follow the path that was checked.',
    ),
)
