"""Checks a plan against a symbolic model of the table, step by step."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from qwen_embodied.messages import Scene
from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.model import Model, Reach
from qwen_embodied.planning.schema import Plan

__all__ = ['Violation', 'verify']


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
    plan: Plan,
    scene: Scene,
    holding: str | None = None,
    workspace: Workspace | None = None,
    *,
    reach: Reach | None = None,
) -> tuple[Violation, ...]:
    """Play a plan through a symbolic model of the table.

    Args:
        plan: To be checked; its steps are assumed to succeed one after the other.
        scene: As perceived now.
        holding: Id of the object in the gripper now, or None.
        workspace: Where things may be put; None for the usual table.
        reach: Says whether the robot's tool gets to x, y, z m in the base frame; None trusts
            that it does.

    Returns:
        What is wrong, in the order of the steps; empty when the plan makes sense.
    """
    model = Model.of(scene, holding, workspace or Workspace(), reach)
    last = len(plan.steps) - 1
    found: list[Violation] = []
    for index, step in enumerate(plan.steps):
        problems = model.problems(step)
        if step.action == 'ask' and index != last:
            problems = [('ask-ends', 'a question must be the last step')]
        found += [Violation(index, rule, message) for rule, message in problems]
        model.apply(step)
    return tuple(found)
