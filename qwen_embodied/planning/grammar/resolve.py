"""Finds the objects that a noun stands for, or asks."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.messages import SceneObject
from qwen_embodied.planning.facts import NO_SUPPORT
from qwen_embodied.planning.grammar import measures, speech, words
from qwen_embodied.planning.grammar.choice import singular
from qwen_embodied.planning.grammar.locating import FAR, NEAR, Locator
from qwen_embodied.planning.grammar.syntax import Noun, Place, Unclear
from qwen_embodied.planning.grammar.table import Table

_ANY: frozenset[str] = frozenset()


class Resolver(Locator):
    """Resolves nouns against a table.

    A role says what the object is for: 'mover', 'container' (things go in it), 'support'
    (things go on it) or 'any'. It decides only where the words leave it open.
    """

    def __init__(self, table: Table) -> None:
        """Take the table as it is at this point of the plan."""
        self.table = table
        self.current: tuple[str, ...] = ()
        self.apart: frozenset[str] = frozenset()
        self.within: frozenset[str] | None = None

    def movers(self, noun: Noun) -> tuple[str, ...]:
        """Give the ids of what is to be moved."""
        found = self.resolve(noun, 'mover')
        stopped = [name for name in found if name in self.table.protected]
        if stopped and not noun.is_many:
            raise Unclear(f'You told me not to touch {self.the(stopped[0])}. What should I do?')
        found = tuple(name for name in found if name not in self.table.protected)
        if not found:
            raise Unclear('Nothing is left that I may touch. What should I do?')
        return found

    def target(self, noun: Noun, role: str, movers: tuple[str, ...] = ()) -> str:
        """Give the id of the one object a place refers to."""
        if noun.is_pronoun:
            return self._pointed_target(noun, role, movers)
        self._refuse_vague(noun, role)
        self.apart = frozenset(movers)
        try:
            found = self.resolve(noun, role)
        finally:
            self.apart = frozenset()
        if len(found) > 1 and noun.is_many:
            others = tuple(name for name in found if name not in movers)
            found = others if noun.head in ('object', '') and others else found
        if len(found) != 1:
            raise Unclear(speech.which(singular(noun), self.items(found)))
        self._refuse_other_nearest(noun, role, found[0], movers)
        return found[0]

    def _refuse_other_nearest(
        self, noun: Noun, role: str, found: str, movers: tuple[str, ...]
    ) -> None:
        """Ask where the nearest to the robot is not the nearest to what goes there."""
        word = next((w for w in noun.extremes if words.EXTREMES[w][0] == 'reach'), '')
        if not word or {'you', 'robot', 'yourself'} & set(noun.text.split()):
            return
        plain = replace(noun, extremes=tuple(w for w in noun.extremes if w != word))
        others = tuple(n for n in self._candidates(plain, role) if n not in movers)
        way = 'farthest_from' if words.EXTREMES[word][1] else 'nearest_to'
        for mover in movers:
            best = measures.best(measures.by_distance(self.table, others, mover, way), 1)
            if best != (found,):
                raise Unclear(f"To what is '{noun.text}', to you or to {self.the(mover)}?")

    def _refuse_vague(self, noun: Noun, role: str) -> None:
        is_vague = noun.head == 'object' and noun.quantifier in ('a', 'some')
        if is_vague and not noun.colours and len(self._candidates(noun, role)) > 1:
            raise Unclear(f"What do you mean by '{noun.text}'? Please name it.")

    def pair(self, place: Place) -> tuple[str, str]:
        """Give the two ids that something is between."""
        if place.other is not None and place.noun is not None:
            return (self.target(place.noun, 'any'), self.target(place.other, 'any'))
        found = self.resolve(place.noun, 'any') if place.noun is not None else ()
        if len(found) != 2:
            raise Unclear(f'Between which two: {speech.listed([self.the(n) for n in found])}?')
        return (found[0], found[1])

    def resolve(self, noun: Noun, role: str) -> tuple[str, ...]:
        """Give the ids a noun stands for, never none."""
        if noun.is_pronoun:
            return self._pointed(noun)
        if measures.is_by_place(noun) and (seen := self._as_seen(noun, role)):
            self.table.mention(seen)
            return seen
        found = self._candidates(noun, role)
        if not found:
            raise Unclear(self.absent(noun))
        found = tuple(name for name in found if name not in self.apart) or found
        if role == 'mover' and measures.is_by_place(noun):
            found = tuple(name for name in found if not self._is_put_away(name)) or found
        chosen = self.chosen(noun, found)
        self.table.mention(chosen)
        return chosen

    def _as_seen(self, noun: Noun, role: str) -> tuple[str, ...]:
        """Choose by where things stood when the operator spoke; none where one of them moved."""
        if not self.table.moved or noun.quantifier in ('rest', 'other', 'another'):
            return ()
        if self.table.begun is None:
            return ()
        before = Resolver(self.table.begun.copy())
        before.apart, before.within = self.apart, self.within
        try:
            found = before.resolve(noun, role)
        except Unclear:
            return ()
        return () if set(found) & self.table.moved else found

    def _is_put_away(self, name: str) -> bool:
        """Say whether the plan has put a thing into a container, away from where it was."""
        rest = self.table.rests.get(name)
        is_inside = rest is not None and self.table.items[rest.target].is_container
        return is_inside and name in self.table.moved

    def fitting(self, noun: Noun) -> tuple[str, ...]:
        """Give the ids that a description fits; none where nothing does."""
        if noun.is_pronoun:
            return self._pointed(noun)
        found = self._candidates(noun, 'any')
        if noun.count is not None:
            return found if len(found) >= noun.count else ()
        return found

    def _pointed(self, noun: Noun) -> tuple[str, ...]:
        found = (self.table.held,) if self.table.held else self.table.movers
        if noun.quantifier == 'them' and len(self.table.movers) > 1:
            found = self.table.movers
        if not found:
            raise Unclear(f"What do you mean by '{noun.text}'? Please name it.")
        if noun.quantifier == 'it' and len(found) > 1:
            raise Unclear(speech.which('one', self.items(found)))
        target = self.table.target
        is_pair = noun.quantifier == 'them' and target is not None and self.table.held is None
        if is_pair and target is not None and len(found) == 1 and self.table.is_movable(target):
            raise Unclear(speech.which('one', self.items((*found, target))))
        excluded = self.excluded(noun)
        return tuple(name for name in found if name not in excluded)

    def _pointed_target(self, noun: Noun, role: str, movers: tuple[str, ...]) -> str:
        table = self.table
        if noun.text in ('itself', 'themselves'):
            raise Unclear('Nothing can be put in, on or next to itself. Where should it go?')
        last = table.movers if len(table.movers) == 1 else ()
        self._refuse_open(noun, role, (*last, *movers) if last else ())
        options: list[str | None] = [*last, table.target]
        if role == 'container':
            options = [table.target, *last, *reversed(table.mentioned)]
        for name in options:
            if name is None or name in movers or name == table.held:
                continue
            if role != 'container' or table.items[name].is_container:
                return name
        raise Unclear(f"What do you mean by '{noun.text}'? Please name it.")

    def _refuse_open(self, noun: Noun, role: str, movers: tuple[str, ...]) -> None:
        """Ask what 'them' means, and 'it' where it may be a thing or its container."""
        target = self.table.target
        if noun.quantifier == 'them':
            raise Unclear(f"Which one do you mean by '{noun.text}'? Please name it.")
        is_other = target is not None and bool(movers) and target not in movers
        if role == 'any' and is_other and target and self.table.items[target].is_container:
            raise Unclear(speech.which('one', self.items((movers[0], target))))

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
        names = [n for n, item in self.table.items.items() if _has_colour(item, noun)]
        names = [n for n in names if self.within is None or n in self.within]
        excluded = self.excluded(noun)
        if noun.without and not excluded & set(names):
            listed = speech.listed([self.the(name) for name in sorted(excluded)])
            raise Unclear(f"You excepted {listed} from '{noun.text}', where it is not. What now?")
        names = [n for n in names if n not in excluded]
        for place in noun.where:
            if place.kind == 'side' and not noun.is_many:
                continue
            there = self.at(place, names, NEAR if noun.is_many else FAR)
            names = [n for n in names if n in there]
        names = self._compared(noun, names)
        if noun.is_empty:
            names = [n for n in names if not self.table.upon(n)]
        for place in noun.not_where:
            inside = self.at(place, names)
            names = [n for n in names if n not in inside]
        return names

    def _compared(self, noun: Noun, names: list[str]) -> list[str]:
        """Keep what is larger, taller … than something else, or has its colour."""
        for word, other in noun.compared:
            names = list(measures.beyond(self.table, names, self.target(other, 'any'), word))
        if noun.reference is not None and noun.reference[0] == 'same_colour_as':
            like = self.target(noun.reference[1], 'any')
            colour = self.table.items[like].colour
            names = [n for n in names if n != like and self.table.items[n].colour == colour]
        return names

    def excluded(self, noun: Noun) -> set[str]:
        """Give the ids that a noun leaves out."""
        found: set[str] = set()
        for other in noun.without:
            shared = completed(other, noun)
            found |= set(self.resolve(replace(shared, quantifier=_many(shared)), 'any'))
        if noun.quantifier in ('rest', 'other', 'another'):
            found |= set(self.table.mentioned)
        return found

    def _ranks(self, noun: Noun, role: str) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Give sets of shapes and colours to try in order; empty sets stand for any."""
        ranks = [(shapes, _ANY) for shapes in noun.shapes]
        if noun.head == 'box' and role == 'container':
            ranks = ranks[::-1]
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
        if role == 'support' and is_open:
            carrying = [n for n in names if self.table.items[n].shape not in NO_SUPPORT]
            return carrying or names
        if role == 'mover' and is_open:
            movable = [n for n in names if self.table.is_movable(n)]
            return movable or ([] if noun.is_many or shapes else names)
        return names


def _has_colour(item: SceneObject, noun: Noun) -> bool:
    wanted = not noun.colours or any(item.colour in colour for colour in noun.colours)
    return wanted and item.colour not in noun.not_colours and item.shape not in noun.not_shapes


def completed(other: Noun, noun: Noun) -> Noun:
    """Give 'the red' of 'all cubes except the red' the head of what it is taken from."""
    if other.shapes or other.head == 'object' or other.is_pronoun:
        return other
    colours = other.colours or noun.colours
    return replace(other, shapes=noun.shapes, colours=colours, where=other.where or noun.where)


def _many(noun: Noun) -> str:
    return 'all' if noun.quantifier == 'bare' else noun.quantifier
