"""Which perceived object an id of the plan means now."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import GroundingError
from qwen_embodied.messages import Scene, SceneObject

NEAR = 0.06  # m between where an object was put and where it may be found under another id


class Identities:
    """Follows the objects of a plan through scenes.

    Perception may give a moved object a new id, since it was hidden by the hand on the way.
    Where it was put down is known, so what lies there in its colour is the same object.
    """

    def __init__(self) -> None:
        """Start with every id meaning itself."""
        self._now: dict[str, str] = {}
        self._expected: dict[str, tuple[SceneObject, NDArray[np.float64]]] = {}

    def expect(self, object_id: str, item: SceneObject, position: NDArray[np.float64]) -> None:
        """Remember where an object was put: position (3,) m in the base frame."""
        self._expected[object_id] = (item, position)

    def find(self, object_id: str | None, scene: Scene) -> SceneObject:
        """Give the object an id means; raises GroundingError when it is not in the scene."""
        name = object_id or 'nothing'
        item = scene.find(self._now.get(name, name)) or self._at_its_place(name, scene)
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


def _distance(item: SceneObject, place: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(item.position - place))
