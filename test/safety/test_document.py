"""The table of rules, its document, its parameters and its tests say the same."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import functools
import itertools
import re
from pathlib import Path

import pytest

from qwen_embodied.control import Parameters as ControlParameters
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import build, defaults, read_yaml
from qwen_embodied.resources import shared_file
from qwen_embodied.safety import NOT_YET, RULES, SIMULATION_PROFILE, Parameters
from qwen_embodied.safety.document import document
from qwen_embodied.safety.faults import FAULTS, UNTESTED_FAULTS
from qwen_embodied.safety.parameters import DISABLABLE
from qwen_embodied.safety.rules import RESPONSES
from qwen_embodied.safety.threats import THREATS, UNTESTED

TESTS = Path(__file__).parents[1]


@functools.cache
def names_of_tests():
    files = [*(TESTS / 'safety').glob('test_*.py'), *(TESTS / 'control').glob('test_*.py')]
    return [
        node.name
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8')))
        if isinstance(node, ast.FunctionDef)
    ]


@pytest.mark.parametrize('kind', ['accepts', 'boundary', 'breach'])
@pytest.mark.parametrize('rule', RULES)
def test_every_rule_has_a_test_of_each_kind(rule, kind):
    wanted = f'test_{rule.lower()}_{kind}'
    assert any(name.startswith(wanted) for name in names_of_tests()), f'write {wanted}_...'


def test_the_document_is_what_the_code_says():
    path = shared_file('docs/safety.md')
    assert path.read_text(encoding='utf-8') == document(), (
        'run: python -m qwen_embodied.safety.document > docs/safety.md'
    )


def test_every_fault_is_there_and_has_a_test():
    assert list(FAULTS) == [f'F{number}' for number in range(1, 41)]
    texts = [path.read_text(encoding='utf-8') for path in TESTS.rglob('test_*.py')]
    names = {name for text in texts for name in re.findall(r'def (test_\w+)', text)}
    names |= {'test_f36_' for text in texts if 'test_f36_' in text}
    tested = {int(number) for name in names for number in re.findall(r'_f(\d\d)(?=_)', name)}
    assert [name for name in FAULTS if int(name[1:]) not in tested] == []
    assert tested <= {int(name[1:]) for name in FAULTS}


def test_what_is_not_tested_of_a_fault_is_said_with_its_reason():
    assert set(UNTESTED_FAULTS) <= set(FAULTS)
    for number, reason in UNTESTED_FAULTS.items():
        assert f'* {number}: {reason}.' in document()


def test_every_threat_is_there_and_has_a_test():
    assert list(THREATS) == [f'X{number}' for number in range(1, 19)]
    texts = [path.read_text(encoding='utf-8') for path in TESTS.rglob('test_*.py')]
    tested = {int(n) for text in texts for name in re.findall(r'def test_((?:x\d\d_)+)', text)
              for n in re.findall(r'x(\d\d)_', name)}  # fmt: skip
    assert [name for name in THREATS if int(name[1:]) not in tested] == []
    assert tested <= {int(name[1:]) for name in THREATS}


def test_what_is_not_tested_of_a_threat_is_said_with_its_reason():
    assert set(UNTESTED) <= set(THREATS)
    for number, reason in UNTESTED.items():
        assert f'* {number}: {reason}.' in document()


def test_the_document_makes_no_claim_to_be_an_emergency_stop():
    assert 'does not replace the hardware emergency stop' in document()


def test_rules_have_known_responses_and_what_lacks_names_rules():
    assert {rule.response for rule in RULES.values()} <= set(RESPONSES)
    assert {word for key in NOT_YET for word in key.split(', ')} <= {*RULES, 'E'}


def test_every_rule_of_the_design_is_there():
    counts = {'A': 7, 'B': 5, 'C': 11, 'D': 15, 'E': 6}
    assert list(RULES) == [
        f'{group}{n + 1}' for group, most in counts.items() for n in range(most)
    ]


def test_rules_that_can_be_off_are_rules():
    assert set(DISABLABLE) <= set(RULES)


def test_thresholds_of_the_controller_are_those_in_the_table():
    controller = ControlParameters()
    assert f'{controller.path_tolerance} rad in the controller' in RULES['D3'].threshold
    goal = f'{controller.goal_tolerance} rad within 0.1 · T + {controller.goal_time} s'
    assert goal in RULES['D4'].threshold
    assert controller.lease_timeout == Parameters().lease


def test_the_parameter_file_holds_the_defaults():
    values = read_yaml(shared_file('config/5_safety.yaml'), 'safety_supervisor')
    assert values == defaults(Parameters)
    assert build(Parameters, values, 'file') == Parameters()


def test_the_parameter_file_says_why_for_each():
    lines = shared_file('config/5_safety.yaml').read_text(encoding='utf-8').splitlines()
    for before, line in itertools.pairwise(lines):
        if line.startswith('    ') and not line.strip().startswith('#'):
            assert before.strip().startswith('#'), line


def test_the_simulation_profile_is_legal():
    assert build(Parameters, SIMULATION_PROFILE, 'profile').self_arming


@pytest.mark.parametrize(
    ('values', 'said'),
    [
        ({'workspace_lower': [0.0, 0.0, 2.0]}, 'workspace'),
        ({'workspace_upper': [1.0, 1.0]}, 'workspace'),
        ({'silence_stop': 0.1}, 'silence_stop = 0.1'),
        ({'max_tool_speed': 1.1}, 'max_tool_speed'),
        ({'people': 'shared', 'max_tool_speed': 0.3}, 'at most 0.25'),
        ({'keep_out': '0 0 0 1 1'}, 'keep_out'),
        ({'keep_out': '0 0 0 1 1 -1'}, 'keep_out'),
        ({'keep_out': '0 0 0 1 1 nan'}, 'keep_out'),
        ({'keep_out': 'here'}, 'could not convert'),
        ({'unsafe_disable': 'C7'}, 'in simulation only'),
        ({'unsafe_disable': 'C2', 'simulation': True}, 'C2 cannot be off'),
        ({'unsafe_disable': 'E1 C7', 'simulation': True}, 'E1 cannot be off'),
    ],
)
def test_contradictions_are_refused(values, said):
    with pytest.raises(ConfigurationError, match=said):
        build(Parameters, values, 'file')
