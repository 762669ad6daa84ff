"""The planner to compare with: OMPL's RRT-Connect as it comes, asking Python about each state."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray
from ompl import base, geometric, util

from qwen_embodied.motion.collision import Collider
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.sampling import path_points, state_of
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

RESOLUTION = 0.01  # of the extent of the space: OMPL's own


def plain_path(
    robot: Robot, world: World, start: Array, goal: Array, opening: float, seconds: float
) -> Array | None:
    """Plan without a margin, as a reader of both libraries' tutorials would.

    The checker is Pinocchio's computeCollisions over all pairs, stopping at the first; range,
    resolution and seed are OMPL's; the path is neither proved nor shortened.

    Returns:
        Corner points (N, J), or None when the time was up.
    """
    util.RNG.setSeed(1)
    collider = Collider(robot, world)
    shapes = collider.bodies.pairs_alone(collider.demand(0.0, 0.0).scene)
    geometry, data = shapes.createData(), robot.model.createData()
    joints = len(start)

    def is_valid(state: Any) -> bool:
        row = np.array([*(state[i] for i in range(joints)), opening])
        full = robot.chain.spread(row)
        return not pin.computeCollisions(robot.model, data, shapes, geometry, full, True)

    space = base.RealVectorStateSpace(joints)
    box = base.RealVectorBounds(joints)
    for joint in range(joints):
        box.setLow(joint, float(robot.limits.lower[joint]))
        box.setHigh(joint, float(robot.limits.upper[joint]))
    space.setBounds(box)
    information = base.SpaceInformation(space)
    information.setStateValidityChecker(is_valid)
    information.setStateValidityCheckingResolution(RESOLUTION)
    information.setup()
    problem = base.ProblemDefinition(information)
    problem.setStartAndGoalStates(state_of(space, start), state_of(space, goal))
    planner = geometric.RRTConnect(information)
    planner.setProblemDefinition(problem)
    planner.setup()
    if not bool(planner.solve(seconds)) or not problem.hasExactSolution():
        return None
    return path_points(problem, joints)
