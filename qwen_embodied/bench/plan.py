"""What `qwen-embodied bench plan` measures."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.bench import plan_model
from qwen_embodied.bench.report import Row


def run(quick: bool) -> list[Row]:
    """Measure planning."""
    return list(plan_model.rows(quick))
