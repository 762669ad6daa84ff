"""What words probably want picked that the grammar cannot follow as a whole."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.grammar import lexer
from qwen_embodied.planning.grammar.chinese import is_chinese
from qwen_embodied.planning.grammar.clauses import ClauseReader
from qwen_embodied.planning.grammar.scoping import scope_of
from qwen_embodied.planning.grammar.scoping_clauses import ClauseScope
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.request import PlanRequest


def likely_picks(request: PlanRequest) -> frozenset[str]:
    """Give ids that may be moved, and of those the ones that the words probably begin with.

    What is to be picked is said before where it goes: where an unknown word comes before the
    first thing that has a name, the things with names are where it goes. A guess, and no leave.
    """
    scope = scope_of(request)
    if scope.refusal:
        return frozenset()
    moved = (allowed.movers for allowed in scope.allowances if allowed.relations)
    may: frozenset[str] = frozenset().union(*moved) - scope.protected
    if is_chinese(request.instruction):
        return may
    table = Table.of(request, Workspace())
    tokens = lexer.tokens_of(request.instruction)
    strange = (n for n, token in enumerate(tokens) if _is_strange(token.word, table))
    named = tuple(_named(tokens, table))
    first = next(strange, len(tokens))
    wanted = may & frozenset().union(*(ids for at, ids in named if at < first))
    others = may - frozenset().union(*(ids for _, ids in named))
    return wanted or others or may


def _is_strange(word: str, table: Table) -> bool:
    return not lexer.is_known(word) and word not in table.items


def _named(tokens: tuple[lexer.Token, ...], table: Table) -> Iterator[tuple[int, frozenset[str]]]:
    """Give where a noun is said, and the ids that it fits."""
    reader, strict = ClauseReader(tokens, frozenset(table.items)), ClauseScope(table)
    while reader.at < len(tokens):
        start = reader.at
        try:
            found = strict.fitting(reader.noun()) if reader.starts_noun() else frozenset()
        except Unclear:
            found = frozenset()
        reader.at = max(reader.at, start + 1)
        if found:
            yield start, found
