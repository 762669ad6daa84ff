"""The planner that needs no model: a grammar of English commands."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.goals import Goal, last_of_each
from qwen_embodied.planning.grammar import speech
from qwen_embodied.planning.grammar.build import write
from qwen_embodied.planning.grammar.chinese import is_chinese, to_english
from qwen_embodied.planning.grammar.history import joined
from qwen_embodied.planning.grammar.sentences import read
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import Plan, Step
from qwen_embodied.planning.verify import verify

LONGEST_INSTRUCTION = 1000
ASKS = 'I ask before I do anything.'


def in_english(instruction: str) -> str:
    """Give English words for a Chinese instruction, and English ones as they are.

    Raises:
        Unclear: It is Chinese, and no pattern fits it.
    """
    if not is_chinese(instruction):
        return instruction
    english = to_english(instruction)
    if english is None:
        raise Unclear(
            "I did not understand that (我没有听懂). Please say it like '把红色方块放到蓝色碗里'."
        )
    return english


class GrammarPlanner:
    """Plans English commands by grammar, the same for the same request.

    What it does not understand, cannot find or must not do becomes a plan with one `ask` step.
    Every plan it gives passes `verify`.
    """

    def __init__(self, workspace: Workspace | None = None) -> None:
        """Take the part of the table where things may be put; None for the usual table."""
        self._workspace = workspace or Workspace()

    def plan(self, request: PlanRequest) -> Plan:
        """Plan an instruction, or ask; an answer is joined to the question before it."""
        try:
            return self._planned(request)
        except Unclear as unclear:
            question = speech.shortened(unclear.question)
        for instruction in joined(request):
            try:
                return self._planned(replace(request, instruction=instruction))
            except Unclear:
                continue
        step = Step(action='ask', question=question)
        return Plan(steps=(step,), summary=ASKS)

    def goals(self, request: PlanRequest) -> tuple[Goal, ...]:
        """Give what shall hold in the end; empty where the planner would ask.

        Things that are only moved out of the way have no goal.
        """
        for instruction in (request.instruction, *joined(request)):
            try:
                table = self._written(replace(request, instruction=instruction))
            except Unclear:
                continue
            return last_of_each(tuple(table.goals))
        return ()

    def _written(self, request: PlanRequest) -> Table:
        if len(request.instruction) > LONGEST_INSTRUCTION:
            raise Unclear('That is too long for me. Please tell me in a few short sentences.')
        table = Table.of(request, self._workspace)
        clauses = read(
            in_english(request.instruction),
            frozenset(table.items),
            speech.sight(table.items.values()),
        )
        return write(clauses, table)

    def _planned(self, request: PlanRequest) -> Plan:
        table = self._written(request)
        names = {key: speech.the(item) for key, item in table.items.items()}
        if not table.steps:
            raise Unclear('There is nothing to do for that. What should I do?')
        plan = Plan(steps=tuple(table.steps), summary=speech.summary(table.steps, names))
        violations = verify(
            plan, request.scene, request.holding, self._workspace, reach=request.reach
        )
        if violations:
            message = violations[0].message
            raise Unclear(f'{message[:1].upper()}{message[1:]}. What should I do?')
        return plan
