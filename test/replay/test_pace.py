"""In the robot profile a replay plans and judges at the speeds that `up robot` gives its nodes."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from hand_made import table, thing
from qwen_embodied import bringup, safety
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.messages import JointState
from qwen_embodied.motion import MotionParameters, Skills, load_robot
from qwen_embodied.parameters import build
from qwen_embodied.planning import GrammarPlanner
from qwen_embodied.replay import configure
from qwen_embodied.replay.config import stage_parameters
from qwen_embodied.replay.predicted import PredictedCell
from qwen_embodied.task import Executive
from qwen_embodied.workcell import Observation

HASTY = """
planner:
  ros__parameters: {tool_speed: 0.95, velocity_scale: 0.48, acceleration_scale: 0.48}
"""


def predicted(words, **given):
    """Carry out an instruction as a replay does, from home."""
    config = configure({'profile': 'robot', **given}, {})
    stages, robot = stage_parameters(config), load_robot(config.robot)
    row = np.append(robot.home, robot.gripper.open)
    scene = table(thing('red_cube_1', 0.5, 0.1), thing('blue_bowl_1', 0.45, -0.2))
    state = JointState(scene.stamp, robot.all_limits.names, row, np.zeros(len(row)))
    view = Observation(scene, np.zeros((4, 4, 3), np.uint8), state)
    cell = PredictedCell(robot, view, stages.safety)
    result = Executive(cell, GrammarPlanner(), Skills(robot, stages.motion)).run(words)
    return result, cell.judged


@pytest.mark.parametrize('given', [{}, {'speed': 0.5}])
@pytest.mark.parametrize('file', ['', HASTY])
def test_planner_and_rules_have_the_values_of_the_nodes(given, file, tmp_path):
    path = tmp_path / 'cell.yaml'
    path.write_text(file or '{}')
    profile = bringup.robot(**given, params_file=str(path))
    nodes = {spec.name: spec.values() for spec in profile.nodes}
    stages = stage_parameters(
        configure({'profile': 'robot', 'params_files': [str(path)], **given}, {})
    )
    names = vars(MotionParameters())
    wanted = {name: value for name, value in nodes['planner'].items() if name in names}
    assert stages.motion == build(MotionParameters, wanted, 'planner')
    rules = nodes['safety_supervisor']
    for name in set(vars(safety.Parameters())) & set(rules):
        if name not in ('self_arming', 'latch_file', 'audit_file', 'command_topics'):
            assert getattr(stages.safety, name) == rules[name], name


@pytest.mark.parametrize(('robot', 'speed'), [('ur5e_2f85', 0.1), ('panda', 0.5)])
def test_what_the_robot_may_do_is_approved(robot, speed):
    result, judged = predicted('put the red cube in the blue bowl', robot=robot, speed=speed)
    assert result.success, result.reason
    assert len(judged) > 5
    assert not [item.breaches for item in judged if item.breaches]


def test_a_motion_that_was_refused_is_not_proposed_again(tmp_path):
    path = tmp_path / 'low.yaml'
    path.write_text('safety_supervisor: {ros__parameters: {max_tool_speed: 0.01}}')
    result, judged = predicted('pick up the red cube', robot='ur5e_2f85', params_files=[str(path)])
    refused = [item for item in judged if item.breaches]
    assert not result.success
    assert 'C7 tool' in result.reason
    assert len(refused) == 1


def test_a_speed_out_of_bounds_is_refused():
    with pytest.raises(ConfigurationError, match=r'speed = 1\.5'):
        configure({'profile': 'robot', 'speed': 1.5}, {})
