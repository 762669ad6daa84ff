"""docs/safety.md, written from the table of rules: `python -m qwen_embodied.safety.document`."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import asdict

from qwen_embodied.safety.faults import FAULTS, UNTESTED_FAULTS
from qwen_embodied.safety.parameters import SIMULATION_PROFILE, Parameters
from qwen_embodied.safety.rules import GROUPS, NOT_YET, RESPONSES
from qwen_embodied.safety.states import PERMISSIONS
from qwen_embodied.safety.threats import THREATS, UNTESTED

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


_FIGURES = """\
## Measured

`qwen-embodied bench safety`, 2026-11-23, two cores; the times with nothing else running, the rest
beside other work, which only time depends on.

| what | found | bar |
|---|---|---|
| malformed trajectories of 41 kinds, 10 500: approved by the supervisor | 0 | 0 |
| the same: taken by the controller alone | 0 | 0 |
| NaN, ±Inf and sNaN in each number of a trajectory, 1000: taken | 0 | 0 |
| the same in each number heard in motion, 76: odd commands, or no stop | 0 | 0 |
| stops by set-points, 1000: largest command step over v_max·dt | 0.998 | 1 |
| the same: largest acceleration over its limit | 1.05 | 1.1 |
| the same: tool off its path | 0.001 mm | 1 mm |
| stops through a trajectory controller, 200: largest acceleration over its limit | 1.088 | 1.1 |
| judging 10 s of seven joints over a table with things, 200: p99 | 20.5 ms | 100 ms |
| the same: median | 14.4 ms | |

Beside other work the p99 of judging was 131.9 ms.

Short runs beside other work, 2026-11-24, two cores; the supervisor was killed beside two and four
busy processes:

| what | found | bar |
|---|---|---|
| 23 kills in motion: to the first slower set-point, longest | 111.2 ms | p99 of 200: 120 ms |
| the same: median | 89.4 ms | |
| the same: arms that did not rest on their way | 0 | 0 |
| 12 ends in motion by SIGINT, SIGTERM or SIGHUP: not code 0, or a traceback | 0 | 0 |
| the same: longest | 0.32 s | 2 s |
| plans that nobody asked for, 1700: passed by scope, verification and B3 | 0 | 0 |
| right plans, 525: refused by the same | 0 % | 2 % |

The plans went through the gates of plans, not on to an arm.

Longer runs beside other work (2 to 20 processes that wanted a core), 2026-11-24, two cores:

| what | found | bar |
|---|---|---|
| 200 calls of `~/stop` in motion: to the first slower set-point, p99 | 25.7 ms | 50 ms |
| the same: median | 9.9 ms | |
| 30 min in motion, a camera at 30 Hz, 454 swings: stops that were missed, of 46 | 0 | 0 |
| the same: largest command step over v_max·dt | 0.287 | 1 |
| the same: memory of the controller, slope after warm-up | 0.7 MB/10 min | 1 |
| the same: of the supervisor | 0.8 MB/10 min | 1 |
| the same: of perception | 5.1 MB/10 min | 1 |
| the same: other swings that were given up | 1 | |

Perception misses its bar: its memory stood still to 0.5 MB/10 min for twenty minutes and then
grew once by 9 MB; 3000 images in one process without DDS made it grow by nothing.
Not run as a whole: 200 kills, and 200 ends by each signal (`make test-all` and
`qwen-embodied bench safety` do so and take about 80 minutes).

`make mutants`, 2026-11-24, two cores, beside other work, on which no verdict depends.
mutmut changes functions of `qwen_embodied/safety` one at a time: a comparison, a number, an
argument.
A random sample of its 3810 changes met `test/safety`, in proportion from each module:

| what | found | bar |
|---|---|---|
| 250 changes: noticed by a test | 239, 95.6 % (92.3 to 97.5 %) | 90 % |
| 252 of another sample, before its gaps were closed | 203, 80.6 % (75.2 to 85.0 %) | |

In brackets the 95 % interval of Wilson; the tests were not changed between that sample and its
count.
Of the 11 that no test noticed, 6 change nothing that can be observed; the other 5 have a test
since.
Not changed: texts (strings with a space), annotations, docstrings, constants, defaults of
parameters (the parameter file is compared with them), properties, and the modules that hold this
document.
"""


def document() -> str:
    """Give the whole text of docs/safety.md."""
    given = [_responses(), _rules(), _states(), _inputs(), _faults(), _threats()]
    return '\n'.join([_HEAD, *given, _FIGURES, _missing()])


def _responses() -> str:
    lines = [f'* **{key}**: {text}.' for key, text in RESPONSES.items()]
    return '\n'.join(['## Rules', '', *lines, ''])


def _rules() -> str:
    values = asdict(Parameters())
    lines = []
    for title, group in GROUPS.items():
        lines += [f'### {title}', '', '| id | what must hold | threshold | response | why |']
        lines.append('|---|---|---|---|---|')
        for rule in group:
            response = f'{rule.response} ({rule.held_by})' if rule.held_by else rule.response
            cells = (rule.id, rule.text, rule.threshold, response, rule.why)
            lines.append('| ' + ' | '.join(cell.format(**values) for cell in cells) + ' |')
        lines.append('')
    profile = ', '.join(f'`{name}` {value}' for name, value in SIMULATION_PROFILE.items() if value)
    tail = [
        'A response names in brackets who enforces the rule, where that is not the supervisor.',
        'Thresholds are the defaults of `config/5_safety.yaml`, which says why for each.',
        f'The simulation, a fenced cell, differs in: {profile}; it keeps no latch and no audit.',
    ]
    return '\n'.join([*lines, *tail, ''])


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
        'A person near the arm (D12) is waited for in HOLD at pace 0, however long it takes.',
        'Reset leads from a latched state to DISARMED and moves nothing.',
        'A latch outlasts a restart: its file is written by a thread of its own after the stop.',
        'Each latch has a nonce, published in `safety/state`; on a real arm a person sends it '
        'with a name to `~/reset_with`, so that nobody resets a stop that was not read.',
        'The service `~/reset` resets in a simulation only; a Trigger can carry neither.',
    ]
    return '\n'.join([*rows, '', *tail, ''])


def _inputs() -> str:
    return """\
## What it can hear

Beside `joint_states`, `arm/status`, `perception/scene` and `trajectory/proposed`, where somebody
publishes them (`DiagnosticStatus` is of `diagnostic_msgs`, the content in its values):

| topic | message | content | rule |
|---|---|---|---|
| `safety/stop` | `std_msgs/Bool` | true while a stop button is pressed; latched or not | E1 |
| `safety/people` | `std_msgs/Float64` | distance of the nearest person, m; inf for nobody | D12 |
| `safety/camera` | `DiagnosticStatus` | stamp, mark, luma, saturated, depth | D10, D11 |
| `safety/heartbeat` | `DiagnosticStatus` | source, work (a counter) | D5 |
| `hardware/status` | `DiagnosticStatus` | mode; a level of error is a fault | D15 |
| `simulation/status` | `DiagnosticStatus` | time, warnings, is_finite, resets_itself | D14 |
| `~/speed_scale` | `std_msgs/Float64` | share of the pace that the operator wants, 0 to 1 | |
| `~/reset_with` | `std_msgs/String` | nonce and name, a space between | E4 |
| `plan/proposed` | `std_msgs/String` | each plan before it begins, as JSON | E5 |
| `~/approve`, `~/refuse` | `std_msgs/String` | hash of the plan and name, a space between | E5 |

The pace is a share of the time along the checked path: at 0.5 everything takes twice as long, at 0
the arm waits on its path; changes of pace keep the accelerations of the joints.

## Plans that a person approves

`approval` says which plans are carried out: `auto` all that pass the rules, `ask` those that a
person approved, `deny` none.

With `ask` the supervisor words each plan by what it sees itself and publishes it with its hash on
`safety/approval` and on its log.
`qwen-embodied approve` shows it and asks; `qwen-embodied approve HASH` approves it where that is
its hash; `--refuse` refuses it.
The hash is of the task, a count, the instruction and every step, so an approval is for one
carrying-out of one plan: a plan that was changed, mended or made anew on the way needs its own.
A motion before there is a plan, to home, is offered as a plan of its own.
A stop, a fault or what purges plans takes the approval away; a plan that nobody answers expires,
and an approval of which nothing comes lapses.
After the wait the planner looks again; where an object of the plan moved by more than 2 cm, or is
gone, it plans anew and asks again (B1).

The supervisor refuses a trajectory that names no approved plan.
It takes the planner's word for which plan a trajectory belongs to: what a trajectory does is
judged by C, not compared with the words of the plan.
Who may publish on `~/approve` is a matter of the network, as for every topic; see Security.

## The audit

`audit_file` gets one JSON line for each decision: rule, value, limit, state, trajectory and the
digest of the configuration.
Each line has the hash of the one before; files of 4 MiB, five older ones are kept.
`qwen-embodied audit` says whether a line of it was changed or taken out, `--explain N` puts
decision N into words; of another file, `qwen-embodied audit FILE`.
What a full disk did not take is counted in the next line; no stop waits for a disk.
"""


def _faults() -> str:
    rows = [
        '## Faults that are injected in tests',
        '',
        '| fault | what comes of it |',
        '|---|---|',
    ]
    rows += [f'| {number}: {fault} | {result} |' for number, (fault, result) in FAULTS.items()]
    rows += ['', 'A test has the number of its fault in its name. Not tested here:', '']
    rows += [f'* {number}: {reason}.' for number, reason in UNTESTED_FAULTS.items()]
    return '\n'.join([*rows, ''])


def _threats() -> str:
    rows = ['## Security', '', 'How to secure a graph is in [security.md](security.md).', '']
    rows += ['| threat | what is done |', '|---|---|']
    rows += [
        f'| {number}: {threat} | {control} |' for number, (threat, control) in THREATS.items()
    ]
    rows += ['', 'A test has the number of its threat in its name. Not tested here:', '']
    rows += [f'* {number}: {reason}.' for number, reason in UNTESTED.items()]
    return '\n'.join([*rows, ''])


def _missing() -> str:
    lines = [f'* {ids}: {text}.' for ids, text in NOT_YET.items()]
    return '\n'.join(['## What is not there', '', *lines, ''])


if __name__ == '__main__':
    sys.stdout.write(document())
