"""The scripted planner."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from planning.scenes import EMPTY
from qwen_embodied.errors import PlanningError
from qwen_embodied.planning import Plan, Planner, PlanRequest, ScriptedPlanner, Step

HOME = Plan(steps=(Step(action='home'),), summary='Go home.')
WAIT = Plan(steps=(Step(action='wait', seconds=1.0),), summary='Wait.')


def test_gives_its_plans_in_order_and_remembers_the_requests():
    planner: Planner = ScriptedPlanner([HOME, WAIT])
    first, second = PlanRequest('a', EMPTY), PlanRequest('b', EMPTY)
    assert [planner.plan(first), planner.plan(second)] == [HOME, WAIT]
    assert planner.requests == [first, second]


def test_says_when_the_script_is_at_its_end():
    with pytest.raises(PlanningError, match='holds 0 plans and all were given'):
        ScriptedPlanner([]).plan(PlanRequest('a', EMPTY))
