"""The planner that plays back given plans: for tests, demonstrations and replays."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable

from qwen_embodied.errors import PlanningError
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import Plan


class ScriptedPlanner:
    """Gives one plan after the other, whatever is asked.

    Attributes:
        requests: Those it was given, oldest first.
    """

    def __init__(self, plans: Iterable[Plan]) -> None:
        """Take the plans in the order in which they will be given."""
        self._plans = tuple(plans)
        self.requests: list[PlanRequest] = []

    def plan(self, request: PlanRequest) -> Plan:
        """Give the next plan; raises PlanningError when all were given."""
        count = len(self.requests)
        if count >= len(self._plans):
            raise PlanningError(f'the script holds {len(self._plans)} plans and all were given')
        self.requests.append(request)
        return self._plans[count]
