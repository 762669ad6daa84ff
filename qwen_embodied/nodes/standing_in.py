"""A node that stands in for the arm, its camera and its planner before the safety nodes."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.messages import ArmStatus, Array, JointState, JointTrajectory, Scene
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_safety import safety_from_ros
from qwen_embodied.nodes.operator_node import TriggerClient
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.safety import SafetyState

RATE = 100.0  # Hz, of joint states
SCENE_EVERY = 20  # joint states
SWING, SECONDS, POINTS = 0.5, 3.0, 60  # rad, s: the motion that is proposed


@dataclass(frozen=True, eq=False)
class Command:
    """A set-point as it arrived.

    Attributes:
        at: On the steady clock, s.
        due: When it is to be reached, on the clock of the stamps, s.
        positions: Of all joints, (J,).
    """

    at: float
    due: float
    positions: Array


class StandIn(Node):
    """Goes at once where it is told, shows an empty table and proposes swings of one joint.

    Attributes:
        commands: Every set-point so far.
        start: Where the last proposed swing begins, (J,).
        is_silent: Nothing is published while True, as of a driver that has died.
        shows_scenes: Whether it stands in for perception too.
        spoil: Changes each joint state before it is sent.
    """

    def __init__(self, context: Context) -> None:
        """Begin to publish joint states."""
        super().__init__('standing_in', context=context)
        robot = load_robot('panda')
        self.limits = robot.all_limits.scaled(0.5, 0.5, 1.0)
        self.home = np.append(robot.home, robot.gripper.open if robot.gripper else [])
        self.commands: list[Command] = []
        self.is_silent, self.shows_scenes = False, True
        self.spoil: Callable[[JointState], JointState] = lambda state: state
        self._lock, self._ticks, self._ids = threading.Lock(), 0, itertools.count()
        self._state: SafetyState | None = None
        self._status: ArmStatus | None = None
        self.start = self.home
        self._open()
        self._pacer = Pacer('standing in', RATE, self._tick)

    def _open(self) -> None:
        ways: tuple[tuple[type, str, QoSProfile, Callable[..., None]], ...] = (
            (JointTrajectoryMessage, 'arm/command', qos.NEWEST, self._on_command),
            (DiagnosticStatus, 'safety/state', qos.NEWEST, self._on_safety),
            (DiagnosticStatus, 'arm/status', qos.RELIABLE, self._on_status),
        )
        for kind, topic, profile, action in ways:
            self.create_subscription(kind, topic, action, profile)
        self._joints = self.create_publisher(JointStateMessage, 'joint_states', qos.STATE)
        self._scenes = self.create_publisher(String, 'perception/scene', qos.STATE)
        self._proposals = self.create_publisher(
            JointTrajectoryMessage, 'trajectory/proposed', qos.RELIABLE
        )
        self._callers: dict[str, TriggerClient] = {
            name: self.create_client(Trigger, f'safety_supervisor/{name}')
            for name in ('reset', 'stop')
        }

    @property
    def state(self) -> SafetyState | None:
        """The last word of the supervisor; None before the first."""
        return self._state

    @property
    def status(self) -> ArmStatus | None:
        """The last word of the controller; None before the first."""
        return self._status

    @property
    def positions(self) -> Array:
        """Where the arm is, (J,)."""
        with self._lock:
            return self.commands[-1].positions if self.commands else self.home

    def propose(self) -> str:
        """Propose to swing the first joint to the other side; gives the trajectory's id."""
        self.start = start = self.positions
        goal = start.copy()
        goal[0] += SWING if start[0] <= self.home[0] else -SWING
        u = np.linspace(0.0, 1.0, POINTS)[:, None]
        way, name = goal - start, f'swing-{next(self._ids)}'
        trajectory = JointTrajectory(
            self.limits.names, u[:, 0] * SECONDS,
            start + way * (10 * u**3 - 15 * u**4 + 6 * u**5),
            way * (30 * u**2 - 60 * u**3 + 30 * u**4) / SECONDS,
            way * (60 * u - 180 * u**2 + 120 * u**3) / SECONDS**2, name,
        )  # fmt: skip
        self._proposals.publish(conversions.trajectory_to_ros(trajectory))
        return name

    def ask(self, service: str) -> None:
        """Call `reset` or `stop` of the supervisor; the answer is in its state."""
        self._callers[service].call_async(Trigger.Request())

    def close(self) -> None:
        """Publish no more."""
        self._pacer.close()

    def _tick(self) -> None:
        self._ticks += 1
        if self.is_silent:
            return
        stamp = self.get_clock().now().nanoseconds * 1e-9
        state = JointState(stamp, self.limits.names, self.positions, np.zeros(len(self.home)))
        self._joints.publish(conversions.joint_state_to_ros(self.spoil(state)))
        if self.shows_scenes and self._ticks % SCENE_EVERY == 1:
            seen = Scene(stamp, 'panda_link0', (), 0.0)
            self._scenes.publish(conversions.scene_to_ros(seen))

    def _on_command(self, message: JointTrajectoryMessage) -> None:
        _, positions, due = conversions.command_from_ros(message)
        with self._lock:
            self.commands.append(Command(time.monotonic(), due, positions))

    def _on_safety(self, message: DiagnosticStatus) -> None:
        self._state = safety_from_ros(message)[0]

    def _on_status(self, message: DiagnosticStatus) -> None:
        self._status = conversions.arm_status_from_ros(message)
