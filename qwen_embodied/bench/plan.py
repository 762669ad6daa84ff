"""What `qwen-embodied bench plan` measures: planning without a model, then with models."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.bench import plan_idle, plan_long, plan_model, plan_offline
from qwen_embodied.bench.report import Row


def run(quick: bool) -> list[Row]:
    """Measure; quick measures less."""
    parts = (plan_offline, plan_model, plan_idle, plan_long)
    return [row for part in parts for row in part.rows(quick)]
