"""Ways to an arm: who owns which joint, what an action's end leads to, what is read unjudged."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy')

from builtin_interfaces.msg import Duration
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage
from trajectory_msgs.msg import JointTrajectoryPoint

from qwen_embodied.control import check_controllers
from qwen_embodied.errors import ConfigurationError, MissingDependencyError
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.motion import load_robot
from qwen_embodied.nodes import backends
from qwen_embodied.nodes.arm_controller_node import ArmControllerNode
from qwen_embodied.nodes.conversions_goal import goal_from_ros
from qwen_embodied.nodes.planner_node import PlannerNode
from qwen_embodied.nodes.wiring import serve

PART = JointTrajectory(('a',), [0.0, 1.0], [[0.0], [1.0]], [[0.0], [0.0]])


class Future:
    """A future whose result the test gives."""

    def __init__(self):
        self.callbacks, self.value = [], None

    def add_done_callback(self, callback):
        self.callbacks.append(callback)

    def result(self):
        return self.value

    def finish(self, value):
        self.value = value
        for callback in self.callbacks:
            callback(self)


class Client:
    """An action client that keeps its goals."""

    def __init__(self):
        self.goals, self.answers, self.results = [], [], []
        self.is_there = True

    def server_is_ready(self):
        return self.is_there

    def send_goal_async(self, goal):
        self.goals.append(goal)
        self.answers.append(Future())
        return self.answers[-1]

    def answer(self, at, accepted=True):
        self.results.append(Future())
        result = self.results[-1]
        handle = SimpleNamespace(accepted=accepted, get_result_async=lambda: result)
        self.answers[at].finish(handle)
        return result


@pytest.fixture
def action():
    client, failures = Client(), []
    arm = backends.ActionArm({'c': client}, SimpleNamespace, failures.append)
    return SimpleNamespace(arm=arm, client=client, failures=failures)


def ended(code, text='', status=4):
    result = SimpleNamespace(error_code=code, error_string=text)
    return SimpleNamespace(status=status, result=result)


def test_a_goal_carries_the_trajectory_and_its_start(action):
    action.arm.send('c', PART, 12.5)
    message = action.client.goals[0].trajectory
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (12, 500_000_000)
    assert message.joint_names == ['a']


def test_a_refused_and_a_failed_goal_are_told_and_a_good_one_is_not(action):
    action.arm.send('c', PART, 1.0)
    action.client.answer(0, accepted=False)
    action.arm.send('c', PART, 1.0)
    action.client.answer(1).finish(ended(-4, 'path tolerance violated'))
    action.arm.send('c', PART, 1.0)
    action.client.answer(2).finish(ended(0))
    assert action.failures == ['c refused the trajectory', 'c: path tolerance violated']


def test_a_goal_that_somebody_else_cancelled_is_told(action):
    action.arm.send('c', PART, 1.0)
    action.client.answer(0).finish(ended(0, status=5))
    assert action.failures == ['c: status 5, error 0']


def test_the_end_of_a_goal_that_was_replaced_is_no_news(action):
    action.arm.send('c', PART, 1.0)
    first = action.client.answer(0)
    action.arm.send('c', PART, 2.0)
    first.finish(ended(-1, 'preempted'))
    assert action.failures == []


def test_a_goal_that_nobody_takes_is_told(action):
    action.client.is_there = False
    action.arm.send('c', PART, 1.0)
    assert action.failures == ['c has no action server; is it loaded and active?']
    assert action.client.goals == []


def test_a_trajectory_that_nobody_hears_is_told(peer):
    failures = []
    arm = backends.TopicArm(peer.node, {'c': ('a',)}, failures.append)
    arm.send('c', PART, 1.0)
    assert failures == ['nobody listens on /c/joint_trajectory; is c loaded?']
    heard = peer.hear(JointTrajectoryMessage, 'c/joint_trajectory')
    peer.wait_for(lambda: heard, 'it', each=lambda: arm.send('c', PART, 1.0))
    told = len(failures)
    arm.send('c', PART, 1.0)
    assert len(failures) == told


def test_actions_need_control_msgs_and_say_so(monkeypatch):
    monkeypatch.setitem(sys.modules, 'control_msgs', None)
    monkeypatch.setitem(sys.modules, 'control_msgs.action', None)
    with pytest.raises(MissingDependencyError, match=r'control_msgs is missing; .*backend: topic'):
        backends.action_arm(None, {'c': ('a',)}, print)


def test_the_robot_file_says_who_owns_which_joint(tmp_path):
    check_controllers(backends.controllers_of('panda'), load_robot('panda').all_limits.names)
    bare = tmp_path / 'bare.yaml'
    bare.write_text('urdf: x\n')
    with pytest.raises(ConfigurationError, match='lacks controllers'):
        backends.controllers_of(str(bare))


def test_a_message_is_read_without_judging_it():
    points = [
        JointTrajectoryPoint(positions=[math.nan], time_from_start=Duration(sec=-1)),
        JointTrajectoryPoint(time_from_start=Duration(nanosec=2_000_000_000)),
    ]
    goal = goal_from_ros(JointTrajectoryMessage(joint_names=['a', 'a'], points=points))
    assert goal.joint_names == ('a', 'a')
    assert [len(point.positions) for point in goal.points] == [1, 0]
    assert goal.points[0].time == -1.0
    assert np.isnan(goal.points[1].time)
    assert len(goal.points[:1]) == 1


def test_there_is_nothing_to_cancel_at_rest(peer):
    peer.add(ArmControllerNode)
    answer = peer.call('arm_controller/cancel', Trigger)
    assert (answer.success, answer.message) == (False, 'nothing moves')


def test_the_planner_goes_on_cancelling_until_its_task_has_ended(peer):
    calls = []
    serve(peer.node, 'arm_controller/cancel', lambda: (bool(calls.append(1)), ''))
    planner = peer.add(PlannerNode)
    asked = []
    planner._executive.cancel = lambda: asked.append(1)
    planner._busy, planner._task = 'something', 'first'
    peer.wait_for(lambda: peer.call('planner/cancel', Trigger).success and calls, 'a call')
    many = len(calls) + 3
    # A task that was about to begin forgets what came before: it is asked again too.
    peer.wait_for(lambda: min(len(calls), len(asked)) >= many, 'further calls')
    planner._busy = ''
    assert not peer.call('planner/cancel', Trigger).success
    planner._busy, planner._task = 'something else', 'second'
    assert not planner._is_cancelling
