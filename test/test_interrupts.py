"""Whatever the operator says and whenever: the task ends in that, and nothing moves after it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from hand_made import table, thing
from kinematic_cell import KinematicCell
from qwen_embodied.motion import MotionParameters, Skills, load_robot
from qwen_embodied.planning import GrammarPlanner
from qwen_embodied.relations import unmet
from qwen_embodied.task import Executive

ROBOT = load_robot('panda')
INTO_BIN, ONTO_TRAY = 'put the red cube in the black bin', 'put the red cube on the white tray'


class EventfulCell(KinematicCell):
    """Does something at the n-th event of a task, whatever it is."""

    def __init__(self, at=None, do=None):
        scene = table(
            thing('red_cube_1', 0.45, 0.20), thing('black_bin_1', 0.63, 0.15),
            thing('white_tray_1', 0.63, -0.15),
        )  # fmt: skip
        super().__init__(ROBOT, scene)
        self.executive = Executive(self, GrammarPlanner(), Skills(ROBOT, MotionParameters()))
        self.at, self.do, self.before = at, do, None

    def report(self, event):
        super().report(event)
        if len(self.events) == self.at:
            self.before = len(self.executed)
            self.do(self)

    def run(self, instruction=INTO_BIN):
        return self.executive.run(instruction)

    def is_at(self, target):
        found = [self.scene.find(name) for name in ('red_cube_1', target)]
        return unmet(found[0], 'in', found[1]) is None


COUNT = 18  # events of the task when nothing interferes


def test_the_task_has_as_many_events_as_are_tried():
    cell = EventfulCell()
    assert cell.run().success
    assert len(cell.events) == COUNT


@pytest.mark.parametrize('at', range(1, COUNT))
def test_nothing_is_executed_after_a_cancel_at_any_event(at):
    cell = EventfulCell(at, lambda cell: cell.executive.cancel())
    result = cell.run()
    assert len(cell.executed) == cell.before
    assert (cell.kinds()[-1], result.success) == ('cancelled', False)
    assert 'cancelled by the operator' in result.reason


@pytest.mark.parametrize('at', [1, 2, 4, 7, 11, 15, COUNT - 1, COUNT])
def test_a_new_instruction_at_any_event_is_carried_out(at):
    cell = EventfulCell(at, lambda cell: cell.executive.instruct(ONTO_TRAY))
    result = cell.run()
    assert result.success, result.reason
    assert cell.is_at('white_tray_1')
    assert cell.kinds().count('accepted') == 2


@pytest.mark.parametrize('text', ['', '   '])
def test_an_empty_instruction_is_asked_about_and_the_old_one_is_not_begun_again(text):
    cell = EventfulCell(5, lambda cell: cell.executive.instruct(text))
    result = cell.run()
    assert not result.success
    assert cell.kinds()[-1] == 'question'
    assert not cell.is_at('black_bin_1')


@pytest.mark.parametrize('end', ['cancel', 'stop'])
def test_an_instruction_given_before_the_end_of_all_is_not_begun(end):
    def both(cell):
        cell.executive.instruct(ONTO_TRAY)
        if end == 'cancel':
            cell.executive.cancel()
        else:
            cell.stop = 'E1 stop: the button'

    cell = EventfulCell(6, both)
    result = cell.run()
    assert not result.success
    assert cell.kinds().count('accepted') == 1
    assert len(cell.executed) == cell.before


def test_a_wait_ends_with_a_cancel():
    cell = EventfulCell()
    cell.happenings = {('wait', 3): lambda cell: cell.executive.cancel()}
    began = cell.time
    assert 'cancelled' in cell.run('wait 30 seconds').reason
    assert cell.time - began < 1.0
