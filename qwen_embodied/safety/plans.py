"""A and B: which rule of the table a refusal of the planning stage belongs to, and B1 and B3."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Iterable

from qwen_embodied.messages import Scene
from qwen_embodied.safety.context import Breach

LEAST_CONFIDENCE = 0.5
FORBIDDEN = (
    'person', 'hand', 'face', 'finger', 'animal', 'cat', 'dog', 'knife', 'blade', 'scissors',
    'needle',
)  # fmt: skip

# The words of planning's Violation.
OF_VIOLATION = {
    'known': 'B1',
    'scope': 'B2',
    'hand-empty': 'B4', 'holds': 'B4', 'itself': 'B4', 'on-table': 'B4', 'free-top': 'B4',
    'free-place': 'B4', 'support': 'B4', 'container': 'B4', 'room': 'B4', 'ask-ends': 'B4',
    'liftable': 'B5', 'fits': 'B5', 'workspace': 'B5', 'reach': 'B5',
}  # fmt: skip

# What a PlanParseError says, in the order in which it is looked for.
_OF_REPLY = (
    ('A1', r'bytes, allowed|nested deeper|at most \d+ (items|characters)|too long'),
    ('A2', r'occurs twice|no finite number|one JSON object|[Ee]xpecting|Extra data|[Ii]nvalid'
           r'( control|\\escape| \\)|Unterminated|surrogate|utf-8'),
    ('A4', r'greater than|less than|finite number'),
    ('A5', r"steps\.\d+\.action|Input should be 'pick'"),
)  # fmt: skip


def rule_of_violation(word: str) -> str:
    """Give the id of the rule that a violation of a plan breaks; B4 for a new kind."""
    return OF_VIOLATION.get(word, 'B4')


def rule_of_reply(reason: str) -> str:
    """Give the id of the rule for which a reply is no plan; A3, the schema, for all others."""
    return next((rule for rule, form in _OF_REPLY if re.search(form, reason)), 'A3')


def check_plan(objects: Iterable[str | None], scene: Scene) -> tuple[Breach, ...]:
    """Judge what a plan wants to touch.

    Args:
        objects: Ids that its steps name; absent ones are left to the verification of plans.
        scene: As perceived.
    """
    found = []
    for name in dict.fromkeys(objects):
        item = scene.find(name or '')
        if item is None:
            continue
        if not item.confidence >= LEAST_CONFIDENCE:
            message = f'{item.id} was seen with confidence {item.confidence:.2f}'
            text = f'{message}, needed {LEAST_CONFIDENCE:g}'
            found.append(Breach('B1', text, None, None, item.confidence, LEAST_CONFIDENCE))
        words = set(re.split(r'[^a-z]+', f'{item.id} {item.label}'.lower()))
        kinds = sorted(words & set(FORBIDDEN))
        if kinds:
            found.append(Breach('B3', f'{item.id} is a {kinds[0]}; I do not touch that'))
    return tuple(found)
