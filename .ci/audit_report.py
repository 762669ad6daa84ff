"""Sums up what pip-audit wrote; what could not be asked about is said and is no pass.

Arguments are NAME=FILE. Exit code: 0 nothing known against any package, 1 vulnerabilities, 3 the
service knew none of the packages of a file, so that nothing was audited.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import sys
from pathlib import Path

FAILED, NOT_AUDITED = 1, 3


def report(name: str, text: str) -> tuple[int, list[str]]:
    """Give the exit code for one output of pip-audit, and lines for a person."""
    try:
        found = json.loads(text).get('dependencies', [])
    except ValueError:
        found = []
    asked = [item for item in found if 'vulns' in item]
    if not asked:
        why = f'none of {len(found)} packages is known to the vulnerability service'
        return NOT_AUDITED, [f'audit: {name}: NOT AUDITED, {why}; is it reachable from here?']
    bad = [
        f'  {item["name"]} {item["version"]}: {vulnerability["id"]}'
        for item in asked
        for vulnerability in item['vulns']
    ]
    unknown = len(found) - len(asked)
    line = f'audit: {name}: {len(bad)} vulnerabilities in {len(asked)} packages, {unknown} unknown'
    return (FAILED if bad else 0), [line, *bad]


def main(arguments: list[str]) -> int:
    """Report each file; gives the worst exit code, vulnerabilities before all."""
    codes = []
    for argument in arguments:
        name, _, path = argument.partition('=')
        file = Path(path)
        text = file.read_text(encoding='utf-8') if file.is_file() else ''
        code, lines = report(name, text)
        codes.append(code)
        sys.stdout.write('\n'.join(lines) + '\n')
    return FAILED if FAILED in codes else max(codes, default=NOT_AUDITED)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
