"""How fast along a path: toppra's fastest motion, and its motion over time with smooth changes."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from qwen_embodied.errors import TimingError
from qwen_embodied.limits import JointLimits
from qwen_embodied.motion.rounding import RoundedPath

Array = NDArray[np.float64]

PLOTTING = ('matplotlib', 'matplotlib.pyplot')  # toppra's own plots are not used
FINE = 10  # instants per point at which the motion is averaged
SHORTEST, LONGEST = 0.006, 0.25  # s, of the average that bounds the jerk


@dataclass(frozen=True, eq=False)
class Course:
    """A motion along a path; speed and push are exact derivatives of the place.

    Attributes:
        times: Instants, (T,) s.
        place: On the path, (T,) rad.
        speed: Along it, (T,) rad/s.
        push: Acceleration along it, (T,) rad/s².
    """

    times: Array
    place: Array
    speed: Array
    push: Array


def prepare() -> Any:
    """Load toppra without the plotting library that it brings along, which takes a second."""
    if 'toppra' not in sys.modules and 'matplotlib' not in sys.modules:
        stand_ins = {name: ModuleType(name) for name in PLOTTING}
        sys.modules.update(stand_ins)
        try:
            import_module('toppra')
        finally:
            for name in stand_ins:
                del sys.modules[name]
    return import_module('toppra')


def fastest(path: RoundedPath, knots: Array, limits: JointLimits, slower: Array,
            ceiling: Array | None = None) -> Array:  # fmt: skip
    """Let toppra find the fastest speeds along a path.

    Args:
        path: Its geometry.
        knots: Where speeds are wanted, (K,) rad.
        limits: Of speed and acceleration.
        slower: Factor (K,), 1 or more, by which time is stretched there.
        ceiling: Largest speed along the path at each knot, (K,) rad/s; or None.

    Returns:
        Speeds along the path, (K,) rad/s; no jerk bound.

    Raises:
        TimingError: There is no such motion.
    """
    toppra = prepare()
    rates = np.abs(path(knots, 1))
    top = (limits.velocity / np.maximum(rates, 1e-9)).min(axis=1)
    if ceiling is not None:
        top = np.minimum(top, ceiling)
    rules = [
        _speed_rule(toppra, np.maximum(top / slower, 1e-6)),
        _push_rule(toppra, limits, slower),
    ]
    solver = toppra.algorithm.TOPPRA(rules, path, gridpoints=knots, solver_wrapper='seidel')
    _, speed, _ = solver.compute_parameterization(0.0, 0.0)
    if speed is None or not np.isfinite(speed).all():
        raise TimingError(f'toppra finds no timing for a path of {path.length:.3f} rad')
    result: Array = np.maximum(speed, 0.0)
    return result


def _speed_rule(toppra: Any, top: Array) -> Any:
    """Bound the speed along the path at each knot."""

    class SpeedRule(toppra.constraint.LinearConstraint):  # type: ignore[misc]
        def compute_constraint_params(self, path: Any, gridpoints: Array, *_: Any) -> Any:
            bounds = np.column_stack([np.zeros_like(top), top**2])
            return None, None, None, None, None, None, bounds

    return SpeedRule()


def _push_rule(toppra: Any, limits: JointLimits, slower: Array) -> Any:
    """Bound the joints' accelerations, by less where time is stretched."""
    between = toppra.constraint.linear_constraint.canlinear_colloc_to_interpolate

    class PushRule(toppra.constraint.JointAccelerationConstraint):  # type: ignore[misc]
        def compute_constraint_params(self, path: Any, gridpoints: Array, *_: Any) -> Any:
            self.set_discretization_type(0)
            found = super().compute_constraint_params(path, gridpoints)
            scaled = [part * slower[:, None] ** 2 for part in found[:3]]
            return between(*scaled, *found[3:], gridpoints, identical=True)

    return PushRule(np.stack([-limits.acceleration, limits.acceleration], axis=1))


def over_time(knots: Array, speed: Array, limits: JointLimits, step: float, most: int) -> Course:
    """Turn speeds at knots into a motion over time, averaged so that its jerk is bounded.

    Between knots the acceleration along the path is even. It jumps at knots; averaged over the
    time in which the jerk limit lets it pass from one limit to the other, it has ramps instead.

    Args:
        knots: (K,) rad.
        speed: (K,) rad/s, zero at both ends.
        limits: Whose jerk and acceleration say how long the average is.
        step: Wanted time between instants, s.
        most: Largest number of instants.

    Returns:
        The motion at evenly spaced instants.
    """
    spent = 2.0 * np.diff(knots) / np.maximum(speed[:-1] + speed[1:], 1e-9)
    instants = np.concatenate([[0.0], np.cumsum(spent)])
    push = np.diff(speed) / spent
    ramp = float(np.clip((2.0 * limits.acceleration / limits.jerk).max(), SHORTEST, LONGEST))
    # Before and after the motion there is a rest as long as the averages reach.
    count = int(np.clip(np.ceil((float(instants[-1]) + 1.5 * ramp) / step), 8, most - 1))
    fine = (float(instants[-1]) + 1.5 * ramp) / (count * FINE - 6)
    windows = [max(round(share * ramp / fine), 1) | 1 for share in (1.0, 0.5)]
    rest, pad = (count * FINE * fine - float(instants[-1])) / 2, sum(windows)
    times = fine * np.arange(-pad, count * FINE + pad + 1) - rest
    segment = np.clip(np.searchsorted(instants, times, side='right') - 1, 0, len(push) - 1)
    moves = (times >= 0.0) & (times <= instants[-1])
    local = np.clip(times, 0.0, instants[-1]) - instants[segment]
    levels = [
        knots[segment] + local * (speed[segment] + local * push[segment] / 2),
        np.where(moves, speed[segment] + local * push[segment], 0.0),
        np.where(moves, push[segment], 0.0),
    ]
    for window in windows:
        levels = [uniform_filter1d(level, window, mode='nearest') for level in levels]
    place, rate, change = (level[pad : -pad or None : FINE] for level in levels)
    rate[[0, -1]], change[[0, -1]] = 0.0, 0.0
    times = fine * FINE * np.arange(count + 1)
    place = np.clip(place, 0.0, knots[-1]).astype(float)
    return Course(times.astype(float), place, rate, change)
