"""Reads from an operator's words what they allow; see `planning.scope`."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.grammar import lexer, words
from qwen_embodied.planning.grammar.chinese import is_chinese, to_english
from qwen_embodied.planning.grammar.history import instructions_of
from qwen_embodied.planning.grammar.scoping_clauses import ClauseScope
from qwen_embodied.planning.grammar.scoping_words import loosely, refusal_of
from qwen_embodied.planning.grammar.sentences import read
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.scope import Scope


def scope_of(request: PlanRequest, workspace: Workspace | None = None) -> Scope:
    """Give what the words of a request allow.

    Where the grammar reads them, each clause allows its own objects, relations and targets. Where
    it does not, verbs and nouns are collected one by one; words that it does not know may stand
    for any object, but never for a verb.
    """
    said = instructions_of(request)
    scopes = [_scope(text, request, workspace) for text in said]
    refused = next((scope for scope in scopes if scope.refusal), None)
    if refused is not None:
        return refused
    return Scope(
        tuple(allowed for scope in scopes for allowed in scope.allowances),
        frozenset().union(*(scope.protected for scope in scopes)),
        any(scope.may_wait for scope in scopes),
        said=said,
    )


def _scope(text: str, request: PlanRequest, workspace: Workspace | None) -> Scope:
    english = text
    if is_chinese(text):
        english = to_english(text) or ''
        if not english:
            return Scope(refusal='I did not understand the instruction, so I do nothing')
    if any(sign in text for sign in '{}<>|$`\\'):
        return Scope(refusal='I take instructions in words, not in code')
    table = Table.of(request, workspace or Workspace())
    tokens = lexer.tokens_of(english)
    refusal = refusal_of([token.word for token in tokens])
    if refusal:
        return Scope(refusal=refusal)
    may_wait = any(words.VERBS.get(words.base(token.word)) == 'wait' for token in tokens)
    try:
        clauses = read(english, frozenset(table.items), '')
    except Unclear:
        allowed, protected = loosely(tokens, table)
        return Scope(allowed, protected, may_wait)
    return ClauseScope(table).scope(clauses, may_wait=may_wait)
