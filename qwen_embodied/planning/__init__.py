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
from qwen_embodied.planning.grammar import GrammarPlanner
from qwen_embodied.planning.request import Planner, PlanRequest
from qwen_embodied.planning.schema import Plan, Step, parse_plan, plan_schema
from qwen_embodied.planning.scripted import ScriptedPlanner
from qwen_embodied.planning.verify import Violation, verify

__all__ = [
    'GrammarPlanner',
    'Plan',
    'PlanRequest',
    'Planner',
    'ScriptedPlanner',
    'Step',
    'Violation',
    'Workspace',
    'parse_plan',
    'plan_schema',
    'verify',
]
