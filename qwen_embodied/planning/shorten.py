"""Shortens plans, and mends them for a table that changed, with the search for arrangements."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.goals import Goal, last_of_each
from qwen_embodied.planning.grammar.routes import achieve
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import Plan, Step
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
    shorter = plan.model_copy(update={'steps': _as_said(table.steps, plan)})
    return plan if _is_wrong(shorter, request, workspace) else shorter


def repaired(plan: Plan, request: PlanRequest, workspace: Workspace | None = None) -> Plan | None:
    """Give a plan from the actual state to the end that another one had; None without a way.

    The steps up to the first push, wait or walk home are found anew; those from there on stay.

    Args:
        plan: What is left of a plan; its ids are those of the request's scene.
        request: With the scene as it is now and what is held.
        workspace: Where things may be put; None for the usual table.
    """
    handling = next(
        (n for n, step in enumerate(plan.steps) if step.action not in ('pick', 'place')),
        len(plan.steps),
    )
    table = Table.of(request, workspace or Workspace())
    head = plan.model_copy(update={'steps': plan.steps[:handling]})
    try:
        achieve(table, last_of_each(tuple(_goals(head))))
    except Unclear:
        return None
    steps = (*_as_said(table.steps, head), *plan.steps[handling:])
    if not steps:
        return None
    mended = plan.model_copy(update={'steps': steps})
    return None if _is_wrong(mended, request, workspace) else mended


def _as_said(steps: list[Step], plan: Plan) -> tuple[Step, ...]:
    """Give places at measured points the height and the words that they have in a plan."""
    said = {
        (step.object, step.position[:2]): step for step in plan.steps if step.position is not None
    }
    found = (said.get((s.object, s.position[:2])) if s.position else None for s in steps)
    return tuple(step or own for step, own in zip(found, steps, strict=True))


def _is_wrong(plan: Plan, request: PlanRequest, workspace: Workspace | None) -> bool:
    scene, holding = request.scene, request.holding
    return bool(verify(plan, scene, holding, workspace, reach=request.reach))


def _goals(plan: Plan) -> list[Goal]:
    found = []
    for step in plan.steps:
        relation = 'held' if step.action == 'pick' else step.relation or 'on'
        found.append(Goal(step.object or '', relation, step.target, step.position))
    return found
