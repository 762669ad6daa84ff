"""Writes the steps of one reading of one clause."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qwen_embodied.messages import CONTAINERS
from qwen_embodied.planning.goals import BESIDE, Goal
from qwen_embodied.planning.grammar import speech
from qwen_embodied.planning.grammar.arrange import Arranger
from qwen_embodied.planning.grammar.goals import Reading
from qwen_embodied.planning.grammar.moves import for_tower
from qwen_embodied.planning.grammar.resolve import Resolver
from qwen_embodied.planning.grammar.routes import achieve
from qwen_embodied.planning.grammar.syntax import Clause, Noun, Place, Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.schema import PUSH_RANGE, Step
from qwen_embodied.relations import PUSHES

DEFAULT_PUSH = 0.10
_TO_SIDE = {
    'left': (1, 1, 'left'), 'right': (1, -1, 'right'), 'front': (0, -1, 'back'),
    'back': (0, 1, 'forward'),
}  # fmt: skip
_SPOTS = ('side', 'corner', 'point', 'between')


class ClauseWriter:
    """One reading of one clause, being written."""

    def __init__(
        self, table: Table, clause: Clause, reading: Reading, last_goal: Place | None
    ) -> None:
        self.table, self.clause, self.reading = table, clause, reading
        self.resolver = Resolver(table)
        self.mover = Arranger(table, self.resolver, clause.verb, last_goal)

    def write(self) -> None:
        """Append the steps."""
        kinds: dict[str, Callable[[], None]] = {
            'pick': self._pick, 'take': self._take, 'release': self._put, 'stack': self._stack,
            'build': self._build, 'push': self._push, 'sort': self._sort, 'wait': self._wait,
            'home': self._home, 'swap': self._swap, 'clear': self.mover.clear, 'row': self._row,
            'unstack': self._unstack,
        }  # fmt: skip
        kinds.get(self.clause.kind, self._put)()

    def _names(self) -> tuple[str, ...]:
        """Give the ids of what is moved, each once, in the order they were named."""
        nouns = self.reading.movers
        if not nouns:
            if self.table.held is None:
                raise Unclear(f'What should I {self.clause.verb}? Please name the object.')
            return (self.table.held,)
        found: list[str] = []
        if any(noun.is_matching for noun in nouns):
            raise Unclear('Of which colour? Please tell me one colour after the other.')
        for noun in nouns:
            self.resolver.current = self.resolver.movers(noun)
            found += self.resolver.current
        self.resolver.current = tuple(dict.fromkeys(found))
        return self.resolver.current

    def _put(self) -> None:
        nouns, goal = self.reading.movers, self.reading.goal
        target = goal.noun if goal is not None else None
        is_matching = target is not None and target.is_matching
        if is_matching and target is not None and goal is not None and _is_no_box(target):
            self._paired(goal.relation, target)
        elif is_matching or any(place.kind == 'by_colour' for place in self.reading.extras):
            self._sort()
        elif goal is not None and target is not None and target.quantifier == 'each':
            self._distribute(goal.relation, target)
        else:
            is_set = any(noun.is_many for noun in nouns) or _is_bare_colour(nouns)
            self.mover.put(self._names(), goal, is_set=is_set)

    def _paired(self, relation: str, noun: Noun) -> None:
        """Put each mover on, or beside, the one thing of its colour."""
        whole = replace(noun, quantifier='all', is_matching=False, plural=True)
        targets = self.resolver.resolve(whole, 'any')
        for name in self._names():
            colour = self.table.items[name].colour
            same = [t for t in targets if self.table.items[t].colour == colour and t != name]
            if len(same) != 1:
                raise Unclear(
                    speech.which(f'{colour} one', self.resolver.items(tuple(same or targets)))
                )
            self.mover.onto(name, relation, same[0])

    def _distribute(self, relation: str, noun: Noun) -> None:
        """Put one of the movers into each target."""
        role = 'container' if relation == 'in' else 'any'
        targets = self.resolver.resolve(replace(noun, quantifier='all'), role)
        nouns = self.reading.movers
        if len(nouns) != 1 or nouns[0].quantifier not in ('a', 'some', 'bare') or (
            (nouns[0].count or 1) != 1
        ):  # fmt: skip
            raise Unclear('Please tell me one by one which object goes where.')
        for target in targets:
            wanted = replace(nouns[0], quantifier='another', count=None)
            name = self.resolver.movers(wanted)[0]
            self.mover.onto(name, relation, target)

    def _pick(self) -> None:
        names = self._names()
        if len(names) > 1:
            items = [self.table.items[name] for name in names]
            question = speech.which('one first', items)
            raise Unclear(f'I can hold only one object at a time. {question}')
        self.mover.take(names[0])
        self.table.movers = names

    def _take(self) -> None:
        if self.reading.goal is not None:
            self._put()
            return
        if len(names := self._names()) > 1:
            goal = Place('table', 'on the table', word='on') if self.clause.is_out else None
            self.mover.put(names, goal, is_set=True)
            return
        source = self.table.rests.get(names[0])
        if self.clause.verb == 'remove' and not self.clause.is_out:
            if source is None:
                raise Unclear('Where should I put it?')
            self.mover.put(names, Place('table', 'on the table', word='on'), is_set=False)
            return
        self._pick()
        self.table.aside = source.target if self.clause.is_out and source else None

    def _stack(self) -> None:
        goal = self.reading.goal
        if any(place.kind == 'by_colour' for place in self.clause.places):
            raise Unclear('One stack for each colour? Please tell me one after the other.')
        if goal is None or goal.kind == 'each_other':
            self._build()
        elif goal.kind == 'near' and goal.relation in ('on', 'in') and goal.noun is not None:
            names = self._group()
            base = self.resolver.target(goal.noun, 'support', names)
            if goal.relation == 'in' and self.clause.order.is_empty:
                self._put()
                return
            names = tuple(name for name in names if name != base)
            if len(self.reading.movers) < 2 or not self.clause.order.is_empty:
                names = self.mover.ordered(names, self.clause.order)
            self.mover.tower(names, is_list=True, base=base)
        elif len(self._group()) > 1:
            self._build()
        else:
            self._put()

    def _build(self) -> None:
        goal, order = self.reading.goal, self.clause.order
        names = self._group()
        is_list = len(self.reading.movers) > 1 and order.is_empty
        if not is_list:
            names = self.mover.ordered(names, order)
        if len(names) < 2:
            raise Unclear('A stack needs at least two objects. What should I stack on what?')
        is_beside = goal is not None and goal.relation in BESIDE
        if goal is not None and (is_beside or goal.kind in _SPOTS):
            self.mover.put(names[:1], goal, is_set=False)
        base = None
        is_based = goal is not None and goal.kind == 'near' and not is_beside
        if goal is not None and is_based and goal.noun is not None:
            base = self.resolver.target(goal.noun, 'support', names)
        self.mover.tower(tuple(n for n in names if n != base), is_list=True, base=base)

    def _group(self) -> tuple[str, ...]:
        """Give what is stacked or lined up; where nothing was named, all blocks."""
        nouns, order = self.reading.movers, self.clause.order
        is_open = not nouns or (nouns[0].quantifier == 'them' and not self.table.movers)
        count = self.clause.count
        if not is_open:
            names = self._names()
            if order.middle and not order.top and len(order.middle) + 1 < len(names):
                raise Unclear('Only those that you listed, or all of them?')
        elif order.first or order.middle or (order.bottom and order.top):
            named = (order.bottom, *order.middle, order.top)
            listed = order.first or tuple(noun for noun in named if noun is not None)
            names = tuple(n for noun in listed for n in self.resolver.movers(noun))
        else:
            without = self.resolver.excluded(nouns[0]) if nouns else set()
            names = tuple(n for n in self.resolver.blocks() if n not in without)
        if count is None or len(names) == count:
            return names
        if len(names) < count:
            raise Unclear(f'I see only {len(names)} for that. What should I do?')
        ends = [noun for noun in (order.top, order.bottom) if noun is not None]
        fixed = [n for noun in ends for n in self.resolver.movers(noun)]
        others = sorted(
            (n for n in names if n not in fixed), key=lambda n: for_tower(self.table.items[n])
        )
        return (*others[: count - len(fixed)], *fixed)

    def _row(self) -> None:
        place = self.reading.goal or Place('row', '')
        self.mover.row(self._group(), self.clause.order, place)

    def _swap(self) -> None:
        self.mover.swap(self._names())

    def _unstack(self) -> None:
        names = self._names() if self.reading.movers else tuple(self.table.rests)
        self.mover.unstack(names, self.reading.goal)

    def _sort(self) -> None:
        goal = self.reading.goal
        noun = goal.noun if goal is not None else None
        is_single = noun is not None and not (noun.is_many or noun.is_matching)
        if goal is not None and (is_single or goal.kind not in ('near', 'by_colour')):
            self.mover.put(self._names(), goal, is_set=True)
        else:
            self.mover.sort(self._names() if self.reading.movers else self._loose(), noun)

    def _loose(self) -> tuple[str, ...]:
        """Give all that can be sorted, where nothing was named."""
        items = self.table.items.items()
        found = tuple(n for n, i in items if not i.is_container and n not in self.table.protected)
        if not found:
            raise Unclear('What should I sort?')
        return found

    def _push(self) -> None:
        direction = next((p for p in self._all_places() if p.kind == 'direction'), None)
        names = self._names()
        direction = direction or self._to_side(names)
        if self.reading.goal is not None and self.reading.goal.kind not in ('direction', 'side'):
            raise Unclear(
                'I can push things left, right, forward or back by a distance. '
                'Should I pick it up and place it there instead?'
            )
        if direction is None or not direction.word:
            raise Unclear('In which direction should I push it: left, right, forward or back?')
        distances = [p.distance for p in self._all_places() if p.distance is not None]
        distance = distances[0] if distances else DEFAULT_PUSH
        if not PUSH_RANGE[0] <= distance <= PUSH_RANGE[1]:
            low, high = PUSH_RANGE
            raise Unclear(f'I can push by {low:g} to {high:g} m. How far should I push it?')
        if not distances:
            distance = self._room_to_push(names, direction.word)
        for name in names:
            if self.table.upon(name) and not self.table.items[name].is_container:
                achieve(self.table, (Goal(name, 'clear'),))
            self.mover.push(name, direction.word, distance)
        self.table.movers = names

    def _to_side(self, names: tuple[str, ...]) -> Place | None:
        """Give the push that takes objects to a side of the table, where it is one push."""
        goal = self.reading.goal
        if goal is None or goal.kind != 'side' or goal.word not in _TO_SIDE:
            return None
        axis, sign, way = _TO_SIDE[goal.word]
        area = self.table.workspace
        middle = ((area.x_min + area.x_max) / 2, (area.y_min + area.y_max) / 2)[axis]
        missing = [sign * (middle - self.table.spots[name][axis]) for name in names]
        distance = max(DEFAULT_PUSH, *(round(d + 0.03, 2) for d in missing))
        return Place('direction', goal.text, word=way, distance=distance)

    def _room_to_push(self, names: tuple[str, ...], word: str) -> float:
        """Give the usual distance, or as much of it as the workspace leaves."""
        dx, dy = PUSHES[word]
        for distance in (DEFAULT_PUSH, 0.08, 0.06, 0.05, 0.04):
            ends = [self.table.spots[name] for name in names]
            if all(
                self.table.workspace.holds(x + dx * distance, y + dy * distance) for x, y in ends
            ):
                return distance
        return DEFAULT_PUSH

    def _all_places(self) -> tuple[Place, ...]:
        goal = self.reading.goal
        return (*((goal,) if goal else ()), *self.reading.extras)

    def _wait(self) -> None:
        self.table.wait(self.clause.seconds or 0.0)

    def _home(self) -> None:
        self.table.add(Step(action='home'))


def _is_bare_colour(nouns: tuple[Noun, ...]) -> bool:
    return any(noun.quantifier == 'bare' for noun in nouns)


def _is_no_box(noun: Noun) -> bool:
    shapes = frozenset().union(*noun.shapes)
    return bool(shapes) and not shapes & set(CONTAINERS)
