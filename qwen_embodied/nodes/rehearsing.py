"""Dry runs in a ROS graph: the supervisor's own thresholds, and what was shown as a topic."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import threading

from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.task import Future
from std_msgs.msg import String

from qwen_embodied.errors import ControlError
from qwen_embodied.motion import Obstacle, Robot
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.backends import DRY_RUN
from qwen_embodied.nodes.parameters import plain
from qwen_embodied.parameters import build
from qwen_embodied.rehearsal import Rehearsal, RehearsedCell
from qwen_embodied.safety import Parameters as Rules
from qwen_embodied.serialization import to_json
from qwen_embodied.workcell import Workcell

TOPIC = 'dry_run/report'
SUPERVISOR = 'safety_supervisor'
PATIENCE = 5.0  # s for the supervisor's answer


class SupervisorRules:
    """Asks the running supervisor for its thresholds; from another thread than the executor's."""

    def __init__(self, node: Node) -> None:
        """Make the client."""
        self._client: Client[GetParameters.Request, GetParameters.Response]
        self._client = node.create_client(GetParameters, f'{SUPERVISOR}/get_parameters')

    def __call__(self) -> Rules:
        """Wait for the answer.

        Raises:
            ControlError: There was none in time.
        """
        names = [field.name for field in dataclasses.fields(Rules)]
        done = threading.Event()
        if not self._client.wait_for_service(PATIENCE):
            raise ControlError(f'{SUPERVISOR} does not answer; is it running?')
        future: Future[GetParameters.Response]
        future = self._client.call_async(GetParameters.Request(names=names))
        future.add_done_callback(lambda _: done.set())
        answer = future.result() if done.wait(PATIENCE) else None
        if answer is None:
            raise ControlError(f'{SUPERVISOR} did not tell its parameters in {PATIENCE:g} s')
        values = (plain(parameter_value_to_python(value)) for value in answer.values)
        return build(Rules, dict(zip(names, values, strict=True)), SUPERVISOR)


def rehearsed(
    node: Node, cell: Workcell, robot: tuple[Robot, tuple[Obstacle, ...]]
) -> RehearsedCell:
    """Put a dry run before a workcell; what it shows goes to TOPIC and to the node's log."""
    out = node.create_publisher(String, TOPIC, qos.LATCHED)

    def tell(shown: Rehearsal) -> None:
        out.publish(String(data=to_json(shown)))
        for line in shown.lines():
            node.get_logger().info(line)

    return RehearsedCell(cell, robot, SupervisorRules(node), DRY_RUN, tell)
