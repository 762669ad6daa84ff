"""Ways to goals: movements found by search, written as steps on a table."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.goals import Goal, last_of_each
from qwen_embodied.planning.grammar.spots import free_spot
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.model import Model
from qwen_embodied.planning.schema import Step
from qwen_embodied.planning.search import Movement, NoWayError, Start, search

_HANDLING = ('pick', 'place')


def achieve(table: Table, goals: tuple[Goal, ...]) -> None:
    """Write the fewest steps after which all goals hold.

    Raises:
        Unclear: There is no way, or no room to put something aside.
    """
    try:
        movements = search(start_of(table), goals)
    except NoWayError as error:
        text = str(error)
        raise Unclear(f'{text[:1].upper()}{text[1:]}. What should I do?') from error
    kept = tuple(goal.position[:2] for goal in goals if goal.position is not None)
    for movement in movements:
        _write(table, movement, kept)
    for goal in goals:
        if goal.relation == 'held' and table.held != goal.object:
            table.pick(goal.object)


def start_of(table: Table) -> Start:
    """Give the table as the search takes it."""
    return Start(table.items, table.rests, table.spots, table.held, table.protected)


def problem_of(before: Table, steps: list[Step]) -> str | None:
    """Name the first rule that steps break on a table, or None."""
    model = Model(before.items, before.rests, before.held, before.workspace)
    model.spots = {name: spot for name, spot in before.spots.items() if name != before.held}
    model.moved |= before.moved
    for step in steps:
        for rule, _ in model.problems(step):
            return rule
        model.apply(step)
    return None


def mended(before: Table, after: Table) -> Table:
    """Give the table after a clause, whose steps move aside what was in the way.

    Args:
        before: Without the steps of the clause.
        after: With them as they were said; it is given back where they can be done, or where
            no way is known.
    """
    steps = after.steps[len(before.steps) :]
    if any(step.action not in _HANDLING for step in steps) or problem_of(before, steps) is None:
        return after
    return _rewritten(before, after, last_of_each(tuple(after.goals[len(before.goals) :])))


def united(before: Table, after: Table) -> Table:
    """Give the table after all clauses, in an order that leaves every goal true in the end.

    'Put A on B and B on C' is said from the top, but must be built from the bottom.
    """
    if any(step.action not in _HANDLING for step in after.steps):
        return after
    goals = last_of_each(tuple(after.goals))
    broken = [goal for goal in goals if goal.relation in ('in', 'on') and not _lasts(goal, after)]
    return _rewritten(before, after, goals) if broken else after


def _rewritten(before: Table, after: Table, goals: tuple[Goal, ...]) -> Table:
    fresh = before.copy()
    fresh.protected, fresh.banned = after.protected, after.banned
    try:
        achieve(fresh, goals)
    except Unclear as unclear:
        if 'must not touch' in unclear.question:
            raise
        return after
    fresh.movers, fresh.target, fresh.aside = after.movers, after.target, after.aside
    fresh.mentioned = after.mentioned
    return fresh


def _lasts(goal: Goal, after: Table) -> bool:
    rest = after.rests.get(goal.object)
    return rest is not None and (rest.relation, rest.target) == (goal.relation, goal.target)


def _write(table: Table, movement: Movement, kept: tuple[tuple[float, float], ...]) -> None:
    name, goal = movement.object, movement.goal
    if table.held != name:
        table.pick(name)
        table.goals.pop()
    if goal is None:
        here = table.origins.get(name, table.spots[name])
        table.place_at(name, free_spot(table, name, here, kept=(here, *kept)), aside=True)
    elif goal.position is not None:
        table.place_at(name, goal.position[:2])
    else:
        table.place(name, goal.relation, goal.target or '')
