"""Finds the objects that a noun stands for, or asks."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace

from qwen_embodied.messages import SceneObject
from qwen_embodied.planning.grammar import measures, speech
from qwen_embodied.planning.grammar.syntax import Noun, Place, Unclear
from qwen_embodied.planning.grammar.table import Table

_NEAR = 0.17
_CONE = math.cos(math.radians(45.0))
_ANY: frozenset[str] = frozenset()


class Resolver:
    """Resolves nouns against a table.

    A role says what the object is for: 'mover', 'container' (things go in it), 'support'
    (things go on it) or 'any'. It decides only where the words leave it open.
    """

    def __init__(self, table: Table) -> None:
        """Take the table as it is at this point of the plan."""
        self.table = table
        self.current: tuple[str, ...] = ()

    def movers(self, noun: Noun) -> tuple[str, ...]:
        """Give the ids of what is to be moved."""
        found = self.resolve(noun, 'mover')
        stopped = [name for name in found if name in self.table.protected]
        if stopped and not noun.is_many:
            raise Unclear(f'You told me not to touch {self._the(stopped[0])}. What should I do?')
        found = tuple(name for name in found if name not in self.table.protected)
        if not found:
            raise Unclear('Nothing is left that I may touch. What should I do?')
        return found

    def target(self, noun: Noun, role: str, movers: tuple[str, ...] = ()) -> str:
        """Give the id of the one object a place refers to."""
        if noun.is_pronoun:
            return self._pointed_target(noun, role, movers)
        found = self.resolve(noun, role)
        if len(found) > 1 and noun.is_many:
            others = tuple(name for name in found if name not in movers)
            found = others if noun.head in ('object', '') and others else found
        if len(found) != 1:
            raise Unclear(speech.which(_singular(noun), self._items(found)))
        return found[0]

    def resolve(self, noun: Noun, role: str) -> tuple[str, ...]:
        """Give the ids a noun stands for, never none."""
        if noun.is_pronoun:
            return self._pointed(noun)
        found = self._candidates(noun, role)
        if not found:
            raise Unclear(self._absent(noun))
        chosen = self._chosen(noun, found)
        self.table.mention(chosen)
        return chosen

    def _pointed(self, noun: Noun) -> tuple[str, ...]:
        found = (self.table.held,) if self.table.held else self.table.movers
        if noun.quantifier == 'them' and len(self.table.movers) > 1:
            found = self.table.movers
        if not found:
            raise Unclear(f"What do you mean by '{noun.text}'? Please name it.")
        if noun.quantifier == 'it' and len(found) > 1:
            raise Unclear(speech.which('one', self._items(found)))
        excluded = self._excluded(noun)
        return tuple(name for name in found if name not in excluded)

    def _pointed_target(self, noun: Noun, role: str, movers: tuple[str, ...]) -> str:
        table = self.table
        if noun.text in ('itself', 'themselves'):
            raise Unclear('Nothing can be put in, on or next to itself. Where should it go?')
        last = table.movers if len(table.movers) == 1 else ()
        options = [*last, table.target]
        if role == 'container':
            options = [table.target, *last, *reversed(table.mentioned)]
        for name in options:
            if name is None or name in movers or name == table.held:
                continue
            if role != 'container' or table.items[name].is_container:
                return name
        raise Unclear(f"What do you mean by '{noun.text}'? Please name it.")

    def _candidates(self, noun: Noun, role: str) -> tuple[str, ...]:
        """Give the ids that fit the description, before counting and choosing."""
        table = self.table
        if noun.name is not None:
            return (noun.name,) if noun.name in table.items else ()
        names = self._described(noun)
        for shapes, colours in self._ranks(noun, role):
            fitting = [n for n in names if not shapes or table.items[n].shape in shapes]
            if colours:
                fitting = [n for n in fitting if table.items[n].colour in colours]
                fitting = fitting if set(fitting) - set(table.mentioned) else []
            fitting = self._for_role(noun, shapes, fitting, role)
            if fitting:
                return tuple(fitting)
        return ()

    def _described(self, noun: Noun) -> list[str]:
        """Apply everything but shapes that are wanted, extremes and numbers."""
        excluded = self._excluded(noun)
        names = [n for n, item in self.table.items.items() if n not in excluded]
        names = [n for n in names if _has_colour(self.table.items[n], noun)]
        for place in noun.where:
            if place.kind == 'side' and not noun.is_many:
                continue
            names = [n for n in names if n in self.at(place, names)]
        for place in noun.not_where:
            inside = self.at(place, names)
            names = [n for n in names if n not in inside]
        return names

    def _excluded(self, noun: Noun) -> set[str]:
        found: set[str] = set()
        for other in noun.without:
            shared = _completed(other, noun)
            found |= set(self.resolve(replace(shared, quantifier=_many(shared)), 'mover'))
        if noun.quantifier in ('rest', 'other', 'another'):
            found |= set(self.table.mentioned)
        return found

    def _ranks(self, noun: Noun, role: str) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Give sets of shapes and colours to try in order; empty sets stand for any."""
        ranks = [(shapes, _ANY) for shapes in noun.shapes]
        if noun.head == 'box' and role not in ('container', 'any'):
            ranks = ranks[:1]
        if noun.shapes:
            return ranks
        for other in noun.like:
            colours = _ANY.union(*other.colours)
            is_alike = not noun.colours and noun.quantifier != 'rest'
            if colours and is_alike:
                ranks += [(shapes, colours) for shapes in other.shapes]
            ranks += [(shapes, _ANY) for shapes in other.shapes]
        return [*ranks, (_ANY, _ANY)]

    def _for_role(
        self, noun: Noun, shapes: frozenset[str], names: list[str], role: str
    ) -> list[str]:
        is_open = noun.head in ('', 'object', 'one')
        if role == 'container':
            holding = [n for n in names if self.table.items[n].is_container]
            return holding if holding or (is_open and shapes) else names
        if role == 'mover' and is_open:
            movable = [n for n in names if self.table.is_movable(n)]
            return movable or ([] if noun.is_many or shapes else names)
        return names

    def at(self, place: Place, names: list[str]) -> frozenset[str]:
        """Give those of the names that are at a place."""
        if place.kind == 'held':
            return frozenset(n for n in names if n == self.table.held)
        if place.kind == 'table':
            return frozenset(n for n in names if n not in self.table.rests)
        if place.kind in ('side', 'corner'):
            halves = [measures.on_side(self.table, names, side) for side in place.word.split('_')]
            return frozenset(names).intersection(*halves)
        if place.noun is None:
            raise Unclear(f"I do not know where '{place.text}' is. Please name the object.")
        role = 'container' if place.relation == 'in' else 'any'
        pairs = [(n, other) for other in self._anchors(place.noun, role) for n in names]
        pairs = [(n, other) for n, other in pairs if n != other and self._holds(n, place, other)]
        anchors = dict.fromkeys(other for _, other in pairs)
        if len(anchors) > 1 and not place.noun.is_many:
            raise Unclear(speech.which(_singular(place.noun), self._items(tuple(anchors))))
        self.table.mention(tuple(anchors))
        return frozenset(n for n, _ in pairs)

    def _anchors(self, noun: Noun, role: str) -> tuple[str, ...]:
        """Give what a describing place may refer to; several, where the words leave it open."""
        if noun.is_pronoun:
            is_mover = len(self.current) == 1 and role == 'any'
            return self.current if is_mover else (self._pointed_target(noun, role, ()),)
        found = self._candidates(noun, role)
        if not found:
            raise Unclear(self._absent(noun))
        is_plain = not (noun.extremes or noun.ordinal or noun.reference or noun.count)
        return found if is_plain else self._chosen(noun, found)

    def _holds(self, name: str, place: Place, other: str) -> bool:
        rest = self.table.rests.get(name)
        is_upon = rest is not None and rest.target == other
        if place.kind == 'from' or place.relation in ('in', 'on'):
            return is_upon
        if is_upon:
            return False
        (x, y), (ox, oy) = self.table.spots[name], self.table.spots[other]
        ahead = {
            'left_of': y - oy, 'right_of': oy - y, 'behind': x - ox, 'in_front_of': ox - x,
        }.get(place.relation)  # fmt: skip
        distance = math.hypot(x - ox, y - oy)
        if ahead is None:
            return distance <= _NEAR
        return ahead > 0.02 and ahead >= distance * _CONE

    def _chosen(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        """Apply ordinals, extremes and numbers."""
        limit = noun.count or (1 if not noun.is_many else None)
        if noun.ordinal is not None:
            return self._nth(noun, found)
        if noun.reference is not None:
            word, other = noun.reference
            anchor = self.target(other, 'any')
            rest = tuple(name for name in found if name != anchor)
            return self._best(noun, measures.by_distance(self.table, rest, anchor, word), limit)
        sides = [place.word for place in noun.where if place.kind == 'side' and not noun.is_many]
        for word in (*noun.extremes, *sides):
            found = self._best(noun, measures.by_extreme(self.table, found, word), limit)
        if noun.side is not None and noun.count is not None:
            return self._best(noun, measures.by_extreme(self.table, found, noun.side), noun.count)
        return self._counted(noun, found)

    def _best(
        self, noun: Noun, ranking: measures.Ranking, limit: int | None
    ) -> tuple[str, ...]:
        best = measures.best(ranking, limit)
        if best is None:
            raise Unclear(speech.which(_singular(noun), self._items(ranking.names)))
        return best

    def _nth(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        word = noun.side or (noun.extremes[0] if noun.extremes else None)
        if word is None:
            raise Unclear(f"From which side do I count for '{noun.text}': left or right?")
        ranking = measures.by_extreme(self.table, found, word)
        number = noun.ordinal or 1
        wanted = noun.count or 1
        if number - 1 + wanted > len(ranking.names):
            count = len(ranking.names)
            raise Unclear(f'I see only {count} of them. {speech.sight(self._items(found))}')
        return ranking.names[number - 1 : number - 1 + wanted]

    def _counted(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        wanted = 2 if noun.quantifier == 'both' else noun.count
        if wanted is not None:
            return self._exactly(noun, found, wanted)
        loose_any = noun.text.startswith('any ') and not noun.plural
        if noun.quantifier in ('a', 'some', 'another') or loose_any:
            return self._any(found)
        bare_colour = noun.quantifier == 'bare' and not noun.head and noun.colours
        if noun.is_many or (bare_colour and not noun.extremes):
            self._refuse_missing_colours(noun, found)
            return found
        if len(found) > 1:
            raise Unclear(speech.which(_singular(noun), self._items(found)))
        return found

    def _exactly(self, noun: Noun, found: tuple[str, ...], wanted: int) -> tuple[str, ...]:
        if wanted < 1 or len(found) < wanted:
            seen = speech.sight(self._items(found))
            raise Unclear(f"You said '{noun.text}', but I count {len(found)}. {seen} What now?")
        is_loose = noun.quantifier in ('bare', 'a', 'some')
        if len(found) > wanted and not is_loose:
            raise Unclear(speech.which(_singular(noun), self._items(found)))
        free = [n for n in found if not self.table.upon(n)]
        return tuple((free if len(free) >= wanted else list(found))[:wanted])

    def _any(self, found: tuple[str, ...]) -> tuple[str, ...]:
        free = [n for n in found if not self.table.upon(n) and n not in self.table.mentioned]
        return (free or list(found))[0:1] and tuple((free or list(found))[:1])

    def _refuse_missing_colours(self, noun: Noun, found: tuple[str, ...]) -> None:
        for colour in noun.colours:
            if not any(self.table.items[name].colour in colour for name in found):
                raise Unclear(self._absent(replace(noun, text=' or '.join(sorted(colour)))))

    def _absent(self, noun: Noun) -> str:
        seen = speech.sight(self.table.items.values())
        if noun.quantifier in ('rest', 'other', 'another'):
            return f"There is nothing left that fits '{noun.text}'. {seen}"
        return f"I see no '{_singular(noun)}'. {seen} What should I do?"

    def _items(self, names: tuple[str, ...]) -> list[SceneObject]:
        return [self.table.items[name] for name in names]

    def _the(self, name: str) -> str:
        return speech.the(self.table.items[name])


def _has_colour(item: SceneObject, noun: Noun) -> bool:
    wanted = not noun.colours or any(item.colour in colour for colour in noun.colours)
    return wanted and item.colour not in noun.not_colours and item.shape not in noun.not_shapes


def _completed(other: Noun, noun: Noun) -> Noun:
    """Give 'the red' of 'all cubes except the red' the head of what it is taken from."""
    if other.shapes or other.head == 'object' or not noun.shapes:
        return other
    return replace(other, shapes=noun.shapes)


def _many(noun: Noun) -> str:
    return 'all' if noun.quantifier == 'bare' else noun.quantifier


def _singular(noun: Noun) -> str:
    text = noun.text
    return text.removeprefix('all ').removeprefix('every ').removeprefix('each ')
