"""Ways to an arm: set-points for a simulation, or trajectories for controllers of ros2_control."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import yaml
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.control import Relay, TrajectoryArm
from qwen_embodied.errors import ConfigurationError, MissingDependencyError
from qwen_embodied.messages import Array, JointTrajectory
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.following import Follower
from qwen_embodied.parameters import param
from qwen_embodied.robot_names import robot_file

DRY_RUN = 'dry run: approved, and no command was sent'
SUCCESSFUL = 0  # error code of a FollowJointTrajectory result
SUCCEEDED = 4  # status of action_msgs/GoalStatus; a goal that somebody cancelled has no error code


@dataclass(frozen=True)
class DryRunParameters:
    """Whether anything may move."""

    dry_run: bool = param(
        False, 'Plan, judge and show only; no publisher or client of commands exists then.'
    )


@dataclass(frozen=True)
class BackendParameters(DryRunParameters):
    """The way to the arm."""

    backend: str = param(
        'setpoints', 'The way to the arm: set-points, or trajectories for its controllers.',
        choices=('setpoints', 'topic', 'action'),
    )  # fmt: skip
    lookahead: float = param(
        0.02, 'How far ahead of being followed a command is sent, s.', bounds=(0.0, 0.1)
    )


class Backend(Protocol):
    """What a tick of the follower leads to."""

    runs_on: bool

    def send(self, follower: Follower, positions: Array) -> None:
        """Send what follows from a tick; `positions` (J,) is its set-point."""


class Nowhere:
    """No way to the arm: a dry run."""

    runs_on = False

    def send(self, follower: Follower, positions: Array) -> None:
        """Send nothing."""


class Setpoints:
    """One set-point per joint state, for an arm that is driven by set-points."""

    runs_on = False

    def __init__(self, node: Node, joints: tuple[str, ...], lead: float) -> None:
        """Publish on arm/command; a set-point is reached `lead` s after its joint state."""
        self._joints, self._lead = joints, lead
        self._out = node.create_publisher(JointTrajectoryMessage, 'arm/command', qos.STATE)

    def send(self, follower: Follower, positions: Array) -> None:
        """Publish the set-point."""
        at = follower.now + self._lead
        self._out.publish(conversions.command_to_ros(self._joints, positions, at))


class Trajectories:
    """One trajectory per change of intent, for an arm that draws its curves itself."""

    runs_on = True

    def __init__(self, arm: TrajectoryArm, relay: Relay) -> None:
        """Send by an arm what a relay gives."""
        self._arm, self._relay = arm, relay

    def send(self, follower: Follower, positions: Array) -> None:
        """Send each controller its part, when the intent has changed."""
        now = follower.ticked
        for name, trajectory in self._relay.outgoing(follower.course, positions, now).items():
            self._arm.send(name, trajectory, now)


class TopicArm:
    """Publishes on `<controller>/joint_trajectory`; what becomes of it shows in joint_states."""

    def __init__(
        self,
        node: Node,
        controllers: dict[str, tuple[str, ...]],
        on_failure: Callable[[str], object],
    ) -> None:
        """Advertise a topic for each controller; `on_failure` is told where nobody listens."""
        self._on_failure = on_failure
        self._outs = {
            name: node.create_publisher(
                JointTrajectoryMessage, f'{name}/joint_trajectory', qos.RELIABLE
            )
            for name in controllers
        }

    def send(self, controller: str, trajectory: JointTrajectory, start: float) -> None:
        """Publish a trajectory that starts at a time."""
        out = self._outs[controller]
        if not out.get_subscription_count():
            self._on_failure(f'nobody listens on {out.topic_name}; is {controller} loaded?')
        out.publish(_stamped(trajectory, start))


class ActionArm:
    """Sends goals of `<controller>/follow_joint_trajectory` and hears how they end.

    A goal is replaced by the next one and never cancelled: at a cancel the controller holds where
    the arm is measured, which is a jump.
    """

    def __init__(
        self,
        clients: dict[str, Any],
        new_goal: Callable[[], Any],
        on_failure: Callable[[str], object],
    ) -> None:
        """Join the parts.

        Args:
            clients: An rclpy action client for each controller.
            new_goal: Makes an empty goal of FollowJointTrajectory.
            on_failure: Told, in words, of a goal that nobody takes, was refused or failed.
        """
        self._clients, self._new_goal, self._on_failure = clients, new_goal, on_failure
        self._latest = dict.fromkeys(clients, 0)

    def send(self, controller: str, trajectory: JointTrajectory, start: float) -> None:
        """Send a goal that starts at a time."""
        if not self._clients[controller].server_is_ready():
            self._on_failure(f'{controller} has no action server; is it loaded and active?')
            return
        goal = self._new_goal()
        goal.trajectory = _stamped(trajectory, start)
        self._latest[controller] += 1
        number = self._latest[controller]
        answered = self._clients[controller].send_goal_async(goal)
        answered.add_done_callback(lambda future: self._on_answer(controller, number, future))

    def _on_answer(self, controller: str, number: int, future: Any) -> None:
        handle = future.result()
        if not handle.accepted:
            self._on_failure(f'{controller} refused the trajectory')
            return
        ended = handle.get_result_async()
        ended.add_done_callback(lambda future: self._on_result(controller, number, future))

    def _on_result(self, controller: str, number: int, future: Any) -> None:
        status, result = future.result().status, future.result().result
        is_good = (status, result.error_code) == (SUCCEEDED, SUCCESSFUL)
        if number == self._latest[controller] and not is_good:
            said = result.error_string or f'status {status}, error {result.error_code}'
            self._on_failure(f'{controller}: {said}')


def join(
    node: Node,
    values: BackendParameters,
    arm: tuple[str, tuple[str, ...]],
    period: float,
    on_failure: Callable[[str], object],
) -> Backend:
    """Build the way to the arm.

    Args:
        node: That publishes or sends goals.
        values: Which way, and how far ahead.
        arm: File of config/robots, and the joints of the arm and gripper.
        period: Between two ticks of the follower, s.
        on_failure: Told, in words, of a goal that was refused or failed.
    """
    robot, joints = arm
    if values.dry_run:
        return Nowhere()
    if values.backend == 'setpoints':
        return Setpoints(node, joints, values.lookahead)
    owners = controllers_of(robot)
    relay = Relay(owners, joints, period=period, lead=values.lookahead)
    if values.backend == 'topic':
        return Trajectories(TopicArm(node, owners, on_failure), relay)
    return Trajectories(action_arm(node, owners, on_failure), relay)


def controllers_of(robot: str) -> dict[str, tuple[str, ...]]:
    """Read which controller owns which joints from a file of config/robots."""
    path = robot_file(robot)
    with open(path, encoding='utf-8') as file:
        owners = (yaml.safe_load(file) or {}).get('controllers')
    if not isinstance(owners, dict) or not owners:
        raise ConfigurationError(f'{path}: lacks controllers: {{name: [joints]}}')
    return {str(name): tuple(joints) for name, joints in owners.items()}


def action_arm(
    node: Node, controllers: dict[str, tuple[str, ...]], on_failure: Callable[[str], object]
) -> ActionArm:
    """Build the action clients; raises MissingDependencyError without control_msgs."""
    try:
        kind = import_module('control_msgs.action').FollowJointTrajectory
    except ImportError as error:
        fix = 'install it (apt install ros-$ROS_DISTRO-control-msgs) or set backend: topic'
        raise MissingDependencyError('control_msgs', fix) from error
    client = import_module('rclpy.action').ActionClient
    clients = {name: client(node, kind, f'{name}/follow_joint_trajectory') for name in controllers}
    return ActionArm(clients, kind.Goal, on_failure)


def _stamped(trajectory: JointTrajectory, start: float) -> JointTrajectoryMessage:
    message = conversions.trajectory_to_ros(trajectory)
    message.header.stamp = conversions.time_to_ros(start)
    return message
