"""Plans that describe a thing in place of naming it, for what perception has no name for.

Where a plan has an id, a model may write {"find": "the thing to drink from"}. The model is then
asked where in the image that is, and the description becomes a perceived object or a measured
point before anything checks the plan.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qwen_embodied.errors import GroundingError, PlanParseError
from qwen_embodied.messages import Scene
from qwen_embodied.planning.schema import MAX_WORDS, Plan, Step, plan_of, read_claim
from qwen_embodied.planning.targets import Target

MOST = 3  # descriptions in one plan
RAISED = 0.006  # m above the table, from which on a point counts as a surface of its own
FIELDS = ('object', 'target')
_STAND_IN = re.compile(r'described_\d+')


@dataclass(frozen=True)
class Draft:
    """A plan before its descriptions are grounded.

    Attributes:
        plan: With a stand-in such as 'described_1' where a thing is described.
        described: The words of each stand-in.
    """

    plan: Plan
    described: Mapping[str, str]


def read_draft(text: str) -> Draft:
    """Read a reply as strictly as `parse_plan`, with descriptions in place of ids.

    Raises:
        PlanParseError: As of `parse_plan`; or a description is none, or there are too many.
    """
    content = read_claim(text)
    described: dict[str, str] = {}
    steps = content.get('steps')
    for step in steps if isinstance(steps, list) else []:
        for name in FIELDS if isinstance(step, dict) else ():
            _stand_in(step, name, described, text)
    if not described:
        return Draft(plan_of(text, text), {})
    return Draft(plan_of(json.dumps(content), text), {s: w for w, s in described.items()})


def grounded(draft: Draft, targets: Mapping[str, Target], scene: Scene) -> Plan:
    """Put perceived objects and measured points where a draft describes things.

    Args:
        draft: As read.
        targets: Of each description, by its words.
        scene: As perceived.

    Raises:
        GroundingError: A bare point is to be picked or pushed, or to hold something inside.
    """
    found = {stand_in: targets[words] for stand_in, words in draft.described.items()}
    steps = tuple(_grounded(step, found, draft, scene) for step in draft.plan.steps)
    return draft.plan.model_copy(update={'steps': steps})


def _stand_in(step: dict[str, Any], name: str, described: dict[str, str], text: str) -> None:
    value = step.get(name)
    if isinstance(value, str) and _STAND_IN.fullmatch(value):
        raise PlanParseError(f'{value} is no id of the list', text)
    if not isinstance(value, dict):
        return
    words = value.get('find')
    if set(value) != {'find'} or not isinstance(words, str) or not 0 < len(words) <= MAX_WORDS:
        raise PlanParseError(f'{name}: a description is {{"find": "1 to 80 characters"}}', text)
    step[name] = described.setdefault(words, f'described_{len(described) + 1}')
    if len(described) > MOST:
        raise PlanParseError(f'more than {MOST} things are described', text)


def _grounded(step: Step, found: Mapping[str, Target], draft: Draft, scene: Scene) -> Step:
    changed: dict[str, Any] = {}
    for name in FIELDS:
        said = getattr(step, name)
        target = found.get(said)
        if target is None:
            continue
        words = draft.described[said]
        if target.object_id is not None:
            changed[name] = target.object_id
        elif name == 'target' and step.relation == 'on':
            changed |= _at(target, words, scene)
        else:
            known = tuple(item.id for item in scene.objects)
            raise GroundingError(f'‘{words}’', known, _why_not(step))
    return step.model_copy(update=changed)


def _at(target: Target, words: str, scene: Scene) -> dict[str, Any]:
    """Give the fields of a place at a measured point; its height counts where it is one."""
    x, y, z = (round(float(value), 3) + 0.0 for value in target.position)
    is_raised = z - scene.table_height > RAISED
    position = (x, y, z) if is_raised else (x, y)
    return {'relation': 'at', 'target': None, 'position': position, 'words': words}


def _why_not(step: Step) -> str:
    if step.action == 'place':
        relation = (step.relation or '').replace('_', ' ')
        return f'is a bare surface: things can be placed on it, not {relation} it'
    return f'is a bare surface: it is no thing to {step.action}'
