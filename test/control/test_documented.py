"""docs/control.md names, for each behaviour, a test that exists."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
DOCUMENT = (TESTS.parent / 'docs' / 'control.md').read_text(encoding='utf-8')
NAMED = sorted(set(re.findall(r'`(test_\w+)`', DOCUMENT)))
WRITTEN = {
    name
    for folder in ('control', 'nodes')
    for path in (TESTS / folder).glob('test_*.py')
    for name in re.findall(r'^def (test_\w+)\(', path.read_text(encoding='utf-8'), re.MULTILINE)
}


@pytest.mark.parametrize('name', NAMED)
def test_each_named_test_exists(name):
    assert name in WRITTEN


def test_every_rule_of_the_real_controller_is_there_twice():
    ranges = {'J13, J14': ('J13', 'J14'), 'J1, J3 to J10, J12': ('J1', *(f'J{k}' for k in (
        3, 4, 5, 6, 7, 8, 9, 10, 12)))}  # fmt: skip
    first_cells = re.findall(r'^\| (J[^|:]*?)(?: \||:)', DOCUMENT, re.MULTILINE)
    rules = [rule for cell in first_cells for rule in ranges.get(cell, (cell,))]
    assert {rule: rules.count(rule) for rule in rules} == {f'J{k}': 2 for k in range(1, 19)}
