"""Damped Newton steps from one arm posture towards a tool pose, within the joint limits."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray
from scipy.linalg.blas import ddot, dsyrk, idamax
from scipy.linalg.lapack import dposv

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

Array = NDArray[np.float64]
Bounds = tuple[Array, Array]

_LOCAL = pin.ReferenceFrame.LOCAL
_frame_jacobian, _log6 = pin.computeFrameJacobian, pin.log6
_least, _greatest, _where = np.minimum, np.maximum, np.where

CLOSE = (7e-6) ** 2  # squared length of the twist (m and rad) that is left at the goal
ITERATIONS = 30
SHRINKING = 0.8  # a step should leave at most this much of the least squared error
PATIENCE = 2  # steps in a row that need not
LARGEST_STEP = 1.5  # rad
DAMPING = 0.02
SLIDES = 12  # steps along the redundancy


class Descent:
    """Steps of one robot; not for several threads at once.

    Joint limits are an active set: a step that would cross one ends on it, and the other joints
    take over what it leaves undone.
    """

    def __init__(self, robot: Robot) -> None:
        """Take the robot whose tool moves."""
        self._model = _arm_alone(robot)
        self._data = self._model.createData()
        self._frame = self._model.getFrameId(robot.tool_frame)
        names = robot.joint_names
        self._plain = tuple(self._model.names)[1:] == names
        self._full = np.array(pin.neutral(self._model))
        joints = [self._model.joints[self._model.getJointId(name)] for name in names]
        self._positions = np.array([joint.idx_q for joint in joints])
        self._velocities = np.array([joint.idx_v for joint in joints])
        self._few = len(joints) < 6
        self._identity: Array = np.eye(min(len(joints), 6), order='F')
        self._pose = self._data.iMf[0]  # a view

    def evaluate(self, q: Array) -> tuple[Array, Any]:
        """Give the Jacobian (6, J) in the tool's own axes and the tool's pose as pin.SE3.

        Pinocchio walks from the tool to the base, which leaves the tool's pose at the base. The
        pose is a view: the next call changes it.
        """
        if self._plain:
            return _frame_jacobian(self._model, self._data, q, self._frame, _LOCAL), self._pose
        self._full[self._positions] = q
        jacobian = _frame_jacobian(self._model, self._data, self._full, self._frame, _LOCAL)
        return jacobian[:, self._velocities], self._pose

    def run(self, goal: Any, start: Array, bounds: Bounds) -> tuple[Array, bool]:
        """Descend from a start within the bounds; give where it ended and whether it arrived."""
        q, least, stuck, evaluate = start, math.inf, 0, self.evaluate
        for _ in range(ITERATIONS):
            jacobian, pose = evaluate(q)
            twist = _log6(pose.actInv(goal)).vector
            square = ddot(twist, twist)
            if square < CLOSE:
                return q, True
            if square > SHRINKING * least:
                stuck += 1
                if stuck > PATIENCE:
                    break
            else:
                stuck = 0
            if square < least:
                least = square
            damping = DAMPING * square + 1e-9 if square < 1.0 else DAMPING
            q = self._step(jacobian, twist, damping, q, bounds)
        return q, False

    def _step(
        self, jacobian: Array, twist: Array, damping: float, q: Array, bounds: Bounds
    ) -> Array:
        lower, upper = bounds
        moved = q + limited(self._solve(jacobian, twist, damping))
        inside: Array = _least(_greatest(moved, lower), upper)
        beyond = moved - inside
        if not ddot(beyond, beyond):
            return inside
        free = beyond == 0.0
        moved = _where(free, q, inside)
        twist = twist - jacobian.dot(moved - q)
        moved += limited(self._solve(jacobian * free, twist, damping))
        result: Array = _least(_greatest(moved, lower), upper)
        return result

    def _solve(self, jacobian: Array, twist: Array, damping: float) -> Array:
        """Solve the damped least squares by the smaller of its two normal matrices."""
        if self._few:
            normal = dsyrk(1.0, jacobian.T, damping, self._identity)
            few: Array = dposv(normal, twist.dot(jacobian))[1]
            return few
        normal = dsyrk(1.0, jacobian.T, damping, self._identity, 1)
        many: Array = dposv(normal, twist)[1].dot(jacobian)
        return many

    def slide(self, goal: Any, start: Array, wanted: Array, bounds: Bounds) -> Array:
        """Use the redundancy to come nearer to wanted joints while the tool stays at the goal."""
        q = start
        for _ in range(SLIDES):
            jacobian, pose = self.evaluate(q)
            twist = pin.log6(pose.actInv(goal)).vector
            inverse = np.linalg.pinv(jacobian, rcond=1e-3)
            pull = wanted - q
            step = inverse @ twist + pull - inverse @ (jacobian @ pull)
            moved = np.clip(q + limited(step, 0.3), *bounds)
            if np.abs(moved - q).max() < 1e-3:
                break
            q = moved
        found, arrived = self.run(goal, q, bounds)
        return found if arrived else start


def limited(step: Array, largest: float = LARGEST_STEP) -> Array:
    """Shorten a step to at most the largest change of a joint, rad."""
    length = abs(step[idamax(step)])
    return step * (largest / length) if length > largest else step


def _arm_alone(robot: Robot) -> Any:
    """Give the model with every joint locked that does not move the tool, such as fingers."""
    moving, joint = set[int](), robot.tool_body
    while joint > 0:
        moving.add(joint)
        joint = int(robot.model.parents[joint])
    others = [joint for joint in range(1, robot.model.njoints) if joint not in moving]
    return pin.buildReducedModel(robot.model, others, robot.full(robot.home))
