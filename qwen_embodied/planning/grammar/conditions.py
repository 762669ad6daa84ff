"""Reads what must be so: 'if there is a red cube', 'until the bowl is empty', 'the bowl is empty'.

A condition speaks of what stands on the table; of anything else it is not understood, and asked.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.clauses import ClauseReader
from qwen_embodied.planning.grammar.syntax import Clause, Condition, Noun, Unclear

_COMPARE = {'more_than': 'more', 'fewer_than': 'fewer', 'at_least': 'least', 'at_most': 'most'}
_NOTHING = ('nothing', 'none', 'no')
_LOOKED_AT = ('see', 'look')


class ConditionReader(ClauseReader):
    """Reads conditions, and sentences that only say what there is."""

    def condition(self) -> Condition:
        """Read what follows 'if'; asks where it is not about the table."""
        start = self.at
        found = self._existence() or self._state()
        if found is None or not (self.word() in (',', ';', 'then', '.', '') or self._is_verb()):
            said = ' '.join(token.text for token in self.tokens[start : start + 6] if token.text)
            raise Unclear(
                f"I cannot follow conditions such as 'if {said}', only what I see on the table. "
                'Please tell me plainly.'
            )
        return found

    def statement(self) -> Clause | None:
        """Read 'there is a red cube' or 'see the red cube?', which asks for nothing."""
        start, heads = self.at, self.heads
        try:
            found = self._seen() or self._existence() or self._emptiness() or self._told()
        except Unclear:
            found = None
        if found is None or self.word() not in ('.', ''):
            self.at, self.heads = start, heads
            return None
        said = self.text_from(start)
        return Clause('mention', 'see', said, (found.noun,), condition=found)

    def _told(self) -> Condition | None:
        """Read 'the ball is on the table' before the sentence that says what to do about it."""
        start = self.at
        found = self._state()
        if found is not None and self.word() == '.' and self.word(1):
            return found
        self.at = start
        return None

    def _seen(self) -> Condition | None:
        is_looking = self.word() in _LOOKED_AT and (self.starts_noun(1) or self.word(1) == 'at')
        if not is_looking:
            return None
        self.at += 1
        self.accept('at')
        return Condition(self._whole_noun()) if self.starts_noun() else None

    def _existence(self) -> Condition | None:
        """Read 'there is a red cube on the table', 'there are more than two cubes'."""
        start = self.at
        if self.accept('there') and self.accept('is', 'are'):
            pass
        elif not (self.accept('you', 'i') and self.accept('see', 'have')):
            self.at = start
            return None
        self.accept('still')
        negative = bool(self.accept('not', 'no'))
        compare = _COMPARE.get(self.accept_from(_COMPARE), '')
        count = int(self.number() or 0) if compare else 0
        if not self.starts_noun():
            self.at = start
            return None
        return Condition(self._whole_noun(), compare=compare, count=count, is_negative=negative)

    def _state(self) -> Condition | None:
        """Read 'the ball is in the bowl', 'the bowl is empty', 'the cube is red'."""
        if (empty := self._emptiness()) is not None:
            return empty
        start = self.at
        if not self.starts_noun():
            return None
        noun = self.noun()[0]
        if not self.accept('is', 'are'):
            self.at = start
            return None
        self.accept('still')
        negative = bool(self.accept('not'))
        while self.accept_from(words.STATES):
            pass
        anything = Noun(noun.text, quantifier='all', head='object')
        being = self._attribute(anything, negative=False)
        return None if being is None else Condition(noun, being, is_negative=negative)

    def _emptiness(self) -> Condition | None:
        """Read 'the bowl is empty'."""
        start = self.at
        if self.starts_noun():
            noun = self._target()
            if self.accept('is', 'are'):
                self.accept('still')
                negative = bool(self.accept('not'))
                if self.accept('empty'):
                    return Condition(noun, is_empty=True, is_negative=negative)
        self.at = start
        return None

    def _whole_noun(self) -> Noun:
        """Read a noun with the places that say where it is."""
        found = self.noun()[0]
        return replace(found, where=(*found.where, *self.places()))

    def until(self, clauses: list[Clause]) -> bool:
        """Read 'until the bowl is empty', which makes the things of a clause all things."""
        if not self.accept('until'):
            return False
        if self.accept(*_NOTHING):
            self.accept_from(words.STATES)
            is_end = bool(self.accept('left', 'remains', 'on_left', 'is', 'are'))
            self.accept('left')
            self.places()
        else:
            found = self._emptiness() or self._all_gone()
            is_end = found is not None
        if not is_end or self.word() not in ('.', '', ','):
            raise Unclear('I can go on until something is empty, not until anything else happens.')
        clauses[:] = [replace(c, movers=tuple(_all_of(n) for n in c.movers)) for c in clauses]
        return True

    def _all_gone(self) -> Condition | None:
        """Read 'they are all gone' or 'it is empty'."""
        if not self.accept('it', 'they', 'all') or not self.accept('is', 'are'):
            return None
        self.accept('all')
        is_end = self.accept('empty', 'gone')
        return Condition(Noun('it', quantifier='it'), is_empty=True) if is_end else None


def _all_of(noun: Noun) -> Noun:
    is_open = noun.quantifier in ('a', 'some', 'bare') or noun.plural
    return replace(noun, quantifier='all', count=None) if is_open else noun
