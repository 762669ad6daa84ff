"""The safety supervisor as a ROS node: the only way from a proposed to an approved trajectory."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.messages import ArmStatus
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_safety import safety_to_ros
from qwen_embodied.nodes.judging import Judge
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.nodes.robots import CellParameters, obstacles_of, robot_of
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import every, hear, same, serve, stamps
from qwen_embodied.parameters import param
from qwen_embodied.safety import Parameters as SafetyParameters
from qwen_embodied.safety import SafetyState, Verdict

PATIENCE = 0.5  # s in which the end of the last trajectory, or a late state, may be heard


@dataclass(frozen=True)
class Parameters(SafetyParameters, CellParameters):
    """Thresholds of the rules, the robot among its obstacles, and the rate of the lease."""

    rate: float = param(50.0, 'Of safety/state, Hz.', bounds=(20.0, 200.0))


class SafetySupervisorNode(Node):
    """Judges trajectories and renews the arm controller's lease."""

    def __init__(self, **options: Any) -> None:
        """Build the supervisor; until it heard everything it needs, nothing may move."""
        super().__init__(
            'safety_supervisor', automatically_declare_parameters_from_overrides=True, **options
        )
        values = declare(self, Parameters)
        rules = select(values, SafetyParameters)
        obstacles = obstacles_of(values)
        self._judge = Judge(robot_of(self, values), rules, stamps(self), obstacles)
        self._supervisor = self._judge.supervisor
        self._proposed: tuple[JointTrajectoryMessage, float] | None = None
        self._last = self._judge.tick()
        self._approved_out = self.create_publisher(
            JointTrajectoryMessage, 'trajectory/approved', qos.RELIABLE
        )
        self._state_out = self.create_publisher(DiagnosticStatus, 'safety/state', qos.STATE)
        self._subscribe()
        for name, action in (('stop', self._stop), ('reset', self._reset), ('arm', self._arm)):
            serve(self, f'~/{name}', action)
        every(self, 1.0 / values.rate, self._renew)

    def _subscribe(self) -> None:
        judge, read = self._judge, conversions
        state, status = read.joint_state_from_ros, read.arm_status_from_ros
        hear(self, 'joint_states', qos.NEWEST, state, judge.hear_state, JointStateMessage)
        hear(self, 'arm/status', qos.RELIABLE, status, self._on_status, DiagnosticStatus)
        scene = read.scene_from_ros
        hear(self, 'perception/scene', qos.NEWEST, scene, judge.hear_scene, String)
        hear(
            self, 'trajectory/proposed', qos.RELIABLE, same, self._on_proposed,
            JointTrajectoryMessage,
        )  # fmt: skip

    def _on_status(self, status: ArmStatus) -> None:
        self._judge.hear_status(status)
        self._take_proposed()

    def _on_proposed(self, message: JointTrajectoryMessage) -> None:
        self._proposed = (message, time.monotonic() + PATIENCE)
        self._take_proposed()

    def _take_proposed(self) -> None:
        """Judge what is proposed, once nothing that passes by itself stands against it."""
        if self._proposed is None:
            return
        message, deadline = self._proposed
        is_ready = self._supervisor.state == 'ARMED' and not self._last.reasons
        if not is_ready and time.monotonic() < deadline:
            return
        self._proposed = None
        name, size = message.header.frame_id, (len(message.points), len(message.joint_names))
        state, rejection = self._judge.judge(
            name, size, lambda: conversions.trajectory_from_ros(message)
        )
        # The lease goes first: the controller starts nothing without it.
        self._say(state)
        if rejection is None:
            self._approved_out.publish(message)
        else:
            self.get_logger().warning(f'{name} rejected: {"; ".join(rejection.reasons)}')

    def _renew(self) -> None:
        self._take_proposed()
        self._say(self._judge.tick())

    def _say(self, state: SafetyState) -> None:
        self._state_out.publish(safety_to_ros(state, self._judge.rejection))
        if (state.state, bool(state.reasons)) != (self._last.state, bool(self._last.reasons)):
            self.get_logger().info(f'{state.state} {"; ".join(state.reasons)}')
        self._last = state

    def _stop(self) -> tuple[bool, str]:
        self._say(self._supervisor.stop('service ~/stop', self._judge.now()))
        return True, self._supervisor.state

    def _reset(self) -> tuple[bool, str]:
        return self._answer(self._supervisor.reset(self._judge.now()))

    def _arm(self) -> tuple[bool, str]:
        return self._answer(self._supervisor.arm(self._judge.now()))

    def _answer(self, verdict: Verdict) -> tuple[bool, str]:
        return verdict.approved, '; '.join(verdict.reasons) or self._supervisor.state


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(SafetySupervisorNode))


if __name__ == '__main__':
    main()
