"""The table as the plan changes it while it is written: positions, rests, the hand, the steps."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from qwen_embodied.geometry import pose
from qwen_embodied.messages import BASIC_COLOURS, SHAPES, SceneObject
from qwen_embodied.planning.facts import Rest, Workspace, is_liftable, rests
from qwen_embodied.planning.goals import Goal
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.model import Reach
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import MAX_STEPS, WAIT_RANGE, Step

_STEP_ASIDE = 0.12
_OFFSETS = {
    'left_of': (0.0, 1.0), 'right_of': (0.0, -1.0), 'in_front_of': (-1.0, 0.0),
    'behind': (1.0, 0.0), 'next_to': (0.0, -1.0),
}  # fmt: skip

Point = tuple[float, float]


@dataclass
class Table:
    """What is known while the steps are written.

    Attributes:
        items: Objects by id, in a fixed order.
        spots: Expected (x, y) m of each object.
        rests: What rests in or on what.
        held: Id in the gripper, or None.
        steps: Written so far.
        goals: What the steps are for, in their order; moving things aside is for nothing.
        origins: Where each picked object stood before, (x, y) m.
        mentioned: Ids the operator has named so far.
        movers: Ids moved last, for 'it' and 'them'.
        target: Id of the last target, or None.
        protected: Ids that must not be touched.
        banned: (object, relation, target) that must not be made.
        moved: Ids that were moved.
        aside: Id of what the held object was taken out of, or None.
        workspace: Where things may be put.
        reach: Says whether the tool gets to x, y, z m; None trusts that it does.
        ground: z of the table, m.
        begun: The table as it was before the plan, or None; the operator sees that one.
    """

    items: dict[str, SceneObject]
    spots: dict[str, Point]
    rests: dict[str, Rest]
    held: str | None
    workspace: Workspace
    steps: list[Step] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    origins: dict[str, Point] = field(default_factory=dict)
    mentioned: list[str] = field(default_factory=list)
    movers: tuple[str, ...] = ()
    target: str | None = None
    protected: frozenset[str] = frozenset()
    banned: frozenset[tuple[str, str, str]] = frozenset()
    moved: frozenset[str] = frozenset()
    aside: str | None = None
    reach: Reach | None = None
    ground: float = 0.0
    begun: Table | None = None

    @classmethod
    def of(cls, request: PlanRequest, workspace: Workspace) -> Self:
        """Take over the scene and what is held, in an order that does not hang on tracking."""
        items = {item.id: item for item in sorted(request.scene.objects, key=_left_to_right)}
        if request.holding is not None and request.holding not in items:
            items[request.holding] = _unseen(request.holding)
        spots = {key: (float(i.position[0]), float(i.position[1])) for key, i in items.items()}
        movers = (request.holding,) if request.holding else ()
        found = rests(request.scene, without=request.holding)
        ground = request.scene.table_height
        return cls(items, spots, found, request.holding, workspace, movers=movers,
                   reach=request.reach, ground=ground)  # fmt: skip

    def copy(self) -> Self:
        """Give a copy whose changes leave this one alone."""
        twin = copy.copy(self)
        twin.spots, twin.rests, twin.origins = (
            dict(self.spots),
            dict(self.rests),
            dict(self.origins),
        )
        twin.steps, twin.mentioned = list(self.steps), list(self.mentioned)
        twin.goals = list(self.goals)
        return twin

    def upon(self, object_id: str) -> list[str]:
        """Give what rests directly in or on an object."""
        return [upper for upper, rest in self.rests.items() if rest.target == object_id]

    def level(self, object_id: str) -> int:
        """Count the objects below an object that stands on them."""
        count, rest = 0, self.rests.get(object_id)
        while rest is not None and count < len(self.items):
            count += rest.relation == 'on'
            rest = self.rests.get(rest.target)
        return count

    def reaches(self, point: Point, object_id: str) -> bool:
        """Say whether the arm gets an object to a point of the table."""
        middle = self.ground + float(self.items[object_id].size[2]) / 2
        return self.reach is None or self.reach(point[0], point[1], middle)

    def is_movable(self, object_id: str) -> bool:
        """Say whether the gripper can take an object."""
        return is_liftable(self.items[object_id])

    def mention(self, ids: tuple[str, ...]) -> None:
        """Remember that ids were named."""
        self.mentioned += [name for name in ids if name not in self.mentioned]

    def add(self, step: Step) -> None:
        """Append a step; raises Unclear when the plan would grow too long."""
        if len(self.steps) == MAX_STEPS:
            raise Unclear(
                f'That takes more than {MAX_STEPS} steps. Please give me a part of it first.'
            )
        self.steps.append(step)

    def pick(self, name: str) -> None:
        """Write a pick."""
        self.add(Step(action='pick', object=name))
        self.goals.append(Goal(name, 'held'))
        self.origins.setdefault(name, self.spots[name])
        self.rests.pop(name, None)
        self.held = name
        self.moved |= {name}

    def place(self, name: str, relation: str, target: str) -> None:
        """Write a place relative to a target."""
        self.add(Step.model_validate(
            {'action': 'place', 'object': name, 'relation': relation, 'target': target}
        ))  # fmt: skip
        self.goals.append(Goal(name, relation, target))
        x, y = self.spots[target]
        dx, dy = _OFFSETS.get(relation, (0.0, 0.0))
        self.spots[name] = (x + dx * _STEP_ASIDE, y + dy * _STEP_ASIDE)
        if relation in ('in', 'on'):
            self.rests[name] = Rest(relation, target)
        self.held = None

    def place_at(self, name: str, point: Point, *, aside: bool = False) -> None:
        """Write a place at a point of the table; aside: only to have it out of the way."""
        x, y = round(point[0], 3) + 0.0, round(point[1], 3) + 0.0
        if not self.workspace.holds(x, y):
            area = self.workspace
            raise Unclear(
                f'The place ({x:.2f}, {y:.2f}) is out of my reach. I can put things at '
                f'x from {area.x_min:.2f} to {area.x_max:.2f} m and '
                f'y from {area.y_min:.2f} to {area.y_max:.2f} m. Where should it go?'
            )
        self.add(Step(action='place', object=name, relation='at', position=(x, y)))
        if not aside:
            self.goals.append(Goal(name, 'at', None, (x, y)))
        self.spots[name] = (x, y)
        self.held = None

    def wait(self, seconds: float) -> None:
        """Write a wait."""
        if not WAIT_RANGE[0] <= seconds <= WAIT_RANGE[1]:
            low, high = WAIT_RANGE
            raise Unclear(f'I can wait {low:g} to {high:g} seconds. How long should I wait?')
        self.add(Step(action='wait', seconds=seconds))


def _left_to_right(item: SceneObject) -> tuple[float, float, str]:
    x, y = float(item.position[0]), float(item.position[1])
    return (round(-y, 4), round(x, 4), item.id)


def _unseen(name: str) -> SceneObject:
    """Describe a held object that the camera does not see by the words of its id."""
    parts = name.split('_')
    colour = next((part for part in parts if part in BASIC_COLOURS), 'unknown')
    shape = next((part for part in parts if part in SHAPES), 'unknown')
    words = [part for part in parts if not part.isdigit()]
    where, size = pose([0.0, 0.0, 1.0]), np.full(3, 0.04)
    return SceneObject(name, ' '.join(words), colour, shape, where, size, 0.0)
