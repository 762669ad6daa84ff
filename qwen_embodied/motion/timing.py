"""Timing: from joint points to a trajectory within limits, as fast as they allow.

The corners of the path are rounded, toppra finds the fastest speed along it, a moving average over
time bounds the jerk, and the quintic spline between the points is checked at 1 kHz.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline, CubicSpline, make_interp_spline
from scipy.ndimage import uniform_filter1d

from qwen_embodied.errors import TimingError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]

STEP = 0.02  # s between points
SMOOTHING = 0.03  # s, each of two moving averages over the speed along the path
BLEND = 0.2  # rad, length of path over which a corner is rounded
STILL = 1e-9  # rad, a shorter path is no motion
KNOTS = 200  # most support points of a path
POINTS = 1900  # most points of a trajectory


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
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    if length < STILL:
        return _rest(points[0], limits)
    curve = CubicSpline(*rounded(points, blend))
    ceiling = _tool_ceiling(curve, robot, tool_speed) if robot is not None and tool_speed else None
    trajectory = _sampled(curve, _speed_profile(curve, limits, ceiling), limits.names)
    speed = (robot, tool_speed) if robot is not None and tool_speed else None
    for _ in range(8):
        excess = _excess(trajectory, limits, speed)
        if excess <= 1.0:
            return trajectory
        trajectory = slowed(trajectory, excess * 1.0005)
    raise TimingError(f'the path of {len(points)} points cannot be timed within its limits')


def prepare() -> Any:
    """Load toppra, which takes a second, as it brings a plotting library along."""
    return import_module('toppra')


def slowed(trajectory: JointTrajectory, factor: float) -> JointTrajectory:
    """Stretch a trajectory's time by a factor."""
    v, a = trajectory.velocities, trajectory.accelerations
    return replace(
        trajectory,
        times=trajectory.times * factor,
        velocities=None if v is None else v / factor,
        accelerations=None if a is None else a / factor**2,
    )


def rounded(points: Array, blend: float) -> tuple[Array, Array]:
    """Round the corners of a polyline; its ends stay where they are.

    Returns:
        Positions along the path (K,) rad and joints (K, J).
    """
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    length = float(along[-1])
    width = min(blend, length / 2)
    grid = np.linspace(0.0, length, 4 * KNOTS + 1)
    window = max(round(width / 3 / (length / (4 * KNOTS))) | 1, 1)
    line = np.stack([np.interp(grid, along, column) for column in points.T], axis=1)
    pad = 2 * window
    before = 2 * line[0] - line[pad:0:-1]
    after = 2 * line[-1] - line[-2 : -pad - 2 : -1]
    smooth = np.concatenate([before, line, after])
    for _ in range(3):
        smooth = uniform_filter1d(smooth, window, axis=0, mode='nearest')
    smooth = smooth[pad:-pad][::4] if pad else smooth[::4]
    smooth[0], smooth[-1] = points[0], points[-1]
    return grid[::4], smooth


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
        5 * STEP,
    )
    times = np.linspace(0.0, duration * 1.001, max(int(np.ceil(duration / STEP)), 5) + 1)
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


def _tool_ceiling(curve: CubicSpline, robot: Robot, tool_speed: float) -> Array:
    """Give the largest speed along the path at each knot that keeps the tool's speed, (K,)."""
    positions = robot.tool_poses(curve(curve.x))[:, :3, 3]
    rate = np.linalg.norm(np.gradient(positions, curve.x, axis=0), axis=1)
    ceiling: Array = tool_speed / np.maximum(rate, 1e-6)
    return ceiling


def _speed_profile(
    curve: CubicSpline, limits: JointLimits, ceiling: Array | None
) -> tuple[Array, Array]:
    """Let toppra find the fastest motion: times (M,) s on a fine grid and path positions (M,)."""
    knots, toppra = curve.x, prepare()
    path = toppra.SplineInterpolator(knots, curve(knots))
    speeds = np.tile(limits.velocity, (len(knots), 1))
    if ceiling is not None:
        rates = np.abs(curve(knots, 1))
        fastest = rates.argmax(axis=1)
        rows = np.arange(len(knots))
        speeds[rows, fastest] = np.minimum(
            speeds[rows, fastest], np.maximum(rates[rows, fastest] * ceiling, 1e-6)
        )
    bounds = np.stack([-speeds, speeds], axis=2)

    def at(position: float) -> Array:
        found: Array = bounds[min(int(np.searchsorted(knots, position)), len(knots) - 1)]
        return found

    rules = [
        toppra.constraint.JointVelocityConstraintVarying(at),
        toppra.constraint.JointAccelerationConstraint(
            np.stack([-limits.acceleration, limits.acceleration], axis=1)
        ),
    ]
    solver = toppra.algorithm.TOPPRA(rules, path, gridpoints=knots, solver_wrapper='seidel')
    _, speed, _ = solver.compute_parameterization(0.0, 0.0)
    if speed is None or not np.isfinite(speed).all():
        raise TimingError(f'toppra finds no timing for a path of {knots[-1]:.3f} rad')
    return _along(knots, np.maximum(speed, 0.0))


def _along(knots: Array, speed: Array) -> tuple[Array, Array]:
    """Integrate speeds at knots: a time grid of 1 ms and the positions along the path there."""
    mean = np.maximum((speed[:-1] + speed[1:]) / 2, 1e-9)
    instants = np.concatenate([[0.0], np.cumsum(np.diff(knots) / mean)])
    times = np.arange(0.0, instants[-1] + 0.001, 0.001)
    segment = np.clip(np.searchsorted(instants, times, side='right') - 1, 0, len(mean) - 1)
    local = np.minimum(times, instants[-1]) - instants[segment]
    slope = (speed[1:] - speed[:-1]) / np.diff(instants)
    position = knots[segment] + speed[segment] * local + slope[segment] * local**2 / 2
    return times, np.clip(position, 0.0, knots[-1])


def _sampled(
    curve: CubicSpline, profile: tuple[Array, Array], names: tuple[str, ...]
) -> JointTrajectory:
    """Smooth the speed over time and sample joints, velocities and accelerations."""
    fine, position = profile
    window = round(SMOOTHING / 0.001) | 1
    pad = window + 1
    padded = np.pad(position, pad, mode='edge')
    for _ in range(2):
        padded = uniform_filter1d(padded, window, mode='nearest')
    total = float(fine[-1]) + 2 * pad * 0.001
    step = max(STEP, total / POINTS)
    times = np.linspace(0.0, total, max(int(np.ceil(total / step)), 4) + 1)
    along = np.interp(times, np.arange(len(padded)) * 0.001, padded)
    along[0], along[-1] = 0.0, curve.x[-1]
    still = [(1, 0.0), (2, 0.0)]
    law: BSpline = make_interp_spline(times, along, k=5, bc_type=(still, still))
    speed, change = law(times, 1)[:, None], law(times, 2)[:, None]
    speed[[0, -1]], change[[0, -1]] = 0.0, 0.0
    first = curve(along, 1)
    return JointTrajectory(
        names, times, curve(along), first * speed, curve(along, 2) * speed**2 + first * change
    )


def _excess(
    trajectory: JointTrajectory, limits: JointLimits, tool: tuple[Robot, float] | None
) -> float:
    """Give the factor by which time must be stretched; at most 1 when every limit holds."""
    spline = TrajectorySpline(trajectory)
    # The jerk jumps at the points; its value just before them counts as well.
    times = np.concatenate([spline.dense_times(1000.0), trajectory.times[1:] - 1e-9])
    samples = spline.sample(times)
    inside = (samples.positions >= limits.lower - 1e-6) & (
        samples.positions <= limits.upper + 1e-6
    )
    if not inside.all():
        raise TimingError('the rounded path leaves the joint limits; keep its corners inside')
    ratio = max(
        float((np.abs(samples.velocities) / limits.velocity).max()),
        float(np.sqrt((np.abs(samples.accelerations) / limits.acceleration).max())),
        float(np.cbrt((np.abs(samples.jerks) / limits.jerk).max())),
    )
    if tool is not None:
        robot, fastest = tool
        times = np.linspace(0.0, spline.duration, int(spline.duration * 250.0) + 2)
        positions = robot.tool_poses(spline.sample(times).positions)[:, :3, 3]
        moved = np.linalg.norm(np.diff(positions, axis=0), axis=1) / np.diff(times)
        ratio = max(ratio, float(moved.max()) / fastest)
    return ratio
