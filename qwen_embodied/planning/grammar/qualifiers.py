"""Reads what follows the head of a noun: references, relative clauses, exceptions."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.reader import Reader
from qwen_embodied.planning.grammar.syntax import Noun, Place, Unclear

_FROM_SIDES = {
    'from_top': 'top', 'from_bottom': 'bottom', 'from_left': 'left',
    'from_right': 'right', 'from_front': 'front', 'from_back': 'back',
}  # fmt: skip


_REFERENCES = ('nearest_to', 'farthest_from', 'same_colour_as')
_STACK_ENDS = {'on_top': 'topmost', 'on_bottom': 'bottommost'}
_LYING = ('lying', 'sitting', 'standing', 'located', 'situated', 'placed', 'resting', 'stored')


class QualifierReader(Reader):
    """Reads qualifiers; the nouns and places inside them are read by the subclasses."""

    heads: tuple[Noun, ...] = ()
    is_in_target: bool = False
    takes: bool = False
    describing: int = 0
    is_filled: bool = False

    def place(self) -> Place | None:
        """Read a phrase of place, or give None; implemented where places are read."""
        raise NotImplementedError

    def starts_noun(self, ahead: int = 0) -> bool:
        """Say whether a noun phrase begins here; implemented where nouns are read."""
        raise NotImplementedError

    def noun(self) -> tuple[Noun, ...]:
        """Read one noun phrase; implemented where nouns are read."""
        raise NotImplementedError

    def nouns(self) -> tuple[Noun, ...]:
        """Read a list of noun phrases; implemented where nouns are read."""
        raise NotImplementedError

    def said(self, start: int) -> str:
        """Give the operator's words from a token on, without articles before them."""
        said = self.text_from(start).split()
        while said and said[0] in _ARTICLES:
            said.pop(0)
        return ' '.join(said)

    def qualified(self, noun: Noun, start: int) -> Noun:
        """Read what follows the head: sides, references, relative clauses, exceptions."""
        bare, heads = noun, self.heads
        self.heads = (bare, *heads) if bare.shapes else heads
        self.describing += 1
        while (changed := self._qualifier(noun)) is not None:
            noun = changed
        self.describing -= 1
        self.heads = tuple(head for head in self.heads if head is not bare)
        return replace(noun, text=self.said(start)) if not noun.is_pronoun else noun

    def _qualifier(self, noun: Noun) -> Noun | None:
        word = self.word()
        if (
            noun.compared
            and word in ('and', 'but')
            and self.word(1) in words.COMPARED
            and self.word(2) == 'than'
        ):
            self.at += 1
            return self._compared(noun)
        if word in words.COMPARED or word == 'than':
            return self._compared(noun)
        if word in words.ORDINALS and self.word(1) in _FROM_SIDES:
            return replace(noun, ordinal=words.ORDINALS[self.take()])
        return self._qualified_by(noun, word)

    def _qualified_by(self, noun: Noun, word: str) -> Noun | None:
        if word in _FROM_SIDES and (noun.ordinal or noun.count or noun.extremes):
            self.at += 1
            return replace(noun, side=_FROM_SIDES[word])
        if word in _REFERENCES:
            self.at += 1
            return replace(noun, reference=(word, self.noun()[0]))
        if word in ('nearest', 'closest', 'farthest', 'furthest', 'leftmost', 'rightmost'):
            self.at += 1
            return replace(noun, extremes=(*noun.extremes, word))
        is_end = self.takes or self.word(1) in words.RELATION_WORDS - {'to'}
        if word in _STACK_ENDS and is_end:
            self.at += 1
            return replace(noun, extremes=(*noun.extremes, _STACK_ENDS[word]))
        if word in ('with', 'of', 'containing', 'holding', 'coloured', 'contains'):
            return self._having(noun)
        if word == 'matching':
            self.at += 1
            return replace(noun, is_matching=True)
        if word == 'except' and not self.is_in_target:
            return self._exception(noun)
        return self._relative(noun, word)

    def _compared(self, noun: Noun) -> Noun | None:
        """Read 'smaller than the blue one', also after 'a smaller cube'."""
        word, step = (self.word(), 1) if self.word() != 'than' else ('', 0)
        word = word or next((w for w in noun.extremes if w in words.COMPARED), '')
        if not word or self.word(step) != 'than':
            return None
        self.at += step + 1
        others = self.noun()[0]
        extremes = tuple(w for w in noun.extremes if w != word)
        if others.quantifier in ('all', 'each', 'rest', 'other'):
            return replace(noun, extremes=(*extremes, word))
        return replace(noun, extremes=extremes, compared=(*noun.compared, (word, others)))

    def _having(self, noun: Noun) -> Noun | None:
        """Read 'with the colour blue' and 'with the ball', which says what a bowl holds."""
        start = self.at
        word = self.take()
        if word == 'of' and noun.extremes and not self.starts_noun(1) and self.accept('all'):
            return noun
        self.accept('a', 'the')
        colour = self.accept_from(words.COLOURS) if 'colour' in (self.word(), self.word(1)) else ''
        if self.accept('colour') or word == 'coloured':
            colour = colour or self.accept_from(words.COLOURS)
            if colour:
                return replace(noun, colours=(words.COLOURS[colour],))
        self.at = start + 1
        holds = frozenset().union(*noun.shapes) & {'bowl', 'bin', 'tray'}
        if holds and not self.is_filled and word not in ('of', 'coloured') and self.starts_noun():
            place = Place('near', '', relation='holding', noun=self.noun()[0])
            self.accept('in')
            return replace(noun, where=(*noun.where, place))
        self.at = start
        return None

    def _exception(self, noun: Noun) -> Noun:
        self.at += 1
        self.accept('not')
        heads = self.heads
        found = self.nouns()
        self.heads = heads
        if any(_is_open(other) for other in found):
            raise Unclear(f"Which one should I leave out: '{found[0].text}'?")
        return replace(noun, without=(*noun.without, *found))

    def _relative(self, noun: Noun, word: str) -> Noun | None:
        """Read 'that is not in the bowl', 'which is red', 'not blue'."""
        start = self.at
        is_what = self.tokens[start - 1].word == 'what' if start else False
        has_comma = word == ',' and self.word(1) == 'which' and self.word(2) in ('is', 'are')
        self.at += has_comma
        is_which = noun.quantifier == 'which'
        has_that = bool(self.accept('that', 'which', 'who')) or is_what or is_which
        if has_that and self.word() in ('contains', 'holding', 'containing'):
            return self._having(noun)
        if has_that and not self.accept_from(words.STATES) and self.word() not in ('has', 'have'):
            raise self.fail()
        while has_that and (self.accept_from(words.STATES) or self.accept('has', 'have', 'still')):
            pass
        negative = bool(self.accept('not', 'neither'))
        is_state = not has_that and self.word() in _LYING and bool(self.take())
        is_said = has_that or negative or is_state
        found = self._attributes(noun, negative) if is_said else None
        if found is not None and (is_which or (is_what and found.extremes)):
            found = replace(found, quantifier='the')
        if found is None:
            self.at = start
            if has_that:
                raise self.fail()
        elif has_comma and self.word() == ',' and self.word(1) in words.RELATION_WORDS:
            self.at += 1
        return found

    def _attributes(self, noun: Noun, negative: bool) -> Noun | None:
        """Read 'smaller than the red one but bigger than the blue one'."""
        found = self._attribute(noun, negative)
        while found is not None and self.word() in ('and', 'but'):
            start = self.at
            self.at += 1
            more = self._compared(found) if self.word() in words.COMPARED else None
            if more is None:
                self.at = start
                return found
            found = more
        return found

    def _attribute(self, noun: Noun, negative: bool) -> Noun | None:
        start = self.at
        if not negative and (found := self._ranked(noun)) is not None:
            return found
        self.at = start
        self.accept('a', 'an', 'any', 'the')
        self.accept_from(words.SHADES)
        if self.word() in words.COLOURS:
            return self._colour_attribute(noun, negative)
        singular = words.PLURALS.get(self.word(), self.word())
        ranks = words.SHAPES.get(singular) or words.SHAPE_ADJECTIVES.get(singular)
        if self.accept('empty'):
            return None if negative else replace(noun, is_empty=True)
        if ranks is not None:
            self.at += 1
            shapes = frozenset().union(*ranks)
            if negative:
                return replace(noun, not_shapes=noun.not_shapes | shapes)
            return replace(noun, shapes=ranks)
        place = self.place()
        if place is None:
            self.at = start
            return None
        if negative:
            return replace(noun, not_where=(*noun.not_where, place))
        return replace(noun, where=(*noun.where, place))

    def _ranked(self, noun: Noun) -> Noun | None:
        """Read 'smaller than the red one', 'third from the left', 'nearest to it', 'largest'."""
        if self.word() in words.COMPARED and self.word(1) == 'than':
            return self._compared(noun)
        self.accept('the')
        if self.word() in words.ORDINALS and self.word(1) in _FROM_SIDES:
            ordinal = words.ORDINALS[self.take()]
            return replace(noun, ordinal=ordinal, side=_FROM_SIDES[self.take()])
        if self.accept('closer_to'):
            return replace(noun, reference=('nearest_to', self.noun()[0]))
        if self.word() in _REFERENCES:
            return replace(noun, reference=(self.take(), self.noun()[0]))
        if self.word() in words.EXTREMES:
            return replace(noun, extremes=(*noun.extremes, self.take()))
        return None

    def _next_colour(self) -> int:
        """Give the number of joining words before another colour, or 0."""
        if self.word(1) in words.COLOURS:
            return 1
        return 2 if self.word(1) in ('or', 'nor') and self.word(2) in words.COLOURS else 0

    def _colour_attribute(self, noun: Noun, negative: bool) -> Noun:
        found = [words.COLOURS[self.take()]]
        while self.word() in ('or', 'and', 'nor', ',') and self._next_colour():
            self.at += self._next_colour()
            found.append(words.COLOURS[self.take()])
        if negative:
            return replace(noun, not_colours=noun.not_colours.union(*found))
        return replace(noun, colours=(frozenset().union(*found),))


_ARTICLES = ('the', 'a', 'an', 'my', 'your', 'this', 'that', 'these', 'those')


def _is_open(noun: Noun) -> bool:
    """Say whether a noun leaves open which objects it means."""
    is_chosen = noun.extremes or noun.ordinal or noun.side
    return bool(noun.count and not is_chosen) or noun.quantifier in ('some', 'a', 'another')
