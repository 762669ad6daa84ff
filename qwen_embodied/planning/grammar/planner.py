"""The planner that needs no model: a grammar of English commands."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.grammar import speech
from qwen_embodied.planning.grammar.build import write
from qwen_embodied.planning.grammar.sentences import read
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import Plan, Step
from qwen_embodied.planning.verify import verify

LONGEST_INSTRUCTION = 1000


class GrammarPlanner:
    """Plans English commands by grammar, the same for the same request.

    What it does not understand, cannot find or must not do becomes a plan with one `ask` step.
    Every plan it gives passes `verify`.
    """

    def __init__(self, workspace: Workspace | None = None) -> None:
        """Take the part of the table where things may be put; None for the usual table."""
        self._workspace = workspace or Workspace()

    def plan(self, request: PlanRequest) -> Plan:
        """Plan an instruction, or ask."""
        try:
            return self._planned(request)
        except Unclear as unclear:
            question = speech.shortened(unclear.question)
            step = Step(action='ask', question=question)
            return Plan(steps=(step,), summary=question)

    def _planned(self, request: PlanRequest) -> Plan:
        if len(request.instruction) > LONGEST_INSTRUCTION:
            raise Unclear('That is too long for me. Please tell me in a few short sentences.')
        table = Table.of(request, self._workspace)
        clauses = read(
            request.instruction, frozenset(table.items), speech.sight(table.items.values())
        )
        table = write(clauses, table)
        names = {key: speech.the(item) for key, item in table.items.items()}
        if not table.steps:
            raise Unclear('There is nothing to do for that. What should I do?')
        plan = Plan(steps=tuple(table.steps), summary=speech.summary(table.steps, names))
        violations = verify(plan, request.scene, request.holding, self._workspace)
        if violations:
            message = violations[0].message
            raise Unclear(f'{message[:1].upper()}{message[1:]}. What should I do?')
        return plan
