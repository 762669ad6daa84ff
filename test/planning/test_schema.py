"""The plan schema and the strict reader of replies."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from planning.scenes import CUBES, EMPTY
from qwen_embodied.errors import PlanningError, PlanParseError
from qwen_embodied.planning import Plan, Step, parse_plan, plan_schema
from qwen_embodied.planning.schema import FIELDS, MAX_REPLY_BYTES, RELATIONS

IDS = [item.id for item in CUBES.objects]
GOOD = '{"steps": [{"action": "pick", "object": "red_cube_1"}], "summary": "Pick it."}'


def fits(value, schema):
    """Judge by the few keywords of JSON Schema that plan_schema uses."""
    if 'anyOf' in schema:
        return any(fits(value, branch) for branch in schema['anyOf'])
    if 'const' in schema:
        return value == schema['const']
    kind = schema['type']
    if kind == 'object':
        names = set(schema['properties'])
        has_all = isinstance(value, dict) and names == set(schema['required']) == set(value)
        return has_all and all(fits(value[n], schema['properties'][n]) for n in names)
    if kind == 'array':
        in_size = isinstance(value, list)
        in_size = in_size and schema['minItems'] <= len(value) <= schema['maxItems']
        return in_size and all(fits(item, schema['items']) for item in value)
    if kind == 'number':
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and schema['minimum'] <= value <= schema['maximum']
    in_enum = isinstance(value, str) and value in schema.get('enum', [value])
    size = len(value) if isinstance(value, str) else 0
    return in_enum and schema.get('minLength', 0) <= size <= schema.get('maxLength', 256)


def drawn_from(schema):
    """Build values that fit a schema."""
    if 'anyOf' in schema:
        return st.one_of(*map(drawn_from, schema['anyOf']))
    if 'const' in schema:
        return st.just(schema['const'])
    if schema['type'] == 'object':
        return st.fixed_dictionaries({n: drawn_from(s) for n, s in schema['properties'].items()})
    if schema['type'] == 'array':
        sizes = {'min_size': schema['minItems'], 'max_size': min(schema['maxItems'], 4)}
        return st.lists(drawn_from(schema['items']), **sizes)
    if schema['type'] == 'number':
        return st.floats(schema['minimum'], schema['maximum'])
    if 'enum' in schema:
        return st.sampled_from(schema['enum'])
    letters = st.characters(codec='utf-8')
    return st.text(letters, min_size=schema.get('minLength', 0), max_size=40)


def steps_of_any_fields():
    """Build steps whose fields need not belong together."""
    values = {
        'object': st.sampled_from([*IDS, 'Red Cube', '', 7]),
        'relation': st.sampled_from([*RELATIONS, 'under']),
        'target': st.sampled_from([*IDS, 'x' * 65]),
        'position': st.lists(st.sampled_from([0.5, 1, -2.5, '1']), max_size=3),
        'direction': st.sampled_from(['left', 'up']),
        'distance': st.sampled_from([0.1, 0.3, 0.5, 0, True, '0.1']),
        'seconds': st.sampled_from([1, 60.0, 61, False]),
        'question': st.sampled_from(['Which?', '', 'x' * 257, 3]),
        'speed': st.just(1),
    }
    names = st.lists(st.sampled_from(sorted(values)), max_size=4, unique=True)
    actions = st.sampled_from([*FIELDS, 'dance'])

    def step(action, keys):
        keys = [*FIELDS.get(action, ()), *keys[:1]] if len(keys) % 2 else keys
        parts = {key: values[key] for key in keys}
        return st.fixed_dictionaries({'action': st.just(action), **parts})

    return st.tuples(actions, names).flatmap(lambda pair: step(*pair))


@given(drawn_from(plan_schema(CUBES)))
def test_whatever_fits_the_schema_is_a_plan(content):
    plan = parse_plan(json.dumps(content, ensure_ascii=False))
    assert json.loads(plan.model_dump_json()) == content


@settings(max_examples=300)
@given(st.lists(steps_of_any_fields(), min_size=1, max_size=2))
def test_schema_and_plan_agree_on_any_step(steps):
    content = {'steps': steps, 'summary': ''}
    try:
        parse_plan(json.dumps(content))
        accepted = True
    except PlanParseError:
        accepted = False
    assert fits(content, plan_schema(CUBES)) == accepted


def test_schema_has_one_closed_branch_per_action_and_the_ids_as_enums():
    branches = plan_schema(CUBES)['properties']['steps']['items']['anyOf']
    actions = [branch['properties']['action']['const'] for branch in branches]
    assert sorted(set(actions)) == sorted(FIELDS)
    assert all(branch['additionalProperties'] is False for branch in branches)
    assert branches[0]['properties']['object']['enum'] == IDS


def test_without_objects_the_arm_can_only_wait_go_home_or_ask():
    branches = plan_schema(EMPTY)['properties']['steps']['items']['anyOf']
    assert [b['properties']['action']['const'] for b in branches] == ['home', 'wait', 'ask']


def test_a_plan_is_frozen_and_speaks_its_question():
    plan = Plan(steps=(Step(action='ask', question='Which?'),), summary='')
    assert plan.question == 'Which?'
    assert Plan(steps=(Step(action='home'),), summary='').question is None
    with pytest.raises(ValidationError):
        plan.summary = 'other'


def test_absent_fields_are_not_written():
    text = Plan(steps=(Step(action='home'),), summary='').model_dump_json()
    assert text == '{"steps":[{"action":"home"}],"summary":""}'


def test_null_counts_as_absent():
    assert parse_plan('{"steps": [{"action": "home", "object": null}], "summary": ""}')


def one(**fields):
    return json.dumps({'steps': [fields], 'summary': ''})


BAD = {
    'empty': ('', ''),
    'prose': ('Sure! I will pick the cube.', ''),
    'prose before': (f'Here it is: {GOOD}', ''),
    'prose after': (f'{GOOD} Done.', 'Extra data'),
    'two objects': (GOOD + GOOD, 'Extra data'),
    'fence': (f'```json\n{GOOD}\n```', ''),
    'byte order mark': ('\ufeff' + GOOD, ''),
    'truncated': (GOOD[:-20], ''),
    'array': (f'[{GOOD}]', 'one JSON object'),
    'number': ('3', 'one JSON object'),
    'null': ('null', 'one JSON object'),
    'single quotes': (GOOD.replace('"', "'"), ''),
    'comment': (GOOD.replace('[', '[ // first\n'), ''),
    'trailing comma': (GOOD.replace('}]', '},]'), ''),
    'doubled key': ('{"steps": [], "summary": "", "summary": "x"}', "'summary' occurs twice"),
    'doubled key in a step': (
        '{"steps": [{"action": "home", "action": "home"}], "summary": ""}', "'action' occurs",
    ),
    'NaN': (one(action='wait', seconds=float('nan')), 'NaN is no finite number'),
    'Infinity': (one(action='wait', seconds=float('inf')), 'Infinity is no finite number'),
    'minus Infinity': (one(action='wait', seconds=float('-inf')), 'no finite number'),
    'overflow': ('{"steps": [{"action": "wait", "seconds": 1e999}], "summary": ""}', 'steps.0'),
    'huge integer': ('{"steps": [], "summary": ' + '9' * 5000 + '}', ''),
    'too long': (GOOD[:-1] + ' ' * MAX_REPLY_BYTES + '}', '16384'),
    'too deep': ('{"steps": ' + '[' * 7 + ']' * 7 + ', "summary": ""}', 'deeper than 6'),
    'far too deep': ('[' * 16000, 'deeper than 6'),
    'lone surrogate': (GOOD.replace('Pick', '\ud800'), 'surrogates'),
    'escaped surrogate': (GOOD.replace('Pick', '\\ud800'), ''),
    'no steps': ('{"summary": ""}', 'steps'),
    'zero steps': ('{"steps": [], "summary": ""}', 'steps'),
    'no summary': ('{"steps": [{"action": "home"}]}', 'summary'),
    '33 steps': (
        json.dumps({'steps': [{'action': 'home'}] * 33, 'summary': ''}), 'steps',
    ),
    'extra key': ('{"steps": [{"action": "home"}], "summary": "", "code": "x"}', 'code'),
    'extra key in a step': (one(action='home', joint_1=0.3), 'joint_1'),
    'unknown action': (one(action='throw', object='red_cube_1'), 'action'),
    'no action': (one(object='red_cube_1'), 'action'),
    'unknown relation': (
        one(action='place', object='a', relation='under', target='b'), 'relation',
    ),
    'field of another action': (one(action='pick', object='a', seconds=1), 'pick has no seconds'),
    'lacking field': (one(action='push', object='a', direction='left'), 'push lacks distance'),
    'at with a target': (
        one(action='place', object='a', relation='at', target='b'), 'place lacks position',
    ),
    'position without at': (
        one(action='place', object='a', relation='in', target='b', position=[0, 0]),
        'place has no position',
    ),
    'id with a space': (one(action='pick', object='red cube'), 'object'),
    'id with a line end': (one(action='pick', object='red_cube_1\n'), 'object'),
    'id in capitals': (one(action='pick', object='Red'), 'object'),
    'id beyond ASCII': (one(action='pick', object='rød'), 'object'),
    'number as text': (one(action='wait', seconds='3'), 'seconds'),
    'bool as number': (one(action='wait', seconds=True), 'seconds'),
    'out of range': (one(action='wait', seconds=61), 'seconds'),
    'three coordinates': (
        one(action='place', object='a', relation='at', position=[0, 0, 0]), 'position',
    ),
    'question too long': (one(action='ask', question='x' * 257), 'question'),
    'summary too long': (json.dumps({'steps': [{'action': 'home'}], 'summary': 'x' * 257}), ''),
}  # fmt: skip


@pytest.mark.parametrize('name', BAD)
def test_malformed_replies_are_refused_and_kept(name):
    reply, reason = BAD[name]
    with pytest.raises(PlanParseError) as caught:
        parse_plan(reply)
    assert caught.value.reply == reply
    assert reason in caught.value.reason
    assert str(caught.value).startswith('the reply is not a plan: ')


def test_white_space_around_the_object_is_allowed():
    assert parse_plan(f'\n  {GOOD}\n').steps[0].object == 'red_cube_1'


@settings(max_examples=300)
@given(st.integers(0, len(GOOD)), st.text(max_size=3), st.integers(0, 4))
def test_a_damaged_reply_is_a_plan_or_one_typed_error(at, inserted, dropped):
    damaged = GOOD[:at] + inserted + GOOD[at + dropped :]
    try:
        said = parse_plan(damaged).steps[0].action
    except PlanningError as error:
        said = error.reply
    assert said in ('pick', damaged)
