"""Checks a plan against a symbolic model of the table, step by step."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.planning.facts import (
    NO_SUPPORT,
    Rest,
    Workspace,
    fits_in,
    is_liftable,
    rests,
)
from qwen_embodied.planning.schema import Plan, Step

DIRECTION_VECTORS = {
    'left': (0.0, 1.0), 'right': (0.0, -1.0), 'forward': (1.0, 0.0), 'back': (-1.0, 0.0),
}  # fmt: skip


@dataclass(frozen=True)
class Violation:
    """A step that cannot or must not be done.

    Attributes:
        step: Index in the plan, from 0.
        rule: One word per rule, such as 'hand-empty'.
        message: Why, in words for a person.
    """

    step: int
    rule: str
    message: str


def verify(
    plan: Plan, scene: Scene, holding: str | None = None, workspace: Workspace | None = None
) -> tuple[Violation, ...]:
    """Play a plan through a symbolic model of the table.

    Args:
        plan: To be checked; its steps are assumed to succeed one after the other.
        scene: As perceived now.
        holding: Id of the object in the gripper now, or None.
        workspace: Where things may be put; None for the usual table.

    Returns:
        What is wrong, in the order of the steps; empty when the plan makes sense.
    """
    model = _Model(scene, holding, workspace or Workspace())
    last = len(plan.steps) - 1
    found: list[Violation] = []
    for index, step in enumerate(plan.steps):
        problems = model.problems(step)
        if step.action == 'ask' and index != last:
            problems = [('ask-ends', 'a question must be the last step')]
        found += [Violation(index, rule, message) for rule, message in problems]
        model.apply(step)
    return tuple(found)


Problem = tuple[str, str]


class _Model:
    """What is held and what rests where, as the steps change it."""

    def __init__(self, scene: Scene, holding: str | None, workspace: Workspace) -> None:
        self.items = {item.id: item for item in scene.objects}
        self.held = holding
        self.workspace = workspace
        self.rests = rests(scene, without=holding)
        self.moved: set[str] = {holding} if holding else set()

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
        if step.action == 'pick':
            self.held = step.object
        elif step.action == 'place':
            self.held = None if self.held == step.object else self.held
            if step.relation in ('in', 'on') and step.target is not None:
                self.rests[step.object] = Rest(step.relation, step.target)

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
        return self._carries(item, 'pick up')

    def _place(self, step: Step) -> list[Problem]:
        if step.object != self.held:
            return [('holds', f'I do not hold {self._name(step.object)}, so I cannot place it')]
        if step.position is not None:
            x, y = step.position
            if not self.workspace.holds(x, y):
                return [('workspace', f'the place ({x:.2f}, {y:.2f}) is outside my workspace')]
            return []
        if step.target == step.object:
            name = self._name(step.object)
            return [('itself', f'{name} cannot be placed relative to itself')]
        return self._known(step.target) or self._onto(step, self.items[step.target or ''])

    def _onto(self, step: Step, target: SceneObject) -> list[Problem]:
        if step.relation == 'in':
            return self._into(step, target)
        if step.relation != 'on':
            return []
        if target.shape in NO_SUPPORT:
            return [('support', f'nothing can stand on {_the(target)}')]
        upper = [] if target.is_container else self._upon(target.id)
        if upper:
            return [('free-top', f'{self._name(upper[0])} already stands on {_the(target)}')]
        return []

    def _into(self, step: Step, target: SceneObject) -> list[Problem]:
        if not target.is_container:
            return [('container', f'{_the(target)} is no container, so nothing can lie in it')]
        item = self.items.get(step.object or '')
        if item is not None and not fits_in(item, target):
            return [('fits', f'{_the(item)} is too large for {_the(target)}')]
        return []

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
        dx, dy = DIRECTION_VECTORS[step.direction or 'left']
        distance = step.distance or 0.0
        x, y = float(item.position[0]) + dx * distance, float(item.position[1]) + dy * distance
        if self.workspace.holds(x, y):
            return []
        return [('workspace', f'{_the(item)} would be pushed out of my workspace')]

    def _carries(self, item: SceneObject, verb: str) -> list[Problem]:
        upper = self._upon(item.id)
        if not upper:
            return []
        where = 'lies in' if item.is_container else 'stands on'
        message = f'{self._name(upper[0])} {where} {_the(item)}, so I cannot {verb} {_the(item)}'
        return [('free-top', message)]

    def _upon(self, object_id: str) -> list[str]:
        return sorted(upper for upper, rest in self.rests.items() if rest.target == object_id)

    def _name(self, object_id: str | None) -> str:
        item = self.items.get(object_id or '')
        return _the(item) if item is not None else str(object_id)


def _the(item: SceneObject) -> str:
    return f'the {item.label or item.id}'
