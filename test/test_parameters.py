"""Parameters have one place for default, description and bounds, and refuse everything else."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import build, defaults, param, read_yaml


@dataclass(frozen=True)
class Sample:
    """Parameters of every kind."""

    gain: float = param(4.0, 'Largest gain.', bounds=(1.0, 16.0))
    count: int = param(3, 'How many.', bounds=(1, 9))
    enabled: bool = param(True, 'Whether it is on.')
    mode: str = param('fast', 'How.', choices=('fast', 'slow'))
    home: list[float] = param([0.0, 1.0], 'Where, rad.', bounds=(-3.0, 3.0))


def test_nothing_set_gives_the_defaults():
    assert build(Sample, {}, 'test') == Sample()
    assert defaults(Sample)['gain'] == 4.0


def test_values_replace_the_defaults():
    built = build(Sample, {'gain': 2.5, 'enabled': False, 'mode': 'slow'}, 'test')
    assert (built.gain, built.enabled, built.mode, built.count) == (2.5, False, 'slow', 3)


def test_whole_numbers_are_fine_for_real_ones():
    gain = build(Sample, {'gain': 2}, 'test').gain
    assert (gain, type(gain)) == (2.0, float)


@pytest.mark.parametrize('gain', [1.0, 16.0])
def test_bounds_belong_to_the_range(gain):
    assert build(Sample, {'gain': gain}, 'test').gain == gain


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ({'gain': 0.999}, r'f.yaml: gain = 0.999; allowed is 1.0 to 16.0'),
        ({'gain': 16.001}, 'allowed is'),
        ({'gain': float('nan')}, 'must be finite'),
        ({'gain': float('inf')}, 'must be finite'),
        ({'gain': '4'}, "gain = '4'; it must be a float"),
        ({'gain': True}, 'it must be a float'),
        ({'gain': None}, 'it must be a float'),
        ({'count': 2.0}, 'it must be a int'),
        ({'count': True}, 'it must be a int'),
        ({'count': 10}, 'allowed is 1 to 9'),
        ({'enabled': 1}, 'it must be a bool'),
        ({'mode': 'quick'}, 'allowed are fast, slow'),
        ({'home': [0.0, 3.1]}, 'allowed is -3.0 to 3.0'),
        ({'home': [0.0, float('nan')]}, 'must be finite'),
        ({'home': 1.0}, 'it must be a list'),
        ({'home': [0.0, 'far']}, 'it must be a float'),
        ({'home': [None]}, 'it must be a float'),
        ({'gian': 2.0}, 'no parameter gian; did you mean gain'),
        ({'zzz': 2.0}, 'no parameter zzz; known are gain, count'),
    ],
)
def test_wrong_values_are_refused_with_the_way_out(values, words):
    with pytest.raises(ConfigurationError, match=words):
        build(Sample, values, 'f.yaml')


def test_whole_numbers_in_lists_become_real_ones():
    assert [type(number) for number in build(Sample, {'home': [1, 2]}, 'test').home] == [float] * 2


def test_lists_are_not_shared_between_instances():
    Sample().home.append(9.0)
    assert Sample().home == [0.0, 1.0]


def test_every_parameter_describes_itself():
    assert all(field.metadata['description'] for field in fields(Sample))


def test_yaml_for_all_nodes_yields_to_the_nodes_own(tmp_path):
    path = tmp_path / 'p.yaml'
    path.write_text(
        '/**:\n  ros__parameters: {gain: 2.0, count: 5}\n'
        'camera:\n  ros__parameters: {gain: 3.0}\n'
        'other:\n  ros__parameters: {gain: 9.0}\n',
        encoding='utf-8',
    )
    assert read_yaml(path, 'camera') == {'gain': 3.0, 'count': 5}
    assert read_yaml(str(path), 'unknown') == {'gain': 2.0, 'count': 5}


@pytest.mark.parametrize('text', ['', '# nothing\n', 'camera:\n', 'camera: {ros__parameters: }\n'])
def test_yaml_without_values_gives_none(tmp_path, text):
    path = tmp_path / 'p.yaml'
    path.write_text(text, encoding='utf-8')
    assert read_yaml(path, 'camera') == {}


@pytest.mark.parametrize(
    ('text', 'words'), [('- a\n', 'node names at its top'), ('a: [1\n', 'cannot be read')]
)
def test_broken_yaml_is_named(tmp_path, text, words):
    path = tmp_path / 'p.yaml'
    path.write_text(text, encoding='utf-8')
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_yaml(path, 'camera')
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r'nowhere\.yaml: cannot be read'):
        read_yaml(tmp_path / 'nowhere.yaml', 'camera')
