"""Writes the steps of one kind of movement: put, stack, sort, push."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

from qwen_embodied.messages import CONTAINERS, SceneObject
from qwen_embodied.planning.facts import Rest
from qwen_embodied.planning.goals import Goal
from qwen_embodied.planning.grammar import speech
from qwen_embodied.planning.grammar.resolve import Resolver
from qwen_embodied.planning.grammar.sorting import containers_of, matching
from qwen_embodied.planning.grammar.spots import free_spot, region
from qwen_embodied.planning.grammar.syntax import BARE, Noun, Place, Satisfied, Unclear
from qwen_embodied.planning.grammar.table import Point, Table
from qwen_embodied.planning.schema import Step
from qwen_embodied.relations import PUSHES

DEFAULT_SHIFT = 0.10
_SHIFTING = frozenset({'move', 'shift', 'transfer', 'relocate', 'bring'})
_SIDE_OF_DIRECTION = {'left': 'left', 'right': 'right', 'forward': 'back', 'back': 'front'}


class Mover:
    """Moves objects on a table by writing steps."""

    def __init__(
        self, table: Table, resolver: Resolver, verb: str, last_goal: Place | None
    ) -> None:
        """Take the table, how to find objects, the verb said and the goal of the clause before."""
        self.table, self.resolver, self.verb, self.last_goal = table, resolver, verb, last_goal

    def put(self, names: tuple[str, ...], goal: Place | None, *, is_set: bool) -> None:
        """Put objects at a goal.

        Args:
            names: Of the objects.
            goal: None puts down what is held.
            is_set: Whether they were named as a set, from which the target itself is left out.
        """
        if goal is not None and goal.kind == 'there':
            goal = self._there()
        if goal is None:
            self._put_down(names)
        elif goal.kind == 'near':
            self._put_near(names, goal, is_set=is_set)
        elif goal.kind == 'each_other':
            self.tower(names, is_list=not is_set)
        elif goal.kind == 'side_by_side':
            self._side_by_side(names)
        elif goal.kind == 'by_colour':
            self.sort(names, None)
        else:
            self._put_on_table(names, goal)
        self.table.movers = names

    def take(self, name: str) -> None:
        """Write a pick unless the object is held already; ask when the hand is full."""
        held = self.table.held
        if held == name:
            return
        if held is not None:
            raise Unclear(f'I am holding {self._the(held)}. Where should I put it first?')
        self.table.pick(name)

    def onto(self, name: str, relation: str, target: str) -> None:
        """Write what brings an object to a target; nothing when it is there already."""
        self._refuse_banned(name, relation, target)
        if name == target:
            raise Unclear(f'{self._capital(name)} cannot go {self._words(relation)} itself.')
        if self._is_there(name, relation, target):
            self.table.goals.append(Goal(name, relation, target))
            return
        self.take(name)
        self.table.place(name, relation, target)
        self.table.target = target

    def tower(self, names: tuple[str, ...], *, is_list: bool, base: str | None = None) -> None:
        """Stack objects on a base, the first at the bottom; a set is stacked largest first."""
        items = [self.table.items[name] for name in names]
        if not is_list:
            items.sort(key=for_tower)
        if base is not None and not items:
            raise Unclear(f'{self._capital(base)} cannot go on itself. What should I stack?')
        ordered = [*((base,) if base else ()), *(item.id for item in items)]
        balls = [name for name in ordered[:-1] if self.table.items[name].shape == 'ball']
        if balls:
            raise Unclear(f'Nothing can stand on {self._the(balls[0])}. What should I stack?')
        steps = len(self.table.steps)
        for lower, upper in pairwise(ordered):
            self.onto(upper, _on(self.table.items[lower]), lower)
        if len(self.table.steps) == steps:
            raise Satisfied('They are stacked like that already. What should I do?')
        self.table.movers = (ordered[-1],)

    def sort(self, names: tuple[str, ...], noun: Noun | None) -> None:
        """Put each object into the container of its colour."""
        containers = containers_of(self.table, self.resolver, noun)
        names = tuple(n for n in names if n not in [item.id for item in containers])
        pairs = [(name, matching(self.table, name, containers)) for name in names]
        steps = len(self.table.steps)
        for name, container in self._ordered_pairs(pairs):
            self.onto(name, 'in', container)
        if len(self.table.steps) == steps:
            raise Satisfied('Everything is sorted already. What should I do?')
        self.table.movers = names

    def push(self, name: str, direction: str, distance: float) -> None:
        """Write a push."""
        if self.table.held is not None:
            held = self._the(self.table.held)
            raise Unclear(f'I am holding {held}, so I cannot push. Where should I put it first?')
        self.table.add(Step.model_validate(
            {'action': 'push', 'object': name, 'direction': direction, 'distance': distance}
        ))  # fmt: skip
        dx, dy = PUSHES[direction]
        way = (dx * distance, dy * distance)
        self.table.goals.append(Goal(name, 'pushed', None, way))
        x, y = self.table.spots[name]
        self.table.spots[name] = (x + dx * distance, y + dy * distance)

    def _there(self) -> Place:
        if self.last_goal is None:
            raise Unclear("What do you mean by 'there'? Please name the place.")
        return self.last_goal

    def _put_down(self, names: tuple[str, ...]) -> None:
        held = self.table.held
        if held is None and set(names) <= self.table.moved and self.verb != BARE:
            return
        if held is None or names != (held,):
            listed = speech.listed([self._the(name) for name in names])
            raise Unclear(f'Where should I put {listed}?')
        if self.verb not in ('put', 'place', 'set', 'drop', 'release', 'lay', 'return'):
            raise Unclear(f'Where should I {self.verb} {self._the(held)}?')
        self.table.place_at(held, free_spot(self.table, held, self._home_of(held)))

    def _home_of(self, name: str) -> Point:
        return self.table.origins.get(name, region('middle', self.table.workspace))

    def _put_near(self, names: tuple[str, ...], goal: Place, *, is_set: bool) -> None:
        role = {'in': 'container', 'on': 'support'}.get(goal.relation, 'any')
        target = self.resolver.target(goal.noun or self._unsaid(goal.relation), role, names)
        if is_set:
            names = tuple(name for name in names if name != target)
        relation = self._relation(goal.relation, target)
        done = [name for name in names if self._is_there(name, relation, target)]
        if names and set(done) == set(names) <= self.table.moved:
            return
        if len(done) == len(names):
            where = f'{self._words(relation)} {self._the(target)}'
            subject = speech.listed([self._the(name) for name in names]) or 'Everything'
            verb = 'is' if len(names) < 2 else 'are'
            raise Satisfied(f'{_capital(subject)} {verb} already {where}. What should I do?')
        for name in self._unstacked(names):
            self.onto(name, relation, target)
        self.table.target = target

    def _unsaid(self, relation: str) -> Noun:
        """Give the noun left out in 'drop it in': what was named last, else any container."""
        if relation == 'in' and self.table.target is None:
            shapes = (frozenset(CONTAINERS),)
            return Noun('container', head='container', shapes=shapes)
        return Noun('it', quantifier='it')

    def _relation(self, said: str, target: str) -> str:
        item = self.table.items[target]
        if said == 'under':
            raise Unclear(
                "I cannot put things 'under' something, only in, on, left of, right of, "
                'in front of, behind or next to it. Where should it go?'
            )
        if said == 'in' and not item.is_container:
            bowls = [speech.the(i) for i in self.table.items.values() if i.is_container]
            hint = f' I can put things in {speech.listed(bowls, "or")}.' if bowls else ''
            raise Unclear(
                f'{self._capital(target)} is no container, so nothing can lie in it.{hint}'
            )
        if said == 'to':
            return _on(item) if item.is_container else 'next_to'
        return _on(item) if said == 'on' else said

    def _unstacked(self, names: tuple[str, ...]) -> list[str]:
        """Order objects so that none is lifted while another of them stands on it."""
        waiting, ordered = list(names), list[str]()
        while waiting:
            free = [n for n in waiting if not set(self.table.upon(n)) & (set(waiting) - {n})]
            chosen = (free or waiting)[0]
            waiting.remove(chosen)
            ordered.append(chosen)
        return ordered

    def _side_by_side(self, names: tuple[str, ...]) -> None:
        if len(names) < 2:
            raise Unclear('Next to what should I put it?')
        for anchor, name in pairwise(names):
            self.onto(name, 'next_to', anchor)

    def _put_on_table(self, names: tuple[str, ...], goal: Place) -> None:
        if goal.kind == 'point' and len(names) > 1:
            raise Unclear('Only one object fits at one point. Which one should I put there?')
        lying = [n for n in names if n in self.table.rests or n == self.table.held]
        if goal.kind == 'table' and not lying:
            listed = speech.listed([self._the(name) for name in names])
            verb = 'is' if len(names) < 2 else 'are'
            raise Satisfied(f'{_capital(listed)} {verb} already on the table. What should I do?')
        if goal.text in ('back', 'away') and self.verb not in _SHIFTING:
            self._refuse_unknown_place(goal.text, names)
        for name in self._unstacked(tuple(lying) if goal.kind == 'table' else names):
            self.take(name)
            self.table.place_at(name, self._point(name, goal, is_one=len(names) == 1))

    def _refuse_unknown_place(self, text: str, names: tuple[str, ...]) -> None:
        if text == 'away' or not set(names) <= self.table.origins.keys():
            raise Unclear(f"I do not know where '{text}' is. Where should I put it?")

    def _point(self, name: str, goal: Place, *, is_one: bool) -> Point:
        if goal.point is not None:
            return goal.point
        area = self.table.workspace
        if goal.kind == 'table':
            return free_spot(self.table, name, self._home_of(name))
        if goal.kind != 'direction':
            return free_spot(self.table, name, region(goal.word, area), goal.word)
        if not goal.word:
            raise Unclear('In which direction should I move it: left, right, forward or back?')
        if goal.text == 'back' and name in self.table.origins:
            return free_spot(self.table, name, self._home_of(name))
        if goal.distance is None and not (is_one and self.verb in _SHIFTING):
            side = _SIDE_OF_DIRECTION[goal.word]
            return free_spot(self.table, name, region(side, area), side)
        dx, dy = PUSHES[goal.word]
        distance = goal.distance or DEFAULT_SHIFT
        x, y = self._home_of(name)
        return (x + dx * distance, y + dy * distance)

    def _ordered_pairs(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        goals = dict(pairs)
        return [(name, goals[name]) for name in self._unstacked(tuple(goals))]

    def _is_there(self, name: str, relation: str, target: str) -> bool:
        rest = self.table.rests.get(name)
        if rest is None or rest.target != target or relation not in ('in', 'on'):
            return False
        return rest == Rest(relation, target) or self.table.items[target].shape == 'tray'

    def _refuse_banned(self, name: str, relation: str, target: str) -> None:
        same = {('in', 'on'), ('on', 'in')}
        for who, how, where in self.table.banned:
            if (who, where) == (name, target) and (how == relation or (how, relation) in same):
                raise Unclear(
                    f'You told me not to put {self._the(name)} {self._words(relation)} '
                    f'{self._the(target)}. Where should it go?'
                )
        if target in self.table.protected and relation in ('in', 'on'):
            raise Unclear(f'You told me not to touch {self._the(target)}. Where should it go?')

    def _words(self, relation: str) -> str:
        return relation.replace('_', ' ')

    def _the(self, name: str) -> str:
        return speech.the(self.table.items[name])

    def _capital(self, name: str) -> str:
        return _capital(self._the(name))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _on(item: SceneObject) -> str:
    """Give the relation of what is put on an object: into bowls and bins, onto all else."""
    return 'in' if item.shape in ('bowl', 'bin') else 'on'


def for_tower(item: SceneObject) -> tuple[bool, float, float]:
    """Give the key that sorts objects for a tower: large ones first, balls last."""
    area = float(item.size[0] * item.size[1])
    return (item.shape == 'ball', -round(area, 6), -float(item.position[1]))
