"""E6: the audit, line by line: its chain, odd lines, full disks, and a decision in words."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import json
import resource

import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.safety import AuditFile, AuditTrail, explain, verify_chain
from qwen_embodied.safety.audit import NOTHING


def test_e6_a_line_goes_on_only_when_it_was_accepted():
    trail = AuditTrail()
    first = trail.line({'kind': 'a'})
    assert trail.line({'kind': 'a'}) == first
    content = json.loads(first)
    assert (content['n'], content['before'], content['kind']) == (1, NOTHING, 'a')
    trail.accept(first)
    second = json.loads(trail.line({'kind': 'ä'}))
    assert (second['n'], second['before']) == (2, content['hash'])
    assert trail.line({'kind': 'ä'}).isascii()
    assert AuditTrail().line({'b': 1, 'a': 2}) != AuditTrail().line({'b': 1, 'a': 3})


def chain(*kinds):
    trail, lines = AuditTrail(), []
    for kind in kinds:
        lines.append(trail.line({'kind': kind}))
        trail.accept(lines[-1])
    return lines


def renumbered(line, number):
    """Forge a line: another number, and the hash that fits it."""
    content = json.loads(line)
    forged = AuditTrail(content.pop('before'), number - 1)
    del content['hash'], content['n']
    return forged.line(content)


def test_e6_what_is_wrong_with_a_chain_is_said_line_by_line():
    lines = chain('a', 'b', 'c', 'd')
    assert verify_chain(lines) == verify_chain(lines[1:]) == verify_chain([]) == []
    assert verify_chain([lines[0], lines[2], lines[3]]) == ['line 2 does not follow line 1']
    assert verify_chain([lines[0], 'x', lines[1]]) == ['line 2 is no decision']
    spoiled = lines[1].replace('"b"', '"x"')
    assert verify_chain([lines[0], spoiled, lines[2]]) == [
        'line 2 was changed: its hash is another'
    ]
    assert verify_chain([lines[0], renumbered(lines[1], 7)]) == ['line 2 has number 7, expected 2']


@pytest.mark.parametrize(
    'line',
    ['7', '[]', 'null', '{"n": 1}', '{"n": "x", "before": "", "hash": ""}', '[' * 100000, '\x00'],
)
def test_e6_x08_a_line_that_is_anything_else_is_no_decision(tmp_path, line):
    assert verify_chain([*chain('a'), line]) == ['line 2 is no decision']
    with pytest.raises(ConfigurationError, match='is no decision') as caught:
        explain(line)
    assert len(str(caught.value)) < 100
    path = tmp_path / 'audit.jsonl'
    path.write_text(f'{line}\n')
    assert AuditFile(path).append({'kind': 'state'}) == ''
    assert verify_chain(path.read_text().splitlines()[1:]) == []


def test_e6_a_decision_is_put_into_words():
    values = {'time': 2.5, 'kind': 'state', 'rule': 'D3', 'message': 'm', 'value': 0.2,
              'limit': 0.1, 'state': 'HOLD', 'trajectory_id': 'a', 'operator': 'anna',
              'configuration': 'c', 'lost': 2, 'other': 'x'}  # fmt: skip
    text = explain(AuditTrail(number=4).line(values))
    assert text[0] == 'decision 5 at 2.5'
    assert text[1].startswith('rule D3: The arm is where it was sent')
    assert text[2].startswith('why: ')
    assert text[3:] == [
        'The state became HOLD: m', 'value: 0.2', 'limit: 0.1', 'state: HOLD',
        'trajectory_id: a', 'operator: anna', 'configuration: c', 'lost: 2',
    ]  # fmt: skip
    dated = explain(AuditTrail().line({'date': 'today', 'time': 1.0, 'kind': 'start'}))
    assert dated == ['decision 1 at today', 'The supervisor started.']
    assert explain(AuditTrail().line({}))[0] == 'decision 1 at ?'


@pytest.mark.parametrize(
    ('values', 'sentence'),
    [
        ({'kind': 'approved', 'message': '6.83 s'}, 'A trajectory of 6.83 s was approved.'),
        ({'kind': 'arm'}, 'The permission to move was given.'),
        ({'kind': 'arm refused', 'message': 'x'}, 'A request to arm was refused: x'),
        ({'kind': 'plan refused', 'message': 'ab: x'}, 'A plan was refused: ab: x'),
        ({'kind': 'odd {state'}, 'Something was decided (odd {state).'),
    ],
)
def test_e6_a_decision_is_a_sentence(values, sentence):
    assert explain(AuditTrail().line(values))[1] == sentence


@contextlib.contextmanager
def files_of_at_most(size):
    """Let no file of this process grow beyond a size, bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize('room', [0, 1, 60])
def test_e6_f37_half_a_line_on_a_full_disk_is_taken_back(tmp_path, room):
    path = tmp_path / 'deep' / 'er' / 'audit.jsonl'
    file = AuditFile(path)
    assert file.append({'message': 'a'}) == ''
    whole = path.read_bytes()
    with files_of_at_most(len(whole) + room):
        said = file.append({'message': 'b'})
        assert said.startswith(f'{path}: ')
        assert said.endswith('; 1 decisions are not written')
        assert file.append({'message': 'b'}).endswith('; 2 decisions are not written')
    assert path.read_bytes() == whole
    assert file.append({'message': 'c'}) == ''
    assert file.append({'message': 'd'}) == ''
    lines = path.read_text().splitlines()
    assert verify_chain(lines) == []
    assert [json.loads(line).get('lost') for line in lines] == [None, 2, None]


def test_e6_a_file_of_the_largest_size_is_followed_by_another(tmp_path):
    path = tmp_path / 'audit.jsonl'
    size = len(AuditTrail().line({'message': 'a'})) + 1
    file = AuditFile(path, largest=size + 1)
    for _ in range(3):
        file.append({'message': 'a'})
    assert len((tmp_path / 'audit.1.jsonl').read_text().splitlines()) == 2
    assert len(path.read_text().splitlines()) == 1
    exact = AuditFile(tmp_path / 'b.jsonl', largest=size)
    for _ in range(2):
        exact.append({'message': 'a'})
    assert len((tmp_path / 'b.jsonl').read_text().splitlines()) == 1
