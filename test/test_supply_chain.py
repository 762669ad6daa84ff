"""What a release installs is pinned by hash, and an audit never passes what it could not ask."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / 'requirements.lock'
RELEASE = ('ros', 'sim', 'server')  # extras in the lock
HASH = re.compile(r'--hash=sha256:[0-9a-f]{64}')


def locked():
    """Give the pinned requirements by name, and the lines of each."""
    found = {}
    for block in re.split(r'\n(?=[^\s#])', LOCK.read_text(encoding='utf-8')):
        lines = [line for line in block.splitlines() if not line.lstrip().startswith('#')]
        if lines:
            pin = Requirement(lines[0].rstrip('\\ '))
            found.setdefault(canonicalize_name(pin.name), []).append((pin, lines[1:]))
    return found


def wanted():
    """Read the requirements of the release from setup.py."""
    tree = ast.parse((ROOT / 'setup.py').read_text(encoding='utf-8'))
    call = next(
        node for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'setup'
    )  # fmt: skip
    values = {word.arg: word.value for word in call.keywords}
    extras = ast.literal_eval(values['extras_require'])
    listed = ast.literal_eval(values['install_requires'])
    return [Requirement(text) for text in [*listed, *(t for e in RELEASE for t in extras[e])]]


def test_x17_every_pinned_package_is_exact_and_has_hashes_of_its_files():
    for name, pins in locked().items():
        for pin, lines in pins:
            assert [item.operator for item in pin.specifier] == ['=='], name
            assert lines, name
            assert all(HASH.fullmatch(line.strip().rstrip('\\ ')) for line in lines), name


def test_x17_every_requirement_of_a_release_is_pinned_to_a_version_it_allows():
    pins = locked()
    for requirement in wanted():
        chosen = pins.get(canonicalize_name(requirement.name))
        assert chosen, f'{requirement.name} is not in requirements.lock; run make lock'
        for pin, _ in chosen:
            version = next(iter(pin.specifier)).version
            assert requirement.specifier.contains(version), f'{requirement}: run make lock'


def audited(tmp_path, *contents):
    files = []
    for number, content in enumerate(contents):
        path = tmp_path / f'{number}.json'
        path.write_text(content, encoding='utf-8')
        files.append(f'set{number}={path}')
    line = [sys.executable, str(ROOT / '.ci' / 'audit_report.py'), *files]
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


def dependencies(*items):
    return json.dumps({'dependencies': items})


KNOWN = {'name': 'a', 'version': '1', 'vulns': []}
BAD = {'name': 'b', 'version': '2', 'vulns': [{'id': 'CVE-1'}]}
SKIPPED = {'name': 'c', 'skip_reason': 'not found'}


@pytest.mark.parametrize('content', ['', 'no json', '{}', dependencies(SKIPPED)])
def test_x17_an_audit_that_could_ask_about_nothing_says_so_and_fails(tmp_path, content):
    code, said = audited(tmp_path, dependencies(KNOWN), content)
    assert code == 3
    assert 'set1: NOT AUDITED' in said
    assert 'set0: 0 vulnerabilities in 1 packages' in said


def test_x17_an_audit_names_what_is_vulnerable_and_counts_what_is_unknown(tmp_path):
    code, said = audited(tmp_path, dependencies(KNOWN, BAD, SKIPPED), '')
    assert code == 1
    assert '1 vulnerabilities in 2 packages, 1 unknown' in said
    assert 'b 2: CVE-1' in said


def test_x17_an_audit_without_findings_passes(tmp_path):
    assert audited(tmp_path, dependencies(KNOWN, SKIPPED))[0] == 0
