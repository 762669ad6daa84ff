"""What the grammar reads an instruction into: nouns, places and clauses, not yet objects."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

BARE = 'put down'  # the verb of a clause that only names things


class Unclear(Exception):  # noqa: N818
    """Raised inside the grammar where it must ask; the planner turns it into an `ask` step."""

    def __init__(self, question: str) -> None:
        """Carry the question in plain words."""
        self.question = question
        super().__init__(question)


class Satisfied(Unclear):
    """Raised where what a clause asks for holds already."""


@dataclass(frozen=True)
class Noun:
    """One noun phrase, such as 'the second red cube from the left'.

    Attributes:
        text: As the operator wrote it, without the article.
        quantifier: the, a, all, each, both, rest, other, some; or the pronoun it, them.
        count: Number of objects, or None.
        plural: Whether the head is in the plural.
        colours: Alternatives; each a set of basic colours. Empty: any.
        shapes: Sets of shapes, the preferred first. Empty: any.
        head: The word that names the shape, 'object', 'one', or '' without a head.
        like: Earlier nouns that 'one' may stand for, the likeliest first.
        extremes: Words such as 'largest' or 'left'.
        ordinal: 1 for 'first' …, -1 for 'last', or None.
        side: Where an ordinal counts from, or None.
        reference: ('nearest_to', 'farthest_from' or 'same_colour_as', noun), or None.
        compared: ('larger' and its like, noun it is compared with), each.
        where: Places that hold for it.
        not_where: Places that do not.
        not_colours: Basic colours it does not have.
        not_shapes: Shapes it does not have.
        without: Nouns taken out of it.
        is_matching: Whether it must have the colour of what is moved.
        is_empty: Whether nothing may be in or on it.
        name: Id of the object when it was given by id.
    """

    text: str
    quantifier: str = 'the'
    count: int | None = None
    plural: bool = False
    colours: tuple[frozenset[str], ...] = ()
    shapes: tuple[frozenset[str], ...] = ()
    head: str = ''
    like: tuple[Noun, ...] = ()
    extremes: tuple[str, ...] = ()
    ordinal: int | None = None
    side: str | None = None
    reference: tuple[str, Noun] | None = None
    compared: tuple[tuple[str, Noun], ...] = ()
    where: tuple[Place, ...] = ()
    not_where: tuple[Place, ...] = ()
    not_colours: frozenset[str] = frozenset()
    not_shapes: frozenset[str] = frozenset()
    without: tuple[Noun, ...] = ()
    is_matching: bool = False
    is_empty: bool = False
    name: str | None = None

    @property
    def is_pronoun(self) -> bool:
        """Whether it only points back."""
        return self.quantifier in ('it', 'them')

    @property
    def is_many(self) -> bool:
        """Whether it may stand for several objects."""
        many = self.quantifier in ('all', 'each', 'both', 'rest', 'them') or self.plural
        return many or (self.count or 1) > 1


@dataclass(frozen=True)
class Place:
    """One phrase of place, such as 'to the left of the bowl'.

    Attributes:
        kind: near (a relation to a noun), from, side, corner, corners, table, point, there,
            direction, each_other, side_by_side, row, column, between or by_colour.
        text: As the operator wrote it.
        relation: Of a near place; 'to' while it depends on what the noun turns out to be.
        noun: Of a near or from place; None in 'drop it in'.
        word: Side (left, right, front, back, middle), corner or direction.
        point: (x, y) m of a point.
        distance: Of a direction, m; None when not given.
        other: The second noun of 'between', or None where the first is a pair.
    """

    kind: str
    text: str
    relation: str = ''
    noun: Noun | None = None
    word: str = ''
    point: tuple[float, float] | None = None
    distance: float | None = None
    other: Noun | None = None


@dataclass(frozen=True)
class Order:
    """In which order things shall stand.

    Attributes:
        measure: 'volume' or 'height' for an order by size, or ''.
        falls: Whether the largest comes first (at the bottom, on the left).
        first: Nouns in the wanted order, where they were listed.
        top: What shall be on top (last), or None.
        bottom: What shall be at the bottom (first), or None.
        middle: What shall be between them, from the bottom.
        is_reversed: Whether the order was said from the top, or from the right.
        is_listed: Whether the things themselves were listed in the order.
    """

    measure: str = ''
    falls: bool | None = None
    first: tuple[Noun, ...] = ()
    top: Noun | None = None
    bottom: Noun | None = None
    middle: tuple[Noun, ...] = ()
    is_reversed: bool = False
    is_listed: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said about the order."""
        return self == Order(is_listed=self.is_listed)


@dataclass(frozen=True)
class Condition:
    """What must be so on the table for a clause to be done.

    Attributes:
        noun: What is looked for, with where it must be.
        being: What all of it must be, or None where it need only be there.
        is_empty: Whether it must be there and hold nothing.
        compare: 'more', 'fewer', 'least' or 'exactly' with count, or ''.
        count: Of the objects.
        is_negative: Whether all this must not be so.
    """

    noun: Noun
    being: Noun | None = None
    is_empty: bool = False
    compare: str = ''
    count: int = 0
    is_negative: bool = False


@dataclass(frozen=True)
class Clause:
    """One thing to do, or with the kind forbid not to do.

    Attributes:
        kind: put, take, pick, release, stack, build, push, sort, swap, clear, row, unstack,
            wait, home, mention (nothing is done, but 'it' may mean it later) or forbid.
        verb: The base form of the verb.
        text: As the operator wrote it.
        movers: What is moved.
        places: All phrases of place in their order; which one is the goal is decided later.
        seconds: Of a wait, s.
        is_out: Whether things are only taken out of somewhere.
        shares_place: Whether a missing goal is that of the clause before.
        order: Of what is stacked or lined up.
        count: Of the objects of a tower or row, or None.
        condition: That must hold, or None.
        is_otherwise: Whether it is done where the condition does not hold.
    """

    kind: str
    verb: str
    text: str
    movers: tuple[Noun, ...] = ()
    places: tuple[Place, ...] = ()
    seconds: float | None = None
    is_out: bool = False
    shares_place: bool = False
    order: Order = Order()
    count: int | None = None
    condition: Condition | None = None
    is_otherwise: bool = False
