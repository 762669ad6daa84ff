"""Shortens a plan: the same end in fewer steps, found by the search that plans arrangements."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.goals import Goal, last_of_each
from qwen_embodied.planning.grammar.routes import achieve
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import Plan
from qwen_embodied.planning.verify import verify


def shorten(plan: Plan, request: PlanRequest, workspace: Workspace | None = None) -> Plan:
    """Give a plan with the same end and the fewest steps; the plan itself where none is shorter.

    Args:
        plan: Of any planner; one with pushes, waits or questions is given back as it is.
        request: With the scene it starts from.
        workspace: Where things may be put; None for the usual table.
    """
    if any(step.action not in ('pick', 'place') for step in plan.steps):
        return plan
    table = Table.of(request, workspace or Workspace())
    try:
        achieve(table, last_of_each(tuple(_goals(plan))))
    except Unclear:
        return plan
    if not table.steps or len(table.steps) >= len(plan.steps):
        return plan
    shorter = plan.model_copy(update={'steps': tuple(table.steps)})
    return plan if verify(shorter, request.scene, request.holding, workspace) else shorter


def _goals(plan: Plan) -> list[Goal]:
    found = []
    for step in plan.steps:
        relation = 'held' if step.action == 'pick' else step.relation or 'on'
        found.append(Goal(step.object or '', relation, step.target, step.position))
    return found
