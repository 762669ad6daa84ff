"""From an instruction and a scene to a plan of closed, checked steps.

>>> from qwen_embodied.messages import Scene
>>> from qwen_embodied.planning import GrammarPlanner, PlanRequest
>>> empty = Scene(stamp=0.0, frame_id='panda_link0', objects=(), table_height=0.0)
>>> GrammarPlanner().plan(PlanRequest('wait two seconds, then go home', empty)).summary
'Wait 2 s, then go home.'
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.goals import Goal
from qwen_embodied.planning.grammar import GrammarPlanner
from qwen_embodied.planning.grammar.scoping import scope_of
from qwen_embodied.planning.request import Planner, PlanRequest
from qwen_embodied.planning.schema import Plan, Step, parse_plan, plan_schema
from qwen_embodied.planning.scope import Scope, check
from qwen_embodied.planning.scripted import ScriptedPlanner
from qwen_embodied.planning.shorten import repaired, shorten
from qwen_embodied.planning.verify import Violation, verify

__all__ = [
    'Goal',
    'GrammarPlanner',
    'Plan',
    'PlanRequest',
    'Planner',
    'Scope',
    'ScriptedPlanner',
    'Step',
    'Violation',
    'Workspace',
    'check',
    'parse_plan',
    'plan_schema',
    'repaired',
    'scope_of',
    'shorten',
    'verify',
]
