"""Trajectories that no gate may pass, classes F1 and F4 to F10, each with the rules it breaks.

A class is a strategy of (goal, ids of the rules that may be named).
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from quintic import PEAKS, quintic
from qwen_embodied.control import TrajectoryGoal
from qwen_embodied.messages import JointTrajectory

FIELDS = ('positions', 'velocities', 'accelerations')
RATES = ('velocity', 'acceleration', 'jerk')
NOT_NUMBERS = st.sampled_from([np.nan, np.inf, -np.inf, -np.nan])


def with_point(good, at, **fields):
    points = list(good.points)
    points[at] = replace(points[at], **fields)
    return replace(good, points=tuple(points))


def with_value(good, at, field, joint, value):
    row = list(getattr(good.points[at], field))
    row[joint] = value
    return with_point(good, at, **{field: tuple(row)})


def shifted(good, change):
    """Change the time of every point by a function."""
    points = tuple(replace(point, time=change(point.time)) for point in good.points)
    return replace(good, points=points)


def at_rate(limits, start, joint, order, factor):
    """Give a move of one joint whose peak of one derivative is a factor of its limit.

    The other derivatives stay below theirs.
    """
    v, a, j = (float(getattr(limits, rate)[joint]) for rate in RATES)
    balanced = PEAKS[3] / PEAKS[2] * a / j  # s, where acceleration and jerk reach their limits
    seconds = {
        1: 1.1 * max(PEAKS[2] / PEAKS[1] * v / a, np.sqrt(PEAKS[3] / PEAKS[1] * v / j)),
        2: 1.1 * balanced,
        3: 0.9 * balanced,
    }[order]
    limit = (v, a, j)[order - 1]
    goal = np.array(start, float)
    middle = (limits.lower[joint] + limits.upper[joint]) / 2
    inwards = -1.0 if goal[joint] > middle else 1.0
    goal[joint] += inwards * factor * limit * seconds**order / PEAKS[order]
    return quintic(limits.names, start, goal, seconds, count=2)


def overshooting(limits, start, joint, share):
    """Stay in one place at two legal points, at such a speed that the curve leaves the limits."""
    rows = np.tile(np.asarray(start, float), (3, 1))
    speeds = np.zeros_like(rows)
    speed = share * float(limits.velocity[joint])
    # A cubic with speeds v and -v at its ends, T apart, peaks vT/4 higher.
    rows[:, joint] = limits.upper[joint] - 0.1 * speed
    speeds[:2, joint] = speed, -speed
    return JointTrajectory(limits.names, np.array([0.0, 0.5, 2.5]), rows, speeds)


class Unread(Sequence):
    """A million points that nobody may look at."""

    def __len__(self):
        return 1_000_000

    def __getitem__(self, at):
        raise AssertionError('a point was looked at')


def classes(good, limits, start):
    """Give every class by name, for an arm whose good trajectory starts at `start`.

    Args:
        good: A goal that is taken.
        limits: Of its joints, in this order.
        start: Where the arm rests, (J,); its last joint is the gripper.
    """
    names, arm = limits.names, st.integers(0, len(limits.names) - 2)
    points = st.integers(0, len(good.points) - 1)
    joints = st.integers(0, len(names) - 1)
    ids = st.lists(st.sampled_from([*names, 'toe', '']), max_size=len(names) + 2)

    def case(rules, made):
        return made.map(lambda goal: (goal, rules))

    return {
        'F1 a number that is not finite': case(('C2',), st.builds(
            with_value, st.just(good), points, st.sampled_from(FIELDS), joints, NOT_NUMBERS)),
        'F1 a time that is not finite': case(('C2',), st.builds(
            lambda at, time: with_point(good, at, time=time), points, NOT_NUMBERS)),
        'F4 other names': case(('J1', 'J2', 'J4', 'C2'), ids.filter(
            lambda found: sorted(found) != sorted(names)
        ).map(lambda found: replace(good, joint_names=tuple(found)))),
        'F5 a time not after the one before': case(('J7',), st.builds(
            lambda at, back: with_point(good, at, time=good.points[at - 1].time - back),
            st.integers(1, len(good.points) - 1), st.sampled_from([0.0, 0.5, 1e9]))),
        'F5 a start before the start': case(('C2',), st.sampled_from([0.01, 1e3, 1e9]).map(
            lambda early: shifted(good, lambda time: time - early))),
        'F6 a start in the past or the future': case(('J6',), st.sampled_from(
            [1e-9, 5.0, 1.8e9, 1.8e9 + 3600, -1.0]).map(lambda at: replace(good, stamp=at))),
        'F7 a curve out of the limits': case(('C5',), st.builds(
            lambda joint, share: TrajectoryGoal.of(overshooting(limits, start, joint, share)),
            arm, st.floats(0.3, 0.7))),
        'F8 a rate above its limit': case(('C6',), st.builds(
            lambda joint, order: TrajectoryGoal.of(at_rate(limits, start, joint, order, 1.001)),
            arm, st.integers(1, 3))),
        'F9 a start elsewhere': case(('C3',), st.builds(
            lambda joint, off: with_offset(good, joint, off), arm,
            st.sampled_from([0.0101, -0.0101, 0.05]))),
        'F9 a start that is a turn away': case(('C5',), arm.map(
            lambda joint: with_offset(good, joint, 2 * np.pi))),
        'F10 too many points': case(('C2',), st.sampled_from([2001, 5000]).map(
            lambda count: replace(good, points=good.points[:1] * count))),
        'F10 too long': case(('C2',), st.sampled_from([61.0, 1e4]).map(
            lambda end: shifted(good, lambda time: time / good.points[-1].time * end))),
    }  # fmt: skip


def with_offset(good, joint, off):
    """Give the same motion, with one joint that much further on."""
    points = []
    for point in good.points:
        row = list(point.positions)
        row[joint] += off
        points.append(replace(point, positions=tuple(row)))
    return replace(good, points=tuple(points))
