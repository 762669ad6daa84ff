"""Which perceived object an id of the plan means now."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import GroundingError
from qwen_embodied.messages import Scene, SceneObject

SIMILAR = 0.02  # m by which the sides of one thing may be measured differently
NEAR = 0.06  # m between where an object was put and where it may be found under another id


class Identities:
    """Follows the objects of a plan through scenes.

    Perception may give a moved object a new id, since it was hidden by the hand on the way.
    Where it was put down is known, so what lies there in its colour is the same object. What
    somebody moved or turned over is known again where just one new object looks like it.
    """

    def __init__(self, scene: Scene | None = None) -> None:
        """Start with every id meaning itself; the scene is the one that the plan was made for."""
        self._known = {} if scene is None else {item.id: item for item in scene.objects}
        self._now: dict[str, str] = {}
        self._expected: dict[str, tuple[SceneObject, NDArray[np.float64]]] = {}

    def expect(self, object_id: str, item: SceneObject, position: NDArray[np.float64]) -> None:
        """Remember where an object was put: position (3,) m in the base frame."""
        self._expected[object_id] = (item, position)

    def find(self, object_id: str | None, scene: Scene) -> SceneObject:
        """Give the object an id means; raises GroundingError when it is not in the scene."""
        name = object_id or 'nothing'
        item = scene.find(self._now.get(name, name))
        item = item or self._at_its_place(name, scene) or self._by_its_look(name, scene)
        if item is None:
            raise GroundingError(name, tuple(known.id for known in scene.objects))
        self._now[name] = item.id
        return item

    def _at_its_place(self, name: str, scene: Scene) -> SceneObject | None:
        if name not in self._expected:
            return None
        item, place = self._expected[name]
        taken = set(self._now.values())
        alike = [
            other
            for other in scene.objects
            if other.colour == item.colour
            and other.is_container == item.is_container
            and other.id not in taken
            and _distance(other, place) <= NEAR
        ]
        return min(alike, key=lambda other: _distance(other, place), default=None)

    def _by_its_look(self, name: str, scene: Scene) -> SceneObject | None:
        """Give the one new object that looks like one that is gone: somebody moved it."""
        gone = self._known.get(name)
        if gone is None:
            return None
        taken = set(self._now.values())
        alike = [
            other
            for other in scene.objects
            if other.id not in self._known and other.id not in taken and _is_alike(gone, other)
        ]
        return alike[0] if len(alike) == 1 else None


def _is_alike(one: SceneObject, two: SceneObject) -> bool:
    """Say whether two objects can be one thing that was turned over: colour and sorted sides."""
    sides = np.abs(np.sort(one.size) - np.sort(two.size))
    is_same = one.colour == two.colour and one.is_container == two.is_container
    return is_same and bool((sides <= SIMILAR).all())


def _distance(item: SceneObject, place: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(item.position - place))
