"""Did it work? A judgement from exact positions that perception and planning never see."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.planning import Goal, Plan
from qwen_embodied.relations import PUSHES, not_at, unmet

__all__ = ['Goal', 'goals_of', 'translate', 'unmet_goals']


def goals_of(plan: Plan) -> tuple[Goal, ...]:
    """Read the goals from a plan: the last thing it does with each object."""
    goals: dict[str, Goal] = {}
    for step in plan.steps:
        if step.object is None:
            continue
        if step.action == 'pick':
            goals[step.object] = Goal(step.object, 'held')
        elif step.action == 'place':
            goals[step.object] = Goal(
                step.object, step.relation or 'on', step.target, step.position
            )
        elif step.action == 'push':
            direction = PUSHES[step.direction or 'forward']
            x, y = np.array(direction) * (step.distance or 0.1)
            goals[step.object] = Goal(step.object, 'pushed', None, (float(x), float(y)))
    return tuple(goals.values())


def unmet_goals(goals: tuple[Goal, ...], before: Scene, after: Scene) -> tuple[str, ...]:
    """Say which goals do not hold in the exact scene; empty when all do."""
    faults = []
    for goal in goals:
        fault = _fault(goal, before, after)
        if fault:
            item = after.find(goal.object)
            faults.append(f'{item.label if item else goal.object}: {fault}')
    return tuple(faults)


def translate(plan: Plan, perceived: Scene, exact: Scene) -> Plan:
    """Rewrite a plan over perceived ids to the ids of the nearest exact objects."""
    names = {item.id: _nearest(item, exact).id for item in perceived.objects if exact.objects}
    steps = []
    for step in plan.steps:
        changed = {
            field: names.get(getattr(step, field), getattr(step, field))
            for field in ('object', 'target')
            if getattr(step, field) is not None
        }
        steps.append(step.model_copy(update=changed))
    return plan.model_copy(update={'steps': tuple(steps)})


def _nearest(item: SceneObject, exact: Scene) -> SceneObject:
    return min(
        exact.objects, key=lambda other: float(np.linalg.norm(other.position - item.position))
    )


def _fault(goal: Goal, before: Scene, after: Scene) -> str | None:
    item = after.find(goal.object)
    if item is None:
        return 'there is no such object'
    if goal.relation == 'held':
        lifted = float(item.position[2] - item.size[2] / 2) - after.table_height
        return None if lifted >= 0.03 else 'it is not lifted'
    if goal.relation == 'pushed':
        return _push_fault(goal, before, item)
    if goal.target is None:
        return not_at(item, goal.position) if goal.position else None
    target = after.find(goal.target)
    return unmet(item, goal.relation, target) if target else f'there is no {goal.target}'


def _push_fault(goal: Goal, before: Scene, item: SceneObject) -> str | None:
    start = before.find(goal.object)
    if start is None or goal.position is None:
        return 'it was not there'
    moved = (item.position - start.position)[:2]
    wanted = np.array(goal.position)
    done = float(moved @ wanted / np.linalg.norm(wanted))
    enough = done >= 0.5 * float(np.linalg.norm(wanted))
    return None if enough else f'it moved {done * 100:.0f} cm'
