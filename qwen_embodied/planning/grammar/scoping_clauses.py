"""What clauses that the grammar reads allow: objects, relations and targets."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.grammar import measures
from qwen_embodied.planning.grammar.goals import readings
from qwen_embodied.planning.grammar.resolve import Resolver, completed
from qwen_embodied.planning.grammar.syntax import Clause, Noun, Place, Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.schema import DIRECTIONS, RELATIONS
from qwen_embodied.planning.scope import Allowance, Scope

_ALL_PLACES = frozenset(RELATIONS)
UNKNOWN = 'unknown'  # what perception says of what it cannot name: it may be anything
_BY_KIND: dict[str, frozenset[str]] = {
    'stack': frozenset({'on', 'in'}), 'build': frozenset({'on', 'at'}),
    'sort': frozenset({'in', 'on'}), 'swap': frozenset({'at', 'in', 'on'}),
    'clear': frozenset({'in', 'on'}), 'row': frozenset({'at'}), 'unstack': frozenset({'at'}),
    'pick': frozenset({'held'}), 'release': frozenset({'at'}),
}  # fmt: skip
_BY_PLACE: dict[str, frozenset[str]] = {
    'side': frozenset({'at'}), 'corner': frozenset({'at'}), 'corners': frozenset({'at'}),
    'table': frozenset({'at'}), 'point': frozenset({'at'}), 'direction': frozenset({'at'}),
    'between': frozenset({'at'}), 'row': frozenset({'at'}), 'column': frozenset({'at'}),
    'each_other': frozenset({'on'}), 'side_by_side': frozenset({'next_to'}),
    'by_colour': frozenset({'in', 'on'}), 'there': _ALL_PLACES, 'from': frozenset(),
    'held': frozenset(),
}  # fmt: skip
NEAR: dict[str, frozenset[str]] = {
    'in': frozenset({'in', 'on'}), 'on': frozenset({'in', 'on'}),
    'to': frozenset({'in', 'on', 'next_to'}),
}  # fmt: skip


class ClauseScope:
    """Reads allowances from clauses; what earlier ones named, later ones may mean by 'it'."""

    def __init__(self, table: Table) -> None:
        """Take the table, which says what fits a description."""
        self.table = table
        self.everything = frozenset(table.items)
        self.seen: frozenset[str] = frozenset(table.movers)
        self.relations: frozenset[str] = frozenset()
        self.targets: frozenset[str] = frozenset()
        self.gone: frozenset[str] = frozenset()  # what a clause before may have put away

    def scope(self, clauses: tuple[Clause, ...], *, may_wait: bool) -> Scope:
        """Give what the clauses allow together."""
        found: list[Allowance] = []
        protected: frozenset[str] = frozenset()
        for clause in clauses:
            if clause.condition is not None:
                self.seen |= self.fitting((clause.condition.noun,))
            if clause.kind == 'mention':
                self.seen |= self.fitting(clause.movers)
            elif clause.kind == 'forbid':
                protected |= self._forbidden(clause)
            else:
                found.append(self._allowance(clause))
        return Scope(tuple(found), protected, may_wait)

    def _forbidden(self, clause: Clause) -> frozenset[str]:
        has_goal = any(place.noun is not None for place in clause.places)
        is_rest = any(noun.quantifier in ('rest', 'other') for noun in clause.movers)
        return frozenset() if has_goal or is_rest else self.fitting(clause.movers)

    def _allowance(self, clause: Clause) -> Allowance:
        movers = self._movers(clause) if clause.movers else self._unsaid(clause)
        ends = (clause.order.bottom, *clause.order.middle, clause.order.top)
        movers |= self.fitting(tuple(noun for noun in ends if noun is not None))
        targets = self._targets(clause.places)
        if clause.kind == 'push':
            ways = frozenset(p.word for p in clause.places if p.word in DIRECTIONS)
            self.seen |= movers
            return Allowance(movers, directions=ways)
        relations = frozenset().union(*(self._relations(place) for place in clause.places))
        relations |= _BY_KIND.get(clause.kind, frozenset())
        if clause.kind in ('take', 'pick') and not relations - {'held'}:
            relations |= {'held', 'at', 'next_to'} if clause.kind == 'take' else {'held'}
        if clause.kind == 'take' and not clause.places:
            rests = self.table.rests
            targets |= frozenset(rests[name].target for name in movers & rests.keys())
        targets |= self._arranged(clause, movers)
        if self._is_sorting(clause):
            targets |= self._containers()
            relations |= {'in', 'on'}
        if not clause.places and clause.kind in ('put', 'take'):
            relations |= self.relations | {'at'}
            targets |= self.targets
        self.seen |= movers | (targets if clause.kind != 'pick' else frozenset())
        self.relations, self.targets = relations, targets
        self.gone |= movers if relations & {'in', 'on'} else frozenset()
        return Allowance(movers, relations, targets)

    def _arranged(self, clause: Clause, movers: frozenset[str]) -> frozenset[str]:
        """Give what a whole arrangement may be built upon."""
        if clause.kind == 'swap':
            return self.everything
        together = any(place.kind in ('side_by_side', 'each_other') for place in clause.places)
        return movers if together or clause.kind in ('stack', 'build') else frozenset()

    def _is_sorting(self, clause: Clause) -> bool:
        return clause.kind in ('sort', 'clear') or any(
            place.kind == 'by_colour' for place in clause.places
        )

    def _movers(self, clause: Clause) -> frozenset[str]:
        """Give what may be moved: each mover with the places that may describe it."""
        found = readings(clause, needs_goal=clause.kind != 'pick')
        return frozenset().union(*(self.fitting(reading.movers) for reading in found)) or (
            self.fitting(clause.movers)
        )

    def _unsaid(self, clause: Clause) -> frozenset[str]:
        if clause.order.first:
            return self.fitting(clause.order.first)
        if clause.kind in ('clear', 'unstack', 'stack', 'build', 'row', 'sort'):
            return self.everything
        return self.seen

    def _relations(self, place: Place) -> frozenset[str]:
        if place.kind != 'near':
            return _BY_PLACE.get(place.kind, frozenset())
        relations = NEAR.get(place.relation, frozenset({place.relation}))
        return relations | ({'in', 'on'} if place.noun and place.noun.is_matching else frozenset())

    def _targets(self, places: tuple[Place, ...]) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for place in places:
            if place.kind == 'near' and place.noun is None:
                found |= self.seen | self._containers()
            elif place.kind == 'there':
                found |= self.seen
            nouns = (noun for noun in (place.noun, place.other) if noun is not None)
            found |= self.fitting(tuple(nouns))
        return found

    def _containers(self) -> frozenset[str]:
        return frozenset(n for n, item in self.table.items.items() if item.is_container)

    def fitting(self, nouns: tuple[Noun, ...]) -> frozenset[str]:
        """Give the ids that nouns may stand for."""
        return frozenset().union(*(self._fitting(noun) for noun in nouns))

    def _fitting(self, noun: Noun) -> frozenset[str]:
        """Give what fits the description; choices such as 'the largest' are left open."""
        if noun.is_pronoun:
            return self.seen if self.seen else self.everything
        if noun.name is not None:
            return frozenset({noun.name})
        left_out = frozenset().union(*(self._left_out(other, noun) for other in noun.without))
        exact = self._exact(noun)
        if exact is not None:
            return exact - left_out
        shapes = frozenset().union(*noun.shapes)
        for other in noun.like if not noun.colours else ():
            shapes |= frozenset().union(*other.shapes) if not noun.shapes else frozenset()
        found = {
            name for name, item in self.table.items.items()
            if (not shapes or item.shape in shapes or item.shape == UNKNOWN)
            and (not noun.colours or item.colour == UNKNOWN
                 or any(item.colour in c for c in noun.colours))
            and item.colour not in noun.not_colours and item.shape not in noun.not_shapes
        }  # fmt: skip
        return frozenset(found) - left_out

    def _left_out(self, other: Noun, noun: Noun) -> frozenset[str]:
        """Give what is excepted for certain."""
        shared = completed(other, noun)
        if shared.extremes or shared.ordinal or shared.where or shared.reference:
            return self._exact(shared) or frozenset()
        return self._fitting(shared)

    def _exact(self, noun: Noun) -> frozenset[str] | None:
        """Choose as the planner does where the words choose; None where they leave it open."""
        chooses = noun.extremes or noun.ordinal or noun.reference or noun.where
        if (
            not chooses
            or not (noun.shapes or noun.colours)
            or noun.quantifier in ('other', 'rest', 'another')
        ):
            return None
        resolver = Resolver(self.table.copy())
        try:
            found = frozenset(resolver.resolve(noun, 'any'))
            if self.gone and measures.is_by_place(noun):
                resolver.apart = self.gone
                found |= frozenset(resolver.resolve(noun, 'any'))
        except Unclear:
            return None
        return found
