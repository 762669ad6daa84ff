"""Who may reset a latched stop (E4)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import secrets

from qwen_embodied.safety.latch import Latch
from qwen_embodied.safety.parameters import Parameters

OPERATOR = re.compile(r'[A-Za-z0-9_.@-]{1,64}')


def objection(
    parameters: Parameters, latch: Latch | None, nonce: str | None, operator: str
) -> str:
    """Say why a request to reset is none; empty when it is one.

    Args:
        parameters: Say whether this is a simulation, in which no nonce is needed.
        latch: What is latched, or None.
        nonce: That was given, or None.
        operator: Who asks.
    """
    if latch is None:
        return 'there is nothing to reset'
    if nonce is None:
        missing = 'send the nonce of safety/state and your name to ~/reset_with'
        return '' if parameters.simulation else missing
    if not secrets.compare_digest(nonce.encode(), latch.nonce.encode()):
        return 'this nonce is not that of the present latch; read safety/state again'
    if not OPERATOR.fullmatch(operator):
        return f'operator {operator[:64]!r}; needs 1 to 64 letters, digits or _ . @ -'
    return ''


def read_request(text: str) -> tuple[str, str]:
    """Split what came on ~/reset_with into nonce and operator; either may come out empty."""
    nonce, _, operator = text[:256].strip().partition(' ')
    return nonce, operator.strip()
