"""A fake arm behind fake joint_trajectory_controllers as a ROS node, for dry runs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.control import (
    FakeArm,
    FakeJointTrajectoryController,
    JtcParameters,
    TrajectoryGoal,
    check_controllers,
)
from qwen_embodied.messages import JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.backends import controllers_of
from qwen_embodied.nodes.conversions_goal import goal_from_ros
from qwen_embodied.nodes.parameters import declare
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import every, hear
from qwen_embodied.parameters import param


@dataclass(frozen=True)
class Parameters:
    """Which arm, how fast it is updated, and how its controllers are set up."""

    robot: str = param('panda', 'File of config/robots that describes the arm.')
    rate: float = param(100.0, 'Of the controllers and of joint_states, Hz.', bounds=(20.0, 500.0))
    lag: float = param(0.01, 'Time constant with which the arm follows, s.', bounds=(0.001, 0.5))
    interpolate_from_desired_state: bool = param(
        True, 'Join a new trajectory to the last command; false joins it to the measured state.'
    )


class FakeArmNode(Node):
    """Takes `<controller>/joint_trajectory` as ros2_control does, and publishes joint_states."""

    def __init__(self, **options: Any) -> None:
        """Build the arm at its home, and its controllers active."""
        super().__init__(
            'fake_arm', automatically_declare_parameters_from_overrides=True, **options
        )
        values = declare(self, Parameters)
        robot, owners = load_robot(values.robot), controllers_of(values.robot)
        names = robot.all_limits.names
        check_controllers(owners, names)
        opened = [] if robot.gripper is None else [robot.gripper.open]
        self._arm = FakeArm(names, [*robot.home, *opened], lag=values.lag)
        self._period, self._columns = 1.0 / values.rate, {name: k for k, name in enumerate(names)}
        self._out = self.create_publisher(JointStateMessage, 'joint_states', qos.STATE)
        self._controllers: list[FakeJointTrajectoryController] = []
        for name, joints in owners.items():
            self._add(name, joints, values)
        every(self, self._period, self._step)

    def _add(self, name: str, joints: tuple[str, ...], values: Parameters) -> None:
        controller = FakeJointTrajectoryController(
            JtcParameters(
                joints,
                interpolate_from_desired_state=values.interpolate_from_desired_state,
                update_rate=values.rate,
            )
        )
        controller.activate(self._measured())
        self._controllers.append(controller)

        def take(goal: TrajectoryGoal) -> None:
            fault = controller.receive(goal, self._now())
            if fault:
                self.get_logger().error(f'{name} refused {goal.id}: {fault}')

        topic = f'{name}/joint_trajectory'
        hear(self, topic, qos.RELIABLE, goal_from_ros, take, JointTrajectoryMessage)

    def _step(self) -> None:
        state, targets = self._measured(), np.empty(len(self._columns))
        for controller in self._controllers:
            columns = [self._columns[name] for name in controller.parameters.joints]
            targets[columns] = controller.update(state, state.stamp)
        self._arm.command(targets)
        self._arm.step(self._period)
        self._out.publish(conversions.joint_state_to_ros(self._measured()))

    def _measured(self) -> JointState:
        state = self._arm.read()
        return JointState(self._now(), state.names, state.positions, state.velocities)

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(FakeArmNode))


if __name__ == '__main__':
    main()
