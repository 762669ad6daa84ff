"""What forbids a plan, whoever made it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning import Plan, PlanRequest, Scope, check
from qwen_embodied.safety import check_plan


def objections(plan: Plan, request: PlanRequest, scope: Scope | None = None) -> str:
    """Say what forbids a plan, by the table and the operator's words and by the safety rules."""
    reasons = [violation.message for violation in check(plan, request, scope=scope)]
    named = (name for step in plan.steps for name in (step.object, step.target))
    reasons += [breach.message for breach in check_plan(named, request.scene)]
    return '; '.join(reasons)
