"""E3 to E6: a latch that lasts, who may reset it, and the audit of what was decided."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import json
import os
from dataclasses import replace

import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.safety import (
    AuditFile,
    Latch,
    LatchFile,
    Supervisor,
    explain,
    read_request,
    verify_chain,
)
from qwen_embodied.safety.latch import SIZE
from safety.cases import FENCED, LIMITS, SlidingBody, Watched, quintic

HELD = Latch('STOP_LATCHED', ('E1 stop: button',), 'abc123')
REAL = {'simulation': False, 'self_arming': False, 'healthy_time': 1.0}


def real():
    """Give a latched supervisor as on a real arm, long enough healthy to be reset."""
    cell = Watched(**REAL).run(1.2)
    cell.supervisor.stop('button', cell.now)
    return cell.run(1.1)


# -- E3: the latch lasts --------------------------------------------------------------------


def test_e3_accepts_a_start_without_a_latch(tmp_path):
    file = LatchFile(tmp_path / 'new' / 'latch.json')
    assert file.read() is None
    assert file.write(None) == ''
    assert file.read() is None


def test_e3_boundary_what_was_written_is_read_whole(tmp_path):
    file = LatchFile(tmp_path / 'latch.json')
    for latch in (HELD, Latch('FAULT_LATCHED', ('ä' * 3000, 'x'), 'n'), HELD, None, HELD):
        assert file.write(latch) == ''
        assert file.read() == latch
    assert os.listdir(tmp_path) == ['latch.json']


def restarted(latch):
    cell = Watched(self_arming=True)
    cell.supervisor = Supervisor(
        LIMITS.scaled(2.0, 2.0, 5.0), gripper_joint='finger', body=SlidingBody(),
        parameters=FENCED, latch=latch,
    )  # fmt: skip
    return cell.run(1.0)


def test_e3_breach_never_a_restart_is_no_reset():
    cell = restarted(HELD)
    assert (cell.state, cell.said[-1].nonce) == ('STOP_LATCHED', 'abc123')
    assert cell.said[0].permission == 'stop'
    assert cell.said[0].reasons == cell.said[-1].reasons == HELD.reasons
    assert not cell.supervisor.arm(cell.now).approved
    assert not cell.propose().approved


@pytest.mark.parametrize(
    'content',
    [b'', b'{', b'{"state": "ARMED", "reasons": [], "nonce": "a"}', b'\xff\xfe', b'[]', b'7',
     b'{"state": "STOP_LATCHED", "reasons": [], "nonce": ""}', b'[' * 100000,
     b'{"state": "STOP_LATCHED", "reasons": 7, "nonce": "a"}',
     b'{"state": "STOP_LATCHED", "reasons": [], "nonce": 7}', b'{"state": "STOP_LATCHED"}'],
)  # fmt: skip
def test_e3_breach_of_a_file_that_cannot_be_read_is_a_fault(tmp_path, content):
    path = tmp_path / 'latch.json'
    path.write_bytes(content)
    latch = LatchFile(path).read()
    assert latch.state == 'FAULT_LATCHED'
    assert latch.reasons[0].startswith(f'E3 {path} cannot be read (')
    assert latch.reasons[0].endswith('); look at the arm, then reset')
    assert '()' not in latch.reasons[0]
    assert 'None' not in latch.reasons[0].replace('NoneType', '')
    assert latch.nonce


def full(*_):
    raise OSError(errno.ENOSPC, 'No space left on device')


def test_e3_f37_a_full_disk_still_takes_a_latch_into_the_file_that_is_there(tmp_path, monkeypatch):
    file = LatchFile(tmp_path / 'latch.json')
    file.write(None)
    monkeypatch.setattr(file, '_replace', full)
    assert file.write(HELD) == ''
    assert file.read() == HELD
    assert (tmp_path / 'latch.json').stat().st_size == SIZE


def test_e3_f37_a_file_that_cannot_be_written_is_said_and_stops_nothing(tmp_path):
    (tmp_path / 'no_folder').write_text('')
    said = LatchFile(tmp_path / 'no_folder' / 'latch.json').write(HELD)
    assert said.endswith('a restart forgets the latch')


# -- E4: who may reset ----------------------------------------------------------------------


def test_e4_accepts_the_nonce_of_the_latch_and_a_name():
    cell = real()
    assert cell.supervisor.reset(cell.now, cell.said[-1].nonce, 'anna').approved
    assert cell.run(2.0).state == 'DISARMED'
    assert cell.said[-1].nonce == ''


@pytest.mark.parametrize(
    ('operator', 'fine'),
    [('a' * 64, True), ('a' * 65, False), ('', False), ('anna b', False), ('x\ny', False)],
)
def test_e4_boundary_of_the_name(operator, fine):
    cell = real()
    answer = cell.supervisor.reset(cell.now, cell.said[-1].nonce, operator)
    assert answer.approved is fine
    if not fine:
        assert f'operator {operator[:64]!r}; needs 1 to 64 letters' in answer.reasons[0]


@pytest.mark.parametrize('nonce', [None, '', 'abc', 'ä'])
def test_e4_breach_of_a_wrong_nonce(nonce):
    cell = real()
    refused = cell.supervisor.reset(cell.now, nonce, 'anna')
    assert 'nonce' in refused.reasons[0]
    assert cell.state == 'STOP_LATCHED'


def test_e4_breach_of_the_nonce_of_an_earlier_latch():
    cell = real()
    old = cell.said[-1].nonce
    cell.supervisor.stop('button again', cell.now)
    cell.run(1.2)
    assert not cell.supervisor.reset(cell.now, old, 'anna').approved
    assert cell.supervisor.reset(cell.now, cell.said[-1].nonce, 'anna').approved


def test_e4_arming_a_latched_supervisor_says_to_reset_first():
    cell = real()
    assert cell.supervisor.arm(cell.now).reasons == (
        'E4 STOP_LATCHED: reset first; E1 stop: button',
    )


@pytest.mark.parametrize(
    ('text', 'read'),
    [('ab12 anna', ('ab12', 'anna')), (' ab12  anna ', ('ab12', 'anna')), ('ab12', ('ab12', '')),
     ('', ('', '')), ('x' * 999, ('x' * 256, ''))],
)  # fmt: skip
def test_requests_are_a_nonce_and_a_name(text, read):
    assert read_request(text) == read


# -- E6: the audit --------------------------------------------------------------------------


def written(path, count=6, **options):
    file = AuditFile(path, **options)
    for number in range(count):
        assert file.append({'kind': 'state', 'rule': 'D3', 'message': f'm{number}'}) == ''
    return path.read_text().splitlines()


def test_e6_accepts_a_whole_chain_and_goes_on_after_a_restart(tmp_path):
    path = tmp_path / 'audit.jsonl'
    assert verify_chain(written(path)) == []
    lines = written(path)
    assert verify_chain(lines) == []
    assert [json.loads(line)['n'] for line in lines] == list(range(1, 13))


def test_e6_boundary_half_a_line_is_cut_off_at_the_next_start(tmp_path):
    path = tmp_path / 'audit.jsonl'
    written(path)
    with open(path, 'a') as file:
        file.write('{"n": 7, "kind"')
    assert verify_chain(path.read_text().splitlines()) == ['line 7 is no decision']
    assert verify_chain(written(path)) == []


@pytest.mark.parametrize('line', ['5', 'null', '[]', '{}', 'x', '"text"'])
def test_e6_boundary_a_file_of_something_else_is_gone_on_after(tmp_path, line):
    path = tmp_path / 'audit.jsonl'
    path.write_text(f'{line}\n')
    assert verify_chain(written(path)[1:]) == []


def test_e6_boundary_of_the_size_begins_another_file_that_follows(tmp_path):
    path = tmp_path / 'audit.jsonl'
    written(path, 400, largest=2000)
    names = sorted(os.listdir(tmp_path))
    assert names == ['audit.1.jsonl', 'audit.2.jsonl', 'audit.3.jsonl', 'audit.4.jsonl',
                     'audit.5.jsonl', 'audit.jsonl']  # fmt: skip
    ordered = [*(tmp_path / f'audit.{n}.jsonl' for n in (5, 4, 3, 2, 1)), path]
    chain = [line for name in ordered for line in name.read_text().splitlines()]
    assert verify_chain(chain) == []
    assert all(name.stat().st_size < 2500 for name in ordered)


@pytest.mark.parametrize(
    ('spoil', 'said'),
    [
        (lambda lines: [*lines[:2], lines[2].replace('m2', 'mX'), *lines[3:]], 'changed'),
        (lambda lines: [*lines[:2], *lines[3:]], 'does not follow'),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 'does not follow'),
        (lambda lines: [*lines, lines[0]], 'does not follow'),
        (lambda lines: ['{}', *lines], 'no decision'),
    ],
)
def test_e6_breach_of_a_chain_that_was_changed(tmp_path, spoil, said):
    faults = verify_chain(spoil(written(tmp_path / 'audit.jsonl')))
    assert any(said in fault for fault in faults)


def test_e6_what_could_not_be_written_is_counted(tmp_path, monkeypatch):
    path = tmp_path / 'audit.jsonl'
    file = AuditFile(path)
    file.append({'message': 'a'})
    with monkeypatch.context() as patch:
        patch.setattr(file, '_append', full)
        assert '1 decisions are not written' in file.append({'message': 'b'})
        assert '2 decisions' in file.append({'message': 'c'})
    file.append({'message': 'd'})
    lines = path.read_text().splitlines()
    assert verify_chain(lines) == []
    assert json.loads(lines[-1])['lost'] == 2


def test_every_decision_has_its_rule_value_and_limit():
    cell = Watched().run()
    cell.propose(quintic([5.0, 0.5, 0.04]))
    cell.propose(name='good')
    cell.supervisor.stop('button', cell.now)
    cell.supervisor.arm(cell.now, 'anna')
    kinds = [(d.kind, d.rule) for d in cell.supervisor.decisions.take()]
    assert kinds[0] == ('start', '')
    assert ('rejected', 'C5') in kinds
    assert kinds[-3:] == [('approved', ''), ('state', 'E1'), ('arm refused', 'E4')]
    assert cell.supervisor.decisions.take() == ()


def test_a_rejection_is_explained():
    cell = Watched().run()
    cell.propose(quintic([5.0, 0.5, 0.04]))
    decision = cell.supervisor.decisions.take()[-1]
    from qwen_embodied.safety import AuditTrail

    text = '\n'.join(explain(AuditTrail().line(decision.plain())))
    for word in ('rule C', 'why: ', 'limit: ', 'trajectory_id: move'):
        assert word in text
    with pytest.raises(ConfigurationError, match='no decision'):
        explain('hello')


def test_decisions_are_json_even_with_numbers_that_are_none():
    cell = Watched().executing()
    cell.status = replace(cell.status, tracking_error=float('nan'))
    cell.run(0.01)
    last = cell.supervisor.decisions.take()[-1].plain()
    assert json.loads(json.dumps(last, allow_nan=False))['value'] == 'nan'


def test_rules_that_are_off_pass_and_are_said_each_second():
    cell = Watched(unsafe_disable='C5, C6 C9', body_upper=[9.0, 9.0, 9.0]).run(3.5)
    said = [d for d in cell.supervisor.decisions.take() if d.kind == 'disabled']
    assert len(said) == 4
    assert said[0].message == 'C5, C6 C9'
    assert 'C8' in str(cell.propose(quintic([5.0, 0.5, 0.04], 20.0)).reasons)


def test_e3_a_folder_of_the_latch_is_made_however_deep(tmp_path):
    file = LatchFile(tmp_path / 'a' / 'b' / 'latch.json')
    assert file.write(HELD) == ''
    assert file.write(HELD) == ''
    assert file.read() == HELD


def test_e3_a_latch_is_no_shorter_than_the_disk_may_need(tmp_path):
    long = Latch('FAULT_LATCHED', ('x' * (2 * SIZE),), 'n')
    file = LatchFile(tmp_path / 'latch.json')
    for latch in (long, HELD):
        file.write(latch)
        assert file.read() == latch
    assert (tmp_path / 'latch.json').stat().st_size == SIZE
