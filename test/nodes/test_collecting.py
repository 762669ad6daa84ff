"""Calibration samples from a running graph: taken when all is there, else said why not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import threading

import numpy as np
import pytest

pytest.importorskip('rclpy')

from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage

from camera import board_scenes as scenes
from qwen_embodied.camera.boards import Board
from qwen_embodied.geometry import inverse_pose
from qwen_embodied.messages import JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, conversions_image, qos
from qwen_embodied.nodes.collecting import Collector

ROBOT = load_robot('panda')


@pytest.fixture
def collector(tmp_path, domain):
    with Collector(tmp_path / 'samples', Board(), ROBOT, domain=domain, patience=10.0) as one:
        yield one


def take(collector, peer, grey, speed=0.0):
    """Have a sample taken while a camera and an arm publish."""
    images = peer.node.create_publisher(Image, 'camera/color/image_raw', qos.SENSOR)
    states = peer.node.create_publisher(JointStateMessage, 'joint_states', qos.STATE)
    velocities = np.full(7, speed)
    state = JointState(1.0, ROBOT.joint_names, ROBOT.home, velocities)
    said = []
    thread = threading.Thread(target=lambda: said.append(collector.take()))
    thread.start()

    def publish():
        rgb = np.repeat(grey[:, :, None], 3, axis=2)
        images.publish(conversions_image.image_to_ros(rgb, conversions.header(1.0, 'camera')))
        states.publish(conversions.joint_state_to_ros(state))

    peer.wait_for(lambda: said, 'a word on the sample', each=publish)
    thread.join()
    return said[0]


def picture():
    hand = scenes.carried(1, np.random.default_rng(4))[0]
    return scenes.photograph(Board(), inverse_pose(scenes.CAMERA) @ hand @ scenes.BOARD_IN_HAND)


def test_a_sample_is_an_image_and_the_joints_then(collector, peer, tmp_path):
    assert 'corners' in take(collector, peer, picture())
    assert (tmp_path / 'samples' / '001.png').exists()
    note = json.loads((tmp_path / 'samples' / '001.json').read_text())
    assert note['joints'] == dict(zip(ROBOT.joint_names, ROBOT.home.tolist(), strict=True))
    assert 'take more poses: 1 of 15' in collector.advice()


def test_nothing_is_taken_while_the_arm_moves_or_without_a_board(collector, peer, tmp_path):
    assert 'the arm moves' in take(collector, peer, picture(), speed=0.1)
    grey = np.full((48, 64), 128, dtype=np.uint8)
    assert 'the board is not seen' in take(collector, peer, grey)
    assert not (tmp_path / 'samples').exists()


def test_a_silent_camera_is_named(tmp_path, domain):
    with Collector(tmp_path, Board(), ROBOT, domain=domain, patience=0.1) as collector:
        assert collector.take() == 'nothing taken: no image'
