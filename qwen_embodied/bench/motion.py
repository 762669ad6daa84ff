"""The motion bench: inverse kinematics, paths, timing and control, each in its own module."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import sys

from qwen_embodied.bench.report import Row, figure

PARTS = ('motion_ik', 'motion_paths', 'motion_timing', 'motion_control')


def run(quick: bool) -> list[Row]:
    """Join the rows of all parts; a part that is not installed leaves a row that says so."""
    rows: list[Row] = []
    for name in PARTS:
        module = f'qwen_embodied.bench.{name}'
        try:
            part = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            rows.append(figure(f'{name}: not available', float('nan')))
            continue
        sys.stderr.write(f'{name} …\n')
        rows += part.run(quick)
    return rows
