"""The MotionBenchMaker problems of the Panda: where the file is, and its worlds."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import JointLimitError, MissingDependencyError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.motion import Collider, Obstacle, Robot, Solid, World

Array = NDArray[np.float64]

VARIABLE = 'QWEN_EMBODIED_MOTION_PROBLEMS'
PLACE = 'shared/data/motion/panda_mbm.json.gz'  # beside the checkout


@dataclass(frozen=True, eq=False)
class Problem:
    """One problem.

    Attributes:
        family: Of its scene.
        number: In the family.
        world: Obstacles in the base frame.
        start: Joints (J,) rad.
        goal: Joints (J,) rad.
    """

    family: str
    number: int
    world: World
    start: Array
    goal: Array

    def fault(self, robot: Robot, opening: float) -> str | None:
        """Say why the problem has no solution for a robot, or None when it may have one."""
        collider = Collider(robot, self.world)
        demand = collider.demand(0.0, 0.0)
        for part, point in (('start', self.start), ('goal', self.goal)):
            try:
                robot.check(point)
            except JointLimitError as error:
                return f'{part} outside limits: {error.joint}'
            contact = collider.first(np.append(point, opening)[None], demand)
            if contact is not None:
                return f'{part} in collision: {contact.first}'
        return None


def problem_file() -> Path:
    """Find the problems: named by an environment variable, or beside the checkout.

    Raises:
        MissingDependencyError: They are not there.
    """
    named = os.environ.get(VARIABLE)
    beside = Path(__file__).resolve().parents[3] / PLACE
    path = Path(named) if named else beside
    if not path.is_file():
        raise MissingDependencyError(
            f'{path} (planning problems)', f'name the file in {VARIABLE} or put it at ../{PLACE}'
        )
    return path


def read_problems(path: Path, every: int = 1) -> Iterator[Problem]:
    """Read every so-manieth problem of each family; families come in turns."""
    with gzip.open(path, 'rt', encoding='utf-8') as stream:
        families = json.load(stream)['problems']
    for number in range(0, max(len(some) for some in families.values()), every):
        for family, some in families.items():
            if number < len(some):
                entry = some[number]
                start, goal = np.array(entry['start']), np.array(entry['goals'][0])
                yield Problem(family, number, _world(entry), start, goal)


def _world(entry: dict[str, Any]) -> World:
    boxes = [_body(item, 'box', 2 * np.array(item['half_extents'])) for item in entry['box']]
    cylinders = [
        _body(item, 'cylinder', [2 * item['radius'], 2 * item['radius'], item['length']])
        for item in entry['cylinder']
    ]
    spheres = [_body(item, 'sphere', [2 * item['radius']] * 3) for item in entry['sphere']]
    return World(boxes, cylinders, spheres)


def _body(item: dict[str, Any], kind: str, size: Any) -> Obstacle:
    place = pose(item['position'], rotation_of(item['orientation_quat_xyzw']))
    return Obstacle(item['name'], (Solid(kind, np.array(size, dtype=float), place),))
