"""The score from exact positions: it must be able to say no."""

import pytest

from hand_made import moved, table, thing
from qwen_embodied.planning import Plan, Step
from qwen_embodied.scoring import Goal, goals_of, translate, unmet_goals

CUBE, BOWL = thing('red_cube_1', 0.5, 0.1), thing('blue_bowl_1', 0.6, -0.2)
BEFORE = table(CUBE, BOWL)


def plan(*steps):
    return Plan(steps=tuple(Step(**step) for step in steps), summary='')


PICK = {'action': 'pick', 'object': 'red_cube_1'}
PLACE = {'action': 'place', 'object': 'red_cube_1', 'relation': 'in', 'target': 'blue_bowl_1'}


def test_the_last_thing_done_to_an_object_is_its_goal():
    assert goals_of(plan(PICK)) == (Goal('red_cube_1', 'held'),)
    assert goals_of(plan(PICK, PLACE)) == (Goal('red_cube_1', 'in', 'blue_bowl_1'),)


def test_nothing_moved_is_no_success():
    (fault,) = unmet_goals(goals_of(plan(PICK, PLACE)), BEFORE, BEFORE)
    assert fault == 'red cube: it is beside the blue bowl'


def test_the_cube_in_the_bowl_is_success():
    after = table(thing('red_cube_1', 0.6, -0.2, 0.005), BOWL)
    assert unmet_goals(goals_of(plan(PICK, PLACE)), BEFORE, after) == ()


def test_held_means_lifted():
    goals = goals_of(plan(PICK))
    assert unmet_goals(goals, BEFORE, table(moved(CUBE, (0, 0, 0.1)), BOWL)) == ()
    assert 'not lifted' in unmet_goals(goals, BEFORE, BEFORE)[0]


@pytest.mark.parametrize(('y', 'done'), [(0.1, True), (0.02, False), (-0.1, False)])
def test_a_push_must_go_its_own_way(y, done):
    push = {'action': 'push', 'object': 'red_cube_1', 'direction': 'left', 'distance': 0.1}
    after = table(moved(CUBE, (0, y, 0)), BOWL)
    assert (unmet_goals(goals_of(plan(push)), BEFORE, after) == ()) is done


def test_a_lost_object_is_a_fault():
    assert 'no such object' in unmet_goals((Goal('red_cube_1', 'held'),), BEFORE, table(BOWL))[0]


def test_a_plan_is_translated_to_the_nearest_exact_objects():
    exact = table(thing('red_cube_9', 0.502, 0.1),
                  thing('blue_bowl_4', 0.6, -0.199))  # fmt: skip
    changed = translate(plan(PICK, PLACE), BEFORE, exact)
    assert [step.object for step in changed.steps] == ['red_cube_9', 'red_cube_9']
    assert changed.steps[1].target == 'blue_bowl_4'
