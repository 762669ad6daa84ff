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
from qwen_embodied.nodes.approving import PlanDesk
from qwen_embodied.nodes.conversions_safety import safety_to_ros
from qwen_embodied.nodes.guarding import Guarded
from qwen_embodied.nodes.judging import Judge
from qwen_embodied.nodes.keeping import Keeper
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.nodes.robots import CellParameters, obstacles_of, robot_of
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.safety_inputs import SafetyInputs
from qwen_embodied.nodes.wiring import every, same, serve, stamps
from qwen_embodied.parameters import param
from qwen_embodied.safety import Parameters as SafetyParameters
from qwen_embodied.safety import SafetyState, Verdict, read_request

PATIENCE = 0.5  # s in which the end of the last trajectory, or a late state, may be heard
GRAPH_PERIOD = 0.5  # s between looks at who publishes what


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
        self._values = values = declare(self, Parameters)
        rules, obstacles = select(values, SafetyParameters), obstacles_of(values)
        self._keeper = Keeper.of(rules, self.get_logger().error)
        latch, robot = self._keeper.latch, robot_of(self, values)
        self._judge = Judge(robot, rules, stamps(self), obstacles, latch)
        self._supervisor = self._judge.supervisor
        self._proposed: tuple[JointTrajectoryMessage, float] | None = None
        self._last = self._judge.tick()
        self._approved_out = self.create_publisher(
            JointTrajectoryMessage, 'trajectory/approved', qos.RELIABLE
        )
        self._state_out = self.create_publisher(DiagnosticStatus, 'safety/state', qos.STATE)
        graph = self._supervisor.inputs.graph
        self._ears = ears = Guarded(self, self._on_fault, graph.take_mismatch)
        self._subscribe()
        self._more = SafetyInputs(self, self._judge, ears)
        self._desk = PlanDesk(self, self._judge, ears)
        for name, action in (('stop', self._stop), ('reset', self._reset), ('arm', self._arm)):
            serve(self, f'~/{name}', ears.wrap(name, action, (False, 'a fault; see the log')))
        every(self, 1.0 / values.rate, ears.wrap('loop', self._renew, None))
        look = self._more.look_around
        every(self, GRAPH_PERIOD, ears.wrap('graph', look, None))

    def _subscribe(self) -> None:
        judge, read, ears = self._judge, conversions, self._ears
        state, status = read.joint_state_from_ros, read.arm_status_from_ros
        ears.hear('joint_states', qos.NEWEST, state, judge.hear_state, JointStateMessage)
        ears.hear('arm/status', qos.RELIABLE, status, self._on_status, DiagnosticStatus)
        scene = read.scene_from_ros
        ears.hear('perception/scene', qos.NEWEST, scene, judge.hear_scene, String)
        proposed, kind = self._on_proposed, JointTrajectoryMessage
        ears.hear('trajectory/proposed', qos.RELIABLE, same, proposed, kind)
        ears.hear('~/reset_with', qos.RELIABLE, same, self._on_reset, String)

    def _on_status(self, status: ArmStatus) -> None:
        self._judge.hear_status(status)
        self._take_proposed()

    def _on_proposed(self, message: JointTrajectoryMessage) -> None:
        self._drop_proposed('another trajectory was proposed while it waited')
        self._proposed = (message, time.monotonic())
        self._take_proposed()

    def _drop_proposed(self, why: str) -> None:
        if self._proposed is not None:
            self._judge.refuse(self._proposed[0].header.frame_id, why)
            self._proposed = None

    def _patience(self) -> float:
        """How long a proposal may wait, s; longer where the supervisor is about to arm itself."""
        arms = self._values.self_arming and self._supervisor.state in ('INIT', 'DISARMED')
        return PATIENCE + (self._values.healthy_time if arms else 0.0)

    def _take_proposed(self) -> None:
        """Judge what is proposed, once nothing that passes by itself stands against it."""
        if self._proposed is None:
            return
        message, since = self._proposed
        is_ready = self._supervisor.state == 'ARMED' and not self._last.reasons
        if not is_ready and time.monotonic() < since + self._patience():
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
        self._say(self._judge.loop(1.0 / self._values.rate))
        self._desk.tick()

    def _say(self, state: SafetyState) -> None:
        self._state_out.publish(safety_to_ros(state, self._judge.rejection))
        if (state.state, bool(state.reasons)) != (self._last.state, bool(self._last.reasons)):
            self.get_logger().info(f'{state.state} {"; ".join(state.reasons)}')
        self._last = state
        # After everything that could slow the arm was sent.
        if self._keeper.follow(self._supervisor):
            self._drop_proposed(f'{state.state}: {"; ".join(state.reasons)}')

    def _on_fault(self, text: str) -> None:
        self.get_logger().error(text)
        self._say(self._supervisor.fault(text, self._judge.now()))

    def _stop(self) -> tuple[bool, str]:
        self._say(self._judge.stop('service ~/stop'))
        return True, self._supervisor.state

    def _reset(self) -> tuple[bool, str]:
        return self._answer(self._supervisor.reset(self._judge.now()))

    def _on_reset(self, message: String) -> None:
        nonce, operator = read_request(message.data)
        verdict = self._supervisor.reset(self._judge.now(), nonce, operator)
        said = self._answer(verdict)[1]
        self.get_logger().warning(f'reset asked for by {operator[:64]!r}: {said}')

    def _arm(self) -> tuple[bool, str]:
        return self._answer(self._supervisor.arm(self._judge.now()))

    def _answer(self, verdict: Verdict) -> tuple[bool, str]:
        return verdict.approved, '; '.join(verdict.reasons) or self._supervisor.state

    def destroy_node(self) -> None:
        """Write what waits to be written."""
        self._keeper.close()
        super().destroy_node()


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(SafetySupervisorNode))


if __name__ == '__main__':
    main()
