"""The grammar planner: lexer → nouns, places, clauses → objects → steps."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.grammar.planner import GrammarPlanner

__all__ = ['GrammarPlanner']
