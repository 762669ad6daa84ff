"""Finds the fewest movements that reach goals, and moves aside what is in the way.

The state is one number per object: where it is. A movement takes one object that carries nothing
and puts it at its goal or aside. A* counts what is not yet where it must be; an object that
stands above its own goal has to move twice.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from qwen_embodied.planning.facts import APART, gap_between, is_liftable
from qwen_embodied.planning.goals import BESIDE, Goal
from qwen_embodied.planning.movements import Movement, NoWayError, Start

__all__ = ['Movement', 'NoWayError', 'Start', 'search']

HOME, ASIDE, AIM, HELD = -1, -2, -3, -4
MOST_STATES = 20_000
_UPON = ('in', 'on')

State = tuple[int, ...]


def search(start: Start, goals: tuple[Goal, ...], most: int = MOST_STATES) -> tuple[Movement, ...]:
    """Give the fewest movements after which all goals hold.

    Args:
        start: The table now.
        goals: At most one per object, with relations that a place step may have, or 'clear',
            or 'held' for one object, which must then be free to be picked in the end.
        most: States to look at before giving up.

    Raises:
        NoWayError: The goals contradict each other, something in the way must not or cannot be
            moved, or `most` states were not enough.
    """
    return _Search(start, goals).run(most)


@dataclass(order=True)
class _Node:
    cost: int
    order: int
    state: State = field(compare=False)
    done: tuple[Movement, ...] = field(compare=False)


class _Search:
    """One search; objects are numbered in the order of the goals, then of the table."""

    def __init__(self, start: Start, goals: tuple[Goal, ...]) -> None:
        named = dict.fromkeys(goal.object for goal in goals)
        self.names = [*named, *(name for name in start.items if name not in named)]
        self.index = {name: at for at, name in enumerate(self.names)}
        self.start = start
        self.aims = {self.index[g.object]: g for g in goals if g.relation not in ('clear', 'held')}
        self.clear = [self.index[g.object] for g in goals if g.relation in ('clear', 'held')]
        self.lifted = frozenset(self.index[g.object] for g in goals if g.relation == 'held')
        self.anchors = {o: self.index[g.target] for o, g in self.aims.items() if g.target}
        self.upon = {o for o, g in self.aims.items() if g.relation in _UPON}
        self.single = {o for o in self.upon if self._is_single(self.anchors[o])}
        self.stuck = {
            at for at, name in enumerate(self.names)
            if name in start.fixed or not is_liftable(start.items[name])
        }  # fmt: skip
        self.blocked = {o: self._occupants(o, g) for o, g in self.aims.items() if g.position}
        self._refuse_contradictions()

    def run(self, most: int) -> tuple[Movement, ...]:
        """Search best first."""
        ticket = count()
        first = self._first()
        frontier = [_Node(self._rest(first), next(ticket), first, ())]
        best = {first: 0}
        while frontier and len(best) <= most:
            node = heapq.heappop(frontier)
            if best[node.state] < len(node.done):
                continue
            if self._is_goal(node.state):
                return node.done
            for movement, state in self._movements(node.state):
                done = (*node.done, movement)
                if len(done) < best.get(state, len(done) + 1):
                    best[state] = len(done)
                    cost = len(done) + self._rest(state)
                    heapq.heappush(frontier, _Node(cost, next(ticket), state, done))
        raise NoWayError(self._why(too_many=bool(frontier)))

    # -- the start ------------------------------------------------------------------------

    def _first(self) -> State:
        held, rests = self.start.held, self.start.rests
        state = []
        for at, name in enumerate(self.names):
            place = HELD if name == held else HOME
            rest = rests.get(name)
            if rest is not None and rest.target in self.index and name != held:
                place = self.index[rest.target]
            state.append(self._reached(at, name, place))
        return tuple(state)

    def _reached(self, at: int, name: str, place: int) -> int:
        """Say AIM for what is at its goal already."""
        goal, rest = self.aims.get(at), self.start.rests.get(name)
        if goal is None or place == HELD:
            return place
        if goal.position is not None:
            spot = self.start.spots[name]
            near = math.dist(spot, goal.position[:2]) <= 0.01 and rest is None
            return AIM if near else place
        if rest is None or goal.relation not in _UPON or rest.target != goal.target:
            return place
        is_tray = self.start.items[rest.target].is_container
        return AIM if rest.relation == goal.relation or is_tray else place

    def _occupants(self, moved: int, goal: Goal) -> frozenset[int]:
        """Give what stands on the table at a wanted position before anything is moved."""
        item = self.start.items[self.names[moved]]
        found = set[int]()
        for at, name in enumerate(self.names):
            if at == moved or name in self.start.rests or name == self.start.held:
                continue
            other = self.start.items[name]
            x, y = (goal.position or (0.0, 0.0))[:2]
            if gap_between(item, (x, y), other, self.start.spots[name]) < APART:
                found.add(at)
        return frozenset(found)

    def _is_single(self, target: int) -> bool:
        return not self.start.items[self.names[target]].is_container

    def _refuse_contradictions(self) -> None:
        taken = [self.anchors[o] for o in self.single]
        doubled = next((t for t in taken if taken.count(t) > 1), None)
        if doubled is not None:
            raise NoWayError(f'only one thing can stand on {self._the(doubled)}')
        for first in self.upon:
            seen, at = {first}, self.anchors[first]
            while at in self.upon and at not in seen:
                seen.add(at)
                at = self.anchors[at]
            if at == first:
                raise NoWayError(f'{self._the(first)} cannot end up above itself')

    # -- the state ------------------------------------------------------------------------

    def _below(self, state: State, at: int) -> int | None:
        """Give what carries an object, or None."""
        place = state[at]
        if place >= 0:
            return place
        return self.anchors[at] if place == AIM and at in self.upon else None

    def _loads(self, state: State) -> dict[int, list[int]]:
        loads: dict[int, list[int]] = {}
        for at in range(len(state)):
            below = self._below(state, at)
            if below is not None:
                loads.setdefault(below, []).append(at)
        return loads

    def _is_settled(self, state: State, at: int) -> bool:
        """Say whether an object and all below it are where they shall be in the end."""
        seen, waiting = set[int](), [at]
        while waiting:
            lower = waiting.pop()
            if lower in seen:
                continue
            seen.add(lower)
            if self._must_move(state, lower):
                return False
            below = self._below(state, lower)
            waiting += [below] if below is not None else []
            waiting += [self.anchors[lower]] if lower in self.anchors else []
        return True

    def _must_move(self, state: State, at: int) -> bool:
        is_away = at in self.aims and state[at] != AIM
        return is_away or state[at] == HELD or at in self.lifted

    def _in_the_way(self, state: State, loads: dict[int, list[int]]) -> set[int]:
        """Give what must move though it is no goal itself, with all that stands on it."""
        found = set[int]()
        for at, goal in self.aims.items():
            if state[at] == AIM:
                continue
            if state[at] != HELD:
                found |= set(loads.get(at, ()))
            if at in self.single:
                found |= {n for n in loads.get(self.anchors[at], ()) if n != at}
            if goal.position is not None:
                found |= {n for n in self.blocked[at] if state[n] == HOME}
        for at in self.clear:
            found |= set(loads.get(at, ()))
        for at in tuple(found):
            found |= self._above(at, loads)
        return found

    def _above(self, at: int, loads: dict[int, list[int]]) -> set[int]:
        found, waiting = set[int](), list(loads.get(at, ()))
        while waiting:
            upper = waiting.pop()
            if upper not in found:
                found.add(upper)
                waiting += loads.get(upper, ())
        return found

    def _is_goal(self, state: State) -> bool:
        loads = self._loads(state)
        held = [at for at, place in enumerate(state) if place == HELD]
        return (
            all(state[at] == AIM for at in self.aims)
            and not any(loads.get(at) for at in self.clear)
            and all(at in self.lifted for at in held)
        )

    def _rest(self, state: State) -> int:
        """Count the movements that are needed at least."""
        loads = self._loads(state)
        open_aims = {at for at in self.aims if state[at] != AIM}
        needed = open_aims | self._in_the_way(state, loads)
        needed |= {at for at, place in enumerate(state) if place == HELD and at not in self.lifted}
        twice = 0
        for at in open_aims & self.upon:
            if self.anchors[at] in open_aims and self._stands_over(state, at, self.anchors[at]):
                twice += 1
        return len(needed) + twice

    def _stands_over(self, state: State, at: int, lower: int) -> bool:
        below, steps = self._below(state, at), 0
        while below is not None and below != lower and steps < len(state):
            below, steps = self._below(state, below), steps + 1
        return below == lower

    # -- movements ------------------------------------------------------------------------

    def _movements(self, state: State) -> Iterator[tuple[Movement, State]]:
        loads = self._loads(state)
        held = next((at for at, place in enumerate(state) if place == HELD), None)
        candidates = [held] if held is not None else self._movable(state, loads)
        for at in candidates:
            if at in self.aims and state[at] != AIM and self._is_ready(state, at, loads):
                yield self._move(state, at, to_goal=True)
                return
        for at in candidates:
            if state[at] != ASIDE:
                yield self._move(state, at, to_goal=False)

    def _movable(self, state: State, loads: dict[int, list[int]]) -> list[int]:
        wanted = {at for at in self.aims if state[at] != AIM} | self._in_the_way(state, loads)
        return [at for at in sorted(wanted) if not loads.get(at) and at not in self.stuck]

    def _is_ready(self, state: State, at: int, loads: dict[int, list[int]]) -> bool:
        """Say whether an object may go to its goal now and stay there."""
        if self.aims[at].position is not None:
            return not any(state[n] == HOME for n in self.blocked[at])
        if not self._is_settled(state, self.anchors[at]):
            return False
        others = [n for n in loads.get(self.anchors[at], ()) if n != at]
        return not (at in self.single and others)

    def _move(self, state: State, at: int, *, to_goal: bool) -> tuple[Movement, State]:
        changed = list(state)
        changed[at] = AIM if to_goal else ASIDE
        for other, anchor in self.anchors.items():
            beside = self.aims[other].relation in BESIDE
            if anchor == at and beside and state[other] == AIM:
                changed[other] = ASIDE
        goal = self.aims[at] if to_goal else None
        return Movement(self.names[at], goal), tuple(changed)

    # -- words ----------------------------------------------------------------------------

    def _why(self, *, too_many: bool) -> str:
        if too_many:
            return 'I found no way to do that within my time'
        state = self._first()
        loads = self._loads(state)
        needed = self._in_the_way(state, loads) | {n for n in self.aims if state[n] != AIM}
        for at in sorted(needed & self.stuck):
            if self.names[at] in self.start.fixed:
                return f'{self._the(at)} is in the way, and I must not touch it'
            return f'{self._the(at)} is too wide for my gripper'
        return 'there is no order in which that can be done'

    def _the(self, at: int) -> str:
        item = self.start.items[self.names[at]]
        return f'the {item.label or item.id}'
