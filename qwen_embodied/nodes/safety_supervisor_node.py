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

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import ArmStatus, JointState, Scene
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_safety import Rejection, safety_to_ros
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.surroundings import Surroundings
from qwen_embodied.nodes.wiring import every, hear, same, serve
from qwen_embodied.parameters import param
from qwen_embodied.safety import Parameters as SafetyParameters
from qwen_embodied.safety import (
    SafetyState,
    Supervisor,
    Verdict,
    breach_of_contract,
    check_size,
)


END_PATIENCE = 0.3  # s; the planner may hear of an end before the supervisor does


@dataclass(frozen=True)
class Parameters(SafetyParameters):
    """Thresholds of the rules, the robot, and how often the lease is renewed."""

    robot: str = param('panda', 'File of config/robots that describes the arm.')
    rate: float = param(50.0, 'Of safety/state, Hz.', bounds=(20.0, 200.0))


class SafetySupervisorNode(Node):
    """Judges trajectories and renews the arm controller's lease."""

    def __init__(self, **options: Any) -> None:
        """Build the supervisor; until it heard everything it needs, nothing may move."""
        super().__init__(
            'safety_supervisor', automatically_declare_parameters_from_overrides=True, **options
        )
        values = declare(self, Parameters)
        robot = load_robot(values.robot)
        self._surroundings = Surroundings(robot)
        self._supervisor = Supervisor(
            robot.all_limits,
            gripper_joint=robot.gripper.joint if robot.gripper else None,
            parameters=select(values, SafetyParameters),
        )
        self._rejection = Rejection()
        self._proposed: tuple[JointTrajectoryMessage, float] | None = None
        self._said = ''
        self._judging = 0.0
        self._approved_out = self.create_publisher(
            JointTrajectoryMessage, 'trajectory/approved', qos.RELIABLE
        )
        self._state_out = self.create_publisher(DiagnosticStatus, 'safety/state', qos.STATE)
        self._subscribe()
        for name, action in (('stop', self._stop), ('reset', self._reset), ('arm', self._arm)):
            serve(self, f'~/{name}', action)
        every(self, 1.0 / values.rate, self._renew)

    def _subscribe(self) -> None:
        state, status = conversions.joint_state_from_ros, conversions.arm_status_from_ros
        hear(self, 'joint_states', qos.NEWEST, state, self._on_state, JointStateMessage)
        hear(self, 'arm/status', qos.RELIABLE, status, self._on_status, DiagnosticStatus)
        scene = conversions.scene_from_ros
        hear(self, 'perception/scene', qos.NEWEST, scene, self._on_scene, String)
        hear(
            self, 'trajectory/proposed', qos.RELIABLE, same, self._on_proposed,
            JointTrajectoryMessage,
        )  # fmt: skip

    def _now(self) -> float:
        """Give the time in s; it stands still while a trajectory is judged.

        Nothing is heard during that time, and that is nobody's silence.
        """
        return time.monotonic() - self._judging

    def _stamps(self) -> float:
        """Give the time of the clock that stamps the joint states, s."""
        return float(self.get_clock().now().nanoseconds) * 1e-9

    def _on_state(self, state: JointState) -> None:
        self._surroundings.hear_state(state)
        self._supervisor.on_joint_state(state, self._now(), self._stamps())

    def _on_status(self, status: ArmStatus) -> None:
        self._supervisor.on_arm_status(status, self._now())
        self._take_proposed()

    def _on_scene(self, scene: Scene) -> None:
        self._surroundings.hear_scene(scene)
        if self._supervisor.body is None:
            self._supervisor.body = self._surroundings.body()

    def _on_proposed(self, message: JointTrajectoryMessage) -> None:
        self._proposed = (message, time.monotonic() + END_PATIENCE)
        self._take_proposed()

    def _take_proposed(self) -> None:
        """Judge what is proposed, once the end of the trajectory before it was heard."""
        if self._proposed is None:
            return
        message, deadline = self._proposed
        if self._supervisor.state == 'EXECUTING' and time.monotonic() < deadline:
            return
        self._proposed = None
        started, now = time.monotonic(), self._now()
        reasons = self._judge(message, now)
        self._judging += time.monotonic() - started
        if reasons:
            self._rejection = Rejection(message.header.frame_id, reasons)
            self.get_logger().warning(f'{message.header.frame_id} rejected: {"; ".join(reasons)}')
        # The lease goes first: the controller starts nothing without it.
        self._say(self._supervisor.tick(now))
        if not reasons:
            self._approved_out.publish(message)

    def _judge(self, message: JointTrajectoryMessage, now: float) -> tuple[str, ...]:
        """Give the reasons against a trajectory; none when it is approved."""
        size = (len(message.points), len(message.joint_names))
        breaches = check_size(*size, self._supervisor.parameters)
        if breaches:
            return tuple(map(str, breaches))
        self._supervisor.body = self._surroundings.body()
        try:
            trajectory = conversions.trajectory_from_ros(message)
            return self._supervisor.propose(trajectory, now, self._stamps()).reasons
        except ContractError as error:
            return (str(breach_of_contract(error)),)

    def _renew(self) -> None:
        self._take_proposed()
        self._say(self._supervisor.tick(self._now()))

    def _say(self, state: SafetyState) -> None:
        self._state_out.publish(safety_to_ros(state, self._rejection))
        text = f'{state.state}: {"; ".join(state.reasons)}' if state.reasons else state.state
        if text.partition(' for ')[0] != self._said.partition(' for ')[0]:
            self.get_logger().info(text)
        self._said = text

    def _stop(self) -> tuple[bool, str]:
        self._say(self._supervisor.stop('service ~/stop', self._now()))
        return True, self._supervisor.state

    def _reset(self) -> tuple[bool, str]:
        return self._answer(self._supervisor.reset(self._now()))

    def _arm(self) -> tuple[bool, str]:
        return self._answer(self._supervisor.arm(self._now()))

    def _answer(self, verdict: Verdict) -> tuple[bool, str]:
        return verdict.approved, '; '.join(verdict.reasons) or self._supervisor.state


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(SafetySupervisorNode))


if __name__ == '__main__':
    main()
