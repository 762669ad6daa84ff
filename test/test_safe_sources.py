"""Nothing in the package deserialises code or runs text: read from every source file."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*(ROOT / 'qwen_embodied').rglob('*.py'), *(ROOT / 'launch').rglob('*.py')])
MODULES = {'pickle', 'cPickle', 'dill', 'cloudpickle', 'shelve', 'marshal', 'joblib', 'jsonpickle'}
BUILTINS = {'eval', 'exec', 'compile', '__import__'}
METHODS = {('yaml', 'load'), ('yaml', 'load_all'), ('yaml', 'unsafe_load'), ('yaml', 'full_load'),
           ('torch', 'load'), ('os', 'system'), ('os', 'popen'), ('numpy', 'load'), ('np', 'load'),
           ('subprocess', 'getoutput'), ('subprocess', 'getstatusoutput')}  # fmt: skip


def offences(source):
    """List what a source does that could run what it reads."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split('.')[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or '').split('.')[0] in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            found += offences_of_call(node)
    return found


def offences_of_call(call):
    function, found = call.func, []
    if isinstance(function, ast.Name) and function.id in BUILTINS:
        found.append(function.id)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        name = (function.value.id, function.attr)
        found += ['.'.join(name)] if name in METHODS and not is_plain_array(call) else []
    for keyword in call.keywords:
        value = getattr(keyword.value, 'value', None)
        if (keyword.arg, value) in {('shell', True), ('trust_remote_code', True)}:
            found.append(f'{keyword.arg}=True')
        if keyword.arg in {'shell', 'trust_remote_code'} and not isinstance(
            keyword.value, ast.Constant
        ):
            found.append(f'{keyword.arg} of a variable')
    return found


def is_plain_array(call):
    """Tell whether numpy is told to refuse objects."""
    values = {word.arg: getattr(word.value, 'value', None) for word in call.keywords}
    return values.get('allow_pickle') is False


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_x13_no_source_runs_what_it_reads(path):
    assert offences(path.read_text(encoding='utf-8')) == []


@pytest.mark.parametrize(
    'source',
    [
        'import pickle', 'np.load(x)',
        'np.load(x, allow_pickle=True)', 'from pickle import loads', 'eval(x)',
        'import torch\ntorch.load(x)',
        'yaml.load(x)', 'run(x, shell=True)', 'run(x, shell=y)', 'os.system(x)', 'exec(x)',
        'f(trust_remote_code=True)', 'import joblib.memory',
    ],
)  # fmt: skip
def test_x13_the_rule_sees_what_it_forbids(source):
    assert offences(source)
