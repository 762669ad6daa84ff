"""Damped Newton steps from one arm posture towards a tool pose, within the joint limits."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]
Bounds = tuple[Array, Array]

CLOSE = (3e-6) ** 2  # squared length of the twist (m and rad) that is left at the goal
ITERATIONS = 30
PATIENCE = 4  # steps in a row that need not halve the squared error
LARGEST_STEP = 1.0  # rad
DAMPING = 0.02
SETTLING = 80  # steps with the position first
SETTLED = 1e-7  # rad; a step this small changes nothing
SLIDES = 12  # steps along the redundancy


class Descent:
    """Steps of one robot; not for several threads at once.

    Joint limits are an active set: a step that would cross one ends on it, and the other joints
    take over what it leaves undone.
    """

    def __init__(self, robot: Robot) -> None:
        """Take the robot whose tool moves."""
        self._model, self._data = robot.model, robot.model.createData()
        self._frame = robot.tool_id
        self._full = robot.full(robot.home)
        joints = [robot.model.joints[robot.model.getJointId(name)] for name in robot.joint_names]
        self._positions = _columns([joint.idx_q for joint in joints])
        self._velocities = _columns([joint.idx_v for joint in joints])
        self._few = len(joints) < 6
        size = min(len(joints), 6)
        self._normal: Array = np.empty((size, size))
        self._diagonal = self._normal.ravel()[:: size + 1]
        self._pose = self._data.iMf[0]  # a view

    def evaluate(self, q: Array) -> tuple[Array, Any]:
        """Give the Jacobian (6, J) in the tool's own axes and the tool's pose as pin.SE3.

        Pinocchio walks from the tool to the base, which leaves the tool's pose at the base. The
        pose is a view: the next call changes it.
        """
        self._full[self._positions] = q
        frame = pin.ReferenceFrame.LOCAL
        jacobian = pin.computeFrameJacobian(
            self._model, self._data, self._full, self._frame, frame
        )
        return jacobian[:, self._velocities], self._pose

    def run(self, goal: Any, start: Array, bounds: Bounds) -> tuple[Array, bool]:
        """Descend from a start within the bounds; give where it ended and whether it arrived."""
        q, least, stuck = start, np.inf, 0
        for _ in range(ITERATIONS):
            jacobian, pose = self.evaluate(q)
            twist = pin.log6(pose.actInv(goal)).vector
            square = twist.dot(twist)
            if square < CLOSE:
                return q, True
            stuck = stuck + 1 if square > 0.5 * least else 0
            if stuck > PATIENCE:
                break
            least = min(least, square)
            q = self._step(jacobian, twist, q, bounds)
        return q, False

    def _step(self, jacobian: Array, twist: Array, q: Array, bounds: Bounds) -> Array:
        damping = DAMPING * min(twist.dot(twist), 1.0) + 1e-9
        moved = q + _limited(self._solve(jacobian, twist, damping))
        inside = np.minimum(np.maximum(moved, bounds[0]), bounds[1])
        beyond = moved - inside
        if not beyond.dot(beyond):
            return moved
        at_limit = beyond != 0.0
        step = (inside - q) * at_limit
        step += self._solve(jacobian * ~at_limit, twist - jacobian.dot(step), damping)
        result: Array = np.minimum(np.maximum(q + _limited(step), bounds[0]), bounds[1])
        return result

    def _solve(self, jacobian: Array, twist: Array, damping: float) -> Array:
        """Solve the damped least squares by the smaller of its two normal matrices."""
        normal = self._normal
        if self._few:
            np.dot(jacobian.T, jacobian, out=normal)
            self._diagonal += damping
            few: Array = dposv(normal, twist.dot(jacobian))[1]
            return few
        np.dot(jacobian, jacobian.T, out=normal)
        self._diagonal += damping
        many: Array = dposv(normal, twist)[1].dot(jacobian)
        return many

    def settle(self, goal: Any, start: Array, bounds: Bounds) -> Array:
        """Bring the tool to the position first, then turn it as far towards the goal as it can.

        For goals that cannot be reached in full: the arm is too short, or has too few joints.
        """
        q = start
        for _ in range(SETTLING):
            jacobian, pose = self.evaluate(q)
            left = pose.actInv(goal)
            errors = left.translation, pin.log3(left.rotation)
            step, at_limit = self._ordered(jacobian, errors), np.zeros(len(q), dtype=bool)
            for _ in range(len(q)):
                blocked = ((q >= bounds[1]) & (step > 0)) | ((q <= bounds[0]) & (step < 0))
                if not blocked.any():
                    break
                at_limit |= blocked
                step = self._ordered(np.where(at_limit, 0.0, jacobian), errors)
            moved = np.clip(q + _limited(step), *bounds)
            if np.abs(moved - q).max() < SETTLED:
                break
            q = moved
        return q

    @staticmethod
    def _ordered(jacobian: Array, errors: tuple[Array, Array]) -> Array:
        """Step on the position, and with what freedom that leaves on the rotation."""
        first, second = jacobian[:3], jacobian[3:]
        inverse = _damped(first, errors[0])
        step: Array = inverse @ errors[0]
        free = second - (second @ inverse) @ first
        turn = errors[1] - second @ step
        more = _damped(free, turn) @ turn
        result: Array = step + more - inverse @ (first @ more)
        return result

    def slide(self, goal: Any, start: Array, wanted: Array, bounds: Bounds) -> Array:
        """Use the redundancy to come nearer to wanted joints while the tool stays at the goal."""
        q = start
        for _ in range(SLIDES):
            jacobian, pose = self.evaluate(q)
            twist = pin.log6(pose.actInv(goal)).vector
            inverse = np.linalg.pinv(jacobian, rcond=1e-3)
            pull = wanted - q
            step = inverse @ twist + pull - inverse @ (jacobian @ pull)
            moved = np.clip(q + _limited(step, 0.3), *bounds)
            if np.abs(moved - q).max() < 1e-3:
                break
            q = moved
        found, arrived = self.run(goal, q, bounds)
        return found if arrived else start


def _damped(jacobian: Array, error: Array) -> Array:
    damping = 1e-6 + 0.01 * min(float(error @ error), 1.0)
    normal = jacobian @ jacobian.T + damping * np.eye(len(jacobian))
    return np.array(np.linalg.solve(normal, jacobian).T, dtype=np.float64)


def _limited(step: Array, largest: float = LARGEST_STEP) -> Array:
    """Shorten a step to at most the largest change of a joint, rad."""
    if step.dot(step) <= largest * largest:
        return step
    length = max(float(step.max()), -float(step.min()))
    return step * (largest / length) if length > largest else step


def _columns(indices: list[int]) -> Any:
    """Give a slice where the indices follow one another: numpy then makes no copy."""
    first = indices[0]
    if indices == list(range(first, first + len(indices))):
        return slice(first, first + len(indices))
    return np.array(indices)
