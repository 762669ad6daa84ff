"""The arm controller as a ROS node: follows approved trajectories, holds on any silence."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.control import Parameters as ControlParameters
from qwen_embodied.control import read_goal
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.messages import Array, JointState
from qwen_embodied.nodes import backends, conversions, qos
from qwen_embodied.nodes.conversions_goal import goal_from_ros
from qwen_embodied.nodes.conversions_safety import safety_from_ros
from qwen_embodied.nodes.following import Follower
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.nodes.robots import CellParameters, robot_of, touching_joints
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import every, hear, same, serve, stamps
from qwen_embodied.parameters import param


@dataclass(frozen=True)
class Parameters(ControlParameters, CellParameters, backends.BackendParameters):
    """The tracker's tolerances, the robot, and the way to it."""

    velocity_scale: float = param(0.5, 'Share of the joint speeds allowed.', bounds=(0.01, 1.0))
    acceleration_scale: float = param(
        0.5, 'Share of the joint accelerations allowed.', bounds=(0.01, 1.0)
    )
    status_rate: float = param(50.0, 'Of arm/status, Hz.', bounds=(20.0, 200.0))


class ArmControllerNode(Node):
    """Sends one set-point per joint state, or one trajectory per change of intent."""

    def __init__(self, **options: Any) -> None:
        """Build the follower; until it heard joint states and the lease, nothing moves."""
        super().__init__(
            'arm_controller', automatically_declare_parameters_from_overrides=True, **options
        )
        self._values = values = declare(self, Parameters)
        robot = robot_of(self, values)
        self._limits = robot.all_limits.scaled(
            values.velocity_scale, values.acceleration_scale, 1.0
        )
        self._backend = backends.join(
            self, values, (values.robot, self._limits.names), 1.0 / values.control_rate,
            lambda reason: self._follower.cancel(reason),
        )  # fmt: skip
        # A command is followed one lookahead after it was made.
        late = values.lookahead + (values.response_time if self._backend.runs_on else 0.0)
        touching = touching_joints(robot, values.contact_joints)
        self._details = replace(
            select(values, ControlParameters), response_time=late, contact_joints=touching
        )
        clock = stamps(self) if self._backend.runs_on else None
        self._follower = Follower(self._limits, self._details, clock)
        self._said: object = None
        self._rest: Future[None] | None = None
        self._status_out = self.create_publisher(DiagnosticStatus, 'arm/status', qos.RELIABLE)
        self._subscribe()
        every(self, 1.0 / values.status_rate, self._watch)
        if self._backend.runs_on:
            every(self, 1.0 / values.control_rate, lambda: self._send(self._follower.beat()))

    def _subscribe(self) -> None:
        read, follower = conversions.joint_state_from_ros, self._follower
        hear(self, 'joint_states', qos.NEWEST, read, self._on_state, JointStateMessage)
        safety, approved = follower.hear_safety, self._on_approved
        hear(self, 'safety/state', qos.NEWEST, safety_from_ros, safety, DiagnosticStatus)
        hear(self, 'trajectory/approved', qos.RELIABLE, same, approved, JointTrajectoryMessage)
        serve(self, '~/cancel', self._on_cancel)

    def _on_state(self, state: JointState) -> None:
        if self._backend.runs_on:
            self._follower.hear_state(state)
        else:
            self._send(self._follower.tick(state))

    def _send(self, positions: Array | None) -> None:
        if positions is not None:
            self._backend.send(self._follower, positions)
        status = self._follower.status
        if (status.trajectory_id, status.state) != self._said:
            self._tell()
        if self._rest is not None and not (self._follower.is_moving or self._rest.done()):
            self._rest.set_result(None)

    def _on_approved(self, message: JointTrajectoryMessage) -> None:
        try:
            trajectory = read_goal(goal_from_ros(message), self._limits, self._details)
        except TrajectoryRejectedError as error:
            self._follower.refuse(message.header.frame_id, error.reasons)
            return
        if self._values.dry_run:
            self._follower.refuse(trajectory.id, (backends.DRY_RUN,))
        else:
            self._follower.follow(trajectory)

    def _on_cancel(self) -> tuple[bool, str]:
        was_moving = self._follower.is_moving
        self._follower.cancel('cancelled by the service ~/cancel')
        return was_moving, 'coming to rest on the path' if was_moving else 'nothing moves'

    def _watch(self) -> None:
        self._follower.watch()
        self._tell()

    def _tell(self) -> None:
        status = self._follower.status
        if self._said != (status.trajectory_id, status.state):
            self.get_logger().info(f'{status.trajectory_id} {status.state} {status.reason}')
        self._said = (status.trajectory_id, status.state)
        for one in (*self._follower.take_refused(), status):
            self._status_out.publish(conversions.arm_status_to_ros(one, self._values.robot))

    def come_to_rest(self) -> Future[None]:
        """Slow down on the path; done at rest."""
        self._rest = Future()
        self._follower.cancel('the arm controller is ending')
        if not self._follower.is_moving:
            self._rest.set_result(None)
        return self._rest


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(ArmControllerNode))


if __name__ == '__main__':
    main()
