"""Reading a robot description: names and limits of its joints, and what it lacks."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from qwen_embodied.errors import ContractError, RobotModelError
from qwen_embodied.limits import JointLimits

ENDLESS = 1e6  # Pinocchio's word for a limit that is not there is a huge number


@dataclass(frozen=True, eq=False)
class Gripper:
    """A two-finger gripper that one joint drives.

    Attributes:
        joint: Position of one finger; the other mimics it.
        open: Joint position when open, m.
        closed: Joint position when closed, m.
        finger_depth: How far the finger tips reach past the tool frame, m.
        acceleration: Largest, m/s².
        jerk: Largest, m/s³.
    """

    joint: str
    open: float
    closed: float
    finger_depth: float
    acceleration: float
    jerk: float

    @property
    def opening(self) -> float:
        """Largest width between the fingers, m."""
        return 2.0 * (self.open - self.closed)


@dataclass(frozen=True)
class RobotSettings:
    """What a URDF cannot hold.

    Attributes:
        acceleration: Largest of each joint, rad/s².
        jerk: Largest of each joint, rad/s³.
        gripper: Or None for a bare arm.
        home: Where the arm waits, rad; None is the middle of the joints.
        base_frame: Name of the frame in which poses are given; the URDF's root.
    """

    acceleration: Sequence[float] = ()
    jerk: Sequence[float] = ()
    gripper: Gripper | None = None
    home: Sequence[float] | None = None
    base_frame: str = 'base'


def read_xml(source: str | Path) -> str:
    """Give the XML of a URDF that is given as such or by its path, once it is complete.

    Raises:
        RobotModelError: It cannot be read, or names the joint that lacks a limit.
    """
    try:
        given = isinstance(source, str) and '<robot' in source
        xml = str(source) if given else Path(source).read_text(encoding='utf-8')
        joints = ElementTree.fromstring(xml).findall('joint')
    except (OSError, ElementTree.ParseError) as error:
        name = 'the URDF' if given else f'the URDF {source}'
        raise RobotModelError(f'{name} cannot be read: {error}') from error
    for joint in joints:
        _check_joint(joint)
    return xml


def _check_joint(joint: ElementTree.Element) -> None:
    name, limit = joint.get('name'), joint.find('limit')
    if joint.get('type') not in ('revolute', 'prismatic'):
        return
    for attribute in ('lower', 'upper', 'velocity'):
        if limit is None or limit.get(attribute) is None:
            raise RobotModelError(f'{name} has no {attribute} limit in the URDF')


def joints_to(model: Any, tool_frame: str) -> tuple[str, ...]:
    """Name the joints from the base to a link."""
    joint = model.frames[model.getFrameId(tool_frame)].parentJoint
    names: list[str] = []
    while joint > 0:
        names.append(model.names[joint])
        joint = model.parents[joint]
    return tuple(reversed(names))


def arm_limits(model: Any, arm: tuple[str, ...], settings: RobotSettings) -> JointLimits:
    """Join the URDF's limits of the arm with those of the settings."""
    for field in ('acceleration', 'jerk'):
        count = len(getattr(settings, field))
        if count != len(arm):
            raise RobotModelError(
                f'{field} has {count} values; the arm has the {len(arm)} joints '
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
        raise RobotModelError(f'{name} is continuous, fixed or a mimic; it needs finite limits')
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
            raise RobotModelError(f'{name} has no position limits in the URDF')
        if not 0.0 < speed < ENDLESS:
            raise RobotModelError(f'{name} has no velocity limit in the URDF')
    try:
        return JointLimits(names, lower, upper, velocity, np.array(acceleration), np.array(jerk))
    except ContractError as error:
        raise RobotModelError(f'limits of {", ".join(names)}: {error}') from error
