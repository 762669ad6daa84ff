"""JSON there and back, and JSON that is refused."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory, Scene, SceneObject
from qwen_embodied.serialization import LARGEST_TEXT, from_json, to_json


@dataclass(frozen=True)
class Event:
    stamp: float
    text: str
    data: dict[str, Any] = field(default_factory=dict)


def scene(**changes):
    item = SceneObject('a', 'red ball', 'red', 'ball', np.eye(4), [0.1, 0.1, 0.1], 1.0)
    return Scene(**{'stamp': 1.0, 'frame_id': 'base', 'objects': (item,), 'table_height': 0.0}
                 | changes)  # fmt: skip


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=5), finite)
def test_numbers_come_back_bit_for_bit(positions, stamp):
    names = tuple(f'joint{number}' for number in range(len(positions)))
    back = from_json(to_json(JointState(stamp, names, positions)), JointState)
    assert back.stamp == stamp
    assert np.array_equal(back.positions, positions)


@given(st.text())
def test_any_text_comes_back(text):
    status = ArmStatus('', 'aborted', text)
    assert from_json(to_json(status), ArmStatus) == status


def test_a_scene_comes_back():
    back = from_json(to_json(scene()), Scene)
    assert to_json(back) == to_json(scene())
    assert back.objects[0].box is None


def test_a_trajectory_comes_back():
    sent = JointTrajectory(('a', 'b'), [0, 1], [[0, 1], [2, 3]], id='x')
    back = from_json(to_json(sent), JointTrajectory)
    assert back.positions.tolist() == [[0, 1], [2, 3]]
    assert back.velocities is None


def test_an_event_keeps_its_free_data():
    event = Event(1.0, 'seen', {'objects': ['a'], 'plan': {'steps': [{'action': 'pick'}]}})
    assert from_json(to_json(event), Event) == event


@pytest.mark.parametrize('value', [float('nan'), float('inf'), np.float32('nan')])
def test_numbers_that_are_not_finite_are_not_written(value):
    with pytest.raises(ContractError, match=r'value\.here\[0\] is .* finite'):
        to_json({'here': [value]})


def test_values_without_a_json_form_are_not_written():
    with pytest.raises(ContractError, match='set'):
        to_json({'here': {1, 2}})


def changed(path, value):
    plain = json.loads(to_json(scene()))
    target = plain
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ('path', 'value', 'where'),
    [
        (['stamp'], '1', r'Scene\.stamp'),
        (['stamp'], True, r'Scene\.stamp'),
        (['stamp'], None, r'Scene\.stamp'),
        (['stamp'], 10**400, r'Scene\.stamp'),
        (['frame_id'], 3, r'Scene\.frame_id'),
        (['objects'], {}, r'Scene\.objects'),
        (['objects', 0], [], r'Scene\.objects\[0\]'),
        (['objects', 0, 'size'], [1, 2], 'size'),
        (['objects', 0, 'size'], [1, 2, 'x'], r'size\[2\]'),
        (['objects', 0, 'size'], 'abc', 'size'),
        (['objects', 0, 'object_in_base'], [[1, 2], [3]], 'different lengths'),
        (['objects', 0, 'box'], [1, 2, 3], 'a list of 4'),
        (['objects', 0, 'colour'], 'octarine', 'octarine'),
        (['more'], 1, 'exactly'),
        (['objects', 0, 'label'], None, 'label'),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(path, value, where):
    with pytest.raises(ContractError, match=where):
        from_json(changed(path, value), Scene)


@pytest.mark.parametrize(
    'text',
    ['', 'null', '[]', '{', '{}', 'no', '{"stamp": NaN}', '{"stamp": Infinity}', '[' * 100_000,
     '{"a": 1, "a": 2}', '{"stamp": 1e999}', to_json(scene()) + 'x', '"' + 'a' * 100],
)  # fmt: skip
def test_text_that_is_no_scene_is_refused(text):
    with pytest.raises(ContractError):
        from_json(text, Scene)


def test_a_flood_of_text_is_not_even_parsed():
    with pytest.raises(ContractError, match='characters'):
        from_json('[' + ' ' * LARGEST_TEXT + ']', Scene)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode('latin-1')))
def test_only_contract_errors_come_out(text):
    with pytest.raises(ContractError):
        from_json(text, Scene)
