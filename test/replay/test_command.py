"""The command says in its exit code and in words how a replay went."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from qwen_embodied.cli import app, main
from qwen_embodied.errors import ConfigurationError, ReplayError
from replay.conftest import TASK

ALL = '--every', '6', '--at', '0'


def command(*words):
    return CliRunner().invoke(app, ['replay', *map(str, words)])


def test_a_replay_leaves_its_files_and_compares_with_itself(task_bag, tmp_path):
    first = command(task_bag, '-i', TASK, *ALL, '--output', tmp_path / 'a')
    assert first.exit_code == 0, first.output
    names = {path.name for path in (tmp_path / 'a').iterdir()}
    assert names == {
        'report.html', 'report.json', 'scenes.jsonl', 'plan.jsonl', 'trajectories.jsonl',
    }  # fmt: skip
    golden = tmp_path / 'a' / 'report.json'
    again = command(task_bag, '-i', TASK, *ALL, '--golden', golden, '--output', tmp_path / 'b')
    assert again.exit_code == 0, again.output
    assert 'nothing changed' in again.output


def test_a_change_is_named_and_fails(task_bag, tmp_path):
    command(task_bag, *ALL, '--output', tmp_path / 'a')
    golden = tmp_path / 'a' / 'report.json'
    content = json.loads(golden.read_text())
    content['recording']['images'] += 1
    golden.write_text(json.dumps(content))
    found = command(task_bag, *ALL, '--golden', golden, '--output', tmp_path / 'b')
    assert found.exit_code == 1
    assert 'changed: recording.images' in found.output


@pytest.mark.parametrize(
    ('words', 'code', 'said'),
    [
        (['nowhere'], 1, 'nowhere does not exist'),
        (['BAG', '--profile', 'fast'], 2, 'profile'),
        (['BAG', '--golden', 'none.json'], 2, 'none.json: cannot be read'),
        (['BAG', '--topics', 'none.yaml'], 2, 'none.yaml: cannot be read'),
        (['BAG', '--robot', 'spot'], 2, 'spot'),
    ],
)
def test_exit_codes(task_bag, monkeypatch, capsys, tmp_path, words, code, said):
    monkeypatch.chdir(tmp_path)
    words = [str(task_bag) if word == 'BAG' else word for word in words]
    monkeypatch.setattr('sys.argv', ['qwen-embodied', 'replay', *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    assert said in capsys.readouterr().err


def test_a_recording_that_was_cut_off_is_replayed_when_asked(task_bag, tmp_path):
    folder = shutil.copytree(task_bag, tmp_path / 'cut')
    file = next(folder.glob('*.mcap'))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    (folder / 'metadata.yaml').unlink()
    found = command(folder, *ALL, '--recover', '--output', tmp_path / 'a')
    assert found.exit_code == 0, found.output
    assert 'has no end: it is read up to its last whole chunk' in found.output


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_compared_with_is_never_overwritten(small_panda, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command(small_panda).exit_code == 0
    first = tmp_path / 'runs' / 'replay-night'
    before = held(first)
    golden = first / 'report.json'
    assert command(small_panda, '--golden', golden, '--every', '2').exit_code == 1
    assert held(first) == before
    assert (tmp_path / 'runs' / 'replay-night-2' / 'report.json').is_file()
    refused = command(small_panda, '--golden', golden, '--output', 'runs/replay-night')
    assert isinstance(refused.exception, ConfigurationError)
    assert 'would be overwritten; give another folder' in str(refused.exception)
    assert held(first) == before


def test_a_replay_that_breaks_off_leaves_the_earlier_report(small_panda, tmp_path):
    out = tmp_path / 'out'
    assert command(small_panda, '--output', out).exit_code == 0
    before = held(out)
    broken = command(small_panda, '--output', out, '--robot', 'ur5e')
    assert isinstance(broken.exception, ReplayError)
    assert held(out) == before
    fresh = command(small_panda, '--output', tmp_path / 'fresh', '--robot', 'ur5e')
    assert isinstance(fresh.exception, ReplayError)
    assert not (tmp_path / 'fresh').exists()


def test_recordings_of_runs_have_a_report_each(small_panda, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for run in ('one', 'two'):
        shutil.copytree(small_panda, tmp_path / run / 'recording')
        assert command(f'{run}/recording', '--every', '2').exit_code == 0
    (file,) = (tmp_path / 'one' / 'recording').glob('*.mcap')
    command(file, '--every', '2')
    names = {path.name for path in (tmp_path / 'runs').iterdir()}
    assert names == {'replay-one', 'replay-two', 'replay-one-2'}
