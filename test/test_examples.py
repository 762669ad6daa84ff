"""The examples in the docstrings are run as they stand."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import doctest
import importlib

import pytest

WITH_EXAMPLE = (
    'camera', 'perception', 'planning', 'motion', 'safety', 'control', 'simulation', 'pipeline',
    'serialization', 'bench',
)  # fmt: skip
LONGEST = 5  # statements


@pytest.mark.parametrize('name', WITH_EXAMPLE)
def test_example_runs(name):
    module = importlib.import_module(f'qwen_embodied.{name}')
    examples = doctest.DocTestParser().get_examples(module.__doc__)
    test = doctest.DocTest(examples, dict(vars(module)), name, module.__file__, 0, module.__doc__)
    result = doctest.DocTestRunner(verbose=False).run(test)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize('name', WITH_EXAMPLE)
def test_example_is_short(name):
    module = importlib.import_module(f'qwen_embodied.{name}')
    assert len(doctest.DocTestParser().get_examples(module.__doc__)) <= LONGEST
