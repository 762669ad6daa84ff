"""Reads phrases of place: relations, sides, corners, coordinates, directions and distances."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.lexer import is_number
from qwen_embodied.planning.grammar.listing import with_shared_head
from qwen_embodied.planning.grammar.nouns import NounReader
from qwen_embodied.planning.grammar.syntax import Noun, Place, Unclear

A_BIT = 0.05
_OF_TABLE = {
    'left_of': 'left', 'right_of': 'right', 'front_of': 'front', 'back_of': 'back',
    'middle_of': 'middle',
}  # fmt: skip
_RELATIONS = {
    'in': 'in', 'on': 'on', 'to': 'to', 'at': 'to', 'left_of': 'left_of', 'right_of': 'right_of',
    'in_front_of': 'in_front_of', 'front_of': 'in_front_of', 'behind': 'behind',
    'back_of': 'behind', 'next_to': 'next_to', 'middle_of': 'in', 'by': 'next_to',
    'under': 'under', 'over': 'on', 'closer_to': 'next_to',
}  # fmt: skip
_WHOLE = {'in_row': 'row', 'in_column': 'column', 'every_corner': 'corners'}
_NUMBER_GLUE = frozenset(('x', 'y', ',', 'and', 'position', 'at', 'coordinates'))


class PlaceReader(NounReader):
    """Reads phrases of place and the nouns inside them."""

    def place(self) -> Place | None:
        """Read one phrase of place, or give None and stay."""
        start = self.at
        for reader in (
            self._short, self._between, self._measured, self._point, self._related,
        ):  # fmt: skip
            self.at = start
            found = reader()
            if found is not None:
                return replace(found, text=self.text_from(start))
        self.at = start
        return self._result() if self.word() == 'so_that' else None

    def _result(self) -> Place | None:
        """Read 'so that it is behind the bowl'."""
        start = self.at
        self.at += 1
        self.accept('it', 'they', 'each', 'that')
        self.accept('one', 'of')
        self.accept('them')
        while self.accept_from(words.STATES) or self.accept('should'):
            pass
        found = self.place()
        if found is None:
            self.at = start
        return found

    def _short(self) -> Place | None:
        """Read the phrases that need no noun."""
        word = self.word()
        if word in ('there', 'held', 'by_colour'):
            self.at += 1
            return Place(word, '')
        if word in ('each_other', 'side_by_side', 'together'):
            self.at += 1
            return Place('each_other' if word == 'each_other' else 'side_by_side', '')
        if word == 'on_top':
            self.at += 1
            return Place('near', '', relation='on')
        if word in _WHOLE:
            self.at += 1
            return Place(_WHOLE[word], '')
        if word in ('at', 'on', 'in', 'to') and self.word(1).startswith('corner_'):
            self.at += 1
            corner = self.take().removeprefix('corner_')
            self._of_table()
            return Place('corner', '', word=corner)
        return self._side(word)

    def _between(self) -> Place | None:
        """Read 'between the bowl and the tray' or 'between the two bowls'."""
        if not self.accept('between'):
            return None
        heads = self.heads
        found = self.noun()
        is_pair = found[0].quantifier in ('both', 'them') or found[0].count == 2
        if len(found) == 1 and not is_pair and not found[0].plural:
            if not self.accept('and'):
                raise Unclear('Between what? Please name two objects.')
            found = with_shared_head([*found, *self.noun()[:1]])
        self.heads = heads
        return Place('between', '', noun=found[0], other=found[1] if len(found) > 1 else None)

    def _side(self, word: str) -> Place | None:
        head, _, side = word.partition('_')
        if head in ('on', 'to') and side in words.SIDES:
            self.at += 1
            self._of_table()
            distance = self._by_distance()
            if head == 'to' or distance is not None:
                direction = words.DIRECTION_WORDS.get(word, '')
                return Place('direction', '', word=direction, distance=distance)
            return Place('side', '', word=side)
        if word in words.DIRECTION_WORDS and not self.starts_noun():
            self.at += 1
            direction = words.DIRECTION_WORDS[word]
            return Place('direction', '', word=direction, distance=self._by_distance())
        return None

    def _by_distance(self) -> float | None:
        start = self.at
        self.accept('by', 'about', 'for')
        distance = self._distance()
        if distance is None:
            self.at = start
        return distance

    def _distance(self) -> float | None:
        """Read '10 cm' or 'a bit', m."""
        if self.accept('a_bit'):
            return A_BIT
        start = self.at
        self.accept('about', 'a', 'an')
        value = self.number()
        if value is not None and self.word() in words.UNITS:
            return round(value * float(words.UNITS[self.take()]), 4)
        self.at = start
        return None

    def _measured(self) -> Place | None:
        """Read '10 cm to the left', 'by 5 cm', 'a bit forward'."""
        self.accept('by')
        distance = self._distance()
        if distance is None:
            return None
        self.accept('to')
        self.accept('the')
        word = self.word()
        if word in words.DIRECTION_WORDS:
            self.at += 1
            direction = words.DIRECTION_WORDS[word]
            return Place('direction', '', word=direction, distance=distance)
        if word in _RELATIONS:
            raise Unclear(
                'I cannot keep an exact distance to another object. '
                'Say for example: to the left of the bowl.'
            )
        return Place('direction', '', word='', distance=distance)

    def _point(self) -> Place | None:
        """Read 'at 0.5, 0.1' or 'to position x 0.5 y 0.1'."""
        if not self.accept('at', 'to', 'on', 'in'):
            return None
        self.accept('the')
        while self.word() in _NUMBER_GLUE:
            self.at += 1
        if not is_number(self.word()):
            return None
        first = self._coordinate()
        while self.word() in _NUMBER_GLUE:
            self.at += 1
        if not is_number(self.word()):
            return None
        return Place('point', '', point=(first, self._coordinate()))

    def _coordinate(self) -> float:
        value = self.number() or 0.0
        unit = self.accept_from(words.UNITS)
        return round(value * float(words.UNITS[unit]), 4) if unit else value

    def _related(self) -> Place | None:
        """Read a relation with its noun."""
        word = self.word()
        if word in ('from', 'out_of'):
            self.at += 1
            return self._from()
        if word == 'toward' and self.starts_noun(1):
            raise Unclear('How far towards it? I can put it next to it, in it or on it.')
        if word not in _RELATIONS:
            return None
        self.at += 1
        if self._table():
            return self._at_table(word)
        if word in ('in', 'on', 'to', 'at') and self._corner():
            raise Unclear('Which corner: front left, front right, back left or back right?')
        if not self.starts_noun():
            return Place('near', '', relation=word) if word in ('in', 'on') else None
        noun = self._target()
        return Place('near', '', relation=_RELATIONS[word], noun=noun)

    def _from(self) -> Place:
        if self._table():
            return Place('table', '', word='from')
        return Place('from', '', noun=self._target())

    def _target(self) -> Noun:
        """Read the noun of a relation; 'the right one' looks first at the last target."""
        heads = self.heads
        if self.last_target is not None and not self.describing:
            self.heads = (self.last_target, *heads)
        was_in_target, self.is_in_target = self.is_in_target, True
        found = self._tower() or self.noun()
        self.is_in_target = was_in_target
        self.heads = (*(self.heads[:1] if self.heads[:1] != heads[:1] else ()), *heads)
        if len(found) > 1:
            raise Unclear(f"Which one do you mean by '{found[0].text}' and '{found[1].text}'?")
        if found[0].shapes and not self.describing:
            self.last_target = found[0]
        return found[0]

    def _tower(self) -> tuple[Noun, ...]:
        """Read 'the stack', which stands for what is on its top."""
        step = 1 if self.word() in ('the', 'this', 'that') else 0
        if self.word(step) not in ('tower', 'stack', 'pile'):
            return ()
        self.at += step + 1
        return (Noun('stack', head='tower', extremes=('topmost',)),)

    def _at_table(self, word: str) -> Place:
        if word in _OF_TABLE:
            return Place('side', '', word=_OF_TABLE[word])
        if word in ('on', 'at', 'to'):
            return Place('table', '', word='on')
        raise Unclear('I can only put things on the table, not around it.')

    def _table(self) -> bool:
        start = self.at
        self.accept('the', 'a')
        if self.accept_from(words.TABLE_WORDS):
            return True
        self.at = start
        return False

    def _of_table(self) -> None:
        start = self.at
        if not (self.accept('of', 'on') and self._table()):
            self.at = start

    def _corner(self) -> bool:
        return 'corner' in (self.word(), self.word(1), self.word(2)) or 'corners' in (
            self.word(), self.word(1),
        )  # fmt: skip
