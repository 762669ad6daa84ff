"""A plan may describe what perception has no name for; nothing moves on a guess."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import numpy as np
import pytest

from planning.fake_model import ListedModel
from planning.scenes import scene, thing
from planning.test_targets import frame, pixel_of, seen, table_depth
from qwen_embodied.errors import AmbiguousTargetError, GroundingError, PlanParseError
from qwen_embodied.planning import Grounding, ModelPlanner, PlanRequest, check, plan_schema
from qwen_embodied.planning.described import grounded, read_draft
from qwen_embodied.planning.targets import Target, meant, resolve

WORDS = 'put the red cube on the thing to drink from'
CUBE = seen(thing('red', 'cube', 0.45, 0.15))
CUP = seen(thing('unknown', 'unknown', 0.50, -0.10, size=(0.07, 0.07, 0.06)))
OTHER = seen(thing('unknown', 'unknown', 0.62, 0.10, size=(0.07, 0.07, 0.06), number=2))
SCENE = scene(CUBE, CUP)
THING = {'find': 'the thing to drink from'}


def replied(target=THING, relation='on', obj='red_cube_1'):
    steps = [
        {'action': 'pick', 'object': obj},
        {'action': 'place', 'object': obj, 'relation': relation, 'target': target},
    ]
    return json.dumps({'steps': steps, 'summary': ''})


def boxes(*items):
    found = [[round(v / s) for v, s in zip(item.box, (0.64, 0.48) * 2, strict=True)]
             for item in items]  # fmt: skip
    return json.dumps([{'bbox_2d': box, 'label': 'it'} for box in found])


def point(x, y, z=0.0):
    u, v = pixel_of(x, y, z)
    return json.dumps([{'point_2d': [round(u / 0.64), round(v / 0.48)], 'label': 'it'}])


def planned(*replies, words=WORDS, on=SCENE, deep=True):
    model = ListedModel(*replies)
    planner = ModelPlanner(model)
    view = frame(table_depth() if deep else None)
    request = PlanRequest(words, on, view.rgb, frame=view)
    return planner.plan(request), planner, request


def test_a_described_thing_becomes_the_object_that_the_model_sees():
    plan, planner, request = planned(replied(), boxes(CUP), deep=False)
    assert plan.steps[1].target == CUP.id
    assert check(plan, request) == ()
    assert planner.account.targets[0][1].object_id == CUP.id
    assert len(planner.account.calls) == 2


def test_a_bare_place_becomes_a_measured_point_that_the_scope_allows():
    words = 'put the red cube on the coaster'
    plan, _, request = planned(replied({'find': 'the coaster'}), point(0.60, -0.25), words=words)
    step = plan.steps[1]
    assert (step.relation, step.words) == ('at', 'the coaster')
    assert np.allclose(step.position, (0.60, -0.25), atol=3e-3)
    assert check(plan, request) == ()


def test_a_raised_surface_keeps_its_height():
    target = Target(Grounding('', (0, 0)), None, np.array([0.6, -0.2, 0.03]))
    plan = grounded(read_draft(replied()), {THING['find']: target}, SCENE)
    assert plan.steps[1].position == (0.6, -0.2, 0.03)


@pytest.mark.parametrize(('relation', 'on_what'), [('in', 'in it'), ('left_of', 'left of it')])
def test_a_bare_surface_holds_nothing_inside_or_beside(relation, on_what):
    target = Target(Grounding('', (0, 0)), None, np.array([0.6, -0.2, 0.0]))
    with pytest.raises(GroundingError, match=on_what):
        grounded(read_draft(replied(relation=relation)), {THING['find']: target}, SCENE)


def test_a_bare_surface_is_nothing_to_pick():
    target = Target(Grounding('', (0, 0)), None, np.array([0.6, -0.2, 0.0]))
    with pytest.raises(GroundingError, match='no thing to pick'):
        grounded(read_draft(replied('red_cube_1', obj=THING)), {THING['find']: target}, SCENE)


def test_two_things_that_fit_are_asked_about():
    plan, planner, _ = planned(replied(), boxes(CUP, OTHER), on=scene(CUBE, CUP, OTHER),
                               deep=False)  # fmt: skip
    assert '‘the thing to drink from’ may mean' in plan.question
    assert plan.question.count('unknown') >= 2
    assert planner.account.source == 'question'


def test_a_box_around_two_things_means_neither():
    beside = scene(CUP, seen(thing('unknown', 'unknown', 0.50, -0.03, size=(0.07, 0.07, 0.06),
                                   number=2)))  # fmt: skip
    u0, v0, u1, v1 = np.array([item.box for item in beside.objects]).T
    both = (u0.min(), v0.min(), u1.max(), v1.max())
    middle = ((both[0] + both[2]) / 2, (both[1] + both[3]) / 2)
    with pytest.raises(AmbiguousTargetError):
        resolve(Grounding('it', middle, both), beside, frame(table_depth()))


def test_the_same_thing_named_twice_is_one():
    places = tuple(Grounding('cup', pixel_of(*CUP.position), box) for box in (CUP.box, None))
    assert meant('the cup', places, SCENE).object_id == CUP.id


def test_a_point_at_an_edge_is_no_place_to_stand():
    depth = table_depth()
    u, v = pixel_of(0.60, -0.25, 0.0)
    depth[:, int(u) + 6 :] -= 0.02
    with pytest.raises(GroundingError, match='level'):
        resolve(Grounding('', (u, v)), SCENE, frame(depth))


def test_words_that_the_operator_did_not_say_are_refused_and_fed_back():
    sign = replied({'find': 'the trash can of the sign'})
    plan, planner, _ = planned(sign, words='put the red cube on the coaster')
    assert plan.question
    assert 'not what the operator spoke of' in planner.account.faults[0]


def test_a_described_point_is_for_the_operators_words_only():
    plan, _, request = planned(replied(), point(0.60, -0.25))
    other = PlanRequest('put the red cube on the coaster', SCENE)
    assert check(plan, request) == ()
    assert [one.rule for one in check(plan, other)] == ['scope']


def test_what_the_model_cannot_find_is_fed_back():
    plan, planner, _ = planned(replied(), 'I see no such thing.', replied(), boxes(CUP),
                               deep=False)  # fmt: skip
    assert plan.steps[1].target == CUP.id
    assert 'names no place' in planner.account.faults[0]


@pytest.mark.parametrize('bad', [
    replied({'find': ''}), replied({'find': 'x' * 81}), replied({'find': 3}),
    replied({'find': 'a', 'id': 'b'}), replied('described_1'), replied({'seek': 'a cup'}),
    replied({'find': {'find': 'a'}}),
    json.dumps({'steps': [{'action': 'pick', 'object': {'find': f'cup {n}'}} for n in range(4)],
                'summary': ''}),
])  # fmt: skip
def test_a_description_that_is_none_is_no_plan(bad):
    with pytest.raises(PlanParseError) as caught:
        read_draft(bad)
    assert caught.value.reply == bad


@pytest.mark.parametrize('step', [
    {'action': 'place', 'object': 'red_cube_1', 'relation': 'at', 'position': [0.5, 0.1, 0.3]},
    {'action': 'place', 'object': 'red_cube_1', 'relation': 'at', 'position': [0.5, 0.1],
     'words': 'the coaster'},
])  # fmt: skip
def test_a_model_cannot_claim_to_have_measured(step):
    with pytest.raises(PlanParseError):
        read_draft(json.dumps({'steps': [step], 'summary': ''}))


def test_only_an_image_allows_descriptions():
    assert 'find' not in json.dumps(plan_schema(SCENE))
    assert 'find' in json.dumps(plan_schema(SCENE, describing=True))
    model = ListedModel(replied())
    plan = ModelPlanner(model).plan(PlanRequest(WORDS, SCENE))
    assert plan.question
    assert 'find' not in json.dumps(model.requests[0].schema)
