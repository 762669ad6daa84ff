"""C10: a straight tool path comes near no singularity and stays on one branch."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.safety.context import Body, Breach, SafetyContext
from qwen_embodied.safety.curve import Curve

Array = NDArray[np.float64]
SHORTEST = 0.02  # m; a shorter path is no line
STRAIGHT = 0.002  # m; how far a straight path may bend
ROUNDING = 1e-6


def check_line(
    rows: NDArray[np.intp], tool: Array, curve: Curve, context: SafetyContext, body: Body
) -> Iterator[Breach]:
    """Check a trajectory whose tool follows a line; any other one only moves joints.

    Near a singularity a slow tool needs fast joints; at a jump of the inverse kinematics the arm
    swings while the tool ought to go straight on.

    Args:
        rows: Samples of the curve that are looked at, (M,).
        tool: Places of all samples, (N, 3) m.
        curve: Of the trajectory.
        context: With the limits.
        body: Gives the conditions.
    """
    if not is_straight(tool[rows]):
        return
    p, arm = context.parameters, curve.samples.positions[:, context.is_arm]
    conditions = body.conditions(arm[rows])
    if not (conditions <= p.singularity).all():
        row = int(np.argmax(conditions))  # the first NaN, if there is one
        value, time = float(conditions[row]), float(curve.times[rows[row]])
        message = f'tool: condition {value:.1f} at {time:.2f} s, allowed {p.singularity:g}'
        yield Breach('C10', message, None, time, value, p.singularity)
    yield from _steps(curve, context)


def is_straight(places: Array) -> bool:
    """Say whether places (M, 3) m lie along a line that is long enough to be one."""
    along = places[-1] - places[0]
    length = float(np.linalg.norm(along))
    if not length >= SHORTEST:
        return False
    offsets = places - places[0]
    shares = offsets @ along / length**2
    aside = np.linalg.norm(offsets - shares[:, None] * along, axis=1)
    return bool((aside <= STRAIGHT).all())


def _steps(curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    """Compare each point of the trajectory with the one before it."""
    limit = context.parameters.branch_step
    points = curve.spline.sample(curve.spline.times).positions[:, context.is_arm]
    steps = np.abs(np.diff(points, axis=0))
    if (steps <= limit + ROUNDING).all():
        return
    row, column = np.unravel_index(int(np.argmax(steps)), steps.shape)
    joint, time = context.arm_joints[column], float(curve.spline.times[row])
    value = float(steps[row, column])
    message = f'{joint}: a step of {value:.3f} rad at {time:.2f} s on a line, allowed {limit:g}'
    yield Breach('C10', message, joint, time, value, limit)
