"""Parameter files: which setting counts, in which line it stands, and what is refused."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameter_files import (
    RosArguments,
    Section,
    check_namespaces,
    check_sections,
    read_sections,
    settings_of,
)
from qwen_embodied.parameter_table import rows, yaml_file
from qwen_embodied.parameters import build_from, check_file, param

NODES = ('planner', 'perception', 'arm_controller')


@dataclass(frozen=True)
class Sample:
    """Parameters of every kind."""

    gain: float = param(4.0, 'Largest gain, m/s.', bounds=(1.0, 16.0))
    mode: str = param('fast', 'How.', choices=('fast', 'slow'))
    names: list[str] = param(['a'], 'Of whom.')
    spot: list[float] = param([0.0, 1.0], 'Where, m; x and y.', bounds=(-3.0, 3.0))
    is_on: bool = param(False, 'Whether.')


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / 'mine.yaml'
        path.write_text(text, encoding='utf-8')
        return path

    return written


@pytest.mark.parametrize(
    ('pattern', 'node', 'fits'),
    [
        ('/**', '/planner', True),
        ('/**', '/cell/planner', True),
        ('/**/planner', '/planner', True),
        ('/**/planner', '/a/b/planner', True),
        ('/*/planner', '/planner', False),
        ('/*/planner', '/a/planner', True),
        ('/*/planner', '/a/b/planner', False),
        ('/planner', '/planner', True),
        ('/planner', '/cell/planner', False),
        ('/cell/**', '/cell/planner', True),
        ('/cell/**', '/other/planner', False),
        ('/**/plan', '/planner', False),
    ],
)
def test_patterns_mean_what_ros_takes_them_for(pattern, node, fits):
    assert Section(pattern, '', {}).fits(node) is fits


def test_namespaces_may_be_nested_and_names_too(write):
    path = write('cell:\n  planner:\n    ros__parameters:\n      a:\n        b: 1\n')
    (section,) = read_sections(path)
    assert section.pattern == '/cell/planner'
    assert section.settings['a.b'].place == f'{path}:5'


def test_the_own_section_wins_over_that_for_all_whatever_their_order(write):
    path = write('n: {ros__parameters: {x: 1}}\n/**: {ros__parameters: {x: 2, y: 3}}\n')
    settings = settings_of(read_sections(path), '/n')
    assert {name: item.value for name, item in settings.items()} == {'x': 1, 'y': 3}


@pytest.mark.parametrize(('text', 'value'), [('1e-3', 0.001), ('2E4', 2e4), ('-1.5e+2', -150.0)])
def test_numbers_are_those_that_ros_reads(write, text, value):
    path = write(f'n: {{ros__parameters: {{x: {text}}}}}\n')
    assert settings_of(read_sections(path), '/n')['x'].value == value


@pytest.mark.parametrize(
    ('line', 'said'),
    [
        ('gain: 0.5', '4: gain = 0.5; allowed is 1.0 to 16.0'),
        ('gain: fast', "4: gain = 'fast'; it must be a float"),
        ('gain: .nan', '4: gain = nan; it must be finite'),
        ('gian: 2.0', '4: there is no parameter gian; did you mean gain'),
        ('mode: quick', "4: mode = 'quick'; allowed are fast, slow"),
        ('spot: [0.0, 9.0]', r'4: spot = \[0.0, 9.0\]; allowed'),
        ('is_on: 1', '4: is_on = 1; it must be a bool'),
        ('names:', '4: names = None; it must be a list'),
        ('use_sim_time: 1', '4: use_sim_time = 1; it must be true or false'),
        ('gain: 2.0\n    gain: 3.0', '5: gain stands there twice; see .*:4'),
        ('gain: "x', 'mine.yaml:[45]: cannot be read'),
        ('names: &x [*x]', '4: cannot be read'),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(write, line, said):
    path = write(f'/**:\n  ros__parameters:\n    # a comment\n    {line}\n')
    with pytest.raises(ConfigurationError, match=said) as caught:
        check_file(Sample, path, '/n')
    assert str(caught.value).startswith(f'{path}:')


@pytest.mark.parametrize(
    'text',
    ['n: 3\n', 'n: [1]\n', 'n: {ros__parameters: 3}\n', 'n: {x: 1}\n', '&a\nn: *a\n', '\0'],
)
def test_what_is_no_parameter_file_is_refused(write, text):
    with pytest.raises(ConfigurationError, match=r'mine\.yaml'):
        read_sections(write(text))


def test_what_is_right_passes_with_the_parameters_that_every_node_has(write):
    text = '/**: {ros__parameters: {gain: 2, use_sim_time: true, qos_overrides: {/a: {x: 1}}}}\n'
    check_file(Sample, write(text), '/n')


def test_a_stage_is_built_from_its_part_of_a_file_and_what_is_set_over_it(write):
    path = write('/**:\n  ros__parameters: {gain: 2, other: 1, mode: quick}\n')
    assert build_from(Sample, path, 'n', mode='slow').gain == 2.0
    with pytest.raises(ConfigurationError, match='no parameter other'):
        build_from(Sample, path, 'n', strict=True, mode='slow')
    with pytest.raises(ConfigurationError, match=r'mine\.yaml:2: mode'):
        build_from(Sample, path, 'n')


def test_sections_of_nodes_that_nobody_starts_are_refused(write):
    path = write('planner: {}\n/**: {}\nplaner: {ros__parameters: {x: 1}}\n')
    with pytest.raises(ConfigurationError, match=r'3: there is no node planer; did you mean plan'):
        check_sections(path, NODES)
    with pytest.raises(ConfigurationError, match='known are planner, perception'):
        check_sections(write('zzz: {ros__parameters: {x: 1}}\n'), NODES)


def test_a_section_that_does_not_reach_its_node_is_refused(write):
    sections = read_sections(write('planner: {ros__parameters: {x: 1}}\n'))
    check_namespaces(sections, '/planner')
    check_namespaces(sections, '/cell/perception')
    with pytest.raises(ConfigurationError, match=r'1: /planner does not mean /cell/planner; wri'):
        check_namespaces(sections, '/cell/planner')


def test_arguments_of_ros_name_node_and_files():
    line = ['node', '--ros-args', '-r', '__node:=eye', '-r', '__ns:=/cell', '--params-file', 'a']
    given = RosArguments.of([*line, '--params-file', 'b', '-p', 'x:=1'])
    assert (given.files, given.full_name('perception')) == (('a', 'b'), '/cell/eye')
    assert RosArguments.of(['node']).full_name('perception') == '/perception'


def test_units_and_ranges_are_told():
    gain, mode, names, spot, _ = rows(Sample)
    assert (gain.unit, gain.meaning, gain.allowed) == ('m/s', 'Largest gain.', '1 to 16')
    assert (spot.unit, spot.meaning, spot.kind) == ('m', 'Where; x and y.', 'list[float]')
    assert (mode.allowed, names.default) == ('fast, slow', '["a"]')


def test_a_written_file_holds_the_defaults_under_comments(write):
    path = write(yaml_file('n', Sample))
    assert build_from(Sample, path, 'n', strict=True) == Sample()
    assert '    # Largest gain. (1 to 16 m/s)\n    gain: 4.0' in path.read_text()
