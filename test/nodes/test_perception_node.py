"""The perception node between a fake camera and a listener."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rclpy.event_handler import PublisherEventCallbacks
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import JointState
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes import conversions_image as images
from qwen_embodied.nodes.perception_node import PerceptionNode

CAMERA = Intrinsics(320, 240, 290.0, 290.0, 159.5, 119.5)
DOWN = {
    'camera_position': [0.55, 0.0, 1.0],
    'camera_quaternion': [-0.70710678, 0.70710678, 0.0, 0.0],
}


def drawn():
    """Give the colour and the depth of a red cube on a grey table, seen from 1 m above."""
    rgb = np.full((240, 320, 3), 150, np.uint8)
    metres = np.full((240, 320), 1.0, np.float32)
    rgb[110:124, 150:164], metres[110:124, 150:164] = (200, 20, 20), 0.955
    return rgb, metres


class FakeCamera:
    """Publishes nearly the same picture with fresh stamps, and the joints of an arm."""

    def __init__(self, peer, state=None, encoding='rgb8'):
        self.rgb, self.metres = drawn()
        self.is_noisy, self.apart = True, 0.0
        self.state, self.encoding, self.stamp = state, encoding, 1.0
        self.colour = peer.sender(Image, 'camera/color/image_raw', qos.SENSOR)
        self.depth = peer.sender(Image, 'camera/aligned_depth_to_color/image_raw', qos.SENSOR)
        self.info = peer.sender(CameraInfo, 'camera/color/camera_info', qos.SENSOR)
        self.joints = peer.sender(JointStateMessage, 'joint_states', qos.STATE)

    def __call__(self):
        self.stamp += 0.02
        header = conversions.header(self.stamp, 'optical')
        if self.state is not None:
            state = JointState(self.stamp, self.state.names, self.state.positions)
            self.joints.publish(conversions.joint_state_to_ros(state))
        self.info.publish(images.intrinsics_to_ros(CAMERA, header))
        if self.is_noisy:
            self.rgb[0, 0] += 1
        message = images.image_to_ros(self.rgb, header)
        message.encoding = self.encoding
        self.colour.publish(message)
        later = conversions.header(self.stamp + self.apart, 'optical')
        self.depth.publish(images.depth_to_ros(self.metres, later))

    def uncalibrated(self):
        message = images.intrinsics_to_ros(CAMERA, conversions.header(self.stamp, 'optical'))
        message.k = [0.0] * 9
        self.info.publish(message)
        self.stamp += 0.02
        header = conversions.header(self.stamp, 'optical')
        self.colour.publish(images.image_to_ros(self.rgb, header))
        self.depth.publish(images.depth_to_ros(self.metres, header))


class CompressedCamera:
    """Publishes JPEG and compressedDepth."""

    def __init__(self, peer):
        self.rgb, metres = drawn()
        self.stamp = 1.0
        self.millimetres = (metres * 1000).astype(np.uint16)
        self.colour = peer.sender(CompressedImage, 'camera/color/image_raw/compressed', qos.SENSOR)
        self.depth = peer.sender(
            CompressedImage, 'camera/aligned_depth_to_color/image_raw/compressedDepth', qos.SENSOR
        )
        self.info = peer.sender(CameraInfo, 'camera/color/camera_info', qos.SENSOR)

    def __call__(self):
        self.stamp += 0.02
        header = conversions.header(self.stamp, 'optical')
        self.info.publish(images.intrinsics_to_ros(CAMERA, header))
        jpeg = cv2.imencode('.jpg', self.rgb[..., ::-1])[1].tobytes()
        png = bytes(12) + cv2.imencode('.png', self.millimetres)[1].tobytes()
        self.colour.publish(CompressedImage(header=header, format='jpeg', data=jpeg))
        self.depth.publish(
            CompressedImage(header=header, format='16UC1; compressedDepth png', data=png)
        )


def trouble(diagnostics):
    return diagnostics[-1].status[0].message if diagnostics else ''


def test_an_image_becomes_a_corrected_image_a_scene_and_markers(peer):
    scenes, markers = peer.hear(String, 'perception/scene'), peer.hear(
        MarkerArray, 'perception/markers')  # fmt: skip
    corrected = peer.hear(Image, 'perception/image')
    peer.add(PerceptionNode, robot='', **DOWN)
    camera = FakeCamera(peer)
    peer.wait_for(lambda: scenes and markers and corrected, 'a scene', each=camera)
    scene = conversions.scene_from_ros(scenes[-1])
    assert [item.colour for item in scene.objects] == ['red']
    assert scene.objects[0].position[:2] == pytest.approx([0.55, 0.0], abs=0.03)
    assert scene.stamp in [conversions.time_from_ros(item.header.stamp) for item in corrected]


def test_a_wrong_encoding_is_dropped_with_its_reason_and_the_node_goes_on(peer):
    scenes = peer.hear(String, 'perception/scene')
    diagnostics = peer.hear(DiagnosticArray, '/diagnostics')
    peer.add(PerceptionNode, robot='', **DOWN)
    camera = FakeCamera(peer, encoding='nv12')
    peer.wait_for(lambda: 'nv12' in trouble(diagnostics), 'the reason', each=camera)
    assert "encoding 'nv12' cannot be read; known are rgb8" in trouble(diagnostics)
    assert scenes == []
    camera.encoding = 'rgb8'
    peer.wait_for(lambda: scenes, 'a scene', each=camera)
    peer.wait_for(lambda: trouble(diagnostics) == 'sees', 'the end of it', each=camera)
    assert peer.fault is None


def test_the_light_is_on_the_diagnostics_and_in_the_scene(peer):
    scenes = peer.hear(String, 'perception/scene')
    diagnostics = peer.hear(DiagnosticArray, '/diagnostics')
    peer.add(PerceptionNode, robot='', **DOWN)
    camera = FakeCamera(peer)
    camera.rgb = camera.rgb // 4
    peer.wait_for(
        lambda: scenes and diagnostics and len(diagnostics[-1].status) > 1, 'it', each=camera
    )
    status = diagnostics[-1].status[1]
    assert status.name == 'perception: light'
    assert 'add light' in status.message
    assert {'exposure', 'noise', 'camera'} <= conversions.key_values(status).keys()
    assert conversions.scene_from_ros(scenes[-1]).lighting.verdict == 'dark'


def test_an_unknown_lighting_step_is_refused(peer):
    with pytest.raises(ConfigurationError, match='sharpen'):
        peer.add(PerceptionNode, robot='', light_steps=['sharpen'])


def test_a_silent_camera_is_named(peer):
    diagnostics = peer.hear(DiagnosticArray, '/diagnostics')
    peer.add(PerceptionNode, robot='', silence=0.5)
    peer.wait_for(lambda: 'is the camera driver running?' in trouble(diagnostics))
    assert trouble(diagnostics).startswith('no camera/color/image_raw for')


def test_without_joint_states_the_robot_cannot_be_told_from_objects(peer):
    diagnostics, scenes = peer.hear(DiagnosticArray, '/diagnostics'), peer.hear(
        String, 'perception/scene')  # fmt: skip
    peer.add(PerceptionNode, **DOWN)
    camera = FakeCamera(peer)
    peer.wait_for(lambda: 'joint_states' in trouble(diagnostics), 'the reason', each=camera)
    assert scenes == []


def test_after_the_first_scene_the_arm_must_be_at_home(peer):
    robot = load_robot('panda')
    names = (*robot.joint_names, robot.gripper.joint)
    home = JointState(0.0, names, [*robot.home, 0.04])
    scenes = peer.hear(String, 'perception/scene')
    corrected = peer.hear(Image, 'perception/image')
    peer.add(PerceptionNode, **DOWN)
    camera = FakeCamera(peer, state=home)
    peer.wait_for(lambda: scenes, 'the first scene', each=camera)
    camera.state = JointState(0.0, names, [*(robot.home + 0.3), 0.04])
    away = camera.stamp
    peer.wait_for(
        lambda: corrected[-1].header.stamp.sec > away + 1.0, 'images from away', each=camera
    )
    late = [scene for scene in scenes if conversions.scene_from_ros(scene).stamp > away + 0.1]
    assert late == []


def counts(diagnostics):
    return conversions.key_values(diagnostics[-1].status[0]) if diagnostics else {}


def test_a_frozen_camera_gives_no_more_scenes(peer):
    diagnostics, scenes = peer.hear(DiagnosticArray, '/diagnostics'), peer.hear(
        String, 'perception/scene')  # fmt: skip
    peer.add(PerceptionNode, robot='', frozen_after=3, max_rate=50.0, **DOWN)
    camera = FakeCamera(peer)
    peer.wait_for(lambda: scenes, 'a scene', each=camera)
    camera.is_noisy = False
    peer.wait_for(lambda: 'is it frozen?' in trouble(diagnostics), 'the reason', each=camera)
    seen = len(scenes)
    peer.wait_for(
        lambda: int(counts(diagnostics).get('dropped: frozen camera', 0)) > 30, each=camera
    )
    assert len(scenes) == seen
    camera.is_noisy = True
    peer.wait_for(lambda: len(scenes) > seen, 'scenes again', each=camera)


def test_stamps_too_far_apart_are_counted_and_said(peer):
    diagnostics, scenes = peer.hear(DiagnosticArray, '/diagnostics'), peer.hear(
        String, 'perception/scene')  # fmt: skip
    peer.add(PerceptionNode, robot='', silence=0.5, **DOWN)
    camera = FakeCamera(peer)
    camera.apart = 0.51
    peer.wait_for(lambda: 'ms apart, allowed are 20 ms' in trouble(diagnostics), each=camera)
    assert int(counts(diagnostics)['dropped: no depth at the time of the image']) > 0
    assert scenes == []


def test_a_publisher_that_offers_too_little_is_named(peer):
    diagnostics = peer.hear(DiagnosticArray, '/diagnostics')
    peer.add(PerceptionNode, robot='', image_reliability='reliable', **DOWN)
    quiet = PublisherEventCallbacks(use_default_callbacks=False)
    peer.node.create_publisher(Image, 'camera/color/image_raw', qos.SENSOR, event_callbacks=quiet)
    peer.executor.wake()
    peer.wait_for(lambda: 'offers less than is asked for' in trouble(diagnostics))
    assert trouble(diagnostics).startswith('camera/color/image_raw')


def test_a_covered_lens_gives_no_scene(peer):
    diagnostics, scenes = peer.hear(DiagnosticArray, '/diagnostics'), peer.hear(
        String, 'perception/scene')  # fmt: skip
    peer.add(PerceptionNode, robot='', **DOWN)
    camera = FakeCamera(peer)
    camera.rgb[:] = 0
    peer.wait_for(lambda: 'lens covered' in trouble(diagnostics), each=camera)
    assert int(counts(diagnostics)['dropped: no scene in the image']) > 0
    assert scenes == []


def test_a_camera_without_calibration_is_named(peer):
    diagnostics = peer.hear(DiagnosticArray, '/diagnostics')
    peer.add(PerceptionNode, robot='', **DOWN)
    camera = FakeCamera(peer)
    peer.wait_for(lambda: 'not calibrated' in trouble(diagnostics), each=camera.uncalibrated)


def test_compressed_images_are_seen(peer):
    scenes = peer.hear(String, 'perception/scene')
    peer.add(PerceptionNode, robot='', colour_transport='compressed',
             depth_transport='compressedDepth', **DOWN)  # fmt: skip
    camera = CompressedCamera(peer)
    peer.wait_for(lambda: scenes, 'a scene', each=camera)
    scene = conversions.scene_from_ros(scenes[-1])
    assert [item.colour for item in scene.objects] == ['red']


def test_who_listens_gets_depth_and_the_pose_of_the_camera(peer):
    peer.add(PerceptionNode, robot='', **DOWN)
    depths = peer.hear(Image, 'perception/depth', qos.SENSOR)
    poses = peer.hear(PoseStamped, 'perception/camera_pose', qos.LATCHED)
    lenses = peer.hear(CameraInfo, 'perception/camera_info', qos.SENSOR)
    camera = FakeCamera(peer)
    peer.wait_for(lambda: depths and poses and lenses, 'depth, lens and pose', each=camera)
    assert images.depth_from_ros(depths[-1])[117, 157] == pytest.approx(0.955, abs=1e-3)
    assert poses[-1].pose.position.z == pytest.approx(1.0)
