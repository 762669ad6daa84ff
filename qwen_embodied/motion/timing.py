"""Timing: from joint points to a trajectory within limits, as fast as they allow.

The corners of the path are rounded, toppra finds the fastest speed along it, averages over time
bound the jerk, and the quintic spline between the points, which is the controller's, is checked
at 1 kHz and at its extrema. Where it exceeds a limit the motion is slowed there and tried again;
what little is left stretches the whole. A straight line has an exact answer, from ruckig.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter1d

from qwen_embodied.errors import TimingError
from qwen_embodied.interpolation import Samples, TrajectorySpline
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.motion.point_to_point import straight_line
from qwen_embodied.motion.rounding import RoundedPath
from qwen_embodied.motion.speed import Course, fastest, over_time, prepare

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

__all__ = ['prepare', 'rest_to_rest', 'slowed', 'time_path']

Array = NDArray[np.float64]

STEP = 0.01  # s between points
BLEND = 0.2  # rad, length of path over which a corner is rounded
STILL = 1e-9  # rad, a shorter path is no motion
POINTS = 1900  # most points of a trajectory
PASSES = 6  # tries, each slower where the one before exceeded a limit
ENOUGH = 1.002  # excess that is left to stretching the whole
AROUND = 0.02  # s before and after an excess that are slowed as well
RATE = 1000.0  # Hz, of the check between points
REST_STEP = 0.02  # s between points of a move of few joints from rest to rest


def time_path(
    path: ArrayLike,
    limits: JointLimits,
    *,
    tool_speed: float | None = None,
    robot: Robot | None = None,
    blend: float = BLEND,
) -> JointTrajectory:
    """Time a path so that every limit holds also between the points, from rest to rest.

    Args:
        path: Joint positions, (N, J) rad in the order of limits.names.
        limits: Position, velocity, acceleration and jerk.
        tool_speed: Largest speed of the tool, m/s; needs robot.
        robot: Whose first joints the columns are.
        blend: Length of path over which a corner is rounded, rad.

    Raises:
        TimingError: A point outside the limits or a path that cannot be timed.
    """
    points = _checked(path, limits)
    if len(points) < 2:
        return _rest(points[0], limits)
    tool = (robot, tool_speed) if robot is not None and tool_speed else None
    if len(points) == 2:
        straight = straight_line(points[0], points[1], limits)
        if straight is not None and _excess(straight, limits, tool)[1].max() <= 1.0 + 1e-6:
            return straight
    return _along(RoundedPath(points, blend), limits, tool)


def _along(
    curve: RoundedPath, limits: JointLimits, tool: tuple[Robot, float] | None
) -> JointTrajectory:
    """Time a path of which corners may be part."""
    knots = curve.knots()
    ceiling = None if tool is None else _tool_ceiling(curve, knots, *tool)
    slower = np.ones(len(knots))
    best: JointTrajectory | None = None
    for _ in range(PASSES):
        speed = fastest(curve, knots, limits, slower, ceiling)
        course = over_time(knots, speed, limits, STEP, POINTS)
        trajectory = _sampled(curve, course, limits.names)
        times, ratios = _excess(trajectory, limits, tool)
        worst = float(ratios.max())
        stretched = slowed(trajectory, max(worst * (1 + 1e-6), 1.0))
        if best is None or stretched.duration < best.duration:
            best = stretched
        if worst <= ENOUGH:
            break
        slower = slower * _spread(times, ratios, course, knots)
    if best is None or float(_excess(best, limits, tool)[1].max()) > 1.0 + 1e-5:
        raise TimingError(f'the path of {curve.length:.3f} rad cannot be timed within its limits')
    return best


def _spread(times: Array, ratios: Array, course: Course, knots: Array) -> Array:
    """Carry the excess over to the knots that the motion passes about then: factors (K,) >= 1."""
    order = np.argsort(times)
    grid = np.arange(0.0, float(times.max()) + 0.001, 0.001)
    cells = np.searchsorted(grid, times[order], side='right') - 1
    worst = np.ones(len(grid))
    np.maximum.at(worst, cells, ratios[order])
    worst = maximum_filter1d(worst, 2 * round(AROUND / 0.001) + 1)
    passed = np.interp(knots, course.place, course.times)
    result: Array = np.interp(passed, grid, worst)
    return result


def slowed(trajectory: JointTrajectory, factor: float) -> JointTrajectory:
    """Stretch a trajectory's time by a factor."""
    v, a = trajectory.velocities, trajectory.accelerations
    return replace(
        trajectory,
        times=trajectory.times * factor,
        velocities=None if v is None else v / factor,
        accelerations=None if a is None else a / factor**2,
    )


def rest_to_rest(start: Array, end: Array, limits: JointLimits) -> JointTrajectory:
    """Move straight from rest to rest with the smoothest quintic that the limits allow.

    Args:
        start: (J,) in the order of limits.names.
        end: (J,).
        limits: Velocity, acceleration and jerk.
    """
    distance = np.abs(end - start)
    duration = max(
        float((1.875 * distance / limits.velocity).max()),
        float(np.sqrt(5.7735 * distance / limits.acceleration).max()),
        float(np.cbrt(60.0 * distance / limits.jerk).max()),
        5 * REST_STEP,
    )
    times = np.linspace(0.0, duration * 1.001, max(int(np.ceil(duration / REST_STEP)), 5) + 1)
    u = (times / times[-1])[:, None]
    change, total = end - start, float(times[-1])
    return JointTrajectory(
        limits.names,
        times,
        start + change * (10 * u**3 - 15 * u**4 + 6 * u**5),
        change * (30 * u**2 - 60 * u**3 + 30 * u**4) / total,
        change * (60 * u - 180 * u**2 + 120 * u**3) / total**2,
    )


def _rest(point: Array, limits: JointLimits) -> JointTrajectory:
    return rest_to_rest(point, point, limits)


def _checked(path: ArrayLike, limits: JointLimits) -> Array:
    points = np.atleast_2d(np.array(path, dtype=float))
    if points.shape[1] != len(limits.names) or not np.isfinite(points).all():
        raise TimingError(f'a path of shape {points.shape} for {len(limits.names)} joints')
    outside = (points < limits.lower - 1e-9) | (points > limits.upper + 1e-9)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise TimingError(
            f'point {row} has {limits.names[column]} = {points[row, column]:.3f}, allowed '
            f'[{limits.lower[column]:.3f}, {limits.upper[column]:.3f}]'
        )
    moves = np.linalg.norm(np.diff(points, axis=0), axis=1) > STILL
    kept: Array = points[np.concatenate([[True], moves])]
    return kept


def _tool_ceiling(curve: RoundedPath, knots: Array, robot: Robot, tool_speed: float) -> Array:
    """Give the largest speed along the path at each knot that keeps the tool's speed, (K,)."""
    nudge = 1e-5
    apart = np.clip(knots + nudge, 0.0, curve.length), np.clip(knots - nudge, 0.0, curve.length)
    ahead, behind = (robot.tool_poses(curve(s))[:, :3, 3] for s in apart)
    rate = np.linalg.norm(ahead - behind, axis=1) / (apart[0] - apart[1])
    ceiling: Array = tool_speed / np.maximum(rate, 1e-6)
    return ceiling


def _sampled(curve: RoundedPath, course: Course, names: tuple[str, ...]) -> JointTrajectory:
    """Give joints, velocities and accelerations at the instants of a motion along a path."""
    place, speed = course.place, course.speed[:, None]
    first = curve(place, 1)
    push = curve(place, 2) * speed**2 + first * course.push[:, None]
    return JointTrajectory(names, course.times, curve(place), first * speed, push)


def _excess(
    trajectory: JointTrajectory, limits: JointLimits, tool: tuple[Robot, float] | None
) -> tuple[Array, Array]:
    """Give instants (M,) and the factor by which time must be stretched there for every limit.

    Raises:
        TimingError: The path leaves the position limits, which no timing mends.
    """
    spline = TrajectorySpline(trajectory)
    times = spline.dense_times(RATE)
    samples = spline.sample(times)
    inside = (samples.positions >= limits.lower - 1e-6) & (
        samples.positions <= limits.upper + 1e-6
    )
    if not inside.all():
        raise TimingError('the rounded path leaves the joint limits; keep its corners inside')
    peaks = np.abs(samples.velocities) + _between(samples)
    ratios = (peaks / limits.velocity).max(axis=1)
    instants, accelerations, jerks = spline.extrema()
    pushes = np.sqrt(np.abs(accelerations) / limits.acceleration)
    pushes = np.maximum(pushes, np.cbrt(np.abs(jerks) / limits.jerk))
    hardest = pushes.argmax(axis=1)
    rows = np.arange(len(instants))
    times = np.concatenate([times, instants[rows, hardest]])
    ratios = np.concatenate([ratios, pushes[rows, hardest]])
    if tool is not None:
        robot, most = tool
        grid = np.linspace(0.0, spline.duration, int(spline.duration * 250.0) + 2)
        positions = robot.tool_poses(spline.sample(grid).positions)[:, :3, 3]
        moved = np.linalg.norm(np.diff(positions, axis=0), axis=1) / np.diff(grid)
        times = np.concatenate([times, (grid[1:] + grid[:-1]) / 2])
        ratios = np.concatenate([ratios, moved / most])
    return times, ratios


def _between(samples: Samples) -> Array:
    """Give how much a speed may rise between samples: where it turns, half its push² by jerk."""
    turns = np.abs(samples.accelerations) <= np.abs(samples.jerks) / RATE
    with np.errstate(all='ignore'):
        rise = samples.accelerations**2 / (2.0 * np.abs(samples.jerks))
    result: Array = np.where(turns, np.nan_to_num(rise), 0.0)
    return result
