"""What a rule is, and what may follow from a breach."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

RESPONSES = {
    'R': 'rejected, nothing moves',
    'N': 'nothing new is taken; what runs may go on',
    'H': 'the arm comes to rest on its path, all joints together',
    'S': 'as H, and the stop stays until it is reset',
    'F': 'as S, as a fault of the system itself',
}


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: As in breaches, logs and docs.
        text: What must hold.
        threshold: Number and unit; names in braces are parameters.
        response: A key of RESPONSES.
        why: What happens without it.
        held_by: Where it is enforced, when not by the supervisor.
    """

    id: str
    text: str
    threshold: str
    response: str
    why: str
    held_by: str = ''
