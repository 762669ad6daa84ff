"""A bench's rows say whether their bar holds, and read the same as table and as JSON."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from qwen_embodied.bench import Report, Row, at_least, at_most, figure, run_bench, table
from qwen_embodied.bench.report import machine
from qwen_embodied.errors import ConfigurationError

FIELDS = ['name', 'value', 'unit', 'bar', 'goal', 'peer', 'holds']
NAN = float('nan')


def report(*rows):
    return Report('chain', 'a machine', '2026-01-01T00:00:00+00:00', rows)


@pytest.mark.parametrize(('value', 'holds'), [(95.0, True), (94.999, False), (NAN, False)])
def test_at_least_holds_from_its_bar_upwards(value, holds):
    assert at_least('success', value, '%', bar=95).holds is holds


@pytest.mark.parametrize(('value', 'holds'), [(5.0, True), (5.001, False), (NAN, False)])
def test_at_most_holds_up_to_its_bar(value, holds):
    assert at_most('hop', value, 'ms', bar=5).holds is holds


def test_a_report_holds_only_when_every_row_does():
    good, bad = at_most('a', 1, '', bar=2), at_most('b', 3, '', bar=2)
    assert report(good, figure('c', 7)).holds
    assert not report(good, bad).holds
    assert not report().holds


def test_json_has_the_contracts_fields():
    plain = json.loads(
        report(at_most('hop', 3.25, 'ms', bar=5, goal='<= 2', peer='none')).to_json()
    )
    assert list(plain) == ['bench', 'machine', 'date', 'rows']
    assert list(plain['rows'][0]) == FIELDS
    assert list(plain['rows'][0].values()) == ['hop', 3.25, 'ms', '<= 5', '<= 2', 'none', True]


def test_a_failed_measurement_is_null_in_json():
    plain = json.loads(report(at_most('hop', NAN, 'ms', bar=5)).to_json())
    assert (plain['rows'][0]['value'], plain['rows'][0]['holds']) == (None, False)


def test_a_comparison_carries_ratio_and_interval():
    row = Row('speed', 2.0, 'ms', ratio=0.5, interval=(0.4, 0.6))
    assert json.loads(report(row).to_json())['rows'][0]['interval'] == [0.4, 0.6]
    assert 'x0.50, 0.40 to 0.60' in table(report(row))


def test_the_table_is_markdown_with_straight_columns():
    lines = table(report(at_most('hop', 3.25, 'ms', bar=5), figure('count', 12))).splitlines()
    rows = lines[2:]
    assert 'a machine' in lines[0]
    assert len({len(line) for line in rows}) == 1
    assert rows[2].split('|')[1:8] == [
        ' hop   ', ' 3.25  ', ' ms   ', ' <= 5 ', '      ', '      ', ' yes   ',
    ]  # fmt: skip
    assert 'NO' not in table(report(figure('count', 12)))
    assert 'NO' in table(report(at_most('hop', 6, 'ms', bar=5)))


def test_the_file_is_written_with_its_folder(tmp_path):
    path = tmp_path / 'new' / 'rows.json'
    report(figure('count', 12)).write(path)
    assert json.loads(path.read_text('utf-8'))['rows'][0]['value'] == 12


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match='cannot be written'):
        report(figure('count', 12)).write(tmp_path)


def test_an_unknown_bench_names_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"no bench 'speed'; known are chain, "):
        run_bench('speed')


def test_the_machine_is_described():
    assert 'cores' in machine()
    assert 'Python 3.' in machine()
