"""A robot arm on Pinocchio: its joints, limits, forward kinematics and Jacobian."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import RobotModelError
from qwen_embodied.messages import JointState
from qwen_embodied.motion.body import Chain, Part, body_of
from qwen_embodied.motion.description import (
    RobotSettings,
    all_limits,
    arm_limits,
    check_chain,
    check_owners,
    joints_to,
)
from qwen_embodied.motion.inverse import Inverse
from qwen_embodied.motion.search import ANY, Search, Solution
from qwen_embodied.motion.urdf import complete, read_xml

Array = NDArray[np.float64]


class Robot:
    """An arm of J joints, with or without a gripper.

    Joint arrays q are (J,) in the order of joint_names; rows of (N, J + 1) also hold the gripper.
    """

    def __init__(self, model: Any, parts: tuple[Part, ...], tool: str, arm: tuple[str, ...],
                 settings: RobotSettings) -> None:  # fmt: skip
        """Use Robot.from_urdf or load_robot."""
        self.model = model
        self.data = model.createData()
        self.parts = parts
        self.tool_frame, self.joint_names = tool, arm
        self.gripper, self.base_frame = settings.gripper, settings.base_frame
        self.tool_id = model.getFrameId(tool)
        self.limits = arm_limits(model, arm, settings)
        self.all_limits = all_limits(model, self.limits, settings.gripper)
        self._columns = np.array([model.joints[model.getJointId(n)].idx_v for n in arm])
        self.chain = Chain(model, self.all_limits.names)
        frame = model.frames[self.tool_id]
        self.tool_body = int(frame.parentJoint)
        self.tool_in_body: Array = np.array(frame.placement.homogeneous)
        self.controllers = check_owners(settings.controllers, self.all_limits.names)
        self.srdf = settings.srdf
        middle = (self.limits.lower + self.limits.upper) / 2
        self.home: Array = np.array(middle if settings.home is None else settings.home, float)
        self._inverse = Inverse(self)

    @property
    def root(self) -> tuple[float, float]:
        """Give x and y in the base of the arm's first joint, m."""
        joint = self.model.getJointId(self.joint_names[0])
        x, y, _ = self.model.jointPlacements[joint].translation.tolist()
        return x, y

    @classmethod
    def from_urdf(
        cls,
        source: str | Path,
        tool_frame: str,
        joints: Sequence[str] | None = None,
        settings: RobotSettings | None = None,
    ) -> Robot:
        """Build a robot from a URDF.

        Args:
            source: Path of a URDF, or its XML as a file or /robot_description holds it.
            tool_frame: Link whose pose forward() gives.
            joints: Of the arm, base first; None takes every joint from the base to the tool.
            settings: What the URDF cannot hold.

        Raises:
            RobotModelError: Names what the description lacks.
        """
        settings = settings or RobotSettings()
        xml = complete(read_xml(source), settings.limits, tool_frame, settings.tool)
        try:
            model = pin.buildModelFromXML(xml, mimic=True)
        except (ValueError, RuntimeError) as error:
            raise RobotModelError(f'the URDF cannot be read: {error}') from error
        if not model.existFrame(tool_frame):
            known = [frame.name for frame in model.frames if frame.type == pin.FrameType.BODY]
            raise RobotModelError(
                f'the URDF has no link {tool_frame}; it has {", ".join(known)}; '
                'name one of them, or say in the settings where the tool is'
            )
        arm = tuple(joints) if joints is not None else joints_to(model, tool_frame)
        check_chain(model, arm, tool_frame)
        return cls(model, body_of(model, xml, settings), tool_frame, arm, settings)

    def forward(self, q: ArrayLike) -> Array:
        """Give tool_in_base (4, 4) for arm joints q (J,)."""
        pin.forwardKinematics(self.model, self.data, self.full(q))
        placement = pin.updateFramePlacement(self.model, self.data, self.tool_id)
        return np.array(placement.homogeneous)

    def jacobian(self, q: ArrayLike) -> Array:
        """Give (6, J): linear and angular velocity of the tool in axes of the base."""
        frame = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
        full = pin.computeFrameJacobian(self.model, self.data, self.full(q), self.tool_id, frame)
        return np.array(full[:, self._columns])

    def tool_jacobian(self, q: ArrayLike) -> tuple[Array, Any]:
        """Give the Jacobian (6, J) in the tool's own axes and the tool's pose as pin.SE3."""
        jacobian, pose = self._inverse.evaluate(np.asarray(q, dtype=float))
        return jacobian, pose.copy()

    def inverse(self, tool_in_base: ArrayLike, seed: ArrayLike | None = None,
                margin: float = 0.0, search: Search = ANY) -> Array:  # fmt: skip
        """Give arm joints (J,) that reach a pose to 1e-5, near the seed where that works.

        Args:
            tool_in_base: Wanted pose, (4, 4).
            seed: Joints (J,) to start from; None starts from home.
            margin: Distance kept from every joint limit, rad.
            search: What else is wanted: nearest, roomiest, free of contacts, rotation left open.

        Raises:
            ContractError: The pose or the seed is none.
            UnreachableError: Says by how much the pose is missed.
            CollisionError: Every posture that was found is blocked.
        """
        start = self.home if seed is None else seed
        return self._inverse(tool_in_base, start, margin, search)

    def prepare(self) -> None:
        """Compute now what the first difficult inverse would: 0.05 s."""
        self._inverse.prepare()

    def solve(self, tool_in_base: ArrayLike, seed: ArrayLike, margin: float = 0.0,
              restarts: int = 0) -> Solution:  # fmt: skip
        """Give the nearest solution that few restarts find, whether it reaches the pose or not.

        An arm of fewer than six joints reaches a pose that it meets but for LOOSE rad.
        """
        return self._inverse.attempt(tool_in_base, seed, margin, restarts)

    def conditions(self, rows: ArrayLike) -> Array:
        """Give the condition number (N,) of the tool's Jacobian for joints (N, J).

        Angles are in rad and lengths in m, as for the thresholds in use for arms of about one
        metre; for a smaller arm in its reach, so that it is not judged worse for its size.
        """
        points = np.atleast_2d(np.asarray(rows, dtype=float))
        jacobians = np.array([self.jacobian(point) for point in points])
        jacobians[:, :3] /= min(1.0, float(self.reaches.max()))
        return np.asarray(np.linalg.cond(jacobians), dtype=float)

    @cached_property
    def reaches(self) -> Array:
        """Bound how far each part's points move for each joint, (joints of the model, P)."""
        return np.column_stack([self.chain.reaches(part) for part in self.parts])

    def full(self, q: ArrayLike) -> Array:
        """Spread arm joints (J,) or arm and gripper (J + 1,) over Pinocchio's vector."""
        return self.chain.spread(np.asarray(q, dtype=float))

    def rows(self, state: JointState) -> Array:
        """Give (1, J + 1) or (1, J): the arm's joints and the gripper's from a state."""
        names = [name for name in self.all_limits.names if name in state.names]
        arm = state.of(self.joint_names)
        if self.gripper is not None:
            open_ = [self.gripper.open]
            finger = state.of((self.gripper.joint,)) if self.gripper.joint in names else open_
            arm = np.append(arm, finger)
        return arm[None]

    def link_spheres(self, state: JointState) -> Array:
        """Cover every link and the gripper with spheres: (N, 4) x y z radius in the base, m."""
        bodies = self.chain.poses(self.rows(state))[0]
        spheres = [
            np.column_stack(
                [
                    part.spheres[:, :3] @ bodies[part.body, :3, :3].T + bodies[part.body, :3, 3],
                    part.spheres[:, 3],
                ]
            )
            for part in self.parts
        ]
        return np.concatenate(spheres)

    def tool_poses(self, rows: ArrayLike) -> Array:
        """Give tool_in_base (N, 4, 4) for rows (N, J) or (N, J + 1)."""
        bodies = self.chain.poses(np.atleast_2d(np.asarray(rows, dtype=float)))
        poses: Array = bodies[:, self.tool_body] @ self.tool_in_body
        return poses

    def check(self, q: ArrayLike) -> None:
        """Raise JointLimitError for the first arm joint outside its limits."""
        self._inverse.check(np.asarray(q, dtype=float))
