"""What the search starts from and what it finds."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qwen_embodied.messages import SceneObject
from qwen_embodied.planning.facts import Rest
from qwen_embodied.planning.goals import Goal


@dataclass(frozen=True)
class Movement:
    """One object goes to its goal, or aside where the goal is None."""

    object: str
    goal: Goal | None


@dataclass(frozen=True)
class Start:
    """The table before the first movement.

    Attributes:
        items: Objects by id.
        rests: What rests in or on what.
        spots: (x, y) m of each object.
        held: Id in the gripper, or None.
        fixed: Ids that must not be touched.
    """

    items: Mapping[str, SceneObject]
    rests: Mapping[str, Rest]
    spots: Mapping[str, tuple[float, float]]
    held: str | None = None
    fixed: frozenset[str] = frozenset()


class NoWayError(Exception):
    """No sequence of movements reaches the goals; the text says why, for a person."""
