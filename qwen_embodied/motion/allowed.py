"""Which links of a robot may touch one another: read from an SRDF, or computed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import coal
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import RobotModelError

if TYPE_CHECKING:
    from qwen_embodied.motion.robot import Robot

SAMPLES = 100  # random postures
APART = 0.001  # m; a finger that never comes nearer to the link before the wrist cannot touch it
ALWAYS_NEAR = 0.02  # m; parts whose usual distance is smaller belong together

Pairs = NDArray[np.int64]


def own_pairs(robot: Robot) -> Pairs:
    """Give the pairs (N, 2) of a robot's parts that must not collide; computed once."""
    cached: Pairs | None = robot.__dict__.get('_own_pairs')
    if cached is None:
        pairs = _computed(robot) if robot.srdf is None else _listed(robot, robot.srdf)
        cached = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        robot.__dict__['_own_pairs'] = cached
    return cached


def read_srdf(source: str | Path) -> frozenset[frozenset[str]]:
    """Read the pairs of links whose collision an SRDF disables, from its path or text.

    Raises:
        RobotModelError: It cannot be read, or an entry lacks a link.
    """
    given = isinstance(source, str) and '<' in source
    name = 'the SRDF' if given else f'the SRDF {source}'
    try:
        text = str(source) if given else Path(source).read_text(encoding='utf-8')
        root = ElementTree.fromstring(text)
    except (OSError, ElementTree.ParseError, UnicodeDecodeError) as error:
        raise RobotModelError(f'{name} cannot be read: {error}') from error
    found = []
    for entry in root.findall('disable_collisions'):
        links = [entry.get('link1'), entry.get('link2')]
        if None in links:
            raise RobotModelError(f'{name} has a disable_collisions without link1 or link2')
        found.append(frozenset(str(link) for link in links))
    return frozenset(found)


def _listed(robot: Robot, source: str | Path) -> list[tuple[int, int]]:
    """Give every pair of parts on different bodies that an SRDF does not allow."""
    allowed = read_srdf(source)
    known = {frame.name for frame in robot.model.frames}
    if allowed and not any(pair <= known for pair in allowed):
        raise RobotModelError(
            'the SRDF disables no collision between links of this robot; '
            f'it speaks of {", ".join(sorted(next(iter(allowed))))}: is it of another robot?'
        )
    return [
        (a, b)
        for a, b in combinations(range(len(robot.parts)), 2)
        if robot.parts[a].body != robot.parts[b].body
        and frozenset((robot.parts[a].link, robot.parts[b].link)) not in allowed
    ]


def _computed(robot: Robot) -> list[tuple[int, int]]:
    """Leave out neighbours, the gripper among itself, and what is nearly always close.

    Fingers that can never touch the link before the wrist are left out with it as well.
    """
    rng = np.random.default_rng(0)
    lower, upper = robot.all_limits.lower, robot.all_limits.upper
    bodies = robot.chain.poses(rng.uniform(lower, upper, (SAMPLES, len(lower))))
    parents = [int(parent) for parent in robot.model.parents]
    pairs = []
    for a, b in combinations(range(len(robot.parts)), 2):
        first, second = robot.parts[a], robot.parts[b]
        neighbours = parents[second.body] == first.body or parents[first.body] == second.body
        gripper = min(first.body, second.body) >= robot.tool_body
        if first.body == second.body or neighbours or gripper:
            continue
        distances = [
            _distance(first.geometry, row[first.body] @ first.pose,
                      second.geometry, row[second.body] @ second.pose)
            for row in bodies
        ]  # fmt: skip
        ends = {first.body, second.body}
        finger = parents[robot.tool_body] in ends and max(ends) > robot.tool_body
        if np.median(distances) > ALWAYS_NEAR and not (finger and min(distances) > APART):
            pairs.append((a, b))
    return pairs


def _distance(first: Any, pose: Any, second: Any, other: Any) -> float:
    places = [coal.Transform3s(place[:3, :3], place[:3, 3]) for place in (pose, other)]
    request, result = coal.DistanceRequest(), coal.DistanceResult()
    return float(coal.distance(first, places[0], second, places[1], request, result))
