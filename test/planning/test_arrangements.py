"""Instructions that name goals: judged by an own simulation, not by the planner's words."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from planning import scenes
from planning.wording import short
from qwen_embodied.bench.plan_cases import ACTING, ASKING, generated
from qwen_embodied.bench.plan_checker import faults
from qwen_embodied.bench.plan_offline import judged
from qwen_embodied.bench.plan_phrases import phrases
from qwen_embodied.bench.plan_scenes import SCENES
from qwen_embodied.planning import GrammarPlanner, Plan, PlanRequest, Step, repaired, shorten

PLANNER = GrammarPlanner()


def ask(text, where=scenes.CUBES, history=(), holding=None):
    return PLANNER.plan(PlanRequest(text, where, holding=holding, history=history))


@pytest.mark.parametrize('template', ACTING, ids=lambda template: template.__name__)
def test_generated_goals_are_reached(template):
    for case in generated([template], 4):
        plan = PLANNER.plan(PlanRequest(case.text, case.scene))
        assert judged(plan, case) == 'right', (case.text, short(plan))


@pytest.mark.parametrize('template', ASKING, ids=lambda template: template.__name__)
def test_asks_where_nothing_else_is_right(template):
    for case in generated([template], 4):
        assert PLANNER.plan(PlanRequest(case.text, case.scene)).question, case.text


def test_phrases_of_benchmarks_lead_to_no_wrong_plan():
    right = 0
    for phrase in phrases():
        scene = SCENES[phrase.scene]
        plan = PLANNER.plan(PlanRequest(phrase.text, scene))
        if plan.question is None:
            assert phrase.goals, (phrase.text, short(plan))
            assert faults(plan, scene, phrase.goals) == [], (phrase.text, short(plan))
        right += plan.question is None or phrase.may_ask
    assert len(phrases()) >= 130
    assert right / len(phrases()) >= 0.95


@pytest.mark.parametrize(
    ('first', 'answer', 'steps'),
    [
        ('put the cube in the bowl', 'the left one', 'red_cube_1 in blue_bowl_1'),
        ('put the cube in the bowl', 'green', 'green_cube_1 in blue_bowl_1'),
        ('put the cube in the bowl', 'I mean the blue one', 'blue_cube_1 in blue_bowl_1'),
        ('put the red cube', 'in the bowl', 'red_cube_1 in blue_bowl_1'),
        ('push the red cube', 'to the right', 'push red_cube_1 right 0.1'),
        ('put the red cube or the green one on the tray', 'the green one',
         'green_cube_1 on white_tray_1'),
        ('put the cube in the bowl', 'put the red cube on the tray', 'red_cube_1 on white_tray_1'),
        ('把方块放到碗里', '左边的方块', 'red_cube_1 in blue_bowl_1'),
    ],
)  # fmt: skip
def test_an_answer_is_joined_to_its_question(first, answer, steps):
    question = ask(first).question
    history = (f'operator: {first}', f'robot: {question}')
    assert short(ask(answer, history=history)) == steps


def test_an_answer_without_a_question_is_asked_back():
    assert ask('the left one').question
    assert ask('the left one', history=('done: pick the red cube',)).question


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('swap the red cube', 'swap two things'),
        ('build a tower of nine with red on top', 'I see only'),
        ('put the cylinder between the red cube and the tray', 'no room between'),
        ('put the red cube between the bowl', 'Please name two objects'),
        ('arrange the cubes', 'How should I arrange them'),
        ('put the cylinder and the cubes between the bowl and the tray', 'Only one object'),
        ('make a row of the red cube', 'at least two'),
        ('unstack the cubes', 'Nothing is stacked'),
        ("don't touch the green cube; swap the red cube and the green cube", 'not to touch'),
    ],
)
def test_arrangements_that_cannot_be_are_asked_about(text, words):
    assert words in ask(text).question


def test_a_protected_obstacle_is_asked_about():
    text = "don't touch the green cube; put the red cube in the yellow bowl"
    assert 'must not touch it' in ask(text, scenes.STACKED).question


def test_goals_leave_out_what_is_only_moved_aside():
    request = PlanRequest('put the red cube in the yellow bowl', scenes.STACKED)
    goals = PLANNER.goals(request)
    assert [(goal.object, goal.relation) for goal in goals] == [('red_cube_1', 'in')]
    assert PLANNER.goals(PlanRequest('sing', scenes.STACKED)) == ()


def detour():
    steps = [
        {'action': 'pick', 'object': 'red_cube_1'},
        {'action': 'place', 'object': 'red_cube_1', 'relation': 'on', 'target': 'green_cube_1'},
        {'action': 'pick', 'object': 'red_cube_1'},
        {'action': 'place', 'object': 'red_cube_1', 'relation': 'in', 'target': 'blue_bowl_1'},
    ]
    return Plan(steps=tuple(map(Step.model_validate, steps)), summary='')


def test_a_detour_is_shortened():
    request = PlanRequest('', scenes.CUBES)
    assert short(shorten(detour(), request)) == 'red_cube_1 in blue_bowl_1'
    best = shorten(detour(), request)
    assert shorten(best, request) is best


def test_a_plan_with_a_wait_is_not_shortened():
    plan = detour()
    longer = plan.model_copy(update={'steps': (*plan.steps, Step(action='wait', seconds=1))})
    assert shorten(longer, PlanRequest('', scenes.CUBES)) is longer


def test_a_plan_is_repaired_where_something_was_put_on_top():
    steps = detour().steps[2:]
    plan = Plan(steps=(*steps, Step(action='home')), summary='')
    found = repaired(plan, PlanRequest('', scenes.STACKED.__class__(
        0.0, 'panda_link0', scenes.STACKED.objects, 0.0)))  # fmt: skip
    assert [step.object for step in found.steps if step.action == 'pick'] == [
        'green_cube_1', 'red_cube_1',
    ]  # fmt: skip
    assert found.steps[-1].action == 'home'


@pytest.mark.parametrize('name', sorted(SCENES))
def test_the_checker_denies_an_empty_plan(name):
    wait = Plan(steps=(Step(action='home'),), summary='')
    cubes = [item.id for item in SCENES[name].objects if item.shape == 'cube']
    wanted = '; '.join(f'held {cube}' for cube in cubes) or 'held green_ball_1'
    assert faults(wait, SCENES[name], wanted)


def test_the_checker_denies_what_nobody_asked_for():
    plan = ask('put the red cube in the bowl')
    assert faults(plan, scenes.CUBES, 'red_cube_1 in blue_bowl_1') == []
    assert 'nobody asked' in faults(plan, scenes.CUBES, 'green_cube_1 table')[0]
