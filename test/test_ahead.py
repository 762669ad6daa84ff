"""Planning ahead: answers that come late cost little, and no plan moves the arm unchecked."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from hand_made import table, thing
from kinematic_cell import KinematicCell
from qwen_embodied.calls import Delayed, InBackground
from qwen_embodied.errors import ModelCancelledError
from qwen_embodied.motion import ForesightedSkills, MotionParameters, Skills, load_robot
from qwen_embodied.planning import GrammarPlanner, Plan, PlanRequest, ScriptedPlanner, Step
from qwen_embodied.prediction import is_as_predicted, is_unmoved
from qwen_embodied.relations import unmet
from qwen_embodied.task import Executive

ROBOT = load_robot('panda')
BIN = 'black_bin_1'
GREEN_IN = 'put the green cube in the black bin'
RED_IN = 'put the red cube in the black bin'
FREE = {'pre-grasp', 'home'}  # segments that touch nothing


def cell_with(kind=KinematicCell, happenings=None):
    scene = table(
        thing('red_cube_1', 0.45, 0.20), thing('green_cube_1', 0.45, 0.05),
        thing('blue_cube_1', 0.45, -0.10), thing(BIN, 0.63, 0.15),
    )  # fmt: skip
    return kind(ROBOT, scene, happenings)


class Watched:
    """A planner that remembers what it was asked, and how far the arm was when it answered."""

    def __init__(self, cell, planner=None):
        self.cell, self.planner = cell, planner or GrammarPlanner()
        self.asked, self.moved = [], []

    def plan(self, request):
        self.asked.append(request)
        self.moved.append([event.text for event in self.cell.events if event.kind == 'segment'])
        return self.planner.plan(request)


class Cancellable(Delayed):
    """Calls that say how many of them were begun and cancelled."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.begun, self.cancelled = [], []

    def begin(self, request):
        call = super().begin(request)
        call.cancel = lambda: self.cancelled.append(request)
        self.begun.append(request)
        return call


def executive_for(cell, planner=None, *, seconds=1.0, guesser=None):
    calls = Cancellable(planner or GrammarPlanner(), seconds, cell.now, guesser)
    return Executive(cell, calls, Skills(ROBOT, MotionParameters())), calls


def pick_and_put(name):
    steps = (
        Step(action='pick', object=name),
        Step(action='place', object=name, relation='in', target=BIN),
    )
    return Plan(steps=steps, summary='')


def is_in(cell, name):
    return unmet(cell.scene.find(name), 'in', cell.scene.find(BIN)) is None


def waited(cell):
    return sum(event.data['seconds'] for event in cell.events if event.kind == 'waited')


def test_a_late_answer_does_not_keep_the_arm_waiting_where_the_first_move_can_be_guessed():
    cell = cell_with()
    executive, _ = executive_for(cell, guesser=GrammarPlanner())
    result = executive.run(GREEN_IN)
    assert result.success, result.reason
    assert is_in(cell, 'green_cube_1')
    assert waited(cell) <= 0.05 * cell.time
    plain = cell_with()
    executive_for(plain, seconds=0.0)[0].run(GREEN_IN)
    assert cell.time <= 1.05 * plain.time
    assert [len(part.times) for part in cell.executed] == [len(p.times) for p in plain.executed]


def test_without_a_guess_the_arm_stands_still_until_the_answer():
    cell = cell_with()
    watched = Watched(cell)
    executive, _ = executive_for(cell, watched)
    assert executive.run(GREEN_IN).success
    assert watched.moved == [[]]
    assert 0.5 < waited(cell) <= 1.0


@pytest.mark.parametrize(
    'guess',
    [
        pick_and_put('moon_1'), pick_and_put('red_cube_1'), pick_and_put(BIN),
        Plan(steps=(Step(action='home'),), summary=''),
    ],
)  # fmt: skip
def test_a_guess_that_the_checks_refuse_moves_nothing(guess):
    cell = cell_with()
    watched = Watched(cell)
    executive, _ = executive_for(cell, watched, guesser=ScriptedPlanner([guess]))
    assert executive.run(GREEN_IN).success
    assert watched.moved == [[]]


def test_before_the_answer_the_arm_touches_nothing_and_a_wrong_guess_is_left():
    cell = cell_with()
    watched = Watched(cell, ScriptedPlanner([pick_and_put('red_cube_1')]))
    guess = ScriptedPlanner([pick_and_put('green_cube_1')])
    executive, _ = executive_for(cell, watched, guesser=guess)
    result = executive.run('put a cube in the black bin')
    assert result.success, result.reason
    assert watched.moved[0]
    assert set(watched.moved[0]) <= FREE
    assert is_in(cell, 'red_cube_1')
    assert not is_in(cell, 'green_cube_1')


def asking():
    return ScriptedPlanner([Plan(steps=(Step(action='ask', question='Which?'),), summary='')])


@pytest.mark.parametrize('guess', [asking, GrammarPlanner])
@pytest.mark.parametrize(
    'words', ['put the smorgle in the black bin', 'put the smorgle on the red cube']
)
def test_where_the_guess_asks_the_arm_goes_for_what_the_words_may_mean(words, guess):
    cell = cell_with()
    watched = Watched(cell, ScriptedPlanner([pick_and_put('blue_cube_1')]))
    executive, _ = executive_for(cell, watched, guesser=guess())
    result = executive.run(words)
    assert watched.moved == [['pre-grasp']]
    if 'bin' in words:
        assert result.success, result.reason
        assert is_in(cell, 'blue_cube_1')


@pytest.mark.parametrize(
    'words',
    [
        'give the smorgle to the child', 'what is a smorgle?', 'dance the smorgle',
        'put the smorgle in the black bin, not the cubes',
    ],
)  # fmt: skip
def test_words_that_allow_no_pick_move_nothing_before_the_answer(words):
    cell = cell_with()
    watched = Watched(cell, asking())
    executive, _ = executive_for(cell, watched, guesser=GrammarPlanner())
    assert executive.run(words).reason == 'Which?'
    assert watched.moved == [[]]


def test_a_question_brings_the_arm_back():
    cell = cell_with()
    ask = Plan(steps=(Step(action='ask', question='The large or the small one?'),), summary='')
    executive, _ = executive_for(cell, ScriptedPlanner([ask]), guesser=GrammarPlanner())
    assert executive.run(GREEN_IN).reason == 'The large or the small one?'
    assert cell.executed
    assert Skills(ROBOT, MotionParameters()).is_home(cell.state())


def test_an_answer_about_the_state_that_is_then_seen_is_used():
    cell = cell_with()
    executive, calls = executive_for(cell)
    assert executive.run(GREEN_IN).success
    assert len(calls.begun) == 1
    assert calls.cancelled == []


class Meddled(KinematicCell):
    """Somebody moves the green cube before the first look."""

    is_first = True

    def look(self):
        if self.is_first:
            self.put('green_cube_1', 0.40, -0.25)
        self.is_first = False
        return super().look()


def test_an_answer_about_another_state_than_the_one_seen_is_never_used():
    cell = cell_with(Meddled)
    watched = Watched(cell)
    executive, calls = executive_for(cell, watched)
    result = executive.run(GREEN_IN)
    assert result.success, result.reason
    assert calls.cancelled == calls.begun[:1]
    assert [request.scene.find('green_cube_1').position[1] for request in watched.asked] == [-0.25]


def test_a_new_instruction_is_planned_while_the_arm_comes_home():
    cell = cell_with()
    executive, calls = executive_for(cell)
    second = {}

    def change():
        executive.instruct(RED_IN)
        second['calls'] = len(calls.begun)

    cell.happenings = {('segment', 7): lambda cell: change()}
    result = executive.run(GREEN_IN)
    assert result.success, result.reason
    assert [is_in(cell, name) for name in ('green_cube_1', 'red_cube_1')] == [True, True]
    assert len(calls.begun) == second['calls'] + 1
    assert calls.begun[-1].rgb is None
    late = [event for event in cell.events if event.kind == 'waited']
    assert len(late) == 1


def test_a_prediction_that_fails_while_the_arm_comes_home_is_dropped():
    cell = cell_with()
    executive, calls = executive_for(cell)

    def change(cell):
        executive.instruct(RED_IN)
        cell.happenings[('segment', 8)] = lambda cell: cell.put('blue_cube_1', 0.40, -0.25)

    cell.happenings = {('segment', 7): change}
    assert executive.run(GREEN_IN).success
    assert len(calls.begun) == 3
    assert calls.cancelled == [calls.begun[1]]
    assert calls.begun[2].scene.find('blue_cube_1').position[1] == pytest.approx(-0.25)


@pytest.mark.parametrize('guesser', [None, GrammarPlanner()])
def test_cancelling_the_task_cancels_the_call(guesser):
    cell = cell_with()
    executive, calls = executive_for(cell, seconds=30.0, guesser=guesser)
    cell.happenings = {('wait', 3): lambda cell: executive.cancel()}
    result = executive.run(GREEN_IN)
    assert 'cancelled' in result.reason
    assert cell.kinds()[-1] == 'cancelled'
    assert calls.cancelled == calls.begun
    assert cell.time < 10.0
    assert {event.text for event in cell.events if event.kind == 'segment'} <= FREE


def test_a_stop_while_the_planner_thinks_ends_the_task_and_the_call():
    cell = cell_with()
    executive, calls = executive_for(cell, seconds=30.0)
    cell.happenings = {('wait', 3): lambda cell: setattr(cell, 'stop', 'E1 stop: the button')}
    result = executive.run(GREEN_IN)
    assert 'E1 stop: the button' in result.reason
    assert calls.cancelled == calls.begun
    assert cell.executed == []


def test_answers_about_other_words_hands_or_pasts_are_not_those_wanted():
    scene = cell_with().scene
    request = PlanRequest(GREEN_IN, scene)
    assert is_as_predicted(request, PlanRequest(GREEN_IN, scene))
    for other in (
        PlanRequest(RED_IN, scene), PlanRequest(GREEN_IN, scene, holding='red_cube_1'),
        PlanRequest(GREEN_IN, scene, history=('failed: pick',)), PlanRequest(GREEN_IN, table()),
    ):  # fmt: skip
        assert not is_as_predicted(request, other)


class Foresighted(ForesightedSkills):
    """Counts the placings and ways home that were made before they were asked for."""

    ready = 0

    def _foreseen(self, asked, state):
        motion = super()._foreseen(asked, state)
        self.ready += motion is not None
        return motion


TWO = 'put the green cube in the black bin, then put the red cube on the blue cube'


@pytest.mark.parametrize('faults', [{}, {'misses': 1}, {'drops': 1}])
def test_the_next_motion_is_made_while_the_arm_moves_and_is_the_same(faults):
    ahead, plain = (KinematicCell(ROBOT, cell_with().scene, **faults) for _ in range(2))
    skills = Foresighted(ROBOT, MotionParameters())
    assert Executive(ahead, GrammarPlanner(), skills).run(TWO).success
    assert Executive(plain, GrammarPlanner(), Skills(ROBOT, MotionParameters())).run(TWO).success
    assert skills.ready >= 5
    assert len(ahead.executed) == len(plain.executed)
    pairs = zip(ahead.executed, plain.executed, strict=True)
    assert all(np.array_equal(one.positions, two.positions) for one, two in pairs)


def test_a_pick_that_was_made_ahead_is_thrown_away_where_the_thing_was_moved():
    cell = cell_with()
    cell.happenings = {('segment', 7): lambda cell: cell.put('red_cube_1', 0.40, 0.22)}
    skills = Foresighted(ROBOT, MotionParameters())
    assert Executive(cell, GrammarPlanner(), skills).run(TWO).success
    assert skills.ready == 4
    assert unmet(cell.scene.find('red_cube_1'), 'on', cell.scene.find('blue_cube_1')) is None


def test_what_is_made_ahead_moves_nothing_after_a_cancel():
    cell = cell_with()
    executive = Executive(cell, GrammarPlanner(), Foresighted(ROBOT, MotionParameters()))
    cell.happenings = {('segment', 2): lambda cell: executive.cancel()}
    assert 'cancelled' in executive.run(GREEN_IN).reason
    assert [event.text for event in cell.events if event.kind == 'segment'][3:] == []


@pytest.mark.parametrize(('shift', 'turn', 'expected'), [
    (0.002, 0.0, True), (0.004, 0.0, False), (0.0, np.pi / 2, True), (0.0, 0.3, False),
])  # fmt: skip
def test_a_motion_does_for_things_that_did_not_move(shift, turn, expected):
    cube = thing('red_cube_1', 0.45, 0.20)
    pose = cube.object_in_base.copy()
    pose[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    pose[0, 3] += shift
    assert is_unmoved(table(cube), table(replace(cube, object_in_base=pose))) is expected
    assert not is_unmoved(table(cube), table())


class Slow:
    """A planner that thinks until it is cancelled or let go on."""

    def __init__(self):
        self.go, self.begun, self.cancels, self.running = threading.Event(), [], 0, 0

    def plan(self, request):
        self.begun.append(request.instruction)
        self.running += 1
        assert self.running == 1
        self.go.wait(20.0)
        self.go.clear()
        self.running -= 1
        if self.cancels:
            self.cancels = 0
            raise ModelCancelledError('cancelled')
        return pick_and_put('green_cube_1')

    def cancel(self):
        self.cancels += 1
        self.go.set()


def test_a_call_in_the_background_begins_when_the_one_before_has_ended():
    slow, scene = Slow(), cell_with().scene
    calls = InBackground(slow, slow.cancel)
    first = calls.begin(PlanRequest('first', scene))
    assert not first.is_ready()
    second = calls.begin(PlanRequest('second', scene))
    with pytest.raises(ModelCancelledError):
        first.result()
    slow.go.set()
    assert second.result().steps[0].object == 'green_cube_1'
    assert slow.begun == ['first', 'second']
    calls.close()


def test_closing_ends_a_call_under_way():
    slow = Slow()
    calls = InBackground(slow, slow.cancel)
    call = calls.begin(PlanRequest('first', cell_with().scene))
    calls.close()
    with pytest.raises(ModelCancelledError):
        call.result()
