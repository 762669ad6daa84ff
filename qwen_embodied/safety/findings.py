"""What a monitor finds while the arm runs, and what follows from it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NO_PLANS, HOLD, STOP, FAULT = 'N', 'H', 'S', 'F'
_ORDER = (NO_PLANS, HOLD, STOP, FAULT)


@dataclass(frozen=True)
class Finding:
    """One rule that does not hold now; `str` gives the line for a person.

    Attributes:
        rule: Its id.
        message: What was found, with its value and what is allowed.
        response: NO_PLANS, HOLD, STOP or FAULT.
        value: What was found, or None; may be NaN.
        limit: What is allowed, or None.
        purges: What was planned before must not be carried out any more.
        joint: Whose value it is, or None.
    """

    rule: str
    message: str
    response: str
    value: float | None = None
    limit: float | None = None
    purges: bool = False
    joint: str | None = None

    def __str__(self) -> str:
        return f'{self.rule} {self.message}'

    def is_at_least(self, response: str) -> bool:
        """True when what follows is as severe as a response, or more."""
        return _ORDER.index(self.response) >= _ORDER.index(response)


def at_least(findings: Iterable[Finding], response: str) -> tuple[Finding, ...]:
    """Give the findings that are as severe as a response, or more."""
    return tuple(found for found in findings if found.is_at_least(response))


def silence(rule: str, source: str, age: float, hold: float, stop: float) -> Finding:
    """Word the silence of a source that is older than `hold`; past `stop`, s, it latches."""
    response = HOLD if age <= stop else STOP
    return Finding(rule, f'{source}: silent for {age:.2f} s', response, age, hold)
