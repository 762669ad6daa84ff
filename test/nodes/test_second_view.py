"""Two cameras and the perception node over real DDS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from perception.tables import Score, seen, stacked, taken
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.geometry import quaternion_of
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes import conversions_image as images
from qwen_embodied.nodes.perception_node import PerceptionNode

ITEMS = stacked(np.random.default_rng(4), 3)


@pytest.fixture(scope='module')
def frames():
    views = taken(0, 90, '424x240', distance=0.8), taken(3, 45, '424x240', distance=0.8)
    return [seen(ITEMS, view, 'plain', at) for at, view in enumerate(views)]


def poses(frames):
    values = {}
    for word, frame in zip(('camera', 'second_camera'), frames, strict=True):
        values[f'{word}_position'] = frame.camera_in_base[:3, 3].tolist()
        turn = quaternion_of(frame.camera_in_base[:3, :3])
        values[f'{word}_quaternion'] = np.asarray(turn).tolist()
    return values


class View:
    """Publishes one frame again and again."""

    def __init__(self, peer, frame, name):
        self.frame, self.rgb = frame, frame.rgb.copy()
        self.colour = peer.sender(Image, f'{name}/color/image_raw', qos.SENSOR)
        self.depth = peer.sender(Image, f'{name}/aligned_depth_to_color/image_raw', qos.SENSOR)
        self.info = peer.sender(CameraInfo, f'{name}/color/camera_info', qos.SENSOR)

    def publish(self, stamp):
        header = conversions.header(stamp, 'optical')
        self.rgb[0, 0] += 1
        self.info.publish(images.intrinsics_to_ros(self.frame.intrinsics, header))
        self.colour.publish(images.image_to_ros(self.rgb, header))
        self.depth.publish(images.depth_to_ros(self.frame.depth, header))


class TwoCameras:
    """Two cameras of which the second is a little late, and may be silent or covered."""

    def __init__(self, peer, frames):
        first, second = frames
        self.first, self.second = View(peer, first, 'camera'), View(peer, second, 'side')
        self.stamp, self.late, self.is_silent = 1.0, 0.03, False

    def __call__(self):
        self.stamp += 0.02
        self.first.publish(self.stamp)
        if not self.is_silent:
            self.second.publish(self.stamp + self.late)


def found(scenes):
    score = Score()
    score.add(ITEMS, conversions.scene_from_ros(scenes[-1]), reach=0.03)
    return score.found


def status(diagnostics):
    named = {one.name: one for message in diagnostics[-1:] for one in message.status}
    return named.get('perception: side')


def add_node(peer, frames):
    peer.add(PerceptionNode, robot='', second_camera='side', silence=30.0, **poses(frames))
    return TwoCameras(peer, frames)


def test_what_one_camera_cannot_see_comes_from_the_other(peer, frames):
    scenes, diagnostics = peer.hear(String, 'perception/scene'), peer.hear(
        DiagnosticArray, '/diagnostics')  # fmt: skip
    cameras = add_node(peer, frames)
    cameras.is_silent = True
    peer.wait_for(lambda: scenes, 'a scene of the first camera', each=cameras)
    assert found(scenes) < 3
    cameras.is_silent = False
    peer.wait_for(lambda: found(scenes) == 3, 'all three', each=cameras)
    peer.wait_for(lambda: status(diagnostics) and status(diagnostics).message == 'sees',
                  'the end of the trouble', each=cameras)  # fmt: skip
    assert int(conversions.key_values(status(diagnostics))['merged scenes']) > 0


def test_without_an_image_of_the_time_the_first_camera_counts_alone(peer, frames):
    scenes, diagnostics = peer.hear(String, 'perception/scene'), peer.hear(
        DiagnosticArray, '/diagnostics')  # fmt: skip
    cameras = add_node(peer, frames)
    cameras.late = 40.0
    peer.wait_for(lambda: scenes and status(diagnostics) is not None, 'both', each=cameras)
    peer.wait_for(lambda: 'within 0.1 s' in status(diagnostics).message, each=cameras)
    assert status(diagnostics).message.startswith('the scene is that of the first camera alone')
    assert found(scenes) < 3


def test_a_second_camera_that_is_covered_does_not_blind_the_first(peer, frames):
    scenes, diagnostics = peer.hear(String, 'perception/scene'), peer.hear(
        DiagnosticArray, '/diagnostics')  # fmt: skip
    cameras = add_node(peer, frames)
    cameras.second.rgb[:] = 0
    peer.wait_for(lambda: scenes and status(diagnostics) is not None, 'both', each=cameras)
    peer.wait_for(lambda: 'lens covered' in status(diagnostics).message, each=cameras)
    assert found(scenes) >= 1


def test_the_second_camera_cannot_be_the_first(peer):
    with pytest.raises(ConfigurationError, match='give another namespace'):
        peer.add(PerceptionNode, robot='', second_camera='camera')
