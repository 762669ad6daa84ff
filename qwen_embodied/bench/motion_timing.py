"""Timing: how much longer than toppra without a jerk bound, and whether every limit holds."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BPoly

from qwen_embodied.bench.pairs import compared
from qwen_embodied.bench.report import Row, at_most, figure
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.motion import MotionParameters, Robot, load_robot, time_path
from qwen_embodied.motion.rounding import RoundedPath
from qwen_embodied.motion.speed import fastest
from qwen_embodied.motion.timing import BLEND

Array = NDArray[np.float64]

PATHS, QUICK = 1000, 40
WAYPOINTS = (3, 8)
MARGIN = 0.1  # rad, of waypoints from the joint limits
NEARBY = 0.8  # rad, of waypoints from home in every other path
RATE = 1000.0  # Hz
ROUNDING = 1e-6  # share of a limit
KNOTS = 1000  # of the baseline, evenly spaced


@dataclass(frozen=True)
class Timed:
    """One path; durations and times of the processor in s, breaches are counts of samples."""

    ours: float
    bare: float
    spent: float
    bare_spent: float
    breaches: tuple[int, int, int]
    end_speed: float


def run(quick: bool) -> list[Row]:
    """Time random paths with the Panda's limits, scaled as in the profile."""
    robot, p = load_robot('panda'), MotionParameters()
    limits = robot.limits.scaled(p.velocity_scale, p.acceleration_scale, p.jerk_scale)
    rng = np.random.default_rng(0)
    count = QUICK if quick else PATHS
    timed = [measured(random_path(robot, rng, at % 2 == 0), limits) for at in range(count)]
    ratios = np.array([item.ours / item.bare for item in timed])
    long = compared(
        at_most(f'timing: duration over toppra without jerk bound, mean of {count} paths',
                float(ratios.mean()), '', bar=1.05),
        [item.ours for item in timed],
        [item.bare for item in timed],
    )  # fmt: skip
    spent = compared(
        figure('timing: processor time, median', 1e3 * _median(timed, 'spent'), 'ms'),
        [item.spent for item in timed],
        [item.bare_spent for item in timed],
    )
    breaches = np.array([item.breaches for item in timed]).sum(axis=0).tolist()
    kinds = ('velocity', 'acceleration', 'jerk')
    return [
        long,
        at_most('  the worst path', float(ratios.max()), '', bar=1.05),
        *(
            at_most(f'timing: samples at 1 kHz over the {kind} limit', number, '', bar=0)
            for kind, number in zip(kinds, breaches, strict=True)
        ),
        at_most('timing: largest speed or acceleration at an end',
                max(item.end_speed for item in timed), 'rad/s', bar=0),
        spent,
    ]  # fmt: skip


def _median(timed: list[Timed], field: str) -> float:
    return float(np.median([getattr(item, field) for item in timed]))


def random_path(robot: Robot, rng: np.random.Generator, nearby: bool) -> Array:
    """Draw waypoints (N, J): over the whole range of the joints, or near home."""
    lower, upper = robot.limits.lower + MARGIN, robot.limits.upper - MARGIN
    count = int(rng.integers(WAYPOINTS[0], WAYPOINTS[1], endpoint=True))
    if not nearby:
        return rng.uniform(lower, upper, (count, len(lower)))
    around = robot.home + rng.uniform(-NEARBY, NEARBY, (count, len(lower)))
    return np.clip(around, lower, upper)


def measured(points: Array, limits: JointLimits) -> Timed:
    """Time one path, beside toppra alone on the same rounded path."""
    begun = time.process_time()
    trajectory = time_path(points, limits)
    middle = time.process_time()
    bare = bare_duration(RoundedPath(points, BLEND), limits)
    end = time.process_time()
    assert trajectory.velocities is not None
    assert trajectory.accelerations is not None
    ends = np.concatenate([trajectory.velocities[[0, -1]], trajectory.accelerations[[0, -1]]])
    return Timed(
        trajectory.duration, bare, middle - begun, end - middle,
        breaches(trajectory, limits), float(np.abs(ends).max()),
    )  # fmt: skip


def bare_duration(path: RoundedPath, limits: JointLimits) -> float:
    """Give the duration of toppra's fastest motion, s."""
    knots = np.linspace(0.0, path.length, KNOTS + 1)
    speed = fastest(path, knots, limits, np.ones(len(knots)))
    return float((2.0 * np.diff(knots) / np.maximum(speed[1:] + speed[:-1], 1e-9)).sum())


def breaches(trajectory: JointTrajectory, limits: JointLimits) -> tuple[int, int, int]:
    """Count samples over the limits, on scipy's quintic spline and not on ours."""
    assert trajectory.velocities is not None
    assert trajectory.accelerations is not None
    conditions = np.stack(
        [trajectory.positions, trajectory.velocities, trajectory.accelerations], axis=1
    )
    curve = BPoly.from_derivatives(trajectory.times, conditions)
    instants = np.arange(0.0, trajectory.duration, 1.0 / RATE)
    bounds = (limits.velocity, limits.acceleration, limits.jerk)
    counts = [
        int((~(np.abs(curve(instants, nu=order)) <= bound * (1 + ROUNDING))).sum())
        for order, bound in enumerate(bounds, start=1)
    ]
    return counts[0], counts[1], counts[2]
