"""The motion bench: inverse kinematics, paths, timing and control, each in its own module."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

from qwen_embodied.bench import motion_control, motion_ik, motion_paths, motion_timing
from qwen_embodied.bench.report import Row

PARTS = {
    'inverse kinematics': motion_ik.run,
    'paths': motion_paths.run,
    'timing': motion_timing.run,
    'control': motion_control.rows,
}


def run(quick: bool) -> list[Row]:
    """Join the rows of all parts; quick measures less."""
    found: list[Row] = []
    for name, part in PARTS.items():
        sys.stderr.write(f'{name} …\n')
        found += part(quick)
    return found
