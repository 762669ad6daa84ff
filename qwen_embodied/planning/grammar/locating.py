"""Says which objects are at a place, and which is meant where several are."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

from qwen_embodied.planning.facts import Rest
from qwen_embodied.planning.goals import BESIDE
from qwen_embodied.planning.grammar import measures, speech
from qwen_embodied.planning.grammar.choice import Chooser, singular
from qwen_embodied.planning.grammar.syntax import Noun, Place, Unclear
from qwen_embodied.planning.grammar.table import Point

NEAR = 0.17
FAR = 0.25  # m; what is further away is not the neighbour that a phrase speaks of
_CLEARLY = 0.6  # share of the next one's distance at which the nearest is meant
_CONE = math.cos(math.radians(45.0))


class Locator(Chooser):
    """Knows places of objects; the nouns of places are resolved by the subclass."""

    def pair(self, place: Place) -> tuple[str, str]:
        """Give the two ids that something is between; implemented where nouns are resolved."""
        raise NotImplementedError

    def _candidates(self, noun: Noun, role: str) -> tuple[str, ...]:
        raise NotImplementedError

    def _pointed_target(self, noun: Noun, role: str, movers: tuple[str, ...]) -> str:
        raise NotImplementedError

    def neighbour(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        """Give the nearest of what is 'to the left of the box', where it is clearly nearest."""
        places = [p for p in noun.where if p.kind == 'near' and p.relation in BESIDE and p.noun]
        if len(places) != 1 or noun.quantifier != 'the' or places[0].noun is None:
            return found
        anchors = self._anchors(places[0].noun, 'any')
        if len(anchors) != 1:
            return found
        spots = self.table.spots
        ranked = sorted(found, key=lambda n: math.dist(spots[n], spots[anchors[0]]))
        near, next_one = (math.dist(spots[n], spots[anchors[0]]) for n in ranked[:2])
        is_clear = near <= min(FAR, _CLEARLY * next_one)
        return (ranked[0],) if is_clear else found

    def at(self, place: Place, names: list[str], near: float = NEAR) -> frozenset[str]:
        """Give those of the names that are at a place.

        Args:
            place: That describes them.
            names: To choose from.
            near: How far from each other neighbours may be, m.
        """
        if place.kind == 'held':
            return frozenset(n for n in names if n == self.table.held)
        if place.kind == 'table':
            return frozenset(n for n in names if n not in self.table.rests)
        if place.kind in ('side', 'corner'):
            halves = [measures.on_side(self.table, names, side) for side in place.word.split('_')]
            return frozenset(names).intersection(*halves)
        if place.kind == 'between':
            first, second = (self.table.spots[name] for name in self.pair(place))
            return frozenset(n for n in names if _is_between(self.table.spots[n], first, second))
        if place.noun is None:
            raise Unclear(f"I do not know where '{place.text}' is. Please name the object.")
        if place.noun.head == 'tower' and place.relation == 'on':
            return frozenset(n for n in names if self.table.level(n) and not self.table.upon(n))
        role = 'container' if place.relation == 'in' else 'any'
        pairs = [(n, other) for other in self._anchors(place.noun, role) for n in names]
        pairs = [(n, o) for n, o in pairs if n != o and self._holds(n, place, o, near)]
        apart = self._beyond(place, place.noun, {o for _, o in pairs})
        pairs = [(n, o) for n, o in pairs if n in apart]
        anchors = dict.fromkeys(other for _, other in pairs)
        is_any = place.noun.quantifier in ('a', 'some') or place.noun.text.startswith('any ')
        if len(anchors) > 1 and not (place.noun.is_many or is_any):
            raise Unclear(speech.which(singular(place.noun), self.items(tuple(anchors))))
        self.table.mention(tuple(anchors))
        return frozenset(n for n, _ in pairs)

    def _beyond(self, place: Place, noun: Noun, anchors: set[str]) -> set[str]:
        """Give what is on the said side of all of several things, and none of them."""
        if not noun.is_many or place.relation not in BESIDE:
            return set(self.table.items)
        return {
            name for name in self.table.items
            if name not in anchors and all(self._ahead(name, place, o) for o in anchors)
        }  # fmt: skip

    def _ahead(self, name: str, place: Place, other: str) -> bool:
        (x, y), (ox, oy) = self.table.spots[name], self.table.spots[other]
        ahead = {
            'left_of': y - oy, 'right_of': oy - y, 'behind': x - ox, 'in_front_of': ox - x,
        }.get(place.relation, 1.0)  # fmt: skip
        return ahead > 0.0

    def _anchors(self, noun: Noun, role: str) -> tuple[str, ...]:
        """Give what a describing place may refer to; several, where the words leave it open."""
        if noun.is_pronoun:
            is_mover = len(self.current) == 1 and role == 'any'
            return self.current if is_mover else (self._pointed_target(noun, role, ()),)
        found = self._candidates(noun, role)
        if not found:
            raise Unclear(self.absent(noun))
        is_plain = not (noun.extremes or noun.ordinal or noun.reference or noun.count)
        return found if is_plain else self.chosen(noun, found)

    def _holds(self, name: str, place: Place, other: str, near: float) -> bool:
        rest = self.table.rests.get(name)
        is_upon = rest is not None and rest.target == other
        if place.kind == 'from' or place.relation in ('in', 'on'):
            return is_upon
        if place.relation == 'holding':
            inside = self.table.rests.get(other)
            return inside is not None and inside.target == name
        if place.relation == 'under':
            above = self.table.rests.get(other)
            return above is not None and above == Rest('on', name)
        if is_upon:
            return False
        (x, y), (ox, oy) = self.table.spots[name], self.table.spots[other]
        ahead = {
            'left_of': y - oy, 'right_of': oy - y, 'behind': x - ox, 'in_front_of': ox - x,
        }.get(place.relation)  # fmt: skip
        distance = math.hypot(x - ox, y - oy)
        if ahead is None:
            return distance <= near
        return ahead > 0.02 and ahead >= distance * _CONE


def _is_between(spot: Point, first: Point, second: Point) -> bool:
    """Say whether a spot lies near the line between two others."""
    length = math.dist(first, second)
    ux, uy = ((second[0] - first[0]) / length, (second[1] - first[1]) / length)
    dx, dy = spot[0] - first[0], spot[1] - first[1]
    along, across = dx * ux + dy * uy, abs(dy * ux - dx * uy)
    return 0.02 < along < length - 0.02 and across <= NEAR / 2
