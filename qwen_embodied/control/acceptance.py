"""The tracker's own gate: what a trajectory must be before the arm follows it.

The supervisor has judged it already, in another process; this gate does not rely on that.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.parameters import Parameters
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory

Array = NDArray[np.float64]
ROUNDING = 1e-6


def accept(
    trajectory: JointTrajectory, limits: JointLimits, parameters: Parameters
) -> JointTrajectory:
    """Give the trajectory with its columns in the order of the limits.

    Raises:
        TrajectoryRejectedError: With a reason for each fault of the first group that has one:
            size, names, numbers, times, limits at the points.
    """
    groups = (
        _size(trajectory, parameters),
        _names(trajectory, limits),
        _numbers(trajectory),
        _times(trajectory, parameters),
        _points(trajectory, limits, parameters),
    )
    reasons = next((found for found in map(tuple, groups) if found), ())
    if reasons:
        raise TrajectoryRejectedError(reasons)
    order = [trajectory.joint_names.index(name) for name in limits.names]
    return JointTrajectory(
        limits.names,
        trajectory.times,
        trajectory.positions[:, order],
        None if trajectory.velocities is None else trajectory.velocities[:, order],
        None if trajectory.accelerations is None else trajectory.accelerations[:, order],
        trajectory.id,
    )


def check_join(
    difference: Array, speed_difference: Array, limits: JointLimits, parameters: Parameters
) -> None:
    """Refuse a start that is not where the commands are.

    Args:
        difference: First point minus current command, (J,); contact joints may be anywhere.
        speed_difference: Of the same two, (J,).
        limits: Name the columns.
        parameters: Tolerances.
    """
    reasons = []
    for at, name in enumerate(limits.names):
        if name in parameters.contact_joints:
            continue
        if not abs(difference[at]) <= parameters.start_tolerance:
            reasons.append(
                f'{name} starts {difference[at]:.4f} rad from where it is commanded, '
                f'allowed {parameters.start_tolerance:g}'
            )
        if not abs(speed_difference[at]) <= parameters.start_velocity:
            reasons.append(
                f'{name} starts {speed_difference[at]:.4f} rad/s off its speed, '
                f'allowed {parameters.start_velocity:g}'
            )
    if reasons:
        raise TrajectoryRejectedError(tuple(reasons))


def _size(trajectory: JointTrajectory, parameters: Parameters) -> Iterator[str]:
    count = len(trajectory.times)
    if not 2 <= count <= parameters.max_points:
        yield f'{count} points, allowed 2 to {parameters.max_points}'


def _names(trajectory: JointTrajectory, limits: JointLimits) -> Iterator[str]:
    have = trajectory.joint_names
    if len(set(have)) != len(have) or set(have) != set(limits.names):
        yield f'joints {", ".join(have)[:200]}; needed, once each: {", ".join(limits.names)}'


def _numbers(trajectory: JointTrajectory) -> Iterator[str]:
    for field in ('times', 'positions', 'velocities', 'accelerations'):
        values = getattr(trajectory, field)
        if values is not None and not np.isfinite(values).all():
            yield f'{field} that are not finite'
    if trajectory.velocities is None:
        yield 'no velocities: the curve would have corners'


def _times(trajectory: JointTrajectory, parameters: Parameters) -> Iterator[str]:
    times = trajectory.times
    if not times[0] >= 0.0:
        yield f'the first point is at {times[0]:.6g} s, before the start'
    if not (np.diff(times) > 0.0).all():
        yield 'times that do not increase'
    if not times[-1] <= parameters.max_duration + ROUNDING:
        yield f'{times[-1]:.6g} s long, allowed {parameters.max_duration:g}'


def _points(
    trajectory: JointTrajectory, limits: JointLimits, parameters: Parameters
) -> Iterator[str]:
    for name, q, v in zip(
        trajectory.joint_names,
        trajectory.positions.T,
        np.asarray(trajectory.velocities).T,
        strict=True,
    ):
        at = limits.names.index(name)
        slack = 1e-3 if name in parameters.contact_joints else ROUNDING
        low, high, fastest = limits.lower[at], limits.upper[at], limits.velocity[at]
        if not (q.min() >= low - slack and q.max() <= high + slack):
            reach = f'{q.min():.4f} to {q.max():.4f}'
            yield f'{name} goes from {reach}, allowed {low:.4f} to {high:.4f}'
        if not np.abs(v).max() <= fastest * (1 + ROUNDING):
            yield f'{name} at {np.abs(v).max():.4g} /s, allowed {fastest:.4g}'
        if not abs(v[-1]) <= ROUNDING:
            yield f'{name} does not end at rest but at {v[-1]:.4g} /s'
