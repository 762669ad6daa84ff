"""The fastest straight joint line from rest to rest with bounded jerk: ruckig, exact.

Along a straight line every joint moves in proportion, so there is one place to find over time.
Ruckig's answer is made of pieces of even jerk, which the controller's quintic spline draws without
any error when its points lie where the pieces meet.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import TimingError
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory

Array = NDArray[np.float64]

LONGEST_STEP = 0.05  # s between points
# Shares of speed and acceleration, tried in turn until no piece is too short for two points.
SHARES = ((1.0, 1.0), (0.97, 1.0), (1.0, 0.95), (0.95, 0.92), (0.9, 0.85))
SHORTEST_STEP = 0.004  # s; controllers and the safety rules want at least 2 ms
NOTHING = 1e-9  # s


def straight_line(start: Array, end: Array, limits: JointLimits) -> JointTrajectory | None:
    """Time a straight joint line; None where points at the right instants would be too close.

    Args:
        start: Joints (J,), in the order of limits.names.
        end: Joints (J,), another place.
        limits: Of velocity, acceleration and jerk, all of which hold exactly.

    Raises:
        TimingError: Ruckig finds no motion.
    """
    for share in SHARES:
        found = _fastest(np.abs(end - start), limits, share)
        times = _points(np.array(found.profiles[0][0].t))
        if np.diff(times).min() >= SHORTEST_STEP:
            return _trajectory(found, times, (start, end), limits.names)
    return None


def _fastest(way: Array, limits: JointLimits, share: tuple[float, float]) -> Any:
    """Let ruckig find the place from 0 to 1 over time, with shares of speed and acceleration."""
    import ruckig

    moving = way > 0
    reach = way[moving]
    request = ruckig.InputParameter(1)
    request.current_position, request.target_position = [0.0], [1.0]
    request.max_velocity = [share[0] * float((limits.velocity[moving] / reach).min())]
    request.max_acceleration = [share[1] * float((limits.acceleration[moving] / reach).min())]
    request.max_jerk = [float((limits.jerk[moving] / reach).min())]
    found = ruckig.Trajectory(1)
    if ruckig.Ruckig(1).calculate(request, found) != ruckig.Result.Working:
        raise TimingError(f'ruckig finds no motion of {np.linalg.norm(way):.3f} rad')
    return found


def _trajectory(
    found: Any, times: Array, ends: tuple[Array, Array], names: tuple[str, ...]
) -> JointTrajectory:
    """Sample what ruckig found at instants, (T,) s."""
    start, end = ends
    way = end - start
    states = [found.at_time(float(time)) for time in times]
    place, speed, push = np.array(states).reshape(len(times), 3).T
    place[-1], speed[[0, -1]], push[[0, -1]] = 1.0, 0.0, 0.0
    positions = start + place[:, None] * way
    positions[-1] = end
    return JointTrajectory(names, times, positions, speed[:, None] * way, push[:, None] * way)


def _points(pieces: Array) -> Array:
    """Give instants at which pieces of even jerk meet, and more between them, (T,) s.

    Args:
        pieces: Durations, s; some may be nothing.
    """
    lasting = pieces[pieces > NOTHING]
    ends = np.concatenate([[0.0], np.cumsum(lasting)])
    counts = np.ceil(lasting / LONGEST_STEP).astype(int)
    inner = [
        np.linspace(low, high, count, endpoint=False)
        for low, high, count in zip(ends[:-1], ends[1:], counts, strict=True)
    ]
    return np.concatenate([*inner, ends[-1:]])
