"""A cursor over tokens, and the words for what was not understood."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Container

from qwen_embodied.planning.grammar.lexer import Token, is_number
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.words import NUMBERS


class Reader:
    """Walks through the tokens of one instruction."""

    def __init__(self, tokens: tuple[Token, ...], ids: frozenset[str]) -> None:
        """Take the tokens, and the ids that may be used as names."""
        self.tokens = tokens
        self.ids = ids
        self.at = 0

    def word(self, ahead: int = 0) -> str:
        """Give the word at the cursor or some tokens ahead; '' past the end."""
        index = self.at + ahead
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ''

    def take(self) -> str:
        """Give the word at the cursor and step over it."""
        word = self.word()
        self.at += 1
        return word

    def accept(self, *words: str) -> str:
        """Step over the word at the cursor if it is one of words; give it, or ''."""
        return self.take() if self.word() in words and self.word() else ''

    def accept_from(self, table: Container[str]) -> str:
        """Step over the word at the cursor if a table holds it; give it, or ''."""
        return self.take() if self.word() and self.word() in table else ''

    def text_from(self, start: int) -> str:
        """Give the operator's words from a token up to the cursor."""
        part = self.tokens[start : self.at]
        return ' '.join(token.text for token in part if token.text)

    def number(self) -> float | None:
        """Step over a number in digits or words, or give None."""
        word = self.word()
        if is_number(word):
            self.at += 1
            return float(word)
        if word in NUMBERS:
            self.at += 1
            return float(NUMBERS[word])
        return None

    def fail(self) -> Unclear:
        """Build the question about the words at the cursor."""
        if self.word() in ('or', 'either', 'neither', 'nor'):
            return Unclear(f"Please decide for me: I cannot follow '{self.word()}'.")
        rest = ' '.join(token.text for token in self.tokens[self.at : self.at + 6] if token.text)
        if not rest.strip(' .,;'):
            said = ' '.join(token.text for token in self.tokens[-6:] if token.text)
            return Unclear(
                f"Something is missing after '{said.strip(' .,;')}'. Please say it in full."
            )
        return Unclear(f"I did not understand the part '{rest}'. Please say it in other words.")
