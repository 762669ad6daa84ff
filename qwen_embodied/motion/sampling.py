"""RRT-Connect from OMPL, made repeatable."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ompl import base, geometric, util

Array = NDArray[np.float64]
Edge = Callable[[Array, Array], bool]

RANGES = (1.2, 0.8)  # rad, longest edge, by turns: long ones for open ways, short for tight

util.setLogLevel(util.LogLevel.LOG_NONE)


class _Edges(base.MotionValidator):  # type: ignore[misc]
    """Lets whole edges be checked at once, which is much faster than state by state."""

    def __init__(self, space: Any, edge: Edge, joints: int) -> None:
        super().__init__(space)
        self._edge, self._joints = edge, joints

    def checkMotion(self, first: Any, second: Any, *_: Any) -> bool:  # noqa: N802
        """Answer OMPL; a numpy bool would raise."""
        start = np.array([first[i] for i in range(self._joints)])
        end = np.array([second[i] for i in range(self._joints)])
        return bool(self._edge(start, end))


def connect(
    edge: Edge,
    start: Array,
    goal: Array,
    bounds: tuple[Array, Array],
    is_over: Callable[[], bool],
    seed: int = 1,
) -> Array | None:
    """Grow two trees until they meet.

    Args:
        edge: Says whether a straight joint line is free.
        start: Joints (J,) rad; free.
        goal: Joints (J,) rad; free.
        bounds: Smallest and largest joints, (J,) each.
        is_over: Asked once per sample; True ends the search.
        seed: Of the samples, from 1; the same gives the same path.

    Returns:
        Corner points (N, J), or None when it was over before.
    """
    util.RNG.setSeed(seed)
    joints = len(start)
    space = base.RealVectorStateSpace(joints)
    box = base.RealVectorBounds(joints)
    for joint in range(joints):
        box.setLow(joint, float(bounds[0][joint]))
        box.setHigh(joint, float(bounds[1][joint]))
    space.setBounds(box)
    information = base.SpaceInformation(space)
    information.setStateValidityChecker(lambda _: True)
    information.setMotionValidator(_Edges(information, edge, joints))
    information.setup()
    problem = base.ProblemDefinition(information)
    problem.setStartAndGoalStates(state_of(space, start), state_of(space, goal))
    planner = geometric.RRTConnect(information)
    planner.setRange(RANGES[(seed - 1) % len(RANGES)])
    planner.setProblemDefinition(problem)
    planner.setup()
    end = base.PlannerTerminationCondition(is_over)
    if not bool(planner.solve(end)) or not problem.hasExactSolution():
        return None
    return path_points(problem, joints)


def path_points(problem: Any, joints: int) -> Array:
    """Give the corner points (N, J) of a solved problem."""
    path = problem.getSolutionPath()
    return np.array(
        [[path.getState(at)[i] for i in range(joints)] for at in range(path.getStateCount())]
    )


def state_of(space: Any, values: Array) -> Any:
    """Give OMPL's state for joints (J,)."""
    state = space.allocState()
    for index, value in enumerate(values.tolist()):
        state[index] = value
    return state
