"""Which robot a node is for, and where its description comes from."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from dataclasses import dataclass

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import String

from qwen_embodied.errors import RobotModelError
from qwen_embodied.motion import Obstacle, Robot, load_robot, read_obstacles
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.bounds import check_size
from qwen_embodied.nodes.run import stopping
from qwen_embodied.parameters import param

TOPIC = 'robot_description'
GLANCE = 0.1  # s between looks whether the process should end


@dataclass(frozen=True)
class CellParameters:
    """The arm, where its URDF comes from, and what stands around it: config/cell.yaml."""

    robot: str = param('panda', 'File of config/robots that describes the arm.')
    robot_description: str = param(
        'preset', "The URDF: 'preset' names that file's, 'topic' the robot's own, else a path."
    )
    description_timeout: float = param(
        30.0, 'Longest wait for the topic, s.', bounds=(0.1, 3600.0)
    )
    obstacles: str = param('', 'File of obstacles that no camera sees; empty for none.')


def robot_of(node: Node, values: CellParameters) -> Robot:
    """Build the robot; with 'topic' this waits, and nothing else of the node is there yet.

    The parameter alone decides which description counts: with 'topic' there is no way back to
    the preset, whatever comes first.

    Raises:
        RobotModelError: Names what the description lacks, or that none was heard.
    """
    if values.robot_description == 'preset':
        return load_robot(values.robot)
    if values.robot_description != 'topic':
        return load_robot(values.robot, values.robot_description)
    text = _heard(node, values.description_timeout)
    if '<' not in text:
        raise RobotModelError(f'{TOPIC} holds no URDF but {text[:40]!r}')
    robot = load_robot(values.robot, text)
    node.get_logger().info(f'took the robot from {TOPIC}: {", ".join(robot.joint_names)}')
    return robot


def obstacles_of(values: CellParameters) -> tuple[Obstacle, ...]:
    """Read the obstacles; raises ConfigurationError for a file that is wrong."""
    return read_obstacles(values.obstacles) if values.obstacles else ()


def touching_joints(robot: Robot, named: list[str]) -> list[str]:
    """Give the joints that objects may stop: those named that the robot has, and its gripper's."""
    own = () if robot.gripper is None else (robot.gripper.joint,)
    return list(dict.fromkeys(name for name in (*named, *own) if name in robot.all_limits.names))


def _heard(node: Node, seconds: float) -> str:
    """Wait for the latched description."""
    heard: Future[str] = Future()

    def listen(message: String) -> None:
        check_size(message, TOPIC)
        if not heard.done():
            heard.set_result(message.data)

    subscription = node.create_subscription(String, TOPIC, listen, qos.LATCHED)
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    end = time.monotonic() + seconds
    try:
        while not heard.done() and time.monotonic() < end:
            executor.spin_once_until_future_complete(heard, GLANCE)
            if stopping.is_set():
                raise ExternalShutdownException
    finally:
        executor.remove_node(node)
        executor.shutdown(timeout_sec=0.0)
        node.destroy_subscription(subscription)
    if not heard.done():
        raise RobotModelError(
            f'nothing was heard on {TOPIC} in {seconds:g} s; start robot_state_publisher, or set '
            'the parameter robot_description to preset or to the path of a URDF'
        )
    return str(heard.result())
