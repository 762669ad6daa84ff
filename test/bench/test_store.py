"""A bench that was stopped goes on where it was."""

# SPDX-License-Identifier: Apache-2.0
import pytest

from qwen_embodied.bench.store import Store


def never():
    pytest.fail('measured again')


def test_what_was_measured_is_not_measured_again(tmp_path):
    path = tmp_path / 'new' / 'store'
    assert Store(path).value('table 1', lambda: [1.5, 'a']) == [1.5, 'a']
    assert Store(path).value('table 1', never) == [1.5, 'a']


def test_a_line_that_was_cut_off_is_measured_again_and_the_others_are_kept(tmp_path):
    path = tmp_path / 'store'
    first = Store(path)
    for number in range(3):
        first.value(f'table {number}', lambda number=number: number)
    path.write_text(path.read_text()[:-2])
    again = Store(path)
    assert len(again) == 2
    assert again.value('table 2', lambda: 7) == 7
    assert [Store(path).value(f'table {n}', never) for n in range(3)] == [0, 1, 7]


def test_without_a_file_nothing_is_kept():
    Store().value('a', lambda: 1)
    assert len(Store()) == 0
    assert Store().value('a', lambda: 2) == 2


def test_tallies_of_tables_add_up_the_same_from_a_store(tmp_path):
    light = pytest.importorskip('qwen_embodied.bench.light')
    columns = {'raw': lambda rgb: rgb}
    fresh = light.measure(range(1), ('normal@1',), columns, Store(tmp_path / 'store'))
    kept = light.measure(range(1), ('normal@1',), columns, Store(tmp_path / 'store'))
    assert fresh['normal@1', 'raw'] == kept['normal@1', 'raw']
    assert fresh['normal@1', 'raw'].count > 0
