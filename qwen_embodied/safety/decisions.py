"""What the supervisor decided, for the audit (E6)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qwen_embodied.safety.context import Breach, Verdict
from qwen_embodied.safety.findings import Finding

Numbers = tuple[float | None, float | None]
MOST = 1000  # decisions kept until they are taken; the oldest go first


@dataclass(frozen=True)
class Decision:
    """One decision.

    Attributes:
        time: s.
        kind: 'start', 'approved', 'rejected', 'state', 'arm', 'reset', 'disabled' or 'speed';
            with ' refused' for a request that was.
        rule: Id of the rule that decided, or empty.
        message: In words.
        state: Of the supervisor after it.
        value: What was found, or None.
        limit: What is allowed, or None.
        trajectory_id: Of the trajectory it is about; empty without one.
        operator: Who asked for it; empty when nobody did.
    """

    time: float
    kind: str
    rule: str
    message: str
    state: str
    value: float | None = None
    limit: float | None = None
    trajectory_id: str = ''
    operator: str = ''

    def plain(self) -> dict[str, Any]:
        """Give it as JSON values; numbers that are not finite become words."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: repr(value) if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
            if value not in (None, '')
        }


class Decisions:
    """Collects decisions until somebody takes them; never grows without bound."""

    def __init__(self, where: Callable[[], tuple[str, str]]) -> None:
        """Start empty; `where` gives the state and the id of the last trajectory."""
        self._kept: deque[Decision] = deque(maxlen=MOST)
        self._where = where

    def note(
        self, now: float, kind: str, rule: str, message: str,
        numbers: Numbers = (None, None), operator: str = '',
    ) -> None:  # fmt: skip
        """Keep a decision with its value and limit."""
        state, name = self._where()
        self._kept.append(Decision(now, kind, rule, message, state, *numbers, name, operator))

    def changed(self, now: float, reasons: tuple[str, ...], finding: Finding | None) -> None:
        """Keep a change of the state and the finding that led to it."""
        text = '; '.join(reasons) or self._where()[0]
        if finding is None:
            self.note(now, 'state', '', text)
        else:
            self.note(now, 'state', finding.rule, text, (finding.value, finding.limit))

    def rejected(self, breaches: tuple[Breach, ...], now: float, trajectory_id: str) -> Verdict:
        """Keep each breach of a trajectory; gives the verdict."""
        state = self._where()[0]
        for breach in breaches:
            numbers = (breach.value, breach.limit)
            self._kept.append(
                Decision(now, 'rejected', breach.rule, str(breach), state, *numbers, trajectory_id)
            )
        return Verdict(False, breaches)

    def answered(self, kind: str, reason: str, now: float, operator: str) -> Verdict:
        """Keep the answer to a request of a person; gives the verdict."""
        self.note(now, f'{kind} refused' if reason else kind, 'E4', reason, operator=operator)
        return Verdict(not reason, (Breach('E4', reason),) if reason else ())

    def take(self) -> tuple[Decision, ...]:
        """Give what was decided since the last time, oldest first."""
        taken = tuple(self._kept)
        self._kept.clear()
        return taken
