"""Reads what follows the head of a noun: references, relative clauses, exceptions."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.reader import Reader
from qwen_embodied.planning.grammar.syntax import Noun, Place, Unclear

_FROM_SIDES = {
    'from_left': 'left', 'from_right': 'right', 'from_front': 'front', 'from_back': 'back',
}  # fmt: skip


class QualifierReader(Reader):
    """Reads qualifiers; the nouns and places inside them are read by the subclasses."""

    heads: tuple[Noun, ...] = ()
    is_in_target: bool = False
    takes: bool = False

    def place(self) -> Place | None:
        """Read a phrase of place, or give None; implemented where places are read."""
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
        while True:
            changed = self._qualifier(noun)
            if changed is None:
                return replace(noun, text=self.said(start)) if not noun.is_pronoun else noun
            noun = changed

    def _qualifier(self, noun: Noun) -> Noun | None:
        word = self.word()
        if word in _FROM_SIDES and (noun.ordinal or noun.count or noun.extremes):
            self.at += 1
            return replace(noun, side=_FROM_SIDES[word])
        if word in ('nearest_to', 'farthest_from'):
            self.at += 1
            return replace(noun, reference=(word, self.noun()[0]))
        if word in ('nearest', 'closest', 'farthest', 'furthest', 'leftmost', 'rightmost'):
            self.at += 1
            return replace(noun, extremes=(*noun.extremes, word))
        if word == 'on_top' and self.takes:
            self.at += 1
            return replace(noun, extremes=(*noun.extremes, 'topmost'))
        if word == 'matching':
            self.at += 1
            return replace(noun, is_matching=True)
        if word == 'except' and not self.is_in_target:
            return self._exception(noun)
        return self._relative(noun, word)

    def _exception(self, noun: Noun) -> Noun:
        self.at += 1
        self.accept('not')
        heads = self.heads
        found = self.nouns()
        self.heads = heads
        if any(other.count or other.quantifier in ('some', 'a', 'another') for other in found):
            raise Unclear(f"Which one should I leave out: '{found[0].text}'?")
        return replace(noun, without=(*noun.without, *found))

    def _relative(self, noun: Noun, word: str) -> Noun | None:
        """Read 'that is not in the bowl', 'which is red', 'not blue'."""
        start = self.at
        is_what = self.tokens[start - 1].word == 'what' if start else False
        has_that = bool(self.accept('that', 'which', 'who')) or is_what
        if has_that and not self.accept_from(words.STATES):
            raise self.fail()
        while has_that and self.accept_from(words.STATES):
            pass
        negative = bool(self.accept('not', 'neither'))
        found = self._attribute(noun, negative) if has_that or negative else None
        if found is None:
            self.at = start
            if has_that:
                raise self.fail()
        return found

    def _attribute(self, noun: Noun, negative: bool) -> Noun | None:
        self.accept('a', 'an', 'any', 'the')
        self.accept_from(words.SHADES)
        if self.word() in words.COLOURS:
            return self._colour_attribute(noun, negative)
        singular = words.PLURALS.get(self.word(), self.word())
        if singular in words.SHAPES:
            self.at += 1
            shapes = frozenset().union(*words.SHAPES[singular])
            if negative:
                return replace(noun, not_shapes=noun.not_shapes | shapes)
            return replace(noun, shapes=words.SHAPES[singular])
        if self.word() in ('nearest_to', 'farthest_from') and not negative:
            return replace(noun, reference=(self.take(), self.noun()[0]))
        if self.word() in words.EXTREMES and not negative:
            return replace(noun, extremes=(*noun.extremes, self.take()))
        place = self.place()
        if place is None:
            return None
        if negative:
            return replace(noun, not_where=(*noun.not_where, place))
        return replace(noun, where=(*noun.where, place))

    def _colour_attribute(self, noun: Noun, negative: bool) -> Noun:
        found = [words.COLOURS[self.take()]]
        while self.word() in ('or', 'and', 'nor') and self.word(1) in words.COLOURS:
            self.at += 1
            found.append(words.COLOURS[self.take()])
        if negative:
            return replace(noun, not_colours=noun.not_colours.union(*found))
        return replace(noun, colours=(frozenset().union(*found),))


_ARTICLES = ('the', 'a', 'an', 'my', 'your', 'this', 'that', 'these', 'those')
