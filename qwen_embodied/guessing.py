"""What will probably be picked first, said while the planner still thinks."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.messages import SceneObject
from qwen_embodied.objections import objections
from qwen_embodied.planning import Plan, Planner, PlanRequest, Step, likely_picks, verify
from qwen_embodied.safety import check_plan


def first_pick(guesser: Planner, request: PlanRequest) -> Step | None:
    """Give the pick that a quick plan begins with, where the checks allow the plan.

    Where the quick planner can only ask, the operator's words still say what may be picked: of
    that, the thing near the robot and the others. None where there is nothing to go for.

    Raises:
        PlanningError: The quick planner has no plan.
    """
    plan = guesser.plan(request)
    first = plan.steps[0]
    if first.action == 'ask':
        return _nearest(request)
    return first if first.action == 'pick' and not objections(plan, request) else None


def _nearest(request: PlanRequest) -> Step | None:
    """Give the pick, of those that the words may want, that is least out of the way of others."""
    wanted = likely_picks(request)
    items = [item for item in request.scene.objects if item.id in wanted]
    items = [item for item in items if _can_pick(item, request)]
    if not items:
        return None
    places = np.array([item.position[:2] for item in items])
    ways = np.linalg.norm(places[:, None] - places[None], axis=2).sum(axis=1)
    ways += len(items) * np.linalg.norm(places, axis=1)
    return _pick(items[int(ways.argmin())])


def _can_pick(item: SceneObject, request: PlanRequest) -> bool:
    plan = Plan(steps=(_pick(item),), summary='')
    violations = verify(plan, request.scene, request.holding, reach=request.reach)
    return not violations and not check_plan([item.id], request.scene)


def _pick(item: SceneObject) -> Step:
    return Step(action='pick', object=item.id)
