"""Errors form one tree, carry their data, and say what would be allowed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import inspect
import re

import pytest

from qwen_embodied import errors
from qwen_embodied.errors import (
    CollisionError,
    ContractError,
    GroundingError,
    InstructionError,
    JointLimitError,
    MissingDependencyError,
    PlanParseError,
    QwenEmbodiedError,
    TrajectoryRejectedError,
    UnreachableError,
)

TREE = [item for _, item in inspect.getmembers(errors, inspect.isclass)]
EXAMPLES = [
    (ContractError('Frame.rgb', (2, 3), 'uint8'), 'Frame.rgb is (2, 3); it must be uint8'),
    (
        MissingDependencyError('mujoco', 'pip install mujoco'),
        'mujoco is missing; pip install mujoco',
    ),
    (PlanParseError('too long', '{}'), 'the reply is not a plan: too long'),
    (InstructionError('Which cube?'), 'Which cube?'),
    (
        GroundingError('cup_1', ('red_cube_1', 'bowl_1')),
        'cup_1 is not in the scene; the scene holds red_cube_1, bowl_1',
    ),
    (GroundingError('cup_1', ()), 'cup_1 is not in the scene; the scene holds nothing'),
    (JointLimitError('elbow', 2.51, -2, 2), 'elbow = 2.510, allowed [-2.000, 2.000]'),
    (
        UnreachableError('the bowl', 0.0123, 0.5),
        'the bowl is out of reach: the nearest pose misses it by 12.3 mm and 0.500 rad',
    ),
    (CollisionError('goal', 'hand', 'table'), 'the goal is blocked: hand touches table'),
    (TrajectoryRejectedError(('C1: late', 'C2: far')), 'trajectory rejected: C1: late; C2: far'),
]


def test_all_errors_are_in_the_tree():
    assert all(issubclass(item, QwenEmbodiedError) for item in TREE)


def test_the_docstring_draws_the_tree_as_it_is():
    drawn = set(re.findall(r'\w+Error', errors.__doc__))
    assert drawn == {item.__name__ for item in TREE}


@pytest.mark.parametrize(('error', 'sentence'), EXAMPLES)
def test_messages_name_the_thing_its_value_and_the_way_out(error, sentence):
    assert str(error) == sentence


def test_errors_carry_their_data():
    error = JointLimitError('elbow', 2.51, -2.0, 2.0)
    assert (error.joint, error.value, error.lower, error.upper) == ('elbow', 2.51, -2.0, 2.0)
    assert PlanParseError('too long', '{}').reply == '{}'
    assert TrajectoryRejectedError(('a', 'b')).reasons == ('a', 'b')
