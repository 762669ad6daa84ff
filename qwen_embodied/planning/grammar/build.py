"""Writes the steps of a plan, clause by clause."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import speech
from qwen_embodied.planning.grammar.goals import described, readings
from qwen_embodied.planning.grammar.holding import Conditions, mention
from qwen_embodied.planning.grammar.resolve import Resolver
from qwen_embodied.planning.grammar.routes import mended, united
from qwen_embodied.planning.grammar.syntax import Clause, Place, Satisfied, Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.grammar.writing import ClauseWriter

_NO_GOAL = ('pick', 'take', 'build', 'swap', 'unstack', 'clear')
_PUTTING = frozenset({'put', 'place', 'drop', 'set', 'throw', 'stack', 'lay', 'deposit'})


def write(clauses: tuple[Clause, ...], table: Table) -> Table:
    """Write the steps of all clauses.

    Args:
        clauses: In the order of execution.
        table: As it is before; it is left as it was.

    Returns:
        The table after the plan, which holds the steps.

    Raises:
        Unclear: A clause cannot be done, or says too little, or all that is said holds already;
            a clause that holds among others that do not is passed over.
    """
    table = table.copy()
    for clause in clauses:
        if clause.kind == 'forbid':
            _forbid(clause, table)
    wanted = _joined([clause for clause in clauses if clause.kind != 'forbid'])
    if not any(clause.kind != 'mention' for clause in wanted):
        is_seen = bool(wanted)
        raise Unclear(
            'I see that. What should I do with it?'
            if is_seen
            else 'All right, I leave that alone. What should I do?'
        )
    first = table.copy()
    table.begun = first
    table = _write_all(wanted, table)
    if not any(clause.shares_place for clause in wanted):
        table = united(first, table)
    if table.aside is not None and table.held is not None:
        table.place(table.held, 'next_to', table.aside)
    return table


def _write_all(clauses: list[Clause], table: Table) -> Table:
    """Write one clause after the other; what holds already is passed over unless it is all."""
    goal: Place | None = None
    done: Satisfied | None = None
    conditions = Conditions()
    for clause in clauses:
        if clause.kind == 'mention':
            mention(clause, table)
            continue
        if not conditions.is_wanted(clause, table):
            goal = _said_goal(clause) or goal
            _note_movers(clause, table)
            done = done or Satisfied(f"I see nothing for which to do '{clause.text}'. What now?")
            continue
        try:
            table, goal = _write_clause(_placed(clause, goal), table, goal)
        except Satisfied as satisfied:
            done = done or satisfied
    if done is not None and not table.steps:
        raise done
    return table


def _note_movers(clause: Clause, table: Table) -> None:
    """Remember what a clause that is not done would have moved, for 'it'."""
    if any(noun.is_pronoun for noun in clause.movers):
        return
    try:
        names = [
            n for noun in clause.movers for n in Resolver(table.copy()).resolve(noun, 'mover')
        ]
    except Unclear:
        return
    table.movers = tuple(names) or table.movers


def _said_goal(clause: Clause) -> Place | None:
    """Give the goal of a clause that is not done, which 'there' may mean later."""
    found = readings(clause, needs_goal=clause.kind not in _NO_GOAL)
    return found[0].goal if found else None


def _placed(clause: Clause, goal: Place | None) -> Clause:
    """Give a clause the place of the one before where it shares that."""
    if clause.places or not clause.shares_place or clause.kind not in ('put', 'take'):
        return clause
    return replace(clause, places=(goal,) if goal else ())


def _joined(clauses: list[Clause]) -> list[Clause]:
    """Make 'take the cube and the ball and put them in the bowl' one clause."""
    found: list[Clause] = []
    for clause in clauses:
        last = found[-1] if found else None
        is_getting = last is not None and last.kind == 'put' and not last.places
        is_lifting = last is not None and (last.kind in ('pick', 'take') or is_getting)
        points_back = all(noun.is_pronoun for noun in clause.movers)
        if is_lifting and last is not None and clause.kind == 'put' and points_back:
            many = len(last.movers) > 1 or any(noun.is_many for noun in last.movers)
            movers = described(last.movers, last.places)
            if (many or is_getting) and movers is not None:
                found[-1] = replace(clause, movers=movers)
                continue
        found.append(clause)
    return found


def _forbid(clause: Clause, table: Table) -> None:
    """Note what must not be touched, or where something must not go."""
    if any(noun.quantifier in ('rest', 'other') for noun in clause.movers):
        return
    is_goal = clause.verb in _PUTTING and bool(clause.places)
    found = readings(clause, needs_goal=is_goal)
    if not found:
        raise Unclear(f"I did not understand what I must not do: '{clause.text}'.")
    resolver, goal = Resolver(table.copy()), found[0].goal
    names = [name for noun in found[0].movers for name in resolver.resolve(noun, 'mover')]
    if is_goal and goal is not None and goal.noun is not None:
        target = resolver.target(goal.noun, 'any', tuple(names))
        table.banned |= {(name, goal.relation, target) for name in names}
        table.target = target
    elif is_goal:
        raise Unclear('I did not understand what I must not do. Please say what I should do.')
    else:
        table.protected |= frozenset(names)
    table.movers, table.mentioned = tuple(names), [*table.mentioned, *names]


def _write_clause(clause: Clause, table: Table, goal: Place | None) -> tuple[Table, Place | None]:
    """Write the one reading of a clause that the scene allows; ask when there are several."""
    found: list[tuple[Table, Place | None]] = []
    questions: list[Unclear] = []
    for reading in readings(clause, needs_goal=clause.kind not in _NO_GOAL):
        trial = table.copy()
        try:
            ClauseWriter(trial, clause, reading, goal).write()
            trial = mended(table, trial)
        except Unclear as question:
            questions.append(question)
            continue
        found.append((trial, reading.goal or goal))
        if clause.kind in ('pick', 'take'):
            break
    plans = {tuple(done.steps) for done, _ in found}
    if not found:
        raise (
            questions[0]
            if questions
            else Unclear(
                f"I did not understand where '{clause.text}' should lead. "
                'Please say it in other words.'
            )
        )
    if len(plans) > 1:
        raise Unclear(_two_readings(found, len(table.steps), table))
    return found[0]


def _two_readings(found: list[tuple[Table, Place | None]], start: int, table: Table) -> str:
    names = {key: speech.the(item) for key, item in table.items.items()}
    texts = [speech.summary(done.steps[start:], names).rstrip('.').lower() for done, _ in found]
    return f'Which do you mean: {speech.listed(texts, "or")}?'
