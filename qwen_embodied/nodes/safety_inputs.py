"""What the supervisor hears beside joint states and trajectories, where somebody publishes it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import Bool, Float64

from qwen_embodied.nodes import qos
from qwen_embodied.nodes.conversions import key_values
from qwen_embodied.nodes.conversions_safety import (
    camera_from_ros,
    efforts_from_ros,
    health_from_ros,
    heartbeat_from_ros,
)
from qwen_embodied.nodes.guarding import Guarded
from qwen_embodied.nodes.judging import Judge
from qwen_embodied.nodes.wiring import same
from qwen_embodied.safety import CameraSample

ACTION, TOPIC = '/follow_joint_trajectory', '/joint_trajectory'  # of a trajectory controller


class SafetyInputs:
    """Feeds the monitors of a supervisor from topics."""

    def __init__(self, node: Node, judge: Judge, ears: Guarded) -> None:
        """Subscribe."""
        self._node, self._judge = node, judge
        self._inputs, self._now = judge.supervisor.inputs, judge.now
        plain, status = qos.STATE, DiagnosticStatus
        ears.hear('safety/stop', plain, same, self._on_stop, Bool)
        # One that was pressed before this node came up.
        ears.hear('safety/stop', qos.LATCHED, same, self._on_stop, Bool, is_second=True)
        ears.hear('safety/people', plain, same, self._on_people, Float64)
        ears.hear('safety/heartbeat', plain, heartbeat_from_ros, self._on_heartbeat, status)
        ears.hear('safety/camera', plain, camera_from_ros, self._on_camera, status)
        ears.hear('hardware/status', plain, same, self._on_hardware, status)
        take = self._inputs.simulator.take
        ears.hear('simulation/status', plain, health_from_ros, take, status)
        ears.hear('~/speed_scale', plain, same, self._on_speed, Float64)
        ears.hear('joint_states', qos.NEWEST, same, self._on_joints, JointStateMessage)

    def look_around(self) -> None:
        """Count who publishes what only one node may, and who sets the clock."""
        node, inputs = self._node, self._inputs
        commands = self._judge.supervisor.parameters.command_topics
        actions = [name for name in commands if name.endswith(ACTION)]
        beside = [name.removesuffix(ACTION) + TOPIC for name in actions]
        guarded = ('trajectory/approved', 'safety/state', *commands, *beside)
        inputs.graph.take_publishers(
            {name: self._publishers(name) for name in guarded}, dict.fromkeys(beside, 0)
        )
        simulated = bool(node.get_parameter('use_sim_time').value)
        inputs.clock.take_source(simulated, self._publishers('/clock'))

    def _publishers(self, topic: str) -> int:
        """Count those of a topic, or the clients of an action, under its remapped name."""
        if topic.endswith(ACTION):
            goals = self._node.resolve_service_name(f'{topic}/_action/send_goal')
            return int(self._node.count_clients(goals))
        return int(self._node.count_publishers(self._node.resolve_topic_name(topic)))

    def _on_joints(self, message: JointStateMessage) -> None:
        found = efforts_from_ros(message, self._judge.arm_joints)
        if found is not None:
            self._inputs.efforts.take(self._judge.arm_joints, found)

    def _on_stop(self, message: Bool) -> None:
        self._inputs.button.take(bool(message.data), self._now())
        if message.data:
            self._judge.stop('topic safety/stop')

    def _on_people(self, message: Float64) -> None:
        self._inputs.people.take(float(message.data), self._now())

    def _on_speed(self, message: Float64) -> None:
        if not self._inputs.take_speed(float(message.data)):
            self._node.get_logger().warning(f'speed_scale {message.data}; must be 0 to 1')

    def _on_heartbeat(self, heard: tuple[str, int]) -> None:
        self._judge.supervisor.on_heartbeat(*heard, self._now())

    def _on_camera(self, sample: CameraSample) -> None:
        is_moving = self._inputs.joints.is_moving
        self._inputs.camera.take(sample, self._now(), is_moving=is_moving)

    def _on_hardware(self, message: DiagnosticStatus) -> None:
        is_fine = message.level in (DiagnosticStatus.OK, DiagnosticStatus.WARN)
        faults = '' if is_fine else message.message or 'reports an error'
        mode = key_values(message).get('mode', '')
        self._inputs.hardware.take(mode, faults, self._now())
