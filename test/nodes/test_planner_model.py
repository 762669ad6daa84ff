"""The planner node with a model: it serves cancel and status whatever the model does."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('openai')

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import CameraInfo, Image
from std_srvs.srv import Trigger

from nodes.test_planner_node import FakeCell
from planning import scripted_server as scripted
from planning.test_targets import CAMERA, POSE, pixel_of, table_depth
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_image import depth_to_ros, intrinsics_to_ros
from qwen_embodied.nodes.measured_view import DEPTH, INFO, pose_from_ros, pose_to_ros
from qwen_embodied.nodes.measured_view import POSE as POSE_TOPIC
from qwen_embodied.nodes.planner_node import PlannerNode

PLAN = '{"steps": [{"action": "pick", "object": "red_cube_1"}], "summary": "It is up."}'


def served(server, **values):
    return {
        'planner': 'server', 'servers': server.url, 'model': scripted.MODEL, **values
    }  # fmt: skip


def model_figures(heard):
    """Give what the newest diagnostics say about the model."""
    found = [status for message in heard for status in message.status]
    newest = [status for status in found if status.name == 'planning model'][-1:]
    return conversions.key_values(newest[0]) if newest else {}


def test_a_served_model_plans_and_its_figures_are_in_the_diagnostics(peer):
    heard = peer.hear(DiagnosticArray, '/diagnostics', qos.STATE)
    with scripted.serving(scripted.says(PLAN)) as server:
        cell = FakeCell(peer, retries=0, **served(server))
        cell.say('pick up the red cube')
        cell.wait_for('planned')
        peer.wait_for(lambda: model_figures(heard).get('source') == 'model', 'figures', each=cell)
    figures = model_figures(heard)
    assert figures['reply tokens'] == '7'
    assert float(figures['first token, s']) > 0
    assert '"action": "pick"' in cell.plans[-1].data
    content = server.requests[0][1]['messages'][1]['content']
    assert content[0]['type'] == 'image_url'


def test_cancel_is_served_while_the_model_hangs(peer):
    with scripted.serving(scripted.hangs) as server:
        cell = FakeCell(peer, **served(server, model_timeout=600.0))
        cell.say('pick up the red cube')
        peer.wait_for(lambda: server.requests, 'a request', each=cell)
        assert peer.call('planner/cancel', Trigger).success
        assert cell.wait_for('cancelled', 'failed', 'question').kind == 'cancelled'
    assert cell.proposed == []


def test_a_model_that_talks_of_what_is_not_there_moves_nothing(peer):
    unseen = PLAN.replace('red_cube_1', 'knife_1')
    with scripted.serving(scripted.says(unseen)) as server:
        cell = FakeCell(peer, **served(server))
        cell.say('fetch the thing behind the moon')
        assert cell.wait_for('question', 'failed').kind == 'question'
    assert len(server.requests) == 3
    assert cell.proposed == []


def test_weights_that_are_not_there_end_the_node_with_a_reason(peer):
    with pytest.raises(ConfigurationError, match='neither a folder'):
        peer.add(PlannerNode, planner='qwen', model='/nowhere')


class MeasuredCell(FakeCell):
    """A cell whose perception says by what it saw."""

    def __init__(self, peer, **values):
        super().__init__(peer, **values)
        self.depth = peer.sender(Image, DEPTH, qos.SENSOR)
        self.info = peer.sender(CameraInfo, INFO, qos.SENSOR)
        peer.sender(PoseStamped, POSE_TOPIC, qos.LATCHED).publish(
            PoseStamped(pose=pose_to_ros(POSE))
        )

    def __call__(self):
        header = conversions.header(self.stamp + 0.05, 'optical')
        self.info.publish(intrinsics_to_ros(CAMERA, header))
        self.depth.publish(depth_to_ros(table_depth(), header, '32FC1'))
        super().__call__()

    def picture(self):
        return np.zeros((480, 640, 3), np.uint8)


def test_a_described_place_is_measured_where_the_model_sees_it(peer):
    plan = json.dumps({'steps': [
        {'action': 'pick', 'object': 'red_cube_1'},
        {'action': 'place', 'object': 'red_cube_1', 'relation': 'on',
         'target': {'find': 'the coaster'}},
    ], 'summary': ''})  # fmt: skip
    u, v = pixel_of(0.60, -0.22, 0.0)
    place = json.dumps([{'point_2d': [round(u / 0.64), round(v / 0.48)], 'label': 'coaster'}])
    with scripted.serving(scripted.says(plan), scripted.says(place)) as server:
        cell = MeasuredCell(peer, retries=0, **served(server))
        cell.say('put the red cube on the coaster')
        step = cell.wait_for('planned').data['plan']['steps'][1]
    assert step['words'] == 'the coaster'
    assert step['position'] == pytest.approx([0.60, -0.22], abs=0.004)


def test_a_camera_pose_survives_the_way_through_ros():
    assert np.allclose(pose_from_ros(pose_to_ros(POSE)), POSE, atol=1e-12)


def test_while_a_model_thinks_only_the_free_move_to_a_pick_is_proposed_and_cancel_ends_both(peer):
    with scripted.serving(scripted.hangs) as server:
        cell = FakeCell(peer, answer='succeeded', **served(server, model_timeout=600.0))
        cell.say('pick up the red cube')
        assert cell.wait_for('segment').text == 'pre-grasp'
        peer.wait_for(lambda: cell.proposed, 'a proposal', each=cell)
        assert peer.call('planner/cancel', Trigger).success
        assert cell.wait_for('cancelled', 'failed', 'question').kind == 'cancelled'
        peer.wait_for(lambda: not peer.call('planner/cancel', Trigger).success, 'the end')
    assert len(server.requests) == 1
    assert len(cell.proposed) == 1
    assert 'planned' not in [event.kind for event in cell.heard()]
