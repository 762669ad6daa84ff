"""The page of parameters is that of the code, and the files in config/ are right."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from typer.testing import CliRunner

from qwen_embodied.cli import app
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.nodes.declared import NODES, check_parameter_file, parameters_of
from qwen_embodied.parameter_table import markdown, yaml_file

ROOT = Path(__file__).resolve().parents[2]
CONFIG = sorted((ROOT / 'config').glob('*.yaml'))


def test_the_page_is_current():
    page = (ROOT / 'docs' / 'parameters.md').read_text(encoding='utf-8')
    written = markdown({node: parameters_of(node) for node in NODES})
    assert page == written, 'run: qwen-embodied parameters --write docs/parameters.md'


def test_every_node_with_an_executable_is_on_the_page():
    assert {
        path.stem.removesuffix('_node')
        for path in (ROOT / 'qwen_embodied' / 'nodes').glob('*_node.py')
    } - {'operator'} == set(NODES)


@pytest.mark.parametrize('node', NODES)
def test_every_number_has_a_range(node):
    for field in dataclasses.fields(parameters_of(node)):
        if field.type in ('int', 'float'):
            assert field.metadata['bounds'], field.name


@pytest.mark.parametrize('path', CONFIG, ids=lambda path: path.stem)
def test_the_files_of_the_package_are_right(path):
    assert check_parameter_file(path) == ()


@pytest.mark.parametrize('node', NODES)
def test_a_file_of_defaults_is_right(tmp_path, node):
    path = tmp_path / 'mine.yaml'
    path.write_text(yaml_file(node, parameters_of(node)), encoding='utf-8')
    assert check_parameter_file(path) == ()


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('planner: {ros__parameters: {retrys: 1}}', '1: there is no parameter retrys; did you'),
        ('/**: {ros__parameters: {robot: 3}}', '1: robot = 3; it must be a str'),
        ('planer: {ros__parameters: {retries: 1}}', '1: there is no node planer'),
        ('a: [', 'cannot be read'),
    ],
)
def test_what_is_wrong_in_a_file_is_told(tmp_path, text, said):
    path = tmp_path / 'mine.yaml'
    path.write_text(text, encoding='utf-8')
    (fault,) = check_parameter_file(path)
    assert fault.startswith(f'{path}:')
    assert said in fault
    result = CliRunner().invoke(app, ['parameters', '--check', str(path)])
    assert result.exit_code == 1
    assert said in result.output


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    path = tmp_path / 'mine.yaml'
    text = 'planner:\n  ros__parameters:\n    retries: 9\n    lift: high\n'
    path.write_text(text, encoding='utf-8')
    first, second = check_parameter_file(path)
    assert (first.startswith(f'{path}:3: retries'), f'{path}:4: lift' in second) == (True, True)


def test_unknown_nodes_hide_no_other_fault(tmp_path):
    path = tmp_path / 'mine.yaml'
    text = '{}:\n  ros__parameters:\n    {}\n'
    parts = (('planer', 'retries: 1'), ('planner', 'retrys: 1\n    lift: high'), ('moon', 'a: 1'))
    path.write_text(''.join(text.format(*part) for part in parts), encoding='utf-8')
    faults = check_parameter_file(path)
    assert len(faults) == 4
    for words in ('no node planer', 'no node moon', 'no parameter retrys', 'lift ='):
        assert [words in fault for fault in faults].count(True) == 1


def test_the_command_prints_one_node_or_all():
    runner = CliRunner()
    assert 'goal_tolerance' in runner.invoke(app, ['parameters', 'arm_controller']).output
    assert '/**/recorder:' in runner.invoke(app, ['parameters', 'recorder', '--yaml']).output
    with pytest.raises(ConfigurationError, match="no node 'arm'"):
        runner.invoke(app, ['parameters', 'arm'], catch_exceptions=False)
