"""Checks of what is configured: parameter files, the robot, and the model server."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.doctor.facts import Facts, RobotFacts
from qwen_embodied.doctor.finding import AGAIN, Check, Finding

# What these nodes must agree about.
CELL_NODES = ('planner', 'safety_supervisor', 'arm_controller')
CELL_NAMES = ('robot', 'robot_description')
SHOWN = 3
GROUP = 'settings'


def parameter_files(facts: Facts) -> Finding:
    """Every parameter is known, of its type and in its range."""
    check, faults = Check(GROUP, 'parameter files'), facts.configuration
    if faults is None:
        return check.idle('cannot be checked without rclpy')
    if faults:
        more = f'; and {len(faults) - SHOWN} more' if len(faults) > SHOWN else ''
        fix = 'qwen-embodied parameters NODE says what is allowed'
        return check.bad('; '.join(faults[:SHOWN]) + more, fix)
    return check.good('every value is known and in its range')


def robot(facts: Facts) -> Finding:
    """The robot's file has everything: limits, gripper, tool, controllers, obstacles."""
    check = Check(GROUP, 'robot')
    if facts.robot is None:
        return check.idle('it could not be tried; see the check of the native libraries')
    return _complete(check, facts.robot, 'complete config/robots as docs/robots.md says')


def description(facts: Facts) -> Finding:
    """What the driver publishes on robot_description has everything too."""
    check = Check(GROUP, 'robot_description')
    wants = facts.wanted.description == 'topic'
    if facts.graph is None or not facts.graph.nodes:
        return check.idle('no graph runs')
    if not facts.graph.description:
        if not wants:
            return check.idle(f'nobody publishes it; wanted is {facts.wanted.description}')
        fix = "start the driver's robot_state_publisher"
        return check.late(facts.machine, 'nothing is heard on it', fix)
    if facts.own_robot is None:
        return check.bad('it could not be loaded in time', 'look at it with check_urdf')
    fix = 'give what it lacks in config/robots, as docs/robots.md says'
    return _complete(check, facts.own_robot, fix)


def agreement(facts: Facts) -> Finding:
    """Planner, safety supervisor and arm controller are set up for the same arm."""
    check = Check(GROUP, 'nodes agree')
    known = facts.graph.parameters if facts.graph else {}
    told = {
        name: tuple(str(values.get(key)) for key in CELL_NAMES)
        for name, values in known.items()
        if name.rpartition('/')[2] in CELL_NODES
    }
    if len(told) < 2:
        return check.idle('fewer than two of them run')
    said = [f'{name}: {" from ".join(values)}' for name, values in sorted(told.items())]
    if len(set(told.values())) > 1:
        return check.bad('; '.join(said), 'give all three the same cell.yaml')
    return check.good(f'{len(told)} nodes: {" from ".join(next(iter(told.values())))}')


def server(facts: Facts) -> Finding:
    """The model server answers, and holds to a schema."""
    check, tried = Check(GROUP, 'model server'), facts.server
    if tried is None:
        return check.idle(f'the planner is {facts.wanted.planner}')
    fix = 'start it, or correct servers and model; docs/models.md'
    return check.good(tried.said) if tried.worked else check.failed(tried, fix)


def _complete(check: Check, robot: RobotFacts, fix: str) -> Finding:
    if robot.fault:
        return check.doubt(robot.fault, AGAIN) if robot.is_late else check.bad(robot.fault, fix)
    said = f'{robot.name}: {len(robot.joints)} joints with all limits, base {robot.base_frame}'
    return check.good(said)


CHECKS = (parameter_files, robot, description, agreement, server)
