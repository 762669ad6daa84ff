"""What the planning model did last, for /diagnostics."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus

from qwen_embodied.nodes.conversions import diagnostic
from qwen_embodied.planning import ModelPlanner


def model_status(planner: ModelPlanner) -> DiagnosticStatus:
    """Give loading state, tokens, latencies and faults of the last plan."""
    figures = planner.account.figures()
    is_loaded, failed = planner.state == 'ready', planner.state.startswith('failed')
    level = DiagnosticStatus.OK if is_loaded else DiagnosticStatus.WARN
    level = DiagnosticStatus.WARN if figures['source'] == 'fallback' else level
    level = DiagnosticStatus.ERROR if failed else level
    return diagnostic('planning model', planner.state, figures, level=level)
