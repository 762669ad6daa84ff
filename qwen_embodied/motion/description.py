"""What is known of a robot beyond its URDF, and the names and limits of its joints."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qwen_embodied.errors import ContractError, RobotModelError
from qwen_embodied.limits import JointLimits
from qwen_embodied.motion.gripper import Gripper
from qwen_embodied.motion.urdf import ToolPlace

ENDLESS = 1e6  # Pinocchio's word for a limit that is not there is a huge number


@dataclass(frozen=True)
class RobotSettings:
    """What a URDF cannot hold, or lacks.

    Attributes:
        acceleration: Largest of each joint, rad/s².
        jerk: Largest of each joint, rad/s³.
        gripper: Or None for a bare arm.
        home: Where the arm waits, rad; None is the middle of the joints.
        base_frame: Name of the frame in which poses are given; the URDF's root.
        limits: lower, upper and velocity by joint, where the URDF lacks them or is too generous.
        tool: Where the tool frame is when the URDF has no link of its name.
        srdf: Path or text of an SRDF whose disabled collisions are allowed; None computes them.
        body: Path or XML of a URDF with the same links whose shapes replace the robot's, for a
            description whose meshes are not on this machine.
        packages: Folders in which package:// is looked up.
        controllers: Joints that each ros2_control controller owns, by its name.
    """

    acceleration: Sequence[float] = ()
    jerk: Sequence[float] = ()
    gripper: Gripper | None = None
    home: Sequence[float] | None = None
    base_frame: str = 'base'
    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tool: ToolPlace | None = None
    srdf: str | Path | None = None
    body: str | Path | None = None
    packages: Sequence[str | Path] = ()
    controllers: Mapping[str, Sequence[str]] = field(default_factory=dict)


def joints_to(model: Any, tool_frame: str) -> tuple[str, ...]:
    """Name the joints from the base to a link, without those that only mimic another."""
    joint = model.frames[model.getFrameId(tool_frame)].parentJoint
    names: list[str] = []
    while joint > 0:
        if model.joints[joint].nq:
            names.append(model.names[joint])
        joint = model.parents[joint]
    return tuple(reversed(names))


def check_chain(model: Any, arm: tuple[str, ...], tool_frame: str) -> None:
    """Raise RobotModelError for a joint that does not exist or does not move the tool."""
    moving = joints_to(model, tool_frame)
    for name in arm:
        if not model.existJointName(name):
            raise RobotModelError(f'the URDF has no movable joint {name}; it has {_few(model)}')
        if model.joints[model.getJointId(name)].nq and name not in moving:
            raise RobotModelError(
                f'{name} does not move {tool_frame}; these do: {", ".join(moving)}'
            )
    if not arm:
        raise RobotModelError(f'no joint moves {tool_frame}; name another tool frame')
    if len(set(arm)) != len(arm):
        raise RobotModelError(f'the joints {", ".join(arm)} hold one twice')


def check_owners(
    controllers: Mapping[str, Sequence[str]], joints: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Give the controllers, once each joint has exactly one or there are none at all."""
    owned = [joint for names in controllers.values() for joint in names]
    for joint in joints if controllers else ():
        if owned.count(joint) != 1:
            raise RobotModelError(
                f'{joint} belongs to {owned.count(joint)} controllers; it needs exactly one'
            )
    return {name: tuple(names) for name, names in controllers.items()}


def _few(model: Any) -> str:
    return ', '.join(list(model.names)[1:13])


def arm_limits(model: Any, arm: tuple[str, ...], settings: RobotSettings) -> JointLimits:
    """Join the URDF's limits of the arm with those of the settings."""
    for key in ('acceleration', 'jerk'):
        count = len(getattr(settings, key))
        if count != len(arm):
            raise RobotModelError(
                f'{key} has {count} values; the arm has the {len(arm)} joints '
                f'{", ".join(arm)}; a URDF cannot hold it, so give it in the settings'
            )
    return _limits(model, arm, settings.acceleration, settings.jerk)


def all_limits(model: Any, limits: JointLimits, gripper: Gripper | None) -> JointLimits:
    """Add the gripper's joint to the limits of the arm."""
    if gripper is None:
        return limits
    if not model.existJointName(gripper.joint):
        raise RobotModelError(f'the URDF has no gripper joint {gripper.joint}')
    names = (*limits.names, gripper.joint)
    acceleration = [*limits.acceleration, gripper.acceleration]
    return _limits(model, names, acceleration, [*limits.jerk, gripper.jerk])


def _column(model: Any, name: str) -> tuple[int, int]:
    joint = model.joints[model.getJointId(name)]
    if joint.nq != 1 or joint.nv != 1:
        raise RobotModelError(f'{name} mimics another joint; name the one that it mimics instead')
    return joint.idx_q, joint.idx_v


def _limits(
    model: Any, names: tuple[str, ...], acceleration: Sequence[float], jerk: Sequence[float]
) -> JointLimits:
    columns = [_column(model, name) for name in names]
    lower = np.array([model.lowerPositionLimit[q] for q, _ in columns])
    upper = np.array([model.upperPositionLimit[q] for q, _ in columns])
    velocity = np.array([model.velocityLimit[v] for _, v in columns])
    for name, low, high, speed in zip(names, lower, upper, velocity, strict=True):
        if not (-ENDLESS < low < high < ENDLESS):
            raise RobotModelError(f'{name} has no range between the limits {low:g} and {high:g}')
        if not 0.0 < speed < ENDLESS:
            raise RobotModelError(f'{name} has the velocity limit {speed:g}; it must be positive')
    try:
        return JointLimits(names, lower, upper, velocity, np.array(acceleration), np.array(jerk))
    except ContractError as error:
        raise RobotModelError(f'limits of {", ".join(names)}: {error}') from error
