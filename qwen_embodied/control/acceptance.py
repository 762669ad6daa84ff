"""The arm controller's own gate: what a trajectory must be before the arm follows it.

The supervisor has judged it already, in another process; this gate does not rely on that. Each
reason begins with the id of its rule. The rules J1 to J14 are those of ros2_control's
joint_trajectory_controller; what that controller lets pass has the ids of the safety rules.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.goal import GoalPoint, TrajectoryGoal
from qwen_embodied.control.parameters import Parameters
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.interpolation import Samples, TrajectorySpline
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory

Array = NDArray[np.float64]
ROUNDING = 1e-6
CONTACT_SLACK = 1e-3  # m; encoders of grippers round
SAMPLE_RATE = 500.0  # Hz; twice the rate of a usual controller


def read_goal(
    goal: TrajectoryGoal, limits: JointLimits, parameters: Parameters
) -> JointTrajectory:
    """Read a trajectory that came in from outside.

    The number of points is judged before any point is looked at.

    Args:
        goal: As it came.
        limits: Of the joints that are commanded.
        parameters: Bounds of size and time.

    Returns:
        It, with its columns in the order of the limits.

    Raises:
        TrajectoryRejectedError: With one reason per broken rule of the first group that has one.
    """
    _refuse(_size(len(goal.points), parameters), lambda: _names(goal.joint_names, limits))
    _refuse(_start(goal.stamp), lambda: _shapes(goal.points, len(goal.joint_names)))
    points = goal.points

    def column(field: str) -> Array | None:
        return np.array([getattr(point, field) for point in points], dtype=float)

    return accept(
        JointTrajectory(
            goal.joint_names,
            np.array([point.time for point in points]),
            np.array([point.positions for point in points], dtype=float),
            column('velocities') if len(points[0].velocities) else None,
            column('accelerations') if len(points[0].accelerations) else None,
            goal.id,
        ),
        limits,
        parameters,
    )


def accept(
    trajectory: JointTrajectory, limits: JointLimits, parameters: Parameters
) -> JointTrajectory:
    """Give the trajectory with its columns in the order of the limits.

    Raises:
        TrajectoryRejectedError: With one reason per broken rule of the first group that has one:
            size, names, numbers, times, the curve between the points.
    """
    _refuse(
        _size(len(trajectory.times), parameters),
        lambda: _names(trajectory.joint_names, limits),
        lambda: _numbers(trajectory),
        lambda: _times(trajectory, parameters),
    )
    order = [trajectory.joint_names.index(name) for name in limits.names]
    ordered = JointTrajectory(
        limits.names,
        trajectory.times,
        trajectory.positions[:, order],
        None if trajectory.velocities is None else trajectory.velocities[:, order],
        None if trajectory.accelerations is None else trajectory.accelerations[:, order],
        trajectory.id,
    )
    _refuse(_end(ordered), lambda: _curve(ordered, limits, parameters))
    return ordered


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
                f'C3 {name} starts {difference[at]:.4f} rad from where it is commanded, '
                f'allowed {parameters.start_tolerance:g}'
            )
        if not abs(speed_difference[at]) <= parameters.start_velocity:
            reasons.append(
                f'C3 {name} starts {speed_difference[at]:.4f} rad/s off its speed, '
                f'allowed {parameters.start_velocity:g}'
            )
    if reasons:
        raise TrajectoryRejectedError(tuple(reasons))


def _refuse(first: Iterator[str], *others: Callable[[], Iterator[str]]) -> None:
    """Raise the reasons of the first group that has any; later groups are not computed."""
    for group in (lambda: first, *others):
        reasons = tuple(group())
        if reasons:
            raise TrajectoryRejectedError(reasons)


def _size(count: int, parameters: Parameters) -> Iterator[str]:
    if count == 0:
        yield 'J3 no points'
    elif not 2 <= count <= parameters.max_points:
        yield f'C2 {count} points, allowed 2 to {parameters.max_points}'


def _names(have: tuple[str, ...], limits: JointLimits) -> Iterator[str]:
    need = limits.names
    needed = f'needed, once each: {", ".join(need)}'
    if not have:
        yield f'J2 no joint names; {needed}'
        return
    unknown = [name for name in have if name not in need]
    if unknown:
        yield f'J4 not of this arm: {", ".join(unknown)[:200]}; {needed}'
    elif len(set(have)) != len(have):
        yield f'C2 a joint is named twice: {", ".join(have)[:200]}; {needed}'
    elif len(have) != len(need):
        yield f'J1 only the joints {", ".join(have)[:200]}; {needed}'


def _start(stamp: float) -> Iterator[str]:
    if stamp != 0.0:
        yield f'J6 header.stamp is {stamp:.6g} s; it must be 0, the motion starts on receipt'


def _shapes(points: Sequence[GoalPoint], joints: int) -> Iterator[str]:
    """Judge each field of each point; all points must have the same fields."""
    for rule, field in (('J9', 'velocities'), ('J10', 'accelerations'), ('J8', 'positions')):
        sizes = [len(getattr(point, field)) for point in points]
        wanted = 0 if rule != 'J8' and sizes[0] == 0 else joints
        wrong = next((at for at, size in enumerate(sizes) if size != wanted), None)
        if wrong is not None:
            yield f'{rule} point {wrong} has {sizes[wrong]} {field}, needed {wanted}'
    at = next((at for at, point in enumerate(points) if len(point.effort)), None)
    if at is not None:
        yield f'J12 point {at} asks for effort; the arm is position controlled'


def _numbers(trajectory: JointTrajectory) -> Iterator[str]:
    for field in ('times', 'positions', 'velocities', 'accelerations'):
        values = getattr(trajectory, field)
        if values is not None and not np.isfinite(values).all():
            yield f'C2 {field} that are not finite'
    if trajectory.velocities is None:
        yield 'C2 no velocities: the curve would have corners'


def _times(trajectory: JointTrajectory, parameters: Parameters) -> Iterator[str]:
    times = trajectory.times
    if not times[0] >= 0.0:
        yield f'C2 the first point is at {times[0]:.6g} s, before the start'
    if not (times[1:] > times[:-1]).all():
        yield 'J7 times that do not increase'
    if not times[-1] <= parameters.max_duration + ROUNDING:
        yield f'C2 {times[-1]:.6g} s long, allowed {parameters.max_duration:g}'


def _end(trajectory: JointTrajectory) -> Iterator[str]:
    if trajectory.velocities is None:
        return
    for name, speed in zip(trajectory.joint_names, trajectory.velocities[-1], strict=True):
        if not abs(speed) <= ROUNDING:
            yield f'J5 {name} does not end at rest but at {speed:.4g} /s'


def _curve(
    trajectory: JointTrajectory, limits: JointLimits, parameters: Parameters
) -> Iterator[str]:
    """Judge the curve between the points too: legal points can span an illegal one."""
    samples, accelerations, jerks = _drawn(trajectory)
    contact = np.isin(limits.names, parameters.contact_joints)
    slack = np.where(contact, CONTACT_SLACK, ROUNDING)
    for at, name in enumerate(limits.names):
        q, low, high = samples.positions[:, at], limits.lower[at], limits.upper[at]
        if not (q.min() >= low - slack[at] and q.max() <= high + slack[at]):
            reach = f'{q.min():.4f} to {q.max():.4f}'
            yield f'C5 {name} goes from {reach}, allowed {low:.4f} to {high:.4f}'
    rates = (
        ('/s', samples.velocities, limits.velocity),
        ('/s²', accelerations, limits.acceleration),
        ('/s³', jerks, limits.jerk),
    )
    for unit, values, allowed in rates:
        peaks = np.abs(values).max(axis=0)
        for name, peak, most in zip(limits.names, peaks, allowed, strict=True):
            if not peak <= most * (1 + ROUNDING):
                yield f'C6 {name} at {peak:.5g} {unit}, allowed {most:.5g}'


def _drawn(trajectory: JointTrajectory) -> tuple[Samples, Array, Array]:
    """Sample the curve as the controller draws it, each segment's both ends included.

    Returns:
        The samples, and accelerations and jerks (M, J) with all their extrema, since a short peak
        fits between two samples.
    """
    with np.errstate(all='ignore'):  # what overflows is not within any limit
        spline = TrajectorySpline(trajectory)
        ends = trajectory.times[1:] - 1e-9
        times = np.unique(np.concatenate([spline.dense_times(SAMPLE_RATE), ends]))
        samples = spline.sample(times)
        _, accelerations, jerks = spline.extrema()
    return (
        samples,
        np.concatenate([samples.accelerations, accelerations]),
        np.concatenate([samples.jerks, jerks]),
    )
