"""What must hold in the end: goals, apart from the steps that reach them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

BESIDE = ('left_of', 'right_of', 'in_front_of', 'behind', 'next_to')


@dataclass(frozen=True)
class Goal:
    """One thing that must hold in the end.

    Attributes:
        object: Id of the object that the goal speaks of.
        relation: As in a plan's step; 'held' when it is only picked, 'pushed' when pushed,
            'clear' when nothing may rest in or on it.
        target: Id of the other object, or None.
        position: (x, y) m for 'at', with z of a measured surface; the wanted displacement
            (x, y) for 'pushed'.
    """

    object: str
    relation: str
    target: str | None = None
    position: tuple[float, float] | tuple[float, float, float] | None = None


def last_of_each(goals: tuple[Goal, ...]) -> tuple[Goal, ...]:
    """Keep the last goal of each object, in the order in which the objects were named."""
    kept: dict[str, Goal] = {}
    for goal in goals:
        kept[goal.object] = goal
    return tuple(kept.values())
