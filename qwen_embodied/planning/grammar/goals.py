"""Reads which phrase of place is the goal: 'the cube in the bowl on the tray' has two readings."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

from qwen_embodied.planning.grammar.syntax import Clause, Noun, Place

_DESCRIBING = frozenset({'held', 'near', 'from', 'side', 'corner', 'table', 'between'})
_GOALS = frozenset(
    {'near', 'side', 'corner', 'table', 'point', 'there', 'direction', 'each_other',
     'side_by_side', 'by_colour', 'between', 'corners', 'row', 'column'}
)  # fmt: skip

_BESIDES = {'left': 'left_of', 'right': 'right_of'}


@dataclass(frozen=True)
class Reading:
    """One way to read a clause: what is moved, and where it goes.

    Attributes:
        movers: With the places that describe them.
        goal: Or None when the clause names none.
        extras: Phrases that qualify the goal, such as 'by colour' or a distance.
    """

    movers: tuple[Noun, ...]
    goal: Place | None
    extras: tuple[Place, ...] = ()


def readings(clause: Clause, *, needs_goal: bool) -> tuple[Reading, ...]:
    """Give all readings of a clause, the likeliest first.

    Args:
        clause: With its places in the order in which they were said.
        needs_goal: False for verbs such as 'pick', whose places all describe.
    """
    extras = tuple(place for place in clause.places if _is_extra(place, clause.places))
    places = tuple(place for place in clause.places if place not in extras)
    found: list[Reading] = []
    for split in range(len(places) - 1, -1, -1):
        goal = _goal(places[split:])
        movers = described(clause.movers, places[:split])
        if goal is not None and movers is not None:
            found.append(Reading(movers, goal, extras))
    whole = described(clause.movers, places)
    if whole is not None:
        without = Reading(whole, None, extras)
        is_told = needs_goal and bool(found)
        found = found if is_told else [without, *found]
    possible = [
        reading for reading in found if reading.goal is None or reading.goal.relation != 'under'
    ]
    return tuple(possible or found)


def _is_extra(place: Place, places: tuple[Place, ...]) -> bool:
    if place.kind == 'by_colour':
        return len(places) > 1
    return place.kind == 'direction' and not place.word and len(places) > 1


def _goal(places: tuple[Place, ...]) -> Place | None:
    """Make the first place the goal, described by the places after it."""
    first, rest = places[0], places[1:]
    if first.kind not in _GOALS or first.word == 'from':
        return None
    if not rest:
        return first
    if first.kind != 'near' or first.noun is None:
        return None
    nouns = described((first.noun,), rest)
    return None if nouns is None else replace(first, noun=nouns[0])


def described(nouns: tuple[Noun, ...], places: tuple[Place, ...]) -> tuple[Noun, ...] | None:
    """Attach places to the last noun, each to the noun before it; None when they cannot."""
    if not places:
        return nouns
    if not nouns or nouns[-1].is_pronoun:
        only_from = nouns and all(place.kind == 'from' for place in places)
        return nouns if only_from else None
    chain = _chained(places)
    if chain is None:
        return None
    shares = chain.kind == 'from'
    if shares:
        return tuple(_with(noun, chain) for noun in nouns)
    last = nouns[-1]
    if last.without:
        without = (*last.without[:-1], _with(last.without[-1], chain))
        return (*nouns[:-1], replace(last, without=without))
    return (*nouns[:-1], _with(last, chain))


def _chained(places: tuple[Place, ...]) -> Place | None:
    first, rest = places[0], places[1:]
    if first.kind not in _DESCRIBING or first.relation == 'to':
        return None
    if not rest:
        return first
    if first.noun is None:
        return None
    nouns = described((first.noun,), rest)
    return None if nouns is None else replace(first, noun=nouns[0])


def _with(noun: Noun, place: Place) -> Noun:
    return replace(noun, where=(*noun.where, place), text=f'{noun.text} {place.text}')


def with_shared_anchor(one: Clause, two: Clause) -> tuple[Clause, Clause]:
    """Give 'left' of 'A left of the bowl and B right' the bowl, and the other way round."""
    is_alike = one.kind == two.kind == 'put' and bool(one.places) and bool(two.places)
    if not is_alike:
        return one, two
    first, second = one.places[-1], two.places[-1]
    if (place := _anchored(first, second)) is not None:
        return replace(one, places=(*one.places[:-1], place)), two
    if (place := _anchored(second, first)) is not None:
        return one, replace(two, places=(*two.places[:-1], place))
    return one, two


def _anchored(lacking: Place, said: Place) -> Place | None:
    """Give a bare 'right' the thing that another place is left of; None where it needs none."""
    side = _BESIDES.get(lacking.word) if lacking.kind in ('direction', 'side') else None
    if side is None or lacking.distance is not None or 'table' in lacking.text:
        return None
    if said.relation not in _BESIDES.values() or said.noun is None or said.noun.is_pronoun:
        return None
    return Place('near', lacking.text, relation=side, noun=said.noun)
