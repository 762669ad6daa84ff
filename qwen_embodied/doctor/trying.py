"""Loads the native libraries and the robot: the first that a machine may fail at."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import json
from importlib import import_module
from pathlib import Path

from qwen_embodied.doctor.facts import Probe, RobotFacts
from qwen_embodied.errors import QwenEmbodiedError

NATIVE = ('coal', 'cv2', 'ompl.base', 'pinocchio', 'ruckig')


def native(names: tuple[str, ...] = NATIVE) -> Probe:
    """Load libraries, and say which does not."""
    for name in names:
        try:
            import_module(name)
        except ImportError as error:
            return Probe(False, f'{name}: {error}')
    try:
        import_module('qwen_embodied.motion.speed').prepare()
    except ImportError as error:
        return Probe(False, f'toppra: {error}')
    return Probe(True, 'all load')


def robot_facts(name: str, description: str = '', obstacles: str = '') -> RobotFacts:
    """Load a robot and say what it is, or why it cannot be used.

    Args:
        name: File of config/robots.
        description: URDF, or its path; empty takes that of the file.
        obstacles: File of obstacles; empty for none.
    """
    from qwen_embodied.motion import load_robot, read_obstacles

    try:
        robot = load_robot(name, description or None)
        if obstacles:
            read_obstacles(Path(obstacles))
    except QwenEmbodiedError as error:
        return RobotFacts(name, fault=str(error))
    limits = robot.all_limits
    return RobotFacts(
        name,
        limits.names,
        tuple(limits.lower.tolist()),
        tuple(limits.upper.tolist()),
        robot.base_frame,
        robot.controllers,
    )


def robot(name: str, description: str = '', obstacles: str = '') -> Probe:
    """Give the robot as JSON, or what kept it from being loaded."""
    try:
        found = robot_facts(name, description, obstacles)
    except ImportError as error:
        return Probe(False, str(error))
    return Probe(True, json.dumps(dataclasses.asdict(found)))
