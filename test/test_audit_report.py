"""The command `audit`: a whole chain, a broken one, and one decision in words."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from typer.testing import CliRunner

from qwen_embodied.audit_report import explained
from qwen_embodied.cli import app
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.safety import AuditFile


@pytest.fixture
def path(tmp_path):
    file = AuditFile(tmp_path / 'audit.jsonl')
    for rule in ('C5', 'D3', 'E1'):
        file.append({'kind': 'state', 'rule': rule, 'message': f'{rule} happened', 'limit': 0.15})
    return tmp_path / 'audit.jsonl'


def run(*arguments):
    result = CliRunner().invoke(app, ['audit', *map(str, arguments)])
    return result.exit_code, result.output


def test_a_whole_audit_is_said_to_be(path):
    code, said = run(path)
    assert code == 0
    assert '3 decisions, none changed, none missing' in said


def test_a_changed_one_names_the_line(path):
    path.write_text(path.read_text().replace('D3 happened', 'nothing happened'))
    code, said = run(path)
    assert code == 1
    assert 'line 2 was changed' in said


def test_a_decision_is_explained_with_its_rule(path):
    code, said = run(path, '--explain', 2)
    assert code == 0
    assert 'rule D3: ' in said
    assert 'limit: 0.15' in said


def test_what_is_not_there_is_said(path, tmp_path):
    with pytest.raises(ConfigurationError, match='no decision 9'):
        explained(path, 9)
    with pytest.raises(ConfigurationError, match='cannot be read'):
        explained(tmp_path / 'none', 1)


def test_a_file_that_is_no_audit_is_said_to_be_none(tmp_path):
    (tmp_path / 'notes.md').write_text('one\ntwo\n')
    code, said = run(tmp_path / 'notes.md')
    assert code == 1
    assert (
        said
        == f'{tmp_path}/notes.md: no line is a decision; it is no audit of a safety supervisor\n'
    )


def test_without_a_file_the_usual_one_is_read(path, tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    usual = tmp_path / '.ros' / 'qwen_embodied' / 'audit.jsonl'
    usual.parent.mkdir(parents=True)
    path.rename(usual)
    code, said = run()
    assert code == 0
    assert f'{usual}: 3 decisions' in said


def test_an_empty_audit_is_not_whole(tmp_path):
    (tmp_path / 'empty').write_text('')
    assert run(tmp_path / 'empty')[0] == 1
