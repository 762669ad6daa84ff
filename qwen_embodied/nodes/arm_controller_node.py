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
from qwen_embodied.errors import QwenEmbodiedError
from qwen_embodied.messages import JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_safety import safety_from_ros
from qwen_embodied.nodes.following import Follower
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import every, hear, same
from qwen_embodied.parameters import param


@dataclass(frozen=True)
class Parameters(ControlParameters):
    """The tracker's tolerances, the robot, and the way to it."""

    robot: str = param('panda', 'File of config/robots that describes the arm.')
    velocity_scale: float = param(0.5, 'Share of the joint speeds allowed.', bounds=(0.01, 1.0))
    acceleration_scale: float = param(
        0.5, 'Share of the joint accelerations allowed.', bounds=(0.01, 1.0)
    )
    lookahead: float = param(
        0.02, 'How far ahead of a joint state its set-point lies, s.', bounds=(0.0, 0.1)
    )
    status_rate: float = param(50.0, 'Of arm/status, Hz.', bounds=(20.0, 200.0))


class ArmControllerNode(Node):
    """Sends one set-point per joint state."""

    def __init__(self, **options: Any) -> None:
        """Build the follower; until it heard joint states and the lease, nothing moves."""
        super().__init__(
            'arm_controller', automatically_declare_parameters_from_overrides=True, **options
        )
        self._values = values = declare(self, Parameters)
        self._limits = load_robot(values.robot).all_limits.scaled(
            values.velocity_scale, values.acceleration_scale, 1.0
        )
        # A set-point is reached one lookahead after it was made.
        details = replace(select(values, ControlParameters), response_time=values.lookahead)
        self._follower = Follower(self._limits, details)
        self._said: object = None
        self._rest: Future[None] | None = None
        self._command_out = self.create_publisher(JointTrajectoryMessage, 'arm/command', qos.STATE)
        self._status_out = self.create_publisher(DiagnosticStatus, 'arm/status', qos.RELIABLE)
        self._subscribe()
        every(self, 1.0 / values.status_rate, self._watch)

    def _subscribe(self) -> None:
        state, follower = conversions.joint_state_from_ros, self._follower
        hear(self, 'joint_states', qos.NEWEST, state, self._on_state, JointStateMessage)
        hear(
            self, 'safety/state', qos.NEWEST, safety_from_ros, follower.hear_safety,
            DiagnosticStatus,
        )  # fmt: skip
        hear(
            self, 'trajectory/approved', qos.RELIABLE, same, self._on_approved,
            JointTrajectoryMessage,
        )  # fmt: skip

    def _on_state(self, state: JointState) -> None:
        positions = self._follower.tick(state)
        if positions is not None:
            at = state.stamp + self._values.lookahead
            command = conversions.command_to_ros(self._limits.names, positions, at)
            self._command_out.publish(command)
        status = self._follower.status
        if (status.trajectory_id, status.state) != self._said:
            self._tell()
        if self._rest is not None and not (self._follower.is_moving or self._rest.done()):
            self._rest.set_result(None)

    def _on_approved(self, message: JointTrajectoryMessage) -> None:
        try:
            self._follower.follow(conversions.trajectory_from_ros(message))
        except QwenEmbodiedError as error:
            self._follower.refuse(message.header.frame_id, (str(error),))

    def _watch(self) -> None:
        self._follower.watch()
        self._tell()

    def _tell(self) -> None:
        status = self._follower.status
        if self._said != (status.trajectory_id, status.state):
            self.get_logger().info(f'{status.trajectory_id} {status.state} {status.reason}')
        self._said = (status.trajectory_id, status.state)
        self._status_out.publish(conversions.arm_status_to_ros(status, self._values.robot))

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
