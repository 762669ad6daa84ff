"""A missing system library becomes the command that installs it."""

import pytest

from qwen_embodied.errors import MissingDependencyError
from qwen_embodied.system_libraries import explain


@pytest.mark.parametrize('name', ['libgomp.so.1', 'libGL.so.1', 'libgthread-2.0.so.0'])
def test_the_library_and_the_command_are_named(name):
    said = explain(ImportError(f'{name}: cannot open shared object file: No such file'))
    assert isinstance(said, MissingDependencyError)
    assert name in str(said)
    assert 'sudo apt-get install' in str(said)


def test_another_import_error_is_left_alone():
    assert explain(ImportError("cannot import name 'x' from 'y'")) is None
