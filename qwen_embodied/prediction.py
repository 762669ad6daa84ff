"""Whether the world is as it was predicted to be when the planner was asked ahead of time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.planning import PlanRequest
from qwen_embodied.planning.facts import rests

ALIKE = 0.015  # m by which two looks at one thing may differ


def is_as_predicted(predicted: PlanRequest, seen: PlanRequest) -> bool:
    """Say whether an answer to one request answers the other: same words, hand, past and table."""
    same = (predicted.instruction, predicted.holding, predicted.history) == (
        seen.instruction, seen.holding, seen.history,
    )  # fmt: skip
    return same and is_alike(predicted.scene, seen.scene, seen.holding)


def is_alike(one: Scene, two: Scene, held: str | None = None) -> bool:
    """Say whether two scenes hold the same things at the same places, what is held left out."""
    first = {item.id: item for item in one.objects if item.id != held}
    second = {item.id: item for item in two.objects if item.id != held}
    if first.keys() != second.keys():
        return False
    if not all(_is_same(item, second[name]) for name, item in first.items()):
        return False
    return rests(one, held) == rests(two, held)


def _is_same(one: SceneObject, two: SceneObject) -> bool:
    looks = (one.label, one.colour, one.shape) == (two.label, two.colour, two.shape)
    moved = np.abs(one.position - two.position).max()
    grown = np.abs(one.size - two.size).max()
    return looks and bool(moved <= ALIKE) and bool(grown <= ALIKE)
