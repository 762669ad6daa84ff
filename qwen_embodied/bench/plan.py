"""Measures planning: without a model here, and with models where they can be had."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import importlib.util

from qwen_embodied.bench import plan_offline
from qwen_embodied.bench.report import Row

MODELS = 'qwen_embodied.bench.plan_models'


def run(quick: bool) -> list[Row]:
    """Measure; quick measures less."""
    found = plan_offline.rows(quick)
    if importlib.util.find_spec(MODELS) is not None:
        found += importlib.import_module(MODELS).rows(quick)
    return found
