"""What words allow that the grammar cannot read as a whole, and words that allow nothing."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.goals import BESIDE as SIDES
from qwen_embodied.planning.grammar import lexer, words
from qwen_embodied.planning.grammar.clauses import ClauseReader
from qwen_embodied.planning.grammar.harm import HARM, NO_RULES, PEOPLE
from qwen_embodied.planning.grammar.scoping_clauses import NEAR, ClauseScope
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.scope import Allowance

EXCEPTING = frozenset({'not', 'except', 'without', 'leave', 'avoid'})


def refusal_of(said: list[str]) -> str:
    """Say why words are refused as a whole; empty where they are not."""
    for word in said:
        if word in HARM or word in NO_RULES:
            return f"I do not act on instructions with '{word}'"
        if word in PEOPLE:
            return f"I move things on the table only, never to or at '{word}'"
    return ''


def loosely(
    tokens: tuple[lexer.Token, ...], table: Table
) -> tuple[tuple[Allowance, ...], frozenset[str]]:
    """Collect verbs and nouns of words that the grammar cannot read as a whole."""
    said = [token.word for token in tokens]
    kinds = {words.VERBS.get(words.base(word), '') for word in said}
    handling = kinds & {
        'put', 'take', 'pick', 'stack', 'build', 'sort', 'swap', 'empty', 'row', 'unstack',
        'release',
    }  # fmt: skip
    if not handling and 'push' not in kinds:
        return (), frozenset()
    named, protected = _named(tokens, table)
    is_open = any(not lexer.is_known(word) and word not in table.items for word in said)
    movers = (frozenset(table.items) if is_open else named) - protected
    relations = _said_relations(said) if handling - {'pick'} else frozenset({'held'})
    relations |= {'held'} if handling <= {'pick', 'take'} else frozenset()
    ways = frozenset(words.DIRECTION_WORDS[word] for word in said if word in words.DIRECTION_WORDS)
    pushes = ways if 'push' in kinds else frozenset()
    return (Allowance(movers, relations if handling else frozenset(), movers, pushes),), protected


def _said_relations(said: list[str]) -> frozenset[str]:
    found: set[str] = set()
    for word in said:
        found |= NEAR.get(word, frozenset({word} if word in SIDES else ()))
        if word in words.TABLE_WORDS or word.partition('_')[0] in ('corner', 'on', 'to', 'at'):
            found |= {'at'}
        if words.VERBS.get(words.base(word)) in ('sort', 'stack', 'build', 'empty'):
            found |= {'in', 'on'}
        if words.VERBS.get(words.base(word)) in ('swap', 'row', 'unstack'):
            found |= {'at', 'in', 'on'}
    return frozenset(found)


def _named(tokens: tuple[lexer.Token, ...], table: Table) -> tuple[frozenset[str], frozenset[str]]:
    """Give what nouns anywhere in the words may stand for, and what follows a 'not'."""
    named: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    reader = ClauseReader(tokens, frozenset(table.items))
    strict = ClauseScope(table)
    while reader.at < len(tokens):
        start = reader.at
        before = {token.word for token in tokens[max(0, start - 3) : start]}
        try:
            found = strict.fitting(reader.noun()) if reader.starts_noun() else frozenset()
        except Unclear:
            found = frozenset()
        said = [token.word for token in tokens[: reader.at]]
        # What is excepted may have been read as part of the thing before it.
        left = (n for n in range(start + 1, len(said)) if said[n] in EXCEPTING)
        reader.at = max(next(left, reader.at), start + 1)
        if before & EXCEPTING:
            protected |= found
        else:
            named |= found
    return named, protected
