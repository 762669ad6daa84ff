"""The simulated cell over DDS: drivers' topics, commands, exact truth on request."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.messages import Scene
from qwen_embodied.nodes import conversions, conversions_image, qos
from qwen_embodied.nodes.simulation_node import SimulationNode
from qwen_embodied.parameters import read_yaml
from qwen_embodied.resources import shared_file
from qwen_embodied.serialization import from_json
from qwen_embodied.simulation import MujocoWorld, generate_scene

FEW = ['red cube', 'blue bowl']


def test_it_publishes_what_drivers_publish(peer):
    colour = peer.hear(Image, 'camera/color/image_raw')
    depth = peer.hear(Image, 'camera/aligned_depth_to_color/image_raw')
    info = peer.hear(CameraInfo, 'camera/color/camera_info')
    states, clock = peer.hear(JointStateMessage, 'joint_states'), peer.hear(Clock, '/clock')
    view = peer.hear(Image, 'simulation/view')
    peer.add(SimulationNode, objects=FEW)
    peer.wait_for(lambda: colour and depth and info and view and len(states) > 20 and clock)
    assert (colour[0].encoding, depth[0].encoding) == ('rgb8', '16UC1')
    assert colour[0].header.frame_id == 'camera_color_optical_frame'
    assert conversions_image.intrinsics_from_ros(info[0]).width == 640
    assert np.nanmedian(conversions_image.depth_from_ros(depth[0])) == pytest.approx(1.25, abs=0.1)
    stamps = [conversions.time_from_ros(message.header.stamp) for message in states]
    assert all(later > earlier for earlier, later in pairwise(stamps))
    assert len(states[0].name) == 9


def test_a_command_moves_the_arm_and_a_bad_one_does_not(peer):
    states = peer.hear(JointStateMessage, 'joint_states')
    node = peer.add(SimulationNode, objects=FEW)
    command = peer.sender(JointTrajectoryMessage, 'arm/command', qos.STATE)
    peer.wait_for(lambda: states)
    names = tuple(name for name in states[0].name if name != 'panda_finger_joint2')
    start = conversions.joint_state_from_ros(states[0]).of(names)

    def send(change, joints=names):
        now = conversions.time_from_ros(states[-1].header.stamp)
        command.publish(conversions.command_to_ros(joints, start + change, now + 0.02))

    peer.wait_for(
        lambda: states[-1].position[0] > 0.03, 'the motion', each=lambda: send(np.eye(8)[0] * 0.05)
    )
    moved = len(states)
    peer.wait_for(lambda: len(states) > moved + 40, each=lambda: send(np.full(8, np.nan)))
    peer.wait_for(lambda: len(states) > moved + 80, each=lambda: send(np.ones(8), names[::-1]))
    assert states[-1].position[0] == pytest.approx(0.05, abs=0.01)
    assert peer.fault is None
    assert node is not None


def test_the_score_is_the_exact_scene(peer):
    peer.add(SimulationNode, objects=FEW, seed=3)
    scene = from_json(peer.call('simulation/score', Trigger).message, Scene)
    assert [item.id for item in scene.objects] == ['red_cube_1', 'blue_bowl_1']


def test_an_object_without_a_shape_is_refused(peer):
    with pytest.raises(ConfigurationError, match="objects: 'cube' must be a colour and a shape"):
        peer.add(SimulationNode, objects=['cube'])


def test_the_camera_of_the_parameter_file_is_the_simulated_one():
    values = read_yaml(shared_file('config/1_camera.yaml'), 'perception')
    written = pose(values['camera_position'], rotation_of(values['camera_quaternion']))
    world = MujocoWorld(generate_scene(0, wanted=(('red', 'cube'),)))
    assert written == pytest.approx(world.frame().camera_in_base, abs=1e-6)
    world.close()
