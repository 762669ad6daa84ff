"""docs/safety.md, written from the table of rules: `python -m qwen_embodied.safety.document`."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import asdict

from qwen_embodied.safety.parameters import SIMULATION_PROFILE, Parameters
from qwen_embodied.safety.rules import NOT_YET, RESPONSES, RULES
from qwen_embodied.safety.supervisor import PERMISSIONS

_HEAD = """\
# Safety

<!-- Written by `python -m qwen_embodied.safety.document > docs/safety.md`; edit the code. -->

**This is a protective stop in software.
It does not replace the hardware emergency stop, nor the robot's own safety controller.
Both stay mandatory on a real arm; no standard is claimed to be met.**

Nothing that a model says reaches the motors as it is.
The supervisor is its own process; it judges every trajectory by the rules below and passes it on
unchanged or rejects it, it never repairs one.
The arm controller is a second process; it accepts approved trajectories only, and moves only
while it hears the supervisor (the lease, D6).
Both hold when they have never heard, or not lately, that all is well.

A stop follows the path that was checked: time slows to zero along it, for all joints together,
within their accelerations, from the last commanded point.
A silence shorter than half a second pauses the motion on its path; a longer one ends it.
After the tracking error was too large (D3) the commanded point then eases to where the arm is
measured, so that it does not go on pressing.
"""


def document() -> str:
    """Give the whole text of docs/safety.md."""
    parts = [_HEAD, _responses(), _rules(), _states(), _missing()]
    return '\n'.join(parts)


def _responses() -> str:
    lines = [f'* **{key}**: {text}.' for key, text in RESPONSES.items()]
    return '\n'.join(['## Rules', '', *lines, ''])


def _rules() -> str:
    values = asdict(Parameters())
    rows = ['| id | what must hold | threshold | response | why |', '|---|---|---|---|---|']
    for rule in RULES.values():
        cells = (rule.id, rule.text, rule.threshold, rule.response, rule.why)
        rows.append('| ' + ' | '.join(cell.format(**values) for cell in cells) + ' |')
    profile = ', '.join(f'`{name}` {value}' for name, value in SIMULATION_PROFILE.items())
    tail = [
        'Thresholds are the defaults of `config/5_safety.yaml`, which says why for each.',
        f'The simulation, a fenced cell, differs in: {profile}.',
    ]
    return '\n'.join([*rows, '', *tail, ''])


def _states() -> str:
    meanings = {
        'move': 'may move',
        'hold': 'rests on the path, goes on when the cause ends',
        'stop': 'comes to rest on the path and gives up',
    }
    rows = ['## States', '', '| state | the arm |', '|---|---|']
    rows += [f'| {state} | {meanings[permission]} |' for state, permission in PERMISSIONS.items()]
    tail = [
        'INIT waits for every input and the model of the robot; DISARMED waits for a person to '
        'arm (a simulation arms itself).',
        'In motion, a silence latches the stop; at rest it only disarms.',
        'Reset leads from a latched state to DISARMED and moves nothing.',
    ]
    return '\n'.join([*rows, '', *tail, ''])


def _missing() -> str:
    lines = [f'* {ids}: {text}.' for ids, text in NOT_YET.items()]
    return '\n'.join(['## Rules of the design that are not there yet', '', *lines, ''])


if __name__ == '__main__':
    sys.stdout.write(document())
