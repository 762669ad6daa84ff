"""A and B: the rules that the planning stage enforces, called from outside, by their ids."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hand_made import table, thing
from planning import scenes
from planning.fake_model import ListedModel
from planning.scripted_server import MODEL, says, serving
from qwen_embodied.errors import ModelError, PlanParseError
from qwen_embodied.planning import ModelPlanner, Plan, PlanRequest, Step, check, parse_plan, verify
from qwen_embodied.planning.addresses import ServerSettings
from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.vision_model import Message, ModelRequest
from qwen_embodied.safety import check_plan, rule_of_reply, rule_of_violation
from qwen_embodied.safety.context import Breach

RED, BOWL, GREEN = 'red_cube_1', 'blue_bowl_1', 'green_cube_1'
PICK = {'action': 'pick', 'object': RED}
WORDS = 'put the red cube in the blue bowl'
IN = (Step(action='pick', object=RED),
      Step(action='place', object=RED, relation='in', target=BOWL))  # fmt: skip


def reply(*steps, summary='x'):
    return json.dumps({'steps': list(steps), 'summary': summary})


def refused(text):
    """Give the id of the rule for which a reply is no plan; None when it is one."""
    try:
        parse_plan(text)
    except PlanParseError as error:
        return rule_of_reply(error.reason)
    return None


def wait(seconds):
    return {'action': 'wait', 'seconds': seconds}


def broken(where, *steps, holding=None, **settings):
    """Give the ids of the rules that a plan breaks."""
    found = verify(Plan(steps=steps, summary=''), where, holding, **settings)
    return {rule_of_violation(violation.rule) for violation in found}


# -- A: the reply of a model ----------------------------------------------------------------


def test_a1_accepts_a_small_reply():
    assert refused(reply(PICK)) is None


@pytest.mark.parametrize(('count', 'rule'), [(32, None), (33, 'A1')])
def test_a1_boundary_of_steps(count, rule):
    assert refused(reply(*[wait(1.0)] * count)) == rule


@pytest.mark.parametrize(('length', 'rule'), [(256, None), (257, 'A1')])
def test_a1_boundary_of_texts(length, rule):
    assert refused(reply(PICK, summary='x' * length)) == rule


@pytest.mark.parametrize('text', [' ' * 16385, '[' * 7 + ']' * 7])
def test_a1_breach_of_size_and_depth(text):
    assert refused(text) == 'A1'


def test_a2_accepts_one_object_with_space_around_it():
    assert refused(f' {reply(PICK)}\n') is None


def test_a2_boundary_a_single_character_behind_it_is_one_too_many():
    assert refused(reply(PICK)) is None
    assert refused(reply(PICK) + '.') == 'A2'


@pytest.mark.parametrize(
    'text',
    [
        '',
        'I would pick it.',
        reply(PICK)[:-2],
        '[]',
        reply(PICK) * 2,
        reply(PICK).replace('"summary"', '"steps": [], "summary"'),
        reply(wait(1.0)).replace('1.0', 'NaN'),
        reply(wait(1.0)).replace('1.0', '-Infinity'),
    ],
)
def test_a2_breach_of_everything_but_one_json_object(text):
    assert refused(text) == 'A2'


def test_a3_accepts_the_fields_of_an_action():
    assert refused(reply({**PICK, 'target': None})) is None


@pytest.mark.parametrize(('name', 'rule'), [('a' * 64, None), ('a' * 65, 'A3')])
def test_a3_boundary_of_the_length_of_an_id(name, rule):
    assert refused(reply({'action': 'pick', 'object': name})) == rule


@pytest.mark.parametrize(
    'step',
    [
        {**PICK, 'force': 3},
        {'action': 'pick'},
        wait('3'),
        wait(True),
        {'action': 'pick', 'object': 'rød_cube_1'},
        {'action': 'pick', 'object': '/topic'},
    ],
)
def test_a3_breach_of_the_schema(step):
    assert refused(reply(step)) == 'A3'


def test_a4_accepts_numbers_in_range():
    assert refused(reply(wait(30.0))) is None


@pytest.mark.parametrize(
    ('seconds', 'rule'), [(0.1, None), (60.0, None), (0.0999, 'A4'), (60.001, 'A4')]
)
def test_a4_boundary_of_the_range(seconds, rule):
    assert refused(reply(wait(seconds))) == rule


@pytest.mark.parametrize('seconds', [-1.0, 1e300])
def test_a4_breach_of_numbers_out_of_range(seconds):
    assert refused(reply(wait(seconds))) == 'A4'


def test_a4_breach_of_a_number_that_overflows():
    assert refused(reply(wait(1.0)).replace('1.0', '1e999')) == 'A4'


def test_a5_accepts_every_skill_of_the_list():
    push = {'action': 'push', 'object': RED, 'direction': 'left', 'distance': 0.1}
    ask = {'action': 'ask', 'question': 'Which?'}
    assert refused(reply(PICK, push, wait(1.0), {'action': 'home'}, ask)) is None


def test_a5_boundary_a_skill_in_capitals_is_another():
    assert refused(reply({'action': 'Pick', 'object': RED})) == 'A5'


@pytest.mark.parametrize('action', ['throw', 'publish', 'joints', '', 3, None])
def test_a5_breach_of_what_is_no_skill(action):
    assert refused(reply({'action': action, 'object': RED})) == 'A5'


def ask_server(server, times):
    from qwen_embodied.planning.server import ServerModel

    model = ServerModel(ServerSettings((server.url,), MODEL, connect=0.5, total=5.0, rounds=1))
    hello = ModelRequest((Message('user', 'hello'),))
    return [model.complete(hello).text for _ in range(times)]


def test_a6_accepts_an_answer_to_each_question():
    with serving(says('one'), says('two')) as server:
        assert ask_server(server, 2) == ['one', 'two']


def test_a6_boundary_an_answer_serves_once():
    with serving(says('yes', identity='same')) as server:
        assert ask_server(server, 1) == ['yes']


def test_a6_breach_of_an_answer_that_was_given_before():
    with (
        serving(says('yes', identity='same')) as server,
        pytest.raises(ModelError, match='old answer'),
    ):
        ask_server(server, 2)


GOOD = reply(PICK, {'action': 'place', 'object': RED, 'relation': 'in', 'target': BOWL})


def planned(*replies):
    model = ListedModel(*replies)
    planner = ModelPlanner(model)
    planner.plan(PlanRequest(WORDS, scenes.SIMPLE))
    return planner.account.source, len(model.requests)


def test_a7_accepts_a_good_reply_at_once():
    assert planned(GOOD) == ('model', 1)


def test_a7_boundary_of_two_repairs():
    assert planned('x', 'x', GOOD) == ('repaired', 3)


def test_a7_breach_ends_without_the_model():
    assert planned('x', 'x', 'x', GOOD) == ('fallback', 3)


# -- B: the plan ----------------------------------------------------------------------------


def seen_with(confidence):
    return table(thing(RED, 0.5, 0.1, confidence=confidence))


def rules_of(objects, scene):
    return [breach.rule for breach in check_plan(objects, scene)]


def test_b1_accepts_what_is_there():
    assert broken(scenes.SIMPLE, *IN) == set()
    assert rules_of([RED, None, BOWL], scenes.SIMPLE) == []


@pytest.mark.parametrize(('confidence', 'found'), [(0.5, []), (0.499, ['B1'])])
def test_b1_boundary_of_confidence(confidence, found):
    assert rules_of([RED], seen_with(confidence)) == found


def test_b1_breach_of_what_is_not_there():
    assert broken(scenes.SIMPLE, Step(action='pick', object='knife_1')) == {'B1'}


def outside_the_words(words, *steps):
    found = check(Plan(steps=steps, summary=''), PlanRequest(words, scenes.CUBES))
    return {rule_of_violation(violation.rule) for violation in found}


def test_b2_accepts_what_was_said():
    assert outside_the_words(WORDS, *IN) == set()


def test_b2_boundary_of_one_word():
    assert outside_the_words('put a cube in the bowl', *IN) == set()
    assert outside_the_words('put the green cube in the bowl', *IN) == {'B2'}


def test_b2_breach_of_what_nobody_said():
    push = Step(action='push', object=RED, direction='left', distance=0.01)
    assert outside_the_words(WORDS, push) == {'B2'}


def labelled(label):
    item = replace(thing(RED, 0.5, 0.1), label=label)
    return table(item)


def test_b3_accepts_harmless_things():
    assert rules_of([RED], labelled('red cube')) == []


@pytest.mark.parametrize(('label', 'found'), [('handle', []), ('a hand', ['B3'])])
def test_b3_boundary_is_a_whole_word(label, found):
    assert rules_of([RED], labelled(label)) == found


@pytest.mark.parametrize('label', ['Kitchen knife', 'face', 'dog/cat', 'left-hand glove'])
def test_b3_breach_of_forbidden_kinds(label):
    assert rules_of([RED], labelled(label)) == ['B3']


def test_b4_accepts_one_thing_after_the_other():
    assert broken(scenes.SIMPLE, *IN, Step(action='home')) == set()


def test_b4_boundary_of_the_order():
    assert broken(scenes.SIMPLE, *reversed(IN)) == {'B4'}


def test_b4_breach_of_taking_a_second_thing():
    again = Step(action='pick', object=GREEN)
    assert 'B4' in broken(scenes.CUBES, IN[0], again)


def test_b5_accepts_what_is_in_reach():
    assert broken(scenes.SIMPLE, *IN, reach=lambda x, y, z: True) == set()


@pytest.mark.parametrize(('x', 'found'), [(0.70, set()), (0.701, {'B5'})])
def test_b5_boundary_of_the_workspace(x, found):
    put = Step(action='place', object=RED, relation='at', position=(x, 0.0))
    assert broken(scenes.CUBES, IN[0], put, workspace=Workspace()) == found


def test_b5_breach_of_what_is_out_of_reach():
    assert broken(scenes.SIMPLE, *IN, reach=lambda x, y, z: False) == {'B5'}


def test_b1_b3_breaches_carry_confidence_and_limit():
    sure = thing('red_cube_1', 0.5, 0.0, confidence=0.5)
    faint = thing('red_cube_2', 0.5, 0.2, confidence=0.49)
    hand = replace(thing('red_box_1', 0.5, 0.4, confidence=0.4), id='hand_1', label='left Hand')
    knife = replace(sure, id='x', label='Kitchen KNIFE')
    scene = table(sure, faint, hand, knife)
    assert check_plan([RED, None, 'gone', RED], scene) == ()
    text = 'red_cube_2 was seen with confidence 0.49, needed 0.5'
    assert check_plan(['red_cube_2'] * 2, scene) == (Breach('B1', text, None, None, 0.49, 0.5),)
    found = check_plan([RED, 'hand_1'], scene)
    assert [breach.rule for breach in found] == ['B1', 'B3']
    assert str(found[1]) == 'B3 hand_1 is a hand; I do not touch that'
    assert check_plan(['x'], scene)[0].rule == 'B3'


def test_b4_is_the_rule_of_a_violation_that_is_new():
    assert rule_of_violation('levitates') == 'B4'
    assert rule_of_violation('known') == 'B1'
