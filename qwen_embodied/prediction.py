"""Whether the world is as it was predicted to be when the planner was asked ahead of time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.messages import Array, Scene, SceneObject
from qwen_embodied.planning import PlanRequest
from qwen_embodied.planning.facts import rests

ALIKE = 0.015  # m by which two looks at one thing may differ
UNMOVED = 0.003  # m by which the corners of a thing may differ that a motion was made for


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


def is_unmoved(one: Scene, two: Scene) -> bool:
    """Say whether a motion among the things of one scene will do among those of the other."""
    first = {item.id: item for item in one.objects}
    second = {item.id: item for item in two.objects}
    if first.keys() != second.keys():
        return False
    return all(_is_in_place(item, second[name]) for name, item in first.items())


def _is_in_place(one: SceneObject, two: SceneObject) -> bool:
    """Compare corners, so that it does not matter which way round a cube was measured."""
    if one.shape != two.shape:
        return False
    ways = np.linalg.norm(_corners(one)[:, None] - _corners(two)[None], axis=2)
    return bool(ways.min(axis=1).max() <= UNMOVED)


def _corners(item: SceneObject) -> Array:
    """Give the corners of a thing's box in the base, (8, 3)."""
    corners: Array = (np.indices((2, 2, 2)).reshape(3, 8).T - 0.5) * item.size
    pose = item.object_in_base
    return corners @ pose[:3, :3].T + pose[:3, 3]


def _is_same(one: SceneObject, two: SceneObject) -> bool:
    looks = (one.label, one.colour, one.shape) == (two.label, two.colour, two.shape)
    moved = np.abs(one.position - two.position).max()
    grown = np.abs(one.size - two.size).max()
    return looks and bool(moved <= ALIKE) and bool(grown <= ALIKE)
