"""The table as symbols: what is held, what rests where, and what a step would change."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Self

from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.planning.facts import (
    NO_SUPPORT,
    Rest,
    Workspace,
    fits_in,
    footprint,
    inner_radius,
    is_liftable,
    rests,
    room_left,
)
from qwen_embodied.planning.schema import Position, Step
from qwen_embodied.relations import PUSHES

Problem = tuple[str, str]
Reach = Callable[[float, float, float], bool]
HIGHEST_PLACE = 0.3  # m above the table, of a measured surface
DEEPEST_PLACE = 0.02  # m below the table that a measured point may lie


class Model:
    """What is held and what rests where, as the steps change it.

    Attributes:
        items: Objects by id.
        rests: What rests in or on what.
        held: Id in the gripper, or None.
        spots: (x, y) m of what is known to stand there; absent once moved by a relation.
    """

    def __init__(
        self,
        items: Mapping[str, SceneObject],
        rests: Mapping[str, Rest],
        held: str | None,
        workspace: Workspace,
        reach: Reach | None = None,
        ground: float = 0.0,
    ) -> None:
        """Take the table as it is.

        Args:
            items: Objects by id.
            rests: What rests in or on what.
            held: Id in the gripper, or None.
            workspace: Where things may be put.
            reach: Says whether the tool gets to x, y, z m; None trusts that it does.
            ground: z of the table, m.
        """
        self.ground = ground
        self.items, self.rests, self.held = dict(items), dict(rests), held
        self.workspace, self._reach = workspace, reach
        self.spots = {key: _spot(item) for key, item in items.items() if key != held}
        self.moved: set[str] = {held} if held else set()

    @classmethod
    def of(
        cls, scene: Scene, holding: str | None, workspace: Workspace, reach: Reach | None = None
    ) -> Self:
        """Read the model from a scene."""
        items = {item.id: item for item in scene.objects}
        found = rests(scene, without=holding)
        return cls(items, found, holding, workspace, reach, scene.table_height)

    def problems(self, step: Step) -> list[Problem]:
        """Say what forbids a step now."""
        if step.action == 'pick':
            return self._known(step.object) or self._pick(step)
        if step.action == 'place':
            known = [] if step.object == self.held else self._known(step.object)
            return known or self._place(step)
        if step.action == 'push':
            return self._known(step.object) or self._push(step)
        return []

    def apply(self, step: Step) -> None:
        """Change the model as if the step had succeeded."""
        if step.object is None:
            return
        self.moved.add(step.object)
        self.rests.pop(step.object, None)
        self.spots.pop(step.object, None)
        if step.action == 'pick':
            self.held = step.object
        elif step.action == 'place':
            self.held = None if self.held == step.object else self.held
            if step.relation in ('in', 'on') and step.target is not None:
                self.rests[step.object] = Rest(step.relation, step.target)
            if step.position is not None and step.object in self.items:
                self.spots[step.object] = step.position[:2]

    def upon(self, object_id: str) -> list[str]:
        """Give what rests directly in or on an object."""
        return sorted(upper for upper, rest in self.rests.items() if rest.target == object_id)

    def _known(self, object_id: str | None) -> list[Problem]:
        if object_id in self.items:
            return []
        return [('known', f'{object_id} is not in the scene')]

    def _pick(self, step: Step) -> list[Problem]:
        item = self.items[step.object or '']
        if self.held is not None:
            message = f'I already hold {self._name(self.held)}, so I cannot take {_the(item)}'
            return [('hand-empty', message)]
        if not is_liftable(item):
            return [('liftable', f'{_the(item)} is too wide for my gripper')]
        return self._carries(item, 'pick up') or self._out_of_reach(item)

    def _place(self, step: Step) -> list[Problem]:
        if step.object != self.held:
            return [('holds', f'I do not hold {self._name(step.object)}, so I cannot place it')]
        if step.position is not None:
            return self._at(step, step.position)
        if step.target == step.object:
            name = self._name(step.object)
            return [('itself', f'{name} cannot be placed relative to itself')]
        known = self._known(step.target)
        return known or self._onto(step, self.items[step.target or ''])

    def _at(self, step: Step, position: Position) -> list[Problem]:
        x, y = position[:2]
        height = position[2] - self.ground if len(position) == 3 else 0.0
        if not self.workspace.holds(x, y):
            return [('workspace', f'the place ({x:.2f}, {y:.2f}) is outside my workspace')]
        if not -DEEPEST_PLACE <= height <= HIGHEST_PLACE:
            return [('workspace', f'the place is {100 * height:.0f} cm above the table')]
        item = self.items.get(step.object or '')
        middle = 0.0 if item is None else float(item.size[2]) / 2
        if not self._reaches(x, y, self.ground + height + middle):
            return [('reach', f'the place ({x:.2f}, {y:.2f}) is out of my reach')]
        near = self._in_the_way(item, (x, y)) if item is not None else None
        if near is None:
            return []
        return [('free-place', f'{_the(near)} stands at ({x:.2f}, {y:.2f}) already')]

    def _in_the_way(self, item: SceneObject, at: tuple[float, float]) -> SceneObject | None:
        """Give what certainly overlaps an object placed there, whatever its turn."""
        room = inner_radius(item)
        for key, spot in self.spots.items():
            other = self.items[key]
            is_other = key != item.id and key not in self.rests
            if is_other and math.dist(spot, at) < 0.9 * (room + inner_radius(other)):
                return other
        return None

    def _onto(self, step: Step, target: SceneObject) -> list[Problem]:
        missed = self._out_of_reach(target)
        if step.relation == 'in':
            return self._into(step, target) or missed
        if step.relation != 'on':
            return missed
        if target.shape in NO_SUPPORT:
            return [('support', f'nothing can stand on {_the(target)}')]
        upper = self.upon(target.id)
        if target.is_container:
            return self._room(step, target, 'on') or missed
        if upper:
            return [('free-top', f'{self._name(upper[0])} already stands on {_the(target)}')]
        return missed

    def _into(self, step: Step, target: SceneObject) -> list[Problem]:
        if not target.is_container:
            return [('container', f'{_the(target)} is no container, so nothing can lie in it')]
        item = self.items.get(step.object or '')
        if item is not None and not fits_in(item, target):
            return [('fits', f'{_the(item)} is too large for {_the(target)}')]
        return self._room(step, target, 'in')

    def _room(self, step: Step, target: SceneObject, word: str) -> list[Problem]:
        item = self.items.get(step.object or '')
        inside = [self.items[name] for name in self.upon(target.id) if name in self.items]
        if item is None or room_left(target, inside) >= footprint(item):
            return []
        return [('room', f'there is no room left {word} {_the(target)} for {_the(item)}')]

    def _push(self, step: Step) -> list[Problem]:
        item = self.items[step.object or '']
        if self.held is not None:
            return [('hand-empty', f'I hold {self._name(self.held)}, so I cannot push')]
        rest = self.rests.get(item.id)
        if rest is not None:
            where = f'{rest.relation} {self._name(rest.target)}'
            return [('on-table', f'{_the(item)} is {where}, so I cannot push it')]
        return self._carries(item, 'push') or self._push_end(step, item)

    def _push_end(self, step: Step, item: SceneObject) -> list[Problem]:
        if item.id in self.moved:
            return []
        dx, dy = PUSHES[step.direction or 'left']
        distance = step.distance or 0.0
        x, y = float(item.position[0]) + dx * distance, float(item.position[1]) + dy * distance
        if self.workspace.holds(x, y):
            return self._out_of_reach(item)
        return [('workspace', f'{_the(item)} would be pushed out of my workspace')]

    def _carries(self, item: SceneObject, verb: str) -> list[Problem]:
        upper = self.upon(item.id)
        if not upper:
            return []
        where = 'lies in' if item.is_container else 'stands on'
        message = f'{self._name(upper[0])} {where} {_the(item)}, so I cannot {verb} {_the(item)}'
        return [('free-top', message)]

    def _out_of_reach(self, item: SceneObject) -> list[Problem]:
        x, y, z = map(float, item.position)
        if item.id in self.moved or self._reaches(x, y, z):
            return []
        return [('reach', f'{_the(item)} at ({x:.2f}, {y:.2f}) is out of my reach')]

    def _reaches(self, x: float, y: float, z: float) -> bool:
        return self._reach is None or self._reach(x, y, z)

    def _name(self, object_id: str | None) -> str:
        item = self.items.get(object_id or '')
        return _the(item) if item is not None else str(object_id)


def _spot(item: SceneObject) -> tuple[float, float]:
    return (float(item.position[0]), float(item.position[1]))


def _the(item: SceneObject) -> str:
    return f'the {item.label or item.id}'
