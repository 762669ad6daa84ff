"""What control makes of motion: stops, picks per hour, the evenness of the control loop."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.bench import motion_cycle, motion_loop, motion_stops
from qwen_embodied.bench.report import Row


def rows(quick: bool) -> list[Row]:
    """Measure all of it.

    Args:
        quick: Measure less, for a first look.
    """
    return [*motion_cycle.rows(quick), *motion_stops.rows(quick), *motion_loop.rows(quick)]
