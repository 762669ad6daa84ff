"""The simulated arm: its description, and the servos that drive it in MuJoCo."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import yaml
from numpy.typing import NDArray

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.limits import JointLimits
from qwen_embodied.resources import shared_file
from qwen_embodied.simulation.engine import load_mujoco
from qwen_embodied.simulation.objects import COLLISION_GROUP

# Proportional gains (N·m/rad; N/m for a finger) stiff enough that accelerating the arm's own
# inertia at the limits bends a joint by less than 0.01 rad.
ARM_GAINS = (13500.0, 13500.0, 10500.0, 10500.0, 6000.0, 6000.0, 6000.0)
FINGER_GAIN = 10000.0
ARM_ARMATURE, FINGER_ARMATURE = 0.1, 0.1  # kg·m², kg: rotor and gear seen at the joint
DAMPING_RATIO = 2.4
# What a servo's damping is set for: the joint's typical inertia, kg·m² (kg for a finger).
ARM_INERTIA = (1.2, 1.2, 0.6, 0.6, 0.15, 0.15, 0.12)
PAD_FRICTION = (1.2, 0.02, 0.002)


@dataclass(frozen=True, eq=False)
class ArmDescription:
    """What config/robots says of an arm.

    Attributes:
        urdf: Path of its description.
        limits: Of the arm's joints and of the gripper's, in the order of commands, (J + 1,).
        mimics: Joints that follow the gripper's.
        home: Where the arm waits with an open gripper, (J + 1,) rad and m.
        tool_frame: Link between the finger tips.
    """

    urdf: Path
    limits: JointLimits
    mimics: tuple[str, ...]
    home: NDArray[np.float64]
    tool_frame: str

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the commanded joints and of the mimics, as joint states carry them."""
        return (*self.limits.names, *self.mimics)


def read_arm(name: str = 'panda') -> ArmDescription:
    """Read config/robots/<name>.yaml and the limits of its URDF."""
    content = yaml.safe_load(shared_file(f'config/robots/{name}.yaml').read_text('utf-8'))
    gripper, urdf = content['gripper'], shared_file(content['urdf'])
    names = (*content['joints'], gripper['joint'])
    bounds = {
        joint.get('name'): joint.find('limit')
        for joint in ElementTree.parse(urdf).getroot().findall('joint')
    }
    missing = [joint for joint in names if bounds.get(joint) is None]
    if missing:
        raise ConfigurationError(f'{urdf}: the joints {missing} have no limits')
    lower, upper, velocity = (
        np.array([float(bounds[joint].attrib[field]) for joint in names])  # type: ignore[union-attr]
        for field in ('lower', 'upper', 'velocity')
    )
    acceleration, jerk = (
        np.array([*content[field], gripper[field]]) for field in ('acceleration', 'jerk')
    )
    return ArmDescription(
        urdf,
        JointLimits(names, lower, upper, velocity, acceleration, jerk),
        tuple(gripper['mimic']),
        np.array([*content['home'], gripper['open']]),
        content['tool_frame'],
    )


def load_arm(arm: ArmDescription) -> Any:
    """Start an MjSpec from the arm's URDF, with servos, gravity compensation and soft pads.

    The URDF's efforts become force limits, its mimic joint an equality constraint.
    """
    mujoco = load_mujoco()
    description = ElementTree.parse(arm.urdf).getroot()
    # MuJoCo's own element in a URDF: keep what is only to be seen, and the fixed links.
    extension = ElementTree.SubElement(description, 'mujoco')
    ElementTree.SubElement(extension, 'compiler', discardvisual='false', fusestatic='false')
    spec = mujoco.MjSpec.from_string(ElementTree.tostring(description, encoding='unicode'))
    for body in spec.bodies[1:]:
        body.gravcomp = 1.0
    for equality in spec.equalities:
        equality.solref, equality.solimp = (0.004, 1.0), (0.98, 0.999, 0.0005, 0.5, 2.0)
    for joint in spec.joints:
        finger = joint.type == mujoco.mjtJoint.mjJNT_SLIDE
        joint.armature = FINGER_ARMATURE if finger else ARM_ARMATURE
        joint.damping[0] = 0.5
        joint.solref_limit = (0.004, 1.0)
    for name, gain, damping in zip(arm.joints, *servo_gains(arm), strict=True):
        _add_servo(spec, name, gain, damping)
    _set_surfaces(spec)
    _exclude_neighbours(spec)
    return spec


def servo_gains(arm: ArmDescription) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the proportional and the damping gains of the joints that joint states carry."""
    fingers = 1 + len(arm.mimics)
    gains = np.array([*ARM_GAINS, *[FINGER_GAIN] * fingers])
    inertia = np.array([*ARM_INERTIA, *[FINGER_ARMATURE + 0.03] * fingers])
    if len(gains) != len(arm.joints):
        raise ConfigurationError(f'the simulation has servos for 7 joints, not for {arm.joints}')
    return gains, 2 * DAMPING_RATIO * np.sqrt(gains * inertia)


def _add_servo(spec: Any, joint: str, gain: float, damping: float) -> None:
    """Add a position servo; with control = q + damping / gain * dq it also follows a speed."""
    mujoco = load_mujoco()
    servo = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    servo.gaintype = mujoco.mjtGain.mjGAIN_FIXED
    servo.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    servo.gainprm[0] = gain
    servo.biasprm[1:3] = -gain, -damping


def _set_surfaces(spec: Any) -> None:
    for body in spec.bodies[1:]:
        finger = 'finger' in body.name
        for geom in body.geoms:
            geom.material = 'shell'
            if geom.contype:
                geom.group = COLLISION_GROUP
            if finger:
                # Rubber pads: their friction holds whatever they grasp.
                geom.friction, geom.condim, geom.priority = PAD_FRICTION, 6, 1
                geom.solref, geom.solimp = (0.004, 1.0), (0.95, 0.99, 0.001, 0.5, 2.0)


def _exclude_neighbours(spec: Any) -> None:
    """Ignore contact between links that are one link apart: their shapes overlap at the joints."""
    for body in spec.bodies[1:]:
        parent = body.parent
        grand = parent.parent if parent is not None else None
        if grand is not None and grand.name != 'world':
            spec.add_exclude(bodyname1=body.name, bodyname2=grand.name)
    # MuJoCo filters parents by itself, but not the base, which is a part of the world for it.
    base = spec.worldbody.first_body()
    for other in (base.name, 'world'):
        spec.add_exclude(bodyname1=base.first_body().name, bodyname2=other)
    spec.add_exclude(bodyname1='panda_link5', bodyname2='panda_hand')
