"""Turns whole arrangements into goals: swaps, rows, ordered towers, a cleared table."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from qwen_embodied.messages import SceneObject
from qwen_embodied.planning.facts import (
    APART,
    fits_in,
    footprint,
    gap_between,
    is_liftable,
    outer_radius,
    room_left,
)
from qwen_embodied.planning.goals import Goal
from qwen_embodied.planning.grammar import speech
from qwen_embodied.planning.grammar.moves import Mover, for_tower
from qwen_embodied.planning.grammar.routes import achieve
from qwen_embodied.planning.grammar.spots import INSET, free_spot, region
from qwen_embodied.planning.grammar.syntax import Noun, Order, Place, Satisfied, Unclear
from qwen_embodied.planning.grammar.table import Point

ROW_GAP = 0.035
CORNER = 0.08  # m from the middle of a corner that still counts as in it
_CORNERS = ('front_left', 'front_right', 'back_left', 'back_right')


class Arranger(Mover):
    """Writes the steps of arrangements."""

    def put(self, names: tuple[str, ...], goal: Place | None, *, is_set: bool) -> None:
        """Put objects at a goal; see Mover."""
        if goal is not None and goal.kind in ('row', 'column'):
            self.row(names, Order(), goal)
        elif goal is not None and goal.kind == 'corners':
            self.to_corners(names)
        elif goal is not None and goal.kind == 'between':
            if len(names) != 1:
                raise Unclear('Only one object fits in between. Which one should I put there?')
            self.take(names[0])
            self.table.place_at(names[0], self.between(names[0], goal))
            self.table.movers = names
        else:
            super().put(names, goal, is_set=is_set)

    def swap(self, names: tuple[str, ...]) -> None:
        """Put two objects each where the other is."""
        if len(names) != 2:
            raise Unclear('I can swap two things. Which two should I swap?')
        first, second = names
        goals = (self._where_is(second, first), self._where_is(first, second))
        self._achieve(goals, 'They are where they should be already')
        self.table.movers = names

    def _where_is(self, name: str, mover: str) -> Goal:
        """Give the goal that another object takes the place of one."""
        rest = self.table.rests.get(name)
        if rest is None:
            return Goal(mover, 'at', None, self.table.spots[name])
        target = name if rest.target == mover else rest.target
        return Goal(mover, rest.relation, target)

    def clear(self) -> None:
        """Put everything that stands on the table into containers."""
        loose = [item for item in self._loose() if is_liftable(item) and not item.is_container]
        if not loose:
            raise Unclear('There is nothing on the table that I could clear. What should I do?')
        boxes = [item for item in self.table.items.values() if item.is_container]
        boxes = [item for item in boxes if item.id not in self.table.protected]
        if not boxes:
            raise Unclear('I see no container for the things. Where should I put them?')
        inside = {box.id: [self.table.items[n] for n in self.table.upon(box.id)] for box in boxes}
        goals = []
        for item in sorted(loose, key=lambda item: -footprint(item)):
            box = self._box_for(item, boxes, inside)
            inside[box.id].append(item)
            goals.append(Goal(item.id, 'in', box.id))
        order = [item.id for item in loose]
        goals.sort(key=lambda goal: order.index(goal.object))
        self._achieve(tuple(goals), 'The table is clear already')
        self.table.movers = tuple(order)

    def _loose(self) -> list[SceneObject]:
        """Give what stands on the table or on something that does."""
        found = []
        for name, item in self.table.items.items():
            rest = self.table.rests.get(name)
            while rest is not None and not self.table.items[rest.target].is_container:
                rest = self.table.rests.get(rest.target)
            if rest is None and name not in self.table.protected:
                found.append(item)
        return found

    def _box_for(
        self, item: SceneObject, boxes: list[SceneObject], inside: dict[str, list[SceneObject]]
    ) -> SceneObject:
        fitting = [
            box for box in boxes
            if fits_in(item, box) and room_left(box, inside[box.id]) >= footprint(item)
        ]  # fmt: skip
        if not fitting:
            raise Unclear(f'I see no container with room for {speech.the(item)}. Where to put it?')
        return min(
            fitting,
            key=lambda box: (
                box.colour != item.colour,
                box.shape == 'tray' and item.shape == 'ball',
                -room_left(box, inside[box.id]),
                box.id,
            ),
        )

    def unstack(self, names: tuple[str, ...], goal: Place | None) -> None:
        """Put things that stand on others onto the table."""
        upper = [n for n in names if n in self.table.rests and self.table.level(n) > 0]
        if not upper:
            raise Unclear('Nothing is stacked there. What should I do?')
        if goal is not None and goal.kind != 'table':
            self.put(tuple(upper), goal, is_set=True)
            return
        for name in self._unstacked(tuple(upper)):
            self.take(name)
            spot = free_spot(self.table, name, self.table.spots[name])
            self.table.place_at(name, spot)
        self.table.movers = tuple(upper)

    def row(self, names: tuple[str, ...], order: Order, place: Place) -> None:
        """Stand objects in a line from left to right, or from near to far."""
        if len(names) < 2:
            raise Unclear('A row needs at least two objects. What should I line up?')
        names = self.ordered(names, order, default='left')
        spots = self._line([self.table.items[name] for name in names], place.kind == 'column')
        goals = tuple(
            Goal(name, 'at', None, spot) for name, spot in zip(names, spots, strict=True)
        )
        self._achieve(goals, 'They stand like that already')
        self.table.movers = names

    def _line(self, items: list[SceneObject], is_column: bool) -> list[Point]:
        """Give the places of a line where the fewest other things stand."""
        area = self.table.workspace
        radii = [outer_radius(item) for item in items]
        length = 2 * sum(radii) + ROW_GAP * (len(items) - 1)
        low, high = (area.x_min, area.x_max) if is_column else (area.y_min, area.y_max)
        if length - radii[0] - radii[-1] > high - low:
            raise Unclear('There is no room for so long a row. Which of them should I line up?')
        along, at = [], 0.0
        for index, radius in enumerate(radii):
            at += radius + (radii[index - 1] + ROW_GAP if index else -radius)
            along.append(at)
        middle = (low + high) / 2
        offsets = [middle + (a - along[-1] / 2) * (1 if is_column else -1) for a in along]
        mine = {item.id for item in items}
        side = (area.y_min, area.y_max) if is_column else (area.x_min, area.x_max)
        lines = np.round(np.arange(side[0] + INSET, side[1] - INSET + 1e-6, 0.02), 3)
        options = [self._crossed(offsets, float(c), is_column) for c in lines]
        best = min(options, key=lambda points: self._cost(points, items, mine))
        if self._cost(best, items, mine)[0] >= len(self.table.items):
            raise Unclear('There is no free line on the table. What should I move away first?')
        return best

    def _crossed(self, offsets: list[float], across: float, is_column: bool) -> list[Point]:
        pairs = [(o, across) if is_column else (across, o) for o in offsets]
        return [(round(x, 3), round(y, 3)) for x, y in pairs]

    def _cost(
        self, points: list[Point], items: list[SceneObject], mine: set[str]
    ) -> tuple[int, float]:
        """Count what stands in the way (what cannot be moved counts most)."""
        count, middle = 0, 0.0
        for point, item in zip(points, items, strict=True):
            for name, other in self.table.items.items():
                if name in mine or name in self.table.rests or name == self.table.held:
                    continue
                if gap_between(item, point, other, self.table.spots[name]) < APART:
                    count += 1 if is_liftable(other) else len(self.table.items)
            middle += abs(point[0] - 0.5) + abs(point[1])
        return (count, round(middle, 6))

    def ordered(
        self, names: tuple[str, ...], order: Order, *, default: str = ''
    ) -> tuple[str, ...]:
        """Put names in a wanted order: first is left, near or at the bottom."""
        if order.first:
            found = [n for noun in order.first for n in self._among(noun, names)]
            names = (*found, *(n for n in names if n not in found))
        elif order.measure:
            falls = order.falls if order.falls is not None else not default
            names = self._by_size(names, order.measure, falls=falls)
        elif not default and not order.is_listed:
            items = sorted((self.table.items[n] for n in names), key=for_tower)
            names = tuple(item.id for item in items)
        is_turned = order.is_reversed and (order.first or order.measure or order.is_listed)
        names = names[::-1] if is_turned else names
        low = self._end_of(order.bottom, names) if order.bottom is not None else ()
        high = self._end_of(order.top, names) if order.top is not None else ()
        mid = [n for noun in order.middle for n in self._among(noun, names)]
        inner = [*mid, *(n for n in names if n not in (*low, *high, *mid))]
        return (*low, *inner, *(n for n in high if n not in low))

    def _by_size(self, names: tuple[str, ...], measure: str, *, falls: bool) -> tuple[str, ...]:
        sizes = {n: self._measure(self.table.items[n], measure) for n in names}
        return tuple(sorted(names, key=lambda n: (sizes[n] * (-1 if falls else 1), n)))

    def _measure(self, item: SceneObject, measure: str) -> float:
        return float(item.size[2] if measure == 'height' else np.prod(item.size))

    def _among(self, noun: Noun, names: tuple[str, ...]) -> tuple[str, ...]:
        """Give those of the names that a noun stands for; one, unless it says more."""
        self.resolver.within = frozenset(names)
        try:
            found = self.resolver.resolve(replace(noun, quantifier='all'), 'any')
        finally:
            self.resolver.within = None
        if not found:
            raise Unclear(f"'{noun.text}' is not among them. What should I do?")
        if len(found) > 1 and not (noun.is_many or noun.plural):
            raise Unclear(speech.which(noun.text, self.resolver.items(found)))
        return found

    def _end_of(self, noun: Noun, names: tuple[str, ...]) -> tuple[str, ...]:
        """Give what shall be at an end: one of the names, or something else that is added."""
        try:
            return self._among(noun, names)
        except Unclear:
            found = self.resolver.movers(noun) if noun.shapes or noun.like else ()
            if len(found) != 1:
                raise
            return found

    def between(self, name: str, place: Place) -> Point:
        """Give the point in the middle between two objects; asks when there is no room."""
        first, second = self.resolver.pair(place)
        a, b = np.array(self.table.spots[first]), np.array(self.table.spots[second])
        radii = [outer_radius(self.table.items[n]) for n in (first, second)]
        gap = float(np.hypot(*(b - a))) - sum(radii)
        if gap < 2 * (outer_radius(self.table.items[name]) + APART):
            words = f'{self._the(first)} and {self._the(second)}'
            raise Unclear(f'There is no room between {words}. Where should I put it?')
        share = (radii[0] + gap / 2) / float(np.hypot(*(b - a)))
        middle = a + share * (b - a)
        return (round(float(middle[0]), 3), round(float(middle[1]), 3))

    def to_corners(self, names: tuple[str, ...]) -> None:
        """Put each object into a corner of its own."""
        if len(names) > len(_CORNERS):
            raise Unclear('The table has four corners. Which four should I put there?')
        for name in names:
            corner, spot = self._nearest_corner(name)
            if math.dist(spot, region(corner, self.table.workspace)) > CORNER:
                raise Unclear('The corners are not free. Where should I put them?')
            self.take(name)
            self.table.place_at(name, spot)
        self.table.movers = names

    def _nearest_corner(self, name: str) -> tuple[str, Point]:
        """Give the corner that has room nearest to its middle, and the place there."""
        area = self.table.workspace
        spots = {
            corner: free_spot(self.table, name, region(corner, area), corner)
            for corner in _CORNERS
            if not any(
                math.dist(self.table.spots[moved], region(corner, area)) <= CORNER
                for moved in self.table.moved
            )
        }
        if not spots:
            raise Unclear('The corners are not free. Where should I put them?')
        return min(
            spots.items(), key=lambda pair: round(math.dist(pair[1], region(pair[0], area)), 3)
        )

    def _achieve(self, goals: tuple[Goal, ...], idle: str) -> None:
        steps = len(self.table.steps)
        achieve(self.table, goals)
        if len(self.table.steps) == steps:
            raise Satisfied(f'{idle}. What should I do?')
