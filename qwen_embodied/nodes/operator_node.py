"""What the operator hears of the graph: the account, joint states, scenes and pictures."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.client import Client
from rclpy.node import Node
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import CameraInfo, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.messages import JointState, JointTrajectory, Scene
from qwen_embodied.nodes import conversions, conversions_image, qos
from qwen_embodied.nodes.conversions_safety import Rejection, safety_from_ros
from qwen_embodied.nodes.diagnostics import own_statuses
from qwen_embodied.nodes.wiring import hear, same
from qwen_embodied.run_record import RunRecord
from qwen_embodied.safety import SafetyState
from qwen_embodied.serialization import from_json
from qwen_embodied.workcell import TaskEvent

UNNAMED = '_NODE_NAME_UNKNOWN_'  # of an endpoint whose node is not yet discovered

TriggerClient: TypeAlias = 'Client[Trigger.Request, Trigger.Response]'


class OperatorNode(Node):
    """Fills a record while `is_recording`; `changed` is notified of everything that is heard."""

    def __init__(self, **options: Any) -> None:
        """Subscribe to all that a record needs."""
        super().__init__('operator', **options)
        self.changed = threading.Condition()
        self.record, self.is_recording = RunRecord(''), False
        self.events: list[TaskEvent] = []
        self.safety: SafetyState | None = None
        self.scene: Scene | None = None
        self.info: CameraInfo | None = None
        self.image: Image | None = None
        self.trouble = ''
        self._heard: dict[str, float] = {}
        self._begun = time.monotonic()
        self._instruction_out = self.create_publisher(String, 'instruction', qos.RELIABLE)
        self.score_client: TriggerClient = self.create_client(Trigger, 'simulation/score')
        self.cancel_client: TriggerClient = self.create_client(Trigger, 'planner/cancel')
        self._subscribe()

    def _subscribe(self) -> None:
        read = conversions
        state, path = read.joint_state_from_ros, read.trajectory_from_ros
        hear(self, 'task/events', qos.RELIABLE, _event, self._on_event, String)
        hear(self, 'joint_states', qos.SENSOR, state, self._on_state, JointStateMessage)
        hear(self, 'safety/state', qos.SENSOR, safety_from_ros, self._on_safety, DiagnosticStatus)
        hear(self, 'perception/scene', qos.SENSOR, read.scene_from_ros, self._on_scene, String)
        hear(self, 'perception/image', qos.SENSOR, same, self._on_image, Image)
        hear(self, 'camera/color/camera_info', qos.SENSOR, same, self._on_info, CameraInfo)
        hear(self, '/diagnostics', qos.STATE, same, self._on_diagnostics, DiagnosticArray)
        image = conversions_image.stamped_image
        hear(self, 'simulation/view', qos.SENSOR, image, self.record_view, Image)
        hear(
            self, 'trajectory/approved', qos.RELIABLE, path, self._on_trajectory,
            JointTrajectoryMessage,
        )  # fmt: skip

    def say(self, instruction: str) -> None:
        """Send an instruction."""
        self._instruction_out.publish(String(data=instruction))

    @property
    def is_listened_to(self) -> bool:
        """Whether a node that tells of tasks takes instructions; a recorder only listens."""
        takers = self.get_subscriptions_info_by_topic('instruction')
        tellers = self.get_publishers_info_by_topic('task/events')
        planners = _names(takers) & _names(tellers)
        return bool(planners) and self._instruction_out.get_subscription_count() >= len(takers)

    def neighbours(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give which nodes of these names are in this namespace."""
        own = self.get_namespace()
        found = {name for name, space in self.get_node_names_and_namespaces() if space == own}
        return tuple(name for name in names if name in found)

    def silence(self, topic: str) -> float:
        """Give for how long a topic was not heard, s."""
        return time.monotonic() - self._heard.get(topic, self._begun)

    def has_heard(self, topic: str) -> bool:
        """True once a topic was heard."""
        return topic in self._heard

    def _note(self, topic: str) -> None:
        with self.changed:
            self._heard[topic] = time.monotonic()
            self.changed.notify_all()

    def _on_event(self, event: TaskEvent) -> None:
        self.events.append(event)
        self._note('task/events')

    def _on_state(self, state: JointState) -> None:
        # Who else publishes here, a gripper's driver perhaps, does not belong to the record.
        if not self.record.joint_log:
            self.record.joint_names = state.names
        if self.is_recording and state.names == self.record.joint_names:
            self.record.joint_log.append(np.array([state.stamp, *state.positions]))
        self._note('joint_states')

    def _on_safety(self, heard: tuple[SafetyState, Rejection]) -> None:
        self.safety = heard[0]
        self._note('safety/state')

    def _on_scene(self, scene: Scene) -> None:
        self.scene = scene
        self._note('perception/scene')

    def _on_image(self, message: Image) -> None:
        self.image = message
        self._note('perception/image')

    def _on_info(self, message: CameraInfo) -> None:
        self.info = message

    def record_view(self, view: tuple[float, Any]) -> None:
        """Keep a picture of the episode: its stamp, s, and RGB."""
        if self.is_recording:
            self.record.views.append(view)

    def _on_trajectory(self, trajectory: JointTrajectory) -> None:
        if self.is_recording:
            self.record.trajectories.append(trajectory)
        self._note('trajectory/approved')

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for name, status in own_statuses(self, message):
            if name == 'perception':
                is_well = status.level == DiagnosticStatus.OK
                self.trouble = '' if is_well else status.message


def _names(endpoints: list[TopicEndpointInfo]) -> set[tuple[str, str]]:
    named = ((one.node_namespace, one.node_name) for one in endpoints)
    return {(space, name) for space, name in named if name != UNNAMED}


def _event(message: String) -> TaskEvent:
    return from_json(message.data, TaskEvent)
