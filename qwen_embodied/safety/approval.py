"""Which plan may be carried out: every one, those that a person approved, or none (E5).

An approval is bound to the hash of one plan: any other plan, also a repaired one, needs its own.
Nothing here reads a clock; time is passed in.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from qwen_embodied.safety.parameters import Parameters
from qwen_embodied.safety.requests import OPERATOR

HASH = re.compile('[0-9a-f]{64}')
MARK = '@'  # between the name of a trajectory and the hash of its plan
Note = Callable[[float, str, str, str], None]  # time, kind, message, operator


@dataclass(frozen=True)
class Approval:
    """The newest plan that was offered, and what became of it.

    Attributes:
        mode: 'auto', 'ask' or 'deny'.
        state: 'none', 'pending', 'approved', 'refused', 'expired' or 'dropped'.
        plan: Hash of the plan; empty while none was offered.
        instruction: That it is for.
        steps: In words.
        reason: Why it is not approved, for a person.
    """

    mode: str
    state: str = 'none'
    plan: str = ''
    instruction: str = ''
    steps: tuple[str, ...] = ()
    reason: str = ''


def signed(name: str, plan: str) -> str:
    """Give the id of a trajectory that belongs to the plan of a hash."""
    return f'{name}{MARK}{plan}' if plan else name


def plan_of(trajectory_id: str) -> str:
    """Give the hash that a trajectory names; empty where it names none."""
    found = trajectory_id.rpartition(MARK)[2] if MARK in trajectory_id else ''
    return found if HASH.fullmatch(found) else ''


def printable(text: str) -> str:
    """Make one line of a text: what moves the cursor of a terminal could hide a step."""
    return ''.join(letter if letter.isprintable() else ' ' for letter in text)


class Approvals:
    """Keeps the newest plan and what a person said of it.

    Attributes:
        said: Now.
    """

    def __init__(self, parameters: Parameters, note: Note) -> None:
        """Start without a plan; `note` is told each decision."""
        self._limit, self._note = parameters.approval_timeout, note
        self.said = Approval(parameters.approval)
        self._now = self._since = 0.0

    def offer(
        self, plan: str, instruction: str, steps: tuple[str, ...], now: float, fault: str = ''
    ) -> None:
        """Take a plan in place of the last one.

        Args:
            plan: Its hash, 64 hexadecimal digits.
            instruction: That it is for.
            steps: In words.
            now: Time, s.
            fault: Why nobody needs to be asked, since it breaks a rule; or empty.
        """
        mode = self.said.mode
        if plan == self.said.plan:  # a repeated delivery
            return
        shown = tuple(printable(step) for step in steps)
        self.said = Approval(mode, 'pending', plan, printable(instruction), shown)
        self._since = self._now = now
        if mode == 'auto':
            self._become('approved', 'approval: auto', '')
        elif mode == 'deny' or fault:
            self._become('refused', fault or 'no plan is carried out here (approval: deny)', '')
        else:
            self._note(now, 'plan offered', f'{plan}: {"; ".join(steps)}', '')

    def decide(self, plan: str, operator: str, now: float, *, approve: bool) -> str:
        """Take the word of a person; gives why it does not count, or nothing.

        Args:
            plan: Hash of the plan that the person saw.
            operator: Who it is.
            now: Time, s.
            approve: False refuses the plan.
        """
        self.tick(now)
        if self.said.state != 'pending':
            return f'no plan waits for approval; the last one is {self.said.state}'
        if not HASH.fullmatch(plan) or not secrets.compare_digest(plan, self.said.plan):
            return 'this is not the hash of the plan that waits; read safety/approval again'
        if not OPERATOR.fullmatch(operator):
            return f'operator {operator[:64]!r}; needs 1 to 64 letters, digits or _ . @ -'
        self._since = now
        self._become('approved' if approve else 'refused', f'by {operator}', operator)
        return ''

    def tick(self, now: float) -> None:
        """Let time pass: a plan that nobody answers expires, and one that nothing comes of."""
        self._now = now
        if self.said.mode != 'ask' or self.said.state not in ('pending', 'approved'):
            return
        if not now - self._since <= self._limit:
            what = 'nobody answered' if self.said.state == 'pending' else 'nothing came of it'
            self._become('expired', f'{what} for {self._limit:g} s', '')

    def drop(self, reason: str) -> None:
        """Forget an approval after which something happened that nobody knew."""
        if self.said.mode == 'ask' and self.said.state in ('pending', 'approved'):
            self._become('dropped', reason, '')

    def objection(self, trajectory_id: str) -> str:
        """Say why a trajectory belongs to no approved plan; empty when it does."""
        said = self.said
        if said.mode == 'auto':
            return ''
        if said.mode == 'deny':
            return 'nothing is carried out here (approval: deny)'
        plan = plan_of(trajectory_id)
        if not plan:
            return 'it names no plan, and a person has to approve one (approval: ask)'
        if plan != said.plan:
            return (
                f'it belongs to the plan {plan[:12]}, which is not the one that was offered last'
            )
        if said.state != 'approved':
            return f'its plan {plan[:12]} is {said.state}: {said.reason or "ask a person"}'
        self._since = self._now
        return ''

    def _become(self, state: str, reason: str, operator: str) -> None:
        self.said = replace(self.said, state=state, reason=reason)
        self._note(self._now, f'plan {state}', f'{self.said.plan}: {reason}', operator)
