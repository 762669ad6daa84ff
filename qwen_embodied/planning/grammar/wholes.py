"""Reads clauses that name a whole arrangement: towers, rows, swaps, sorting, clearing."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.orders import OrderReader
from qwen_embodied.planning.grammar.syntax import Clause, Noun, Order, Place, Unclear

SKILLS = 'I can pick, place, stack, push, sort, swap, clear, line up, wait and go home.'
_TOWERS = ('tower', 'stack', 'pile', 'heap')
_ROWS = ('row', 'line', 'column')
_TALL = ('big', 'small', 'tall', 'tallest', 'high', 'highest', 'little', 'single', 'straight')
_PLACES = ('places', 'place', 'positions', 'position', 'locations', 'location')


class WholeReader(OrderReader):
    """Reads arrangements; what they are made of is read by the subclass."""

    def arguments(
        self, movers: tuple[Noun, ...] = (), before: tuple[Place, ...] = ()
    ) -> tuple[tuple[Noun, ...], tuple[Place, ...]]:
        """Read what is moved and places; implemented where clauses are read."""
        raise NotImplementedError

    def clause(self, *, shares: bool = False) -> Clause:
        """Read one clause; implemented where clauses are read."""
        raise NotImplementedError

    def places(self) -> tuple[Place, ...]:
        """Read all phrases of place; implemented where clauses are read."""
        raise NotImplementedError

    def whole(
        self, verb: str, start: int, movers: tuple[Noun, ...], places: tuple[Place, ...]
    ) -> Clause | None:
        """Read an order after 'put the cubes in a row'; None where no arrangement was named."""
        kinds = [place.kind for place in places]
        self.is_building = 'row' in kinds or 'column' in kinds
        order = self.order()
        self.is_building = False
        rest = tuple(p for p in places if p.kind not in ('row', 'column', 'each_other', 'table'))
        if 'row' in kinds or 'column' in kinds:
            rest = (*(p for p in places if p.kind in ('row', 'column')), *rest)
            return Clause('row', verb, self.text_from(start), movers, rest, order=order)
        if order.is_empty:
            return None
        if 'each_other' in kinds:
            return Clause('stack', verb, self.text_from(start), movers, rest, order=order)
        raise Unclear('In which arrangement: in a row, or stacked?')

    def _read_stack(self, verb: str, start: int) -> Clause:
        self.accept('up')
        movers, places = self.arguments()
        order = self.order()
        places = (*places, *self.places())
        order = order if not order.is_empty else self.order()
        movers, places, order = self._with_top(movers, places, order)
        order = replace(order, is_listed=len(movers) > 1)
        return Clause('stack', verb, self.text_from(start), movers, places, order=order)

    def _read_build(self, verb: str, start: int) -> Clause:
        self.accept('me', 'us')
        if verb == 'make' and (wanted := self._made(start)) is not None:
            return wanted
        self.accept('a', 'an', 'the', 'one')
        self.accept_from(_TALL)
        column = bool(self.accept('vertical'))
        self.accept('horizontal')
        count = self._height()
        thing = self.accept(*_TOWERS, *_ROWS)
        if not thing:
            raise self.fail()
        while self.accept(
            'of', 'from', 'out_of', 'using', 'out', ',', 'that', 'is', 'has', 'where'
        ):
            pass
        count = self._height() or count
        while self.accept('of', 'from', 'with', 'out_of', 'using', 'out', ',', 'high', 'tall'):
            pass
        self.is_building = True
        order = self.order() if self._is_end() else Order()
        movers, places = self.arguments() if order.is_empty else ((), ())
        order = order if not order.is_empty else self.order()
        self.is_building = False
        movers, places, order = self._with_top(movers, places, order)
        order = replace(order, is_listed=len(movers) > 1)
        if thing in _ROWS:
            kind = 'column' if column or thing == 'column' else 'row'
            whole = (Place(kind, ''), *(p for p in places if p.kind not in ('row', 'column')))
            return Clause('row', verb, '', movers, whole, order=order, count=count)
        return Clause('build', verb, '', movers, places, order=order, count=count)

    def _with_top(
        self, movers: tuple[Noun, ...], places: tuple[Place, ...], order: Order
    ) -> tuple[tuple[Noun, ...], tuple[Place, ...], Order]:
        """Understand 'a tower of the cubes, the red one on top'."""
        is_listed = len(movers) > 1
        if is_listed and places and places[-1].relation == 'on' and places[-1].noun is None:
            is_one_of = len(movers) > 2 or movers[0].is_many
            left = movers[:-1] if is_one_of else movers
            return left, places[:-1], replace(order, top=movers[-1])
        if is_listed and self.word() in ('on_top', 'on_bottom') and not places:
            order = self._with_end(order, movers[-1], self.take())
            more = self.order()
            return movers[:-1], places, replace(order, top=more.top or order.top)
        return movers, places, order

    def _made(self, start: int) -> Clause | None:
        """Read 'make the red cube go in the bowl'."""
        before, heads = self.at, self.heads
        if self.starts_noun() and self.word(1) not in (*_TOWERS, *_ROWS):
            try:
                movers = self.nouns()
            except Unclear:
                movers = ()
            if movers and self.accept_from(words.STATES):
                places = self.places()
                if places:
                    return Clause('put', 'put', self.text_from(start), movers, places)
        self.at, self.heads = before, heads
        return None

    def _is_end(self) -> bool:
        """Say whether 'red on top' follows, and not what the tower is made of."""
        start, heads = self.at, self.heads
        is_end = self.starts_noun() and self._end(Order()) is not None
        is_order = self.word() in ('by_size', 'by_height', 'descending', 'ascending')
        self.at, self.heads = start, heads
        return is_end or (is_order and not self.starts_noun())

    def _height(self) -> int | None:
        """Read 'three' or 'three blocks high' where it says how many there shall be."""
        start = self.at
        number = self.number()
        if number is None:
            return None
        unit = words.PLURALS.get(self.word(), self.word())
        is_unit = unit in ('block', 'cube', 'level', 'storey', 'object', 'high', 'tall')
        after = self.word(1) if is_unit else self.word()
        if is_unit and after in ('high', 'tall', *_TOWERS, *_ROWS):
            self.at += 1
            self.accept('high', 'tall')
            return int(number)
        if not self.starts_noun() and self.word() not in words.UNITS and self.word() != 'of':
            return int(number)
        self.at = start
        return None

    def _read_row(self, verb: str, start: int) -> Clause:
        movers, places = self.arguments()
        kinds = [place.kind for place in places]
        self.is_building = verb in ('line_up', 'align', 'line')
        whole = self.whole(verb, start, movers, places) if {'row', 'column', 'each_other'} & {
            *kinds
        } else None  # fmt: skip
        if whole is not None:
            return whole
        if 'by_colour' in kinds or any(p.noun and p.noun.is_matching for p in places):
            return Clause('sort', verb, self.text_from(start), movers, places)
        if 'each_other' in kinds:
            return Clause('stack', verb, self.text_from(start), movers, places)
        order = self.order()
        places = (*places, *self.places())
        order = order if self.word() != ',' or order.is_empty else self._more(order)
        if order.is_empty and verb not in ('line_up', 'align', 'line'):
            raise Unclear('How should I arrange them: in a row, stacked, or sorted by colour?')
        if any(place.kind == 'each_other' for place in places):
            return Clause('stack', verb, self.text_from(start), movers, (), order=order)
        places = (Place('row', ''), *(p for p in places if p.kind not in ('table', 'row')))
        return Clause('row', verb, self.text_from(start), movers, places, order=order)

    def _more(self, order: Order) -> Order:
        """Read an end of a row said after 'in a row'."""
        self.is_building = True
        more = self.order()
        self.is_building = False
        if more.is_empty:
            return order
        falls = more.falls if more.falls is not None else order.falls
        return replace(order, falls=falls, top=more.top, bottom=more.bottom)

    def _read_sort(self, verb: str, start: int) -> Clause:
        self.accept('out')
        movers, places = self.arguments()
        order = self.order()
        if not order.is_empty:
            places = (*places, *self.places())
        if any(place.kind in ('row', 'column') for place in places):
            order = self.order() if order.falls is None else order
            places = tuple(place for place in places if place.kind != 'by_colour')
            return Clause('row', verb, self.text_from(start), movers, places, order=order)
        if not order.is_empty or self.accept('by'):
            raise Unclear(
                'I can sort by colour only; by size I can make a row. '
                'Should I sort by colour, or make a row ordered by size?'
            )
        if any(place.kind == 'from' for place in places):
            raise Unclear('Into which containers should I sort them?')
        return Clause('sort', verb, self.text_from(start), movers, places)

    def _read_swap(self, verb: str, start: int) -> Clause:
        before = self.at
        self.accept('the', 'their')
        if not (self.accept(*_PLACES) and self.accept('of', 'between')):
            self.at = before
        if not self.starts_noun():
            raise Unclear('Which two things should I swap?')
        movers = self.nouns()
        if self.accept('with', 'for', 'to'):
            movers = (*movers, *self.nouns())
        self.accept('with')
        self.accept('the', 'their')
        self.accept(*_PLACES)
        self.accept('each_other')
        return Clause('swap', verb, self.text_from(start), movers)

    def _read_unstack(self, verb: str, start: int) -> Clause:
        before = self.at
        self.accept('the', 'all', 'this', 'that', 'both')
        self.accept('the', 'two')
        is_stacked = bool(self.accept('stacked'))
        if self.accept(*_TOWERS, 'towers', 'stacks', 'piles') or not self.starts_noun():
            self.accept('of')
            if not self.starts_noun():
                return Clause('unstack', verb, self.text_from(start))
        elif not is_stacked:
            self.at = before
        movers, places = self.arguments()
        places = tuple(place for place in places if place.kind != 'each_other')
        return Clause('unstack', verb, self.text_from(start), movers, places)

    def _apart(self, verb: str, start: int) -> Clause | None:
        """Read 'take the tower apart'."""
        step = 1 if self.word() in ('the', 'this', 'that') else 0
        if self.word(step) in _TOWERS and self.word(step + 1) == 'apart':
            self.at += step + 2
            return Clause('unstack', verb, self.text_from(start))
        return None

    def _cleared(self, verb: str, start: int) -> Clause | None:
        """Read 'tidy the cubes into the bin' and 'clear the cubes off the red one'."""
        before, heads = self.at, self.heads
        if self.starts_noun():
            movers, places = self.arguments()
            shapes = frozenset().union(*(s for noun in movers for s in noun.shapes))
            is_about = movers and places and not shapes & {'bowl', 'bin', 'tray'}
            if is_about and places[-1].kind in ('near', 'by_colour'):
                return Clause('put', 'put', self.text_from(start), movers, places)
            if is_about and places[-1].kind == 'from':
                return Clause('unstack', verb, self.text_from(start), movers, places)
        self.at, self.heads = before, heads
        return None

    def _read_empty(self, verb: str, start: int) -> Clause:
        """Read 'empty the bowl into the bin': everything in the bowl is moved."""
        is_bare = verb != 'empty' and self.word() in ('', 'by')
        if self._table() or is_bare:
            if self.accept('by') and words.GERUNDS.get(self.word()):
                return self.clause()
            places = self.places()
            inside: Place = Place('table', 'on the table', word='on')
            movers = (_everything(inside),) if places else ()
            return Clause('put' if places else 'clear', verb, '', movers, places)
        if self.word(1) in _TOWERS or self.word() in _TOWERS:
            return self._read_unstack(verb, start)
        if verb != 'empty' and (moved := self._cleared(verb, start)) is not None:
            return moved
        if not self.starts_noun():
            raise self.fail()
        inside = Place('near', '', relation='in', noun=self._target())
        places = self.places()
        goal = places or (Place('table', 'on the table', word='on'),)
        return Clause('put', verb, self.text_from(start), (_everything(inside),), goal)


def _everything(inside: Place) -> Noun:
    return Noun('everything', quantifier='all', head='object', where=(inside,))
