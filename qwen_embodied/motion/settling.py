"""The nearest that an arm can come to a tool pose which it cannot reach in full."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from qwen_embodied.motion.descent import Bounds, Descent, limited

Array = NDArray[np.float64]

ROTATION_WEIGHT = 0.02  # m per rad, while the position comes first
APPROACH = 60  # steps towards the position
ORDERED = 60  # steps with the position held
SETTLED = 1e-7  # rad; a step this small changes nothing
NEAR = 0.03  # m; from here on it is tried whether the position can be met exactly


def settle(descent: Descent, goal: Any, start: Array, bounds: Bounds) -> Array:
    """Bring the tool to the position, as near as it goes, then turn it towards the goal.

    For an arm that is too short, or has too few joints for every rotation. Where the position can
    be reached it is reached, and the rotation is the nearest that this allows.

    Args:
        descent: Of the robot.
        goal: Wanted tool pose, pin.SE3.
        start: Joints (J,) within the bounds.
        bounds: Lower and upper joint limits.

    Returns:
        Joints (J,) within the bounds.
    """
    q = _approach(descent, goal, start, bounds)
    missed = _missed(descent, goal, q)
    if missed > NEAR:
        return q
    exact = _ordered(descent, goal, q, bounds)
    return exact if _missed(descent, goal, exact) <= missed else q


def _missed(descent: Descent, goal: Any, q: Array) -> float:
    return float(np.linalg.norm(descent.evaluate(q)[1].translation - goal.translation))


def _errors(pose: Any, goal: Any) -> Array:
    """Give what is left (6,): m, then rad, in the tool's axes."""
    left = pose.actInv(goal)
    return np.concatenate([left.translation, pin.log3(left.rotation)])


def _approach(descent: Descent, goal: Any, start: Array, bounds: Bounds) -> Array:
    """Descend on the weighted error; a step is only taken when it lowers it."""
    weights = np.array([1.0] * 3 + [ROTATION_WEIGHT] * 3)
    q, damping = start, 1e-2
    jacobian, pose = descent.evaluate(q)
    left = weights * _errors(pose, goal)
    for _ in range(APPROACH):
        moved = _moved(jacobian * weights[:, None], left, damping, q, bounds)
        jacobian, pose = descent.evaluate(moved)
        remains = weights * _errors(pose, goal)
        gain = left @ left - remains @ remains
        if gain <= 0.0:
            damping *= 5.0
            jacobian = descent.evaluate(q)[0]
            if damping > 1e4:
                break
            continue
        q, left, damping = moved, remains, damping * 0.3
        if gain < 1e-12:
            break
    return q


def _moved(jacobian: Array, left: Array, damping: float, q: Array, bounds: Bounds) -> Array:
    """Give where a damped step ends; joints that it would push through a limit stay."""
    pull = jacobian.T @ left
    stopped = ((q >= bounds[1]) & (pull > 0)) | ((q <= bounds[0]) & (pull < 0))
    free = np.where(stopped, 0.0, jacobian)
    normal = free.T @ free + damping * np.eye(len(q))
    step = np.array(np.linalg.solve(normal, np.where(stopped, 0.0, pull)), dtype=np.float64)
    result: Array = np.minimum(np.maximum(q + limited(step), bounds[0]), bounds[1])
    return result


def _ordered(descent: Descent, goal: Any, start: Array, bounds: Bounds) -> Array:
    """Reduce the rotation with what freedom the position leaves."""
    q = start
    for _ in range(ORDERED):
        jacobian, pose = descent.evaluate(q)
        errors = _errors(pose, goal)
        step, stopped = _step(jacobian, errors), np.zeros(len(q), dtype=bool)
        for _ in range(len(q)):
            blocked = ((q >= bounds[1]) & (step > 0)) | ((q <= bounds[0]) & (step < 0))
            if not blocked.any():
                break
            stopped |= blocked
            step = _step(np.where(stopped, 0.0, jacobian), errors)
        moved = np.clip(q + limited(step), *bounds)
        if np.abs(moved - q).max() < SETTLED:
            break
        q = moved
    return q


def _step(jacobian: Array, errors: Array) -> Array:
    """Step on the position, then on the rotation in the directions that are left."""
    first, second = jacobian[:3], jacobian[3:]
    inverse = _damped(first, errors[:3])
    step: Array = inverse @ errors[:3]
    free = second - (second @ inverse) @ first
    turn = errors[3:] - second @ step
    more = _damped(free, turn) @ turn
    result: Array = step + more - inverse @ (first @ more)
    return result


def _damped(jacobian: Array, error: Array) -> Array:
    damping = 1e-6 + 0.01 * min(float(error @ error), 1.0)
    normal = jacobian @ jacobian.T + damping * np.eye(len(jacobian))
    return np.array(np.linalg.solve(normal, jacobian).T, dtype=np.float64)
