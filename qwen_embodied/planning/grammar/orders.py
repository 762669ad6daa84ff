"""Reads in which order things shall stand: 'largest first', 'red at the bottom, blue on top'."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.places import PlaceReader
from qwen_embodied.planning.grammar.syntax import Noun, Order, Unclear

_ENDS = {
    'on_top': 'on_top', 'on_bottom': 'on_bottom', 'on_middle': 'on_middle',
    'on_left': 'on_bottom', 'on_right': 'on_top',
}  # fmt: skip
_WAYS = ('from_top', 'from_right', 'from_bottom', 'from_left')
_STACK = ('on_top', 'on_bottom')
_SIZES = {'largest': True, 'biggest': True, 'smallest': False, 'tallest': True, 'shortest': False}


class OrderReader(PlaceReader):
    """Reads orders, for what is stacked or lined up."""

    is_building: bool = False

    def order(self) -> Order:
        """Read everything that says in which order things shall stand."""
        found = Order()
        while True:
            start = self.at
            if (listed := self._in_full()) is not None:
                found = replace(found, first=listed)
                continue
            while self.accept(
                ',', 'and', 'with', 'so_that', 'that', 'then', 'going', 'ranging', 'from', 'to'
            ):
                pass
            changed = self._order_part(found)
            if changed is None:
                self.at = start
                return found
            found = changed

    def _in_full(self) -> tuple[Noun, ...] | None:
        """Read ': pink, blue, red', which lists things in their order."""
        start, heads = self.at, self.heads
        is_list = self.at < len(self.tokens) and self.tokens[self.at].text == ':'
        if is_list and self.starts_noun(1):
            self.at += 1
            listed = self.nouns()
            if len(listed) > 1 and self.word() in ('.', ';', '', *_WAYS):
                return listed
        self.at, self.heads = start, heads
        return None

    def _order_part(self, order: Order) -> Order | None:
        word = self.word()
        if word in ('by_size', 'by_height'):
            self.at += 1
            return replace(order, measure='height' if word == 'by_height' else 'volume')
        if word in ('descending', 'ascending'):
            self.at += 1
            measure = order.measure or 'volume'
            return replace(order, falls=word == 'descending', measure=measure)
        if word in _WAYS:
            self.at += 1
            return replace(order, is_reversed=word in ('from_top', 'from_right'))
        if word in ('in_order', 'starting_with'):
            return self._listed(order, self.take())
        is_noun = self.starts_noun() or word in words.EXTREMES
        return self._end(order) if is_noun else None

    def _listed(self, order: Order, word: str) -> Order | None:
        while self.accept(',', 'of'):
            pass
        if not self.starts_noun():
            return order
        found = self.nouns()
        if word == 'in_order':
            return replace(order, first=found)
        return self._with_end(order, found[0], 'on_bottom')

    def _end(self, order: Order) -> Order | None:
        """Read 'the red one on top' or 'the largest at the bottom'."""
        heads = self.heads
        found = self.noun()
        while self.accept_from(words.STATES):
            pass
        if self.word() == 'on' and self.word(1) in ('it', 'that') and order.bottom is not None:
            self.at += 2
            return replace(order, middle=(*order.middle, *found))
        is_pair = self.is_building and self.word() == 'on' and self.starts_noun(1)
        if is_pair and len(found) == 1 and order.is_empty:
            self.at += 1
            return replace(order, top=found[0], bottom=self.noun()[0])
        is_end = self.word() in _ENDS and (self.is_building or self.word() in _STACK)
        is_next = order.bottom is not None and self.word() in (',', 'and', 'then', '.', '')
        if len(found) != 1 or not (is_end or is_next):
            self.heads = heads
            return None
        if is_next:
            return replace(order, middle=(*order.middle, found[0]))
        return self._with_end(order, found[0], _ENDS[self.take()])

    def _with_end(self, order: Order, noun: Noun, end: str) -> Order:
        """Note one end; the largest or smallest there orders all the others too."""
        word = next((word for word in noun.extremes if word in _SIZES), '')
        if word and not noun.colours and end != 'on_middle':
            measure = 'height' if word in ('tallest', 'shortest') else 'volume'
            falls = _SIZES[word] is (end == 'on_bottom')
            if order.falls is (not falls):
                raise Unclear('Which shall be at the bottom: the largest or the smallest?')
            return replace(order, measure=measure, falls=falls)
        if end == 'on_middle':
            return replace(order, middle=(*order.middle, noun))
        return replace(order, top=noun) if end == 'on_top' else replace(order, bottom=noun)
