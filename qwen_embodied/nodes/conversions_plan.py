"""A plan on its way to whoever approves it, and what became of it, as ROS messages."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus
from std_msgs.msg import String

from qwen_embodied.errors import ContractError, PlanParseError
from qwen_embodied.nodes.conversions import diagnostic, key_values
from qwen_embodied.planning import Plan
from qwen_embodied.planning.schema import plan_of
from qwen_embodied.safety import Approval
from qwen_embodied.serialization import from_json

LARGEST = 64 * 1024  # characters of an offer
MOST_WORDS = 2000  # characters of its instruction
_LEVELS = {'approved': DiagnosticStatus.OK, 'none': DiagnosticStatus.OK}


@dataclass(frozen=True)
class PlanOffer:
    """A plan for one task.

    Attributes:
        task: Id of the instruction.
        number: Counts the offers, so that an approval is for one carrying-out only.
        instruction: In the operator's words.
        plan: What is to be done.
    """

    task: str
    number: int
    instruction: str
    plan: Plan

    @property
    def text(self) -> str:
        """The one JSON text that this offer has."""
        content = {
            'task': self.task,
            'number': self.number,
            'instruction': self.instruction,
            'plan': self.plan.model_dump(mode='json', exclude_none=True),
        }
        return json.dumps(content, sort_keys=True, separators=(',', ':'), allow_nan=False)

    @property
    def hash(self) -> str:
        """SHA-256 of that text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def offer_to_ros(offer: PlanOffer) -> String:
    """Write an offer as JSON."""
    return String(data=offer.text)


def offer_from_ros(message: String) -> PlanOffer:
    """Read an offer; raises ContractError for anything else."""
    if len(message.data) > LARGEST:
        raise ContractError('plan/proposed', f'{len(message.data)} characters', f'<= {LARGEST}')
    content: dict[str, object] = from_json(message.data, dict)
    task, number = content.get('task'), content.get('number')
    instruction, plan = content.get('instruction'), content.get('plan')
    is_known = set(content) == {'task', 'number', 'instruction', 'plan'}
    is_typed = isinstance(task, str) and isinstance(number, int) and isinstance(instruction, str)
    if not (is_known and is_typed and len(str(instruction)) <= MOST_WORDS):
        allowed = 'with exactly task, number, instruction and plan'
        raise ContractError('plan/proposed', sorted(content), allowed)
    try:
        return PlanOffer(
            str(task), int(str(number)), str(instruction), plan_of(json.dumps(plan), '')
        )
    except PlanParseError as error:
        raise ContractError('plan/proposed plan', error.reason, 'a plan') from error


def approval_to_ros(approval: Approval) -> DiagnosticStatus:
    """Write what became of a plan."""
    values = {
        'mode': approval.mode,
        'state': approval.state,
        'plan': approval.plan,
        'instruction': approval.instruction,
        'steps': '\n'.join(line.replace('\n', ' ') for line in approval.steps),
        'reason': approval.reason,
    }
    level = _LEVELS.get(approval.state, DiagnosticStatus.WARN)
    text = f'plan {approval.state} {approval.reason}'.rstrip()
    return diagnostic('safety_supervisor', text, values, level=level)


def approval_from_ros(message: DiagnosticStatus) -> Approval:
    """Read what became of a plan; raises ContractError for a foreign status."""
    values = key_values(message)
    keys = ('mode', 'state', 'plan', 'instruction', 'steps', 'reason')
    missing = [key for key in keys if key not in values]
    if missing:
        raise ContractError('safety/approval', sorted(values), f'with the keys {missing}')
    steps = tuple(values['steps'].split('\n')) if values['steps'] else ()
    return Approval(
        values['mode'],
        values['state'],
        values['plan'],
        values['instruction'],
        steps,
        values['reason'],
    )
