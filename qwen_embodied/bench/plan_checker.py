"""Judges plans by geometry: an own small simulation, independent of the planner's code.

A plan is played on exact boxes; goals are then read off the positions with `relations`.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.planning import Plan, Step
from qwen_embodied.relations import bottom_of, not_at, support_of, top_of, unmet

SIDES = {
    'left': (1, 1, 0.0), 'right': (1, -1, 0.0), 'back': (0, 1, 0.54), 'front': (0, -1, 0.54),
}  # fmt: skip
AWAY = {
    'left_of': (0.0, 1.0), 'right_of': (0.0, -1.0), 'behind': (1.0, 0.0),
    'in_front_of': (-1.0, 0.0), 'next_to': (0.0, -1.0),
}  # fmt: skip
PUSHED = {'left': (0.0, 1.0), 'right': (0.0, -1.0), 'forward': (1.0, 0.0), 'back': (-1.0, 0.0)}
GAP, WIDEST = 0.04, 0.08

Vector = NDArray[np.float64]


class ImpossibleError(Exception):
    """A step that could not be done in the exact world."""


class Tabletop:
    """Exact boxes that a plan moves."""

    def __init__(self, scene: Scene, held: str | None = None) -> None:
        """Take the exact scene; `held` is in the gripper."""
        self.items = {item.id: item for item in scene.objects}
        self.before = scene
        self.held = held
        self.pushed: dict[str, str] = {}
        self.touched: set[str] = set()

    @property
    def scene(self) -> Scene:
        """The scene now."""
        return replace(self.before, objects=tuple(self.items.values()))

    def play(self, plan: Plan) -> None:
        """Do all steps; raises ImpossibleError."""
        for step in plan.steps:
            if step.object is not None and step.object not in self.items:
                raise ImpossibleError(f'there is no {step.object}')
            doers = {'pick': self._pick, 'place': self._place, 'push': self._push}
            if step.action in doers:
                self.touched.add(step.object or '')
                doers[step.action](step)

    def _pick(self, step: Step) -> None:
        item = self.items[step.object or '']
        if self.held is not None:
            raise ImpossibleError(f'picks {item.id} with a full hand')
        if min(item.size[:2]) > WIDEST:
            raise ImpossibleError(f'{item.id} is too wide')
        if self._load(item):
            raise ImpossibleError(f'{self._load(item)} lies upon {item.id}')
        self.held = item.id

    def _place(self, step: Step) -> None:
        item = self.items[step.object or '']
        if self.held != item.id:
            raise ImpossibleError(f'{item.id} is not held')
        self.held = None
        if step.position is not None:
            self._stand(item, np.array(step.position))
            return
        target = self.items.get(step.target or '')
        if target is None or target.id == item.id:
            raise ImpossibleError(f'{item.id} cannot go to {step.target}')
        if step.relation in ('in', 'on'):
            self._put_upon(item, target, step.relation)
        else:
            away = np.array(AWAY[step.relation or 'next_to'])
            reach = self._reach(item, away) + self._reach(target, away) + GAP
            self._stand(item, target.position[:2] + away * reach, check=False)

    def _put_upon(self, item: SceneObject, target: SceneObject, relation: str) -> None:
        if relation == 'in' and not target.is_container:
            raise ImpossibleError(f'{target.id} is no container')
        if relation == 'on' and target.shape in ('ball', 'bowl', 'bin'):
            raise ImpossibleError(f'nothing stands on {target.id}')
        load = self._load(target, without=item.id)
        if not target.is_container and load:
            raise ImpossibleError(f'{load} stands on {target.id} already')
        inside = bottom_of(target) + 0.004 if target.is_container else top_of(target)
        self._move(item, target.position[:2], inside)

    def _push(self, step: Step) -> None:
        item = self.items[step.object or '']
        if self.held is not None or self._load(item) or support_of(item, self.scene):
            raise ImpossibleError(f'{item.id} cannot be pushed')
        way = np.array(PUSHED[step.direction or 'left']) * (step.distance or 0.0)
        self.pushed[item.id] = step.direction or ''
        self._move(item, item.position[:2] + way, self.before.table_height)

    def _stand(self, item: SceneObject, spot: Vector, *, check: bool = True) -> None:
        for other in self.items.values():
            near = float(np.hypot(*(other.position[:2] - spot)))
            touching = near < 0.5 * (min(item.size[:2]) + min(other.size[:2])) * 0.9
            low = bottom_of(other) < self.before.table_height + 0.01
            if check and other.id != item.id and touching and low:
                raise ImpossibleError(f'{other.id} stands where {item.id} is put')
        self._move(item, spot, self.before.table_height)

    def _move(self, item: SceneObject, spot: Vector, bottom: float) -> None:
        where = np.array(item.object_in_base)
        where[:3, 3] = (*spot, bottom + item.size[2] / 2)
        self.items[item.id] = replace(item, object_in_base=where)

    def _load(self, item: SceneObject, without: str = '') -> str | None:
        for other in self.items.values():
            if other.id in (item.id, without, self.held) or other.position[2] <= item.position[2]:
                continue
            relation = 'in' if item.is_container else 'on'
            if unmet(other, relation, item) is None:
                return other.id
        return None

    def _reach(self, item: SceneObject, way: Vector) -> float:
        axes = item.object_in_base[:2, :2]
        return float(np.abs(axes.T @ way) @ item.size[:2] / 2)


def faults(plan: Plan, before: Scene, wanted: str, held: str | None = None) -> list[str]:
    """Say what a plan gets wrong; empty when it reaches what is wanted and touches no more.

    Args:
        plan: Without questions.
        before: The exact scene.
        wanted: Conditions joined by ';', alternatives of all of it by '/'. A condition is one
            of 'A in B', 'A on B', 'A left_of B' (and the other relations), 'A between B C',
            'A side left', 'A corner', 'A table', 'A at X Y', 'held A', 'pushed A left',
            'tower A B C' from the bottom, 'topped A 3' (a tower so high with A on top),
            'row A B C' from the left, 'contained A', 'touch A' (may be moved).
        held: What is in the gripper before.
    """
    world = Tabletop(before, held)
    try:
        world.play(plan)
    except ImpossibleError as error:
        return [str(error)]
    tried = [_faults_of(world, option) for option in wanted.split('/')]
    return min(tried, key=len)


def _faults_of(world: Tabletop, wanted: str) -> list[str]:
    conditions = [part.split() for part in wanted.split(';') if part.strip()]
    found = [text for words in conditions if (text := _unmet(world, words)) is not None]
    named = {word for words in conditions for word in words}
    strange = sorted(world.touched - named)
    if strange:
        found.append(f'moved {", ".join(strange)} though nobody asked')
    holding = [words[1] for words in conditions if words[0] == 'held']
    if world.held and world.held not in holding:
        found.append(f'still holds {world.held}')
    return found


def _unmet(world: Tabletop, words: list[str]) -> str | None:
    first, rest, scene = words[0], words[1:], world.scene
    items = world.items
    if first in ('tower', 'topped', 'row', 'held', 'pushed', 'contained', 'touch'):
        return _whole(world, first, rest)
    relation = rest[0]
    if relation == 'side':
        axis, sign, middle = SIDES[rest[1]]
        is_there = (float(items[first].position[axis]) - middle) * sign > 0
        return None if is_there and support_of(items[first], scene) is None else ' '.join(words)
    if relation == 'corner':
        x, y = items[first].position[:2]
        return None if abs(x - 0.54) > 0.06 and abs(y) > 0.16 else ' '.join(words)
    if relation == 'table':
        return ' '.join(words) if support_of(items[first], scene) else None
    if relation == 'at':
        return not_at(items[first], (float(rest[1]), float(rest[2])))
    if relation == 'between':
        return _between(items[first], items[rest[1]], items[rest[2]])
    return unmet(items[first], relation, items[rest[1]])


def _whole(world: Tabletop, kind: str, names: list[str]) -> str | None:
    items = [world.items[name] for name in names if name in world.items]
    if kind == 'tower':
        bad = [u.id for lower, u in pairwise(items) if unmet(u, 'on', lower) is not None]
    elif kind == 'row':
        ys = [float(item.position[1]) for item in items]
        xs = [float(item.position[0]) for item in items]
        is_row = all(a > b for a, b in pairwise(ys)) and max(xs) - min(xs) < 0.02
        bad = [] if is_row else names
    elif kind == 'topped':
        bad = [] if _height(items[0], world.scene) == int(names[1]) else names
    elif kind == 'contained':
        below = [support_of(item, world.scene) for item in items]
        bad = [] if all(item is not None and item.is_container for item in below) else names
    elif kind == 'held':
        bad = [] if world.held == names[0] else names
    elif kind == 'pushed':
        bad = [] if world.pushed.get(names[0]) == names[1] else names
    else:
        bad = []
    return f'{kind} {" ".join(bad)}' if bad else None


def _height(item: SceneObject, scene: Scene) -> int:
    """Count the objects of a tower below and with the one on its top."""
    if any(unmet(other, 'on', item) is None for other in scene.objects if other.id != item.id):
        return 0
    count, below = 1, support_of(item, scene)
    while below is not None and not below.is_container:
        count, below = count + 1, support_of(below, scene)
    return count


def needed(scene: Scene, movers: list[str], occupied: list[str], extra: int = 0) -> int:
    """Count the picks that are needed at least.

    Args:
        scene: The exact scene before.
        movers: What must move.
        occupied: What must carry something else than it does.
        extra: Picks that a cycle needs besides.
    """
    world, found = Tabletop(scene), set(movers)
    for _ in scene.objects:
        for item in scene.objects:
            below = support_of(item, scene)
            loaded = below is not None and below.id in found | set(occupied)
            if loaded and below is not None and not below.is_container:
                found.add(item.id)
    return len(found & world.items.keys()) + extra


def _between(item: SceneObject, first: SceneObject, second: SceneObject) -> str | None:
    a, b, p = first.position[:2], second.position[:2], item.position[:2]
    share = float((p - a) @ (b - a) / ((b - a) @ (b - a)))
    across = float(np.linalg.norm(a + share * (b - a) - p))
    return None if 0.1 < share < 0.9 and across < 0.04 else f'{item.id} is not between'
