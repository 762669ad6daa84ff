"""The body as the safety rules see it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

import numpy as np
import pytest

from motion.things import make_object, make_scene
from qwen_embodied.geometry import pose, rotation_x
from qwen_embodied.motion import BodyChecker, World


def line_down(robot, lowest, count=20):
    tools = [pose([0.5, 0.0, z], rotation_x(np.pi)) for z in np.linspace(0.2, lowest, count)]
    q, rows = robot.home, []
    for tool in tools:
        q = robot.inverse(tool, q)
        rows.append(np.append(q, 0.04))
    return np.array(rows)


@pytest.fixture
def body(robot):
    return BodyChecker(robot, World.from_scene(make_scene(make_object('cube', 0.5, 0.0))))


def test_tool_positions_are_those_of_forward(robot, body):
    rows = line_down(robot, 0.1)
    expected = [robot.forward(row[:7])[:3, 3] for row in rows]
    np.testing.assert_allclose(body.tool_positions(rows[:, :7]), expected, atol=1e-9)


def test_fast_hand_keeps_its_distance_and_slow_hand_may_work(robot, body):
    rows = line_down(robot, 0.02)
    contact = body.contact(rows, np.zeros(len(rows), bool))
    assert contact.first.startswith('panda_')
    assert contact.second == 'red_cube_1'
    assert contact.distance < contact.allowed == 0.02
    assert contact.sample > 0
    assert body.contact(rows, np.ones(len(rows), bool)) is None


def test_f11_slow_hand_may_not_enter_the_table(robot, body):
    rows = line_down(robot, 0.0)
    contact = body.contact(rows, np.ones(len(rows), bool))
    assert contact.second == 'table'
    assert contact.distance < 0.0
    assert contact.sample == len(rows) - 1


def test_f11_slow_arm_still_keeps_clear_of_obstacles(robot):
    item = make_object('box', 0.0, 0.0, size=(0.1, 0.1, 0.9), name='post')
    at_elbow = World.of(item).attach(make_object('cube', 0, 0), np.eye(4))
    body = BodyChecker(robot, at_elbow.detach())
    row = np.append(robot.home, 0.04)[None]
    assert body.contact(row, [True]).second == 'post'


def test_first_bad_sample_is_given(robot, body):
    rows = line_down(robot, 0.0)
    slow = np.ones(len(rows), bool)
    slow[3] = False
    assert body.contact(rows, slow).sample == len(rows) - 1
    slow[15] = False
    assert body.contact(rows, slow).sample == 15


def test_five_seconds_at_200_hz_take_far_less_than_half_a_second(robot, table_scene):
    body = BodyChecker(robot, World.from_scene(table_scene))
    rows = np.repeat(line_down(robot, 0.1, 50), 20, axis=0)
    start = time.perf_counter()
    body.contact(rows, np.zeros(len(rows), bool))
    assert time.perf_counter() - start < 0.5
