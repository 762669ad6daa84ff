"""C1 and C2: the form of the message, before any arithmetic is done with it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.safety.context import Breach, SafetyContext
from qwen_embodied.safety.parameters import Parameters

ROUNDING = 1e-9  # s; times travel as whole nanoseconds
AT_REST = 1e-6  # rad/s and rad/s²


def breach_of_contract(error: ContractError) -> Breach:
    """Word a message that could not even be built as a breach of C1."""
    return Breach('C1', str(error))


def check_size(points: int, joints: int, parameters: Parameters) -> tuple[Breach, ...]:
    """Check how large a message is, before it is converted.

    Args:
        points: Number of points.
        joints: Number of joint names.
        parameters: Thresholds.
    """
    if not 2 <= points <= parameters.max_points:
        message = f'{points} points, allowed 2 to {parameters.max_points}'
        return (Breach('C2', message, value=points, limit=parameters.max_points),)
    if not 1 <= joints <= 64:
        return (Breach('C1', f'{joints} joint names, allowed 1 to 64', value=joints, limit=64),)
    return ()


def check_form(trajectory: JointTrajectory, context: SafetyContext) -> tuple[Breach, ...]:
    """Check size, names, numbers, times and end; the first group that fails ends the check."""
    size = (len(trajectory.times), len(trajectory.joint_names))
    breaches = check_size(*size, context.parameters)
    if breaches:
        return breaches
    # Generators: a group is computed only when those before it found nothing.
    groups = (
        _names(trajectory, context),
        _numbers(trajectory),
        _times(trajectory, context.parameters),
        _end(trajectory, context),
    )
    return next((found for found in map(tuple, groups) if found), ())


def _names(trajectory: JointTrajectory, context: SafetyContext) -> Iterator[Breach]:
    have, need = trajectory.joint_names, context.joints
    doubled = sorted({name for name in have if have.count(name) > 1})
    missing = [name for name in need if name not in have]
    unknown = [name for name in have if name not in need]
    if doubled:
        yield Breach('C2', f'joints named twice: {", ".join(doubled)}', joint=doubled[0])
    if missing:
        yield Breach('C1', f'joints missing: {", ".join(missing)}', joint=missing[0])
    if unknown:
        yield Breach('C1', f'joints that are not of this arm: {", ".join(unknown)[:200]}')


def _numbers(trajectory: JointTrajectory) -> Iterator[Breach]:
    for field in ('times', 'positions', 'velocities', 'accelerations'):
        values = getattr(trajectory, field)
        if values is None or np.isfinite(values).all():
            continue
        index = np.argwhere(~np.isfinite(values))[0]
        joint = trajectory.joint_names[index[1]] if values.ndim == 2 else None
        where = f'{field} of point {index[0]}' + (f', {joint}' if joint else '')
        value = float(values[tuple(index)])
        yield Breach('C2', f'{where}: {value}, must be finite', joint=joint, value=value)
    if trajectory.velocities is None:
        yield Breach('C2', 'no velocities: the curve would have corners; send them')


def _times(trajectory: JointTrajectory, parameters: Parameters) -> Iterator[Breach]:
    times = trajectory.times
    if not 0.0 <= times[0] <= parameters.max_step:
        limit = parameters.max_step
        message = f'the first point is at {times[0]:.6g} s, allowed 0 to {limit:g}'
        yield Breach('C2', message, time=float(times[0]), value=float(times[0]), limit=limit)
    with np.errstate(over='ignore'):  # an infinite step is no step that is allowed
        steps = np.diff(times)
    if not (steps > 0.0).all():
        at = int(np.argmin(steps > 0.0))
        message = f'time does not increase after point {at} ({times[at]:.6g} s)'
        yield Breach('C1', message, time=float(times[at]), value=float(steps[at]), limit=0.0)
        return
    low, high = parameters.min_step - ROUNDING, parameters.max_step + ROUNDING
    if not ((steps >= low) & (steps <= high)).all():
        at = int(np.argmin((steps >= low) & (steps <= high)))
        message = (
            f'{steps[at]:.6g} s between the points {at} and {at + 1}, '
            f'allowed {parameters.min_step:g} to {parameters.max_step:g}'
        )
        yield Breach('C2', message, time=float(times[at]), value=float(steps[at]))
    if not times[-1] <= parameters.max_duration + ROUNDING:
        limit = parameters.max_duration
        yield Breach('C2', f'{times[-1]:.6g} s long, allowed {limit:g}', value=float(times[-1]))


def _end(trajectory: JointTrajectory, context: SafetyContext) -> Iterator[Breach]:
    checked = [('C1', 'speed', trajectory.velocities)]
    if context.parameters.check_jerk:
        checked.append(('C2', 'acceleration', trajectory.accelerations))
    for rule, quantity, values in checked:
        if values is None or (np.abs(values[-1]) <= AT_REST).all():
            continue
        at = int(np.argmax(np.abs(values[-1])))
        joint, value = trajectory.joint_names[at], float(values[-1, at])
        message = f'{joint}: {quantity} {value:.4g} at the last point, it must end at rest'
        yield Breach(rule, message, joint, trajectory.duration, value, 0.0)
