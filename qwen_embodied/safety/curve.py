"""C4, C5 and C6: the curve between the points keeps every joint limit."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.interpolation import Samples, TrajectorySpline
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.safety.context import Breach, SafetyContext

Array = NDArray[np.float64]
ROUNDING = 1e-6  # share of a limit, and rad or m


@dataclass(frozen=True, eq=False)
class Curve:
    """A trajectory sampled as the controller draws it.

    Attributes:
        spline: Through the points, columns in the order of the context's joints.
        times: Of the samples, (N,) s; every point is among them.
        samples: (N, J).
    """

    spline: TrajectorySpline
    times: Array
    samples: Samples


def draw(trajectory: JointTrajectory, context: SafetyContext) -> Curve:
    """Sample a trajectory of good form, with its columns in the context's order."""
    order = [trajectory.joint_names.index(name) for name in context.joints]
    ordered = JointTrajectory(
        context.joints,
        trajectory.times,
        trajectory.positions[:, order],
        None if trajectory.velocities is None else trajectory.velocities[:, order],
        None if trajectory.accelerations is None else trajectory.accelerations[:, order],
    )
    with np.errstate(all='ignore'):  # what overflows is reported by C4
        spline = TrajectorySpline(ordered)
        times = spline.dense_times(context.parameters.sample_rate)
        times = times[np.diff(times, prepend=-1.0) > ROUNDING]
        return Curve(spline, times, spline.sample(times))


def check_finite(curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    """C4: the curve can be drawn at all."""
    for field in ('positions', 'velocities', 'accelerations', 'jerks'):
        broken = ~np.isfinite(getattr(curve.samples, field))
        if broken.any():
            row, column = (int(at) for at in np.argwhere(broken)[0])
            joint, time = context.joints[column], float(curve.times[row])
            message = f'{joint}: {field} are not finite at {time:.3f} s'
            yield Breach('C4', message, joint, time, float('nan'))


def check_positions(curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    """C5: each joint can still stop before its limit, with a margin."""
    parameters, limits = context.parameters, context.limits.of(context.joints)
    q, v = curve.samples.positions, curve.samples.velocities
    reach = v**2 / (2 * limits.acceleration) + np.abs(v) * parameters.stop_latency
    margin = np.where(context.is_arm, np.maximum(parameters.position_margin, reach),
                      -parameters.gripper_tolerance)  # fmt: skip
    upper = limits.upper - np.where(v >= 0, margin, np.minimum(margin, parameters.position_margin))
    lower = limits.lower + np.where(v <= 0, margin, np.minimum(margin, parameters.position_margin))
    inside = (q <= upper + ROUNDING) & (q >= lower - ROUNDING)
    excess = np.maximum(q - upper, lower - q)
    for column in np.flatnonzero(~inside.all(axis=0)):
        row = int(np.argmax(excess[:, column]))
        joint, time, value = context.joints[column], float(curve.times[row]), q[row, column]
        low, high = lower[row, column], upper[row, column]
        message = (
            f'{joint}: {value:.4f} {context.unit(joint)} at {time:.2f} s, '
            f'allowed {low:.4f} to {high:.4f}'
        )
        limit = float(high if value > high else low)
        yield Breach('C5', message, joint, time, float(value), limit)


def check_rates(curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    """C6: speed, acceleration and (when asked for) jerk of each joint."""
    limits = context.limits.of(context.joints)
    times, accelerations, jerks = curve.spline.extrema()
    samples = curve.samples
    checks = [
        ('/s', curve.times[:, None], samples.velocities, limits.velocity),
        ('/s²', times, accelerations, limits.acceleration),
    ]
    if context.parameters.check_jerk:
        checks.append(('/s³', times, jerks, limits.jerk))
    for unit, at, values, limit in checks:
        within = np.abs(values) <= limit * (1 + ROUNDING)
        for column in np.flatnonzero(~within.all(axis=0)):
            row = int(np.argmax(np.abs(values[:, column])))
            time = float(np.broadcast_to(at, values.shape)[row, column])
            yield _too_fast(context, int(column), unit, time, float(values[row, column]), limit)


def _too_fast(
    context: SafetyContext, column: int, unit: str, time: float, value: float, limits: Array
) -> Breach:
    joint, limit = context.joints[column], float(limits[column])
    unit = context.unit(joint) + unit
    message = f'{joint}: {value:.4g} {unit} at {time:.2f} s, allowed {limit:.4g}'
    return Breach('C6', message, joint, time, value, limit)
