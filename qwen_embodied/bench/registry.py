"""The benches by name; a bench's module is imported when it runs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
from datetime import UTC, datetime

from qwen_embodied.bench.report import Report, machine
from qwen_embodied.errors import ConfigurationError

BENCHES = {
    'chain': 'the whole chain: task success, limits, determinism, times and transport',
    'light': 'names, places and tasks in bad light; what the correction adds and costs',
    'plan': 'planning without the arm: success, wrong plans, refusals, scope and times',
    'replay': 'recordings: speed, memory, equal bytes, damaged files, the recorder',
    'safety': 'what must not pass, stops, time of judging, kills and ends of processes, soak',
    'motion': 'inverse kinematics, paths, timing and control of arms',
}


def run_bench(name: str, *, quick: bool = False) -> Report:
    """Run a bench and report its rows.

    Args:
        name: One of BENCHES.
        quick: Measure less, for a first look.

    Raises:
        ConfigurationError: There is no bench of that name.
    """
    if name not in BENCHES:
        raise ConfigurationError(f'there is no bench {name!r}; known are {", ".join(BENCHES)}')
    rows = importlib.import_module(f'qwen_embodied.bench.{name}').run(quick)
    return Report(name, machine(), datetime.now(UTC).isoformat(timespec='seconds'), tuple(rows))
