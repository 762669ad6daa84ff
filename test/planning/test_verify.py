"""The symbolic check of plans."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from planning import scenes
from planning.scenes import scene, thing
from qwen_embodied.planning import Plan, Step, verify


def pick(name):
    return Step(action='pick', object=name)


def place(name, relation, target):
    return Step(action='place', object=name, relation=relation, target=target)


def at(name, x, y):
    return Step(action='place', object=name, relation='at', position=(x, y))


def push(name, direction='left', distance=0.05):
    return Step(action='push', object=name, direction=direction, distance=distance)


def ask():
    return Step(action='ask', question='Which?')


def rules(where, *steps, holding=None):
    found = verify(Plan(steps=steps, summary=''), where, holding)
    return [(violation.step, violation.rule) for violation in found]


RED, GREEN, BLUE = 'red_cube_1', 'green_cube_1', 'blue_cube_1'
BOWL, TRAY, CYLINDER = 'blue_bowl_1', 'white_tray_1', 'yellow_cylinder_1'
TINY_BOWL = thing('pink', 'bowl', 0.5, 0.2, size=(0.06, 0.06, 0.03))
WIDE = thing('grey', 'box', 0.5, -0.2, size=(0.2, 0.16, 0.1))
ODD = scene(TINY_BOWL, WIDE, thing('red', 'ball', 0.45, 0.0), thing('blue', 'cube', 0.6, 0.0))


@pytest.mark.parametrize(
    'steps',
    [
        (pick(RED), place(RED, 'in', BOWL)),
        (pick(RED), place(RED, 'on', GREEN), pick(BLUE), place(BLUE, 'on', RED)),
        (pick(RED), place(RED, 'on', TRAY), pick(BLUE), place(BLUE, 'on', TRAY)),
        (pick(RED), at(RED, 0.5, 0.1), push(RED, 'forward')),
        (pick(RED), place(RED, 'left_of', CYLINDER), Step(action='home')),
        (Step(action='wait', seconds=1), ask()),
        (pick(RED),),
    ],
)
def test_sensible_plans_pass(steps):
    assert rules(scenes.CUBES, *steps) == []


@pytest.mark.parametrize(
    ('steps', 'expected'),
    [
        ((pick('red_moon_1'),), [(0, 'known')]),
        ((pick(RED), place(RED, 'in', 'red_moon_1')), [(1, 'known')]),
        ((pick(RED), pick(GREEN)), [(1, 'hand-empty')]),
        ((place(RED, 'in', BOWL),), [(0, 'holds')]),
        ((pick(RED), place(GREEN, 'in', BOWL)), [(1, 'holds')]),
        ((pick(RED), place(RED, 'on', RED)), [(1, 'itself')]),
        ((pick(RED), place(RED, 'in', GREEN)), [(1, 'container')]),
        ((pick(RED), place(RED, 'on', BOWL)), [(1, 'support')]),
        ((pick(BOWL),), [(0, 'liftable')]),
        ((pick(RED), at(RED, 0.9, 0.0)), [(1, 'workspace')]),
        ((pick(RED), push(GREEN)), [(1, 'hand-empty')]),
        ((push(RED, 'left', 0.2),), [(0, 'workspace')]),
        ((ask(), pick(RED)), [(0, 'ask-ends')]),
        ((pick(RED), place(RED, 'on', GREEN), pick(GREEN)), [(2, 'free-top')]),
        ((pick(RED), place(RED, 'on', GREEN), push(GREEN)), [(2, 'free-top')]),
        ((pick(RED), place(RED, 'in', BOWL), push(BOWL)), [(2, 'free-top')]),
        (
            (pick(RED), place(RED, 'on', GREEN), pick(BLUE), place(BLUE, 'on', GREEN)),
            [(3, 'free-top')],
        ),
    ],
)
def test_each_rule_catches_its_plan(steps, expected):
    assert rules(scenes.CUBES, *steps) == expected


def test_what_stands_on_something_is_read_from_the_scene():
    assert rules(scenes.STACKED, pick(RED)) == [(0, 'free-top')]
    assert rules(scenes.STACKED, pick('purple_box_1')) == []
    assert rules(scenes.STACKED, push('blue_bowl_1')) == [(0, 'free-top')]
    assert rules(scenes.STACKED, push('purple_box_1')) == [(0, 'on-table')]
    freed = (pick(GREEN), place(GREEN, 'in', 'yellow_bowl_1'), pick(RED))
    assert rules(scenes.STACKED, *freed) == []


def test_a_held_object_carries_nothing_and_rests_nowhere():
    assert (
        rules(scenes.STACKED, place(GREEN, 'in', 'yellow_bowl_1'), pick(RED), holding=GREEN) == []
    )
    assert rules(scenes.CUBES, pick(RED), holding=GREEN) == [(0, 'hand-empty')]


def test_a_held_object_need_not_be_in_sight():
    assert rules(scenes.CUBES, place('pink_ball_9', 'in', BOWL), holding='pink_ball_9') == []


def test_places_that_are_taken_or_out_of_reach_are_refused():
    assert rules(scenes.CUBES, pick(RED), at(RED, 0.58, 0.02)) == [(1, 'free-place')]
    swapped = (pick(GREEN), at(GREEN, 0.5, -0.1), pick(RED), at(RED, 0.44, 0.02))
    assert rules(scenes.CUBES, *swapped) == []
    plan = Plan(steps=(pick(RED), place(RED, 'in', BOWL)), summary='')
    found = verify(plan, scenes.CUBES, reach=lambda x, y, z: x < 0.6)
    assert [(violation.step, violation.rule) for violation in found] == [(1, 'reach')]
    found = verify(plan, scenes.CUBES, reach=lambda x, y, z: x > 0.43)
    assert [(violation.step, violation.rule) for violation in found] == [(0, 'reach')]


def test_a_container_takes_only_as_much_as_its_floor():
    many = [thing('red', 'cube', 0.40, -0.3 + 0.06 * n, number=n + 1) for n in range(10)]
    steps = [
        step for item in many for step in (pick(item.id), place(item.id, 'in', 'blue_bowl_1'))
    ]
    found = rules(scene(*many, thing('blue', 'bowl', 0.62, 0.0)), *steps)
    assert {rule for _, rule in found} == {'room'}
    assert found[0][0] > 10


def test_an_unseen_held_object_can_be_put_down_and_others_beside_it():
    steps = (at('pink_ball_9', 0.5, 0.1), pick(RED), at(RED, 0.6, 0.05))
    assert rules(scenes.SIMPLE, *steps, holding='pink_ball_9') == []


def test_balls_carry_nothing():
    plan = (pick('blue_cube_1'), place('blue_cube_1', 'on', 'red_ball_1'))
    assert rules(ODD, *plan) == [(1, 'support')]


def test_size_decides_what_can_be_lifted_and_what_fits():
    assert rules(ODD, pick('pink_bowl_1')) == []
    assert rules(ODD, pick('grey_box_1')) == [(0, 'liftable')]
    small = scene(thing('red', 'box', 0.5, 0.0, size=(0.07, 0.05, 0.05)), TINY_BOWL)
    assert rules(small, pick('red_box_1'), place('red_box_1', 'in', 'pink_bowl_1')) == [
        (1, 'fits')
    ]


def test_messages_name_the_things_in_plain_words():
    (found,) = verify(Plan(steps=(pick(RED),), summary=''), scenes.STACKED)
    assert found.message == (
        'the green cube stands on the red cube, so I cannot pick up the red cube'
    )
