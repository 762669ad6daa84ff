"""A stepped cell: what is proposed is judged, followed to its end, and told."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from hand_made import table, thing
from quintic import quintic
from qwen_embodied.anchor import Anchor
from qwen_embodied.messages import ArmStatus
from qwen_embodied.motion import load_robot
from qwen_embodied.simulation import MujocoWorld, SceneSpec
from qwen_embodied.stepped_cell import CONTROL_PERIOD, SteppedCell

ROBOT = load_robot('panda')
NAMES = ROBOT.all_limits.names
HOME = np.array([*ROBOT.home, ROBOT.gripper.open])


@pytest.fixture
def world():
    made = MujocoWorld(SceneSpec((), 0))
    yield made
    made.close()


@pytest.fixture
def cell(world):
    made = SteppedCell(world, ROBOT)
    made.start()
    return made


def turn(angle=0.2, seconds=1.0):
    goal = HOME.copy()
    goal[0] += angle
    return quintic(NAMES, HOME, goal, seconds, '')


def test_a_good_trajectory_is_followed_to_its_end(cell):
    approved, steps = [], []
    cell.on_approval, cell.on_step = approved.append, steps.append
    began = cell.now()
    status = cell.execute(turn())
    assert status.state == 'succeeded', status.reason
    assert [item.id for item in approved] == [status.trajectory_id]
    assert cell.state().of(NAMES)[:7] == pytest.approx(turn().positions[-1][:7], abs=0.01)
    assert len(steps) == round((cell.now() - began) / CONTROL_PERIOD)
    assert cell.supervisor.state == 'ARMED'


def test_what_breaks_a_rule_is_rejected_and_nothing_passes(cell):
    began, approved = cell.now(), []
    cell.on_approval = approved.append
    status = cell.execute(turn(seconds=0.15))
    assert status.state == 'rejected'
    assert 'C6' in status.reason
    assert approved == []
    assert cell.now() == began


def test_before_it_is_started_it_refuses(world):
    status = SteppedCell(world, ROBOT).execute(turn())
    assert (status.state, 'INIT' in status.reason) == ('rejected', True)


def test_what_stands_around_is_kept_clear_of_but_not_what_is_in_the_hand(cell):
    x, y, z = ROBOT.forward(ROBOT.home)[:3, 3]
    held = thing('red_cube_1', x, y, z - 0.02)
    cell.surround(table(held), cell.state())
    assert cell.execute(turn(0.05)).state == 'succeeded'
    tool = ROBOT.forward(np.array([HOME[0] + 0.5, *HOME[1:7]]))[:3, 3]
    post = thing('blue_box_1', tool[0], tool[1], 0.0, size=(0.05, 0.05, tool[2] + 0.1))
    cell.surround(table(held, post), cell.state())
    start = Anchor()
    start.take(turn(0.05), ArmStatus('', 'succeeded'))
    row = start.of(cell.state()).of(NAMES)
    status = cell.execute(quintic(NAMES, row, row + np.eye(8)[0] * 0.8, 2.0))
    assert status.state == 'rejected'
    assert 'C9' in status.reason
    assert 'blue' in status.reason


@pytest.mark.parametrize(
    ('state', 'known'), [('succeeded', True), ('rejected', False), ('aborted', False)]
)
def test_the_next_motion_starts_where_the_last_one_was_commanded_to_end(cell, state, known):
    anchor = Anchor()
    anchor.take(turn(), ArmStatus('', state))
    start = anchor.of(cell.state())
    wanted = turn().positions[-1] if known else cell.state().of(NAMES)
    np.testing.assert_array_equal(start.of(NAMES), wanted)
    assert start.velocities is None


def test_an_abort_forgets_what_was_commanded_and_a_rejection_does_not(cell):
    anchor, measured = Anchor(), cell.state().of(NAMES)
    anchor.take(turn(), ArmStatus('', 'succeeded'))
    anchor.take(turn(-0.4), ArmStatus('', 'rejected'))
    np.testing.assert_array_equal(anchor.of(cell.state()).of(NAMES), turn().positions[-1])
    anchor.take(turn(-0.4), ArmStatus('', 'aborted'))
    np.testing.assert_array_equal(anchor.of(cell.state()).of(NAMES), measured)
