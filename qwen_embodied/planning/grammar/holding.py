"""Says whether a condition holds on the table, and what was said about what is there."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar.resolve import Resolver
from qwen_embodied.planning.grammar.syntax import Clause, Condition, Unclear
from qwen_embodied.planning.grammar.table import Table


class Conditions:
    """Answers conditions, each once: what was done since does not change the answer."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}

    def is_wanted(self, clause: Clause, table: Table) -> bool:
        """Say whether a clause is to be done on a table."""
        condition = clause.condition
        if condition is None:
            return True
        key = id(condition)
        if key not in self._known:
            self._known[key] = holds(condition, table)
        return self._known[key] is not clause.is_otherwise


def mention(clause: Clause, table: Table) -> None:
    """Take note of what a sentence speaks of, so that 'it' may mean it.

    Raises:
        Unclear: What it says is not so, or nothing fits it.
    """
    if clause.condition is not None:
        if not holds(clause.condition, table):
            raise Unclear(f"You said '{clause.text}', but I do not see that. What should I do?")
        return
    resolver = Resolver(table)
    table.movers = tuple(name for noun in clause.movers for name in resolver.resolve(noun, 'any'))


def holds(condition: Condition, table: Table) -> bool:
    """Say whether a condition holds; where it does, 'it' means what it speaks of."""
    resolver = Resolver(table)
    if condition.is_empty:
        name = resolver.target(condition.noun, 'container')
        table.movers, is_so = (name,), not table.upon(name)
        return is_so is not condition.is_negative
    if condition.being is not None:
        table.movers = resolver.resolve(condition.noun, 'any')
        is_so = set(table.movers) <= set(resolver.fitting(condition.being))
        return is_so is not condition.is_negative
    noun = replace(condition.noun, quantifier='all') if condition.compare else condition.noun
    found = resolver.fitting(noun)
    is_so = _counted(len(found), condition) if condition.compare else bool(found)
    if found and is_so and not condition.is_negative and not condition.noun.is_pronoun:
        free = tuple(n for n in found if not table.upon(n)) or found
        table.movers = found if noun.is_many else free[: 1 if noun.quantifier == 'a' else None]
        table.mention(table.movers)
    return is_so is not condition.is_negative


def _counted(number: int, condition: Condition) -> bool:
    return {
        'more': number > condition.count, 'fewer': number < condition.count,
        'least': number >= condition.count, 'most': number <= condition.count,
    }[condition.compare]  # fmt: skip
