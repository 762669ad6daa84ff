"""Inverse kinematics: many short descents, the seed's first, and a choice among what they find."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.blas import ddot, dsyrk

from qwen_embodied.errors import (
    CollisionError,
    ContractError,
    JointLimitError,
    UnreachableError,
)
from qwen_embodied.motion.descent import Bounds, Descent
from qwen_embodied.motion.search import ANY, LOOSE, TOLERANCE, Search, Solution
from qwen_embodied.motion.settling import settle
from qwen_embodied.motion.starts import Starts

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]

RESTARTS = 300
NEAREST = 24  # restarts near the pose before random ones come between
SOME = 20  # restarts where the tool need not be turned exactly
SETTLED = 4  # near starts that are settled when no descent arrived
DIFFERENT = 0.05  # rad; postures that are nearer to each other count as one
TURN = 2 * np.pi
IDENTITY = np.eye(3, order='F')


class _Task(NamedTuple):
    """One call: the pose as matrix and as pin.SE3, the seed, the bounds and the wishes."""

    matrix: Array
    goal: Any
    seed: Array
    bounds: Bounds
    search: Search


class Inverse:
    """Solver for one robot; the same input gives the same output, bit by bit."""

    def __init__(self, robot: Robot) -> None:
        """Take the robot whose limits hold."""
        self._robot = robot
        self._descent = Descent(robot)
        limits = robot.limits
        self._limits = (limits.lower, limits.upper)
        self._turning = _revolute(robot) & (limits.upper - limits.lower > TURN)
        self._redundant = len(limits.names) > 6

    @cached_property
    def _starts(self) -> Starts:
        return Starts(self._robot)

    def prepare(self) -> None:
        """Compute the table of starts now instead of when a seed first does not lead there."""
        _ = self._starts

    def evaluate(self, q: Array) -> tuple[Array, Any]:
        """Give the Jacobian (6, J) in the tool's axes and the tool's pose as pin.SE3."""
        return self._descent.evaluate(q)

    def __call__(
        self, tool_in_base: ArrayLike, seed: ArrayLike, margin: float, search: Search
    ) -> Array:
        """Give the joints (J,) that are wanted; raises UnreachableError or CollisionError."""
        task = self._task(tool_in_base, seed, margin, search)
        if search.prefer != 'first' or search.blocked is not None:
            return self._choose(task).joints
        ends, arrived = self._descend(task, RESTARTS if search.rotation <= TOLERANCE else SOME)
        if arrived:
            return ends[-1]
        best = self._settled(task, self._best(task, ends))
        if not best.reaches:
            raise _unreachable(task, best)
        return best.joints

    def attempt(
        self, tool_in_base: ArrayLike, seed: ArrayLike, margin: float, restarts: int
    ) -> Solution:
        """Start at the seed, then elsewhere; give the first that reaches, else the best."""
        search = Search(rotation=LOOSE) if len(self._robot.joint_names) < 6 else ANY
        task = self._task(tool_in_base, seed, margin, search)
        ends, arrived = self._descend(task, restarts)
        if arrived:
            return self._measure(ends[-1], task)
        if search is ANY:
            return self._best(task, ends)
        settled = [self._settle(task, end) for end in ends]
        return min(settled, key=lambda end: (not end.reaches, end.miss))

    def _task(
        self, tool_in_base: ArrayLike, seed: ArrayLike, margin: float, search: Search
    ) -> _Task:
        matrix, start = np.asarray(tool_in_base, dtype=float), np.asarray(seed, dtype=float)
        _check(matrix, start, len(self._robot.joint_names))
        lower, upper = self._bounds(margin) if margin else self._limits
        start = np.minimum(np.maximum(start, lower), upper)
        return _Task(matrix, pin.SE3(matrix), start, (lower, upper), search)

    def _bounds(self, margin: float) -> Bounds:
        lower, upper = self._limits[0] + margin, self._limits[1] - margin
        if not (lower < upper).all():
            widest = float((self._limits[1] - self._limits[0]).min()) / 2
            raise ContractError('margin', margin, f'less than {widest:.3f}, half a joint range')
        return lower, upper

    def _descend(self, task: _Task, restarts: int) -> tuple[list[Array], bool]:
        """Descend, the seed first, until one arrives; give the ends and whether the last did."""
        q, arrived = self._descent.run(task.goal, task.seed, task.bounds)
        ends = [q]
        if arrived or not restarts:
            return ends, arrived
        for start in self._restarts(task, restarts):
            q, arrived = self._descent.run(task.goal, start, task.bounds)
            if arrived:
                return [self._unwound(q, task.seed, task.bounds)], True
            ends.append(q)
        return ends, False

    def _best(self, task: _Task, ends: list[Array]) -> Solution:
        return min((self._measure(q, task) for q in ends), key=lambda end: end.error)

    def _settled(self, task: _Task, best: Solution) -> Solution:
        """Settle the best end of the descents, the seed and near starts; give the best of all."""
        starts = [best.joints, task.seed, *self._restarts(task, SETTLED)]
        ends = [self._settle(task, start) for start in starts]
        return min([best, *ends], key=lambda end: (not end.reaches, end.miss))

    def _settle(self, task: _Task, start: Array) -> Solution:
        return self._measure(settle(self._descent, task.goal, start, task.bounds), task)

    def _restarts(self, task: _Task, count: int) -> Iterator[Array]:
        """Give starts within the bounds: those near the pose, then random ones between."""
        lower, upper = task.bounds
        near = self._starts.near(task.matrix)
        for number in range(count):
            start = next(near, None) if number < NEAREST or number % 2 else None
            if start is None:
                start = np.random.default_rng(number).uniform(lower, upper)
            yield np.minimum(np.maximum(start, lower), upper)

    def _choose(self, task: _Task) -> Solution:
        """Collect several postures and give the one that is preferred and free."""
        search, found = task.search, list[Solution]()
        touching: tuple[str, str] | None = None
        for solution in self._postures(task):
            pair = search.blocked(solution.joints) if search.blocked else None
            if pair is None:
                found.append(solution)
            touching = touching or pair
            if found and (search.prefer == 'first' or len(found) >= search.several):
                break
        if found:
            return min(found, key=lambda solution: self._cost(solution.joints, task))
        if touching is not None:
            raise CollisionError('tool pose, in every posture that was found,', *touching)
        raise _unreachable(task, self._settled(task, self._best(task, [task.seed])))

    def _postures(self, task: _Task) -> Iterator[Solution]:
        """Give different postures that reach the pose."""
        known: list[Array] = []
        exact = task.search.rotation <= TOLERANCE
        for start in (task.seed, *self._restarts(task, RESTARTS if exact else SOME)):
            q, arrived = self._descent.run(task.goal, start, task.bounds)
            if not arrived and not exact:
                settled = self._settle(task, q)
                q, arrived = settled.joints, settled.reaches
            if not arrived:
                continue
            q = self._better(task, self._unwound(q, self._wanted(task), task.bounds))
            if all(np.abs(q - other).max() > DIFFERENT for other in known):
                known.append(q)
                yield self._measure(q, task)

    def _wanted(self, task: _Task) -> Array:
        middle: Array = (task.bounds[0] + task.bounds[1]) / 2
        return middle if task.search.prefer == 'room' else task.seed

    def _better(self, task: _Task, q: Array) -> Array:
        """Slide a redundant arm to where the preference is met better."""
        if not self._redundant or task.search.prefer == 'first':
            return q
        slid = self._descent.slide(task.goal, q, self._wanted(task), task.bounds)
        return min(q, slid, key=lambda joints: self._cost(joints, task))

    def _cost(self, q: Array, task: _Task) -> float:
        """Give the largest way of a joint, or what is missing of the widest room at limits."""
        if task.search.prefer == 'room':
            lower, upper = self._robot.limits.lower, self._robot.limits.upper
            return -float((np.minimum(q - lower, upper - q) / (upper - lower)).min())
        return float(np.abs(q - task.seed).max())

    def _unwound(self, q: Array, wanted: Array, bounds: Bounds) -> Array:
        """Turn joints by whole turns towards the wanted ones, where the limits let them."""
        if not self._turning.any():
            return q
        turned = q + TURN * np.round((wanted - q) / TURN)
        fits = self._turning & (turned >= bounds[0]) & (turned <= bounds[1])
        result: Array = np.where(fits, turned, q)
        return result

    def _measure(self, q: Array, task: _Task) -> Solution:
        _, place = self._descent.evaluate(q)
        left = place.actInv(task.goal)
        turn = pin.log3(left.rotation)
        return Solution(q, _length(left.translation), _length(turn), task.search.rotation)

    def check(self, q: Array) -> None:
        """Raise JointLimitError for the first joint outside its limits."""
        limits = self._robot.limits
        for name, value, low, high in zip(
            limits.names, q.tolist(), limits.lower, limits.upper, strict=True
        ):
            if not low - 1e-9 <= value <= high + 1e-9:
                raise JointLimitError(name, value, float(low), float(high))


def _length(vector: Array) -> float:
    return float(np.sqrt(vector.dot(vector)))


def _revolute(robot: Robot) -> NDArray[np.bool_]:
    joints = [robot.model.joints[robot.model.getJointId(name)] for name in robot.joint_names]
    return np.array([joint.shortname().startswith('JointModelR') for joint in joints])


def _check(matrix: Array, seed: Array, count: int) -> None:
    if matrix.shape != (4, 4):
        raise ContractError('tool_in_base', matrix.tolist(), 'a (4, 4) pose')
    place, turn = matrix[:3, 3], matrix[:3, :3]
    skew = dsyrk(1.0, turn, -1.0, IDENTITY).ravel('K')
    if not (ddot(skew, skew) < 1e-6 and place.dot(place) < np.inf):
        raise ContractError('tool_in_base', matrix.tolist(), 'finite, with a rotation in it')
    if seed.shape != (count,) or not ddot(seed, seed) < np.inf:
        raise ContractError('seed', seed.tolist(), f'{count} finite joint positions')


def _unreachable(task: _Task, best: Solution) -> UnreachableError:
    x, y, z = task.matrix[:3, 3]
    target = f'the tool pose at ({x:.3f}, {y:.3f}, {z:.3f}) m'
    return UnreachableError(target, best.position_error, best.rotation_error)
