"""From an instruction and a scene to a plan of closed, checked steps.

>>> from qwen_embodied.messages import Scene
>>> from qwen_embodied.planning import GrammarPlanner, PlanRequest
>>> empty = Scene(stamp=0.0, frame_id='panda_link0', objects=(), table_height=0.0)
>>> GrammarPlanner().plan(PlanRequest('wait two seconds, then go home', empty)).summary
'Wait 2 s, then go home.'
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from qwen_embodied.planning.choosing import PlannerParameters, make_model, make_planner
from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.goals import Goal
from qwen_embodied.planning.grammar import GrammarPlanner
from qwen_embodied.planning.grammar.likely import likely_picks
from qwen_embodied.planning.grammar.scoping import scope_of
from qwen_embodied.planning.grounding import (
    GEMINI_ER,
    QWEN3_VL,
    QWEN25_VL,
    RYNNBRAIN,
    Convention,
    Grounding,
    read_grounding,
)
from qwen_embodied.planning.loading import BackgroundModel
from qwen_embodied.planning.recording import RecordedModel, ReplayedModel
from qwen_embodied.planning.repairing import Account, ModelPlanner
from qwen_embodied.planning.request import Planner, PlanRequest
from qwen_embodied.planning.schema import Plan, Step, parse_plan, plan_schema
from qwen_embodied.planning.scope import Scope, check
from qwen_embodied.planning.scripted import ScriptedPlanner
from qwen_embodied.planning.shorten import repaired, shorten
from qwen_embodied.planning.targets import Target, ground, resolve
from qwen_embodied.planning.verify import Violation, verify
from qwen_embodied.planning.vision_model import Message, Model, ModelReply, ModelRequest

if TYPE_CHECKING:
    from qwen_embodied.planning.addresses import ServerSettings
    from qwen_embodied.planning.qwen import QwenModel, QwenPlanner, QwenSettings
    from qwen_embodied.planning.server import ServerModel, ServerPlanner

# Loaded when they are first asked for: their modules need what not every machine has.
_LATE = {
    'QwenModel': 'qwen', 'QwenPlanner': 'qwen', 'QwenSettings': 'qwen', 'ServerModel': 'server',
    'ServerPlanner': 'server', 'ServerSettings': 'addresses',
}  # fmt: skip

__all__ = [
    'GEMINI_ER',
    'QWEN3_VL',
    'QWEN25_VL',
    'RYNNBRAIN',
    'Account',
    'BackgroundModel',
    'Convention',
    'Goal',
    'GrammarPlanner',
    'Grounding',
    'Message',
    'Model',
    'ModelPlanner',
    'ModelReply',
    'ModelRequest',
    'Plan',
    'PlanRequest',
    'Planner',
    'PlannerParameters',
    'QwenModel',
    'QwenPlanner',
    'QwenSettings',
    'RecordedModel',
    'ReplayedModel',
    'Scope',
    'ScriptedPlanner',
    'ServerModel',
    'ServerPlanner',
    'ServerSettings',
    'Step',
    'Target',
    'Violation',
    'Workspace',
    'check',
    'ground',
    'likely_picks',
    'make_model',
    'make_planner',
    'parse_plan',
    'plan_schema',
    'read_grounding',
    'repaired',
    'resolve',
    'scope_of',
    'shorten',
    'verify',
]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(f'{__name__}.{_LATE[name]}'), name)
