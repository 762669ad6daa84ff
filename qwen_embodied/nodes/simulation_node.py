"""The simulated arm, table and camera as a ROS node; its physics sets the time of the graph."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.messages import Array
from qwen_embodied.nodes import conversions, conversions_image, qos
from qwen_embodied.nodes.driven_world import DrivenWorld
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.nodes.parameters import declare
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import every, hear, serve
from qwen_embodied.parameters import param
from qwen_embodied.serialization import to_json
from qwen_embodied.simulation import LIGHTS, MujocoWorld, SimulationParameters, generate_scene

HEALTH_PERIOD = 0.1  # s between two words on simulation/status


@dataclass(frozen=True)
class Parameters:
    """What stands on the table, how it is lit, and how often it is measured."""

    seed: int = param(0, 'Decides where the objects stand.', bounds=(0, 2**31 - 1))
    light: str = param('normal', 'The lamps of the room.', choices=tuple(LIGHTS))
    objects: list[str] = param(
        ['red cube', 'blue bowl', 'green cube', 'yellow cylinder', 'orange ball'],
        'What stands on the table: a colour and a shape each.',
    )
    joint_rate: float = param(200.0, 'Of joint_states, Hz.', bounds=(50.0, 500.0))
    clock_rate: float = param(100.0, 'Of /clock, Hz.', bounds=(10.0, 500.0))
    camera_rate: float = param(10.0, 'Of the colour and depth images, Hz.', bounds=(0.5, 30.0))
    shadows: bool = param(True, 'Draw shadows in the camera images (they cost time).')
    patience: float = param(
        0.1, 'How long the simulated time waits for a late set-point, s.', bounds=(0.0, 1.0)
    )
    view_every: int = param(2, 'Camera images per picture on simulation/view.', bounds=(1, 100))


class SimulationNode(Node):
    """Publishes what a robot's drivers would; `~/score` alone tells the exact truth."""

    def __init__(self, **options: Any) -> None:
        """Build the world and start its physics and camera threads."""
        super().__init__(
            'simulation', automatically_declare_parameters_from_overrides=True, **options
        )
        self._values = values = declare(self, Parameters)
        scene = generate_scene(values.seed, wanted=_wanted(values.objects))
        details = SimulationParameters(shadows=values.shadows)
        self._world = MujocoWorld(scene, light=values.light, parameters=details)
        self._driven = DrivenWorld(self._world, values.patience)
        self._joint_names = self._world.arm.limits.names
        self._steps = self._frames = 0
        self._advertise()
        read = conversions.command_from_ros
        hear(self, 'arm/command', qos.NEWEST, read, self._on_command, JointTrajectoryMessage)
        serve(self, '~/score', self._score)
        self.get_logger().info(f'seed {values.seed}, light {values.light}, {values.objects}')
        self._pacers = (
            Pacer('physics', values.joint_rate, self._step),
            Pacer('camera', values.camera_rate, self._see, at_end=self._world.close),
        )
        every(self, 0.2, self._check)
        every(self, HEALTH_PERIOD, self._tell)

    def _advertise(self) -> None:
        self._clock_out = self.create_publisher(Clock, '/clock', qos.NEWEST)
        self._joints_out = self.create_publisher(JointStateMessage, 'joint_states', qos.STATE)
        self._colour_out = self.create_publisher(Image, 'camera/color/image_raw', qos.SENSOR)
        self._info_out = self.create_publisher(CameraInfo, 'camera/color/camera_info', qos.SENSOR)
        self._depth_out = self.create_publisher(
            Image, 'camera/aligned_depth_to_color/image_raw', qos.SENSOR
        )
        self._status_out = self.create_publisher(DiagnosticStatus, 'simulation/status', qos.STATE)
        self._view_out = self.create_publisher(Image, 'simulation/view', qos.SENSOR)

    def _step(self) -> None:
        state = self._driven.step(1.0 / self._values.joint_rate)
        self._joints_out.publish(conversions.joint_state_to_ros(state))
        every = max(round(self._values.joint_rate / self._values.clock_rate), 1)
        if self._steps % every == 0:
            self._clock_out.publish(Clock(clock=conversions.time_to_ros(state.stamp)))
        self._steps += 1

    def _see(self) -> None:
        frame = self._world.frame()
        header = conversions.header(frame.stamp, frame.frame_id)
        self._info_out.publish(conversions_image.intrinsics_to_ros(frame.intrinsics, header))
        self._colour_out.publish(conversions_image.image_to_ros(frame.rgb, header))
        if frame.depth is not None:
            self._depth_out.publish(conversions_image.depth_to_ros(frame.depth, header))
        is_due = self._frames % self._values.view_every == 0
        if is_due and self._view_out.get_subscription_count():
            picture = self._world.picture()
            header = conversions.header(frame.stamp, 'view')
            self._view_out.publish(conversions_image.image_to_ros(picture, header))
        self._frames += 1

    def _on_command(self, command: tuple[tuple[str, ...], Array, float]) -> None:
        names, positions, at = command
        if names != self._joint_names or not np.isfinite(positions).all():
            wanted = f'must be finite positions of {self._joint_names}'
            self.get_logger().warning(
                f'command dropped: {names} {positions}; {wanted}', throttle_duration_sec=1.0
            )
            return
        self._driven.schedule(positions, at)

    def _score(self) -> tuple[bool, str]:
        return True, to_json(self._world.ground_truth())

    def _tell(self) -> None:
        """Say how the world is; the supervisor takes what MuJoCo only warns of as a fault."""
        status = conversions.diagnostic('simulation', 'runs', self._world.health())
        self._status_out.publish(status)

    def _check(self) -> None:
        for pacer in self._pacers:
            pacer.check()

    def destroy_node(self) -> None:
        """End the threads before the publishers."""
        for pacer in self._pacers:
            pacer.close()
        super().destroy_node()


def _wanted(objects: list[str]) -> tuple[tuple[str, str], ...]:
    """Split 'red cube' into its colour and shape."""
    pairs = tuple(tuple(item.split()) for item in objects)
    for item, pair in zip(objects, pairs, strict=True):
        if len(pair) != 2:
            raise ConfigurationError(f'objects: {item!r} must be a colour and a shape')
    return tuple((pair[0], pair[1]) for pair in pairs)


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(SimulationNode))


if __name__ == '__main__':
    main()
