"""What an audit file says: whether it was left as it was written, and one decision in words."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import defaults
from qwen_embodied.safety import Parameters, explain, verify_chain


def usual_file() -> Path:
    """Give the file into which a supervisor writes where nothing else was set."""
    return Path(defaults(Parameters)['audit_file']).expanduser()


def read_lines(path: Path) -> list[str]:
    """Read the lines of an audit; raises ConfigurationError where that cannot be done."""
    try:
        return path.read_text(encoding='utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error


def checked(path: Path) -> tuple[bool, list[str]]:
    """Say whether the chain of an audit is whole, with lines for a person."""
    lines = read_lines(path)
    if not lines:
        return False, [f'{path}: is empty; no decision is in it']
    faults = verify_chain(lines)
    if len(faults) == len(lines) and all(fault.endswith('is no decision') for fault in faults):
        return False, [f'{path}: no line is a decision; it is no audit of a safety supervisor']
    if faults:
        return False, faults
    return True, [f'{path}: {len(lines)} decisions, none changed, none missing']


def explained(path: Path, number: int) -> list[str]:
    """Explain the decision of a number; raises ConfigurationError when there is none."""
    for line in read_lines(path):
        if f'"n": {number},' in line and json.loads(line).get('n') == number:
            return explain(line)
    raise ConfigurationError(f'{path}: no decision {number}; older ones may be in another file')
