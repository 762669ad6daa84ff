"""What an operator may set about motions."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qwen_embodied.parameters import build, param, read_yaml


@dataclass(frozen=True)
class MotionParameters:
    """Speeds, distances and budgets of motions."""

    velocity_scale: float = param(0.48, 'Share of the joint velocity limits.', bounds=(0.01, 1.0))
    acceleration_scale: float = param(
        0.48, 'Share of the joint acceleration limits.', bounds=(0.01, 1.0)
    )
    jerk_scale: float = param(0.2, 'Share of the joint jerk limits.', bounds=(0.01, 1.0))
    gripper_scale: float = param(
        0.5, "Share of the gripper's velocity and acceleration limits.", bounds=(0.01, 1.0)
    )
    tool_speed: float = param(
        0.95, 'Largest speed of the tool away from things, m/s.', bounds=(0.01, 2.0)
    )
    near_speed: float = param(
        0.24, 'Largest speed of the tool near table and objects, m/s.', bounds=(0.01, 0.25)
    )
    push_speed: float = param(0.12, 'Speed of the tool in a push, m/s.', bounds=(0.01, 0.25))
    clearance: float = param(
        0.025, 'Distance from everything in fast moves, m.', bounds=(0.0, 0.2)
    )
    own_clearance: float = param(
        0.012, "Distance between the robot's own links, m.", bounds=(0.0, 0.1)
    )
    near_clearance: float = param(
        0.004, 'Distance of the gripper from neighbours while it grasps, m.', bounds=(0.0, 0.02)
    )
    approach: float = param(
        0.08, 'Length of the straight line before a grasp or a release, m.', bounds=(0.03, 0.3)
    )
    lift: float = param(0.10, 'Height of the straight line after a grasp, m.', bounds=(0.03, 0.3))
    release_gap: float = param(
        0.003, 'Height over the support at which things are let go, m.', bounds=(0.0, 0.03)
    )
    drop: float = param(
        0.05, 'Largest height from which things fall into a container, m.', bounds=(0.0, 0.1)
    )
    squeeze: float = param(
        0.006, 'How much farther than the half width each finger closes, m.', bounds=(0.001, 0.02)
    )
    finger_room: float = param(
        0.014, 'Room between finger and object before the grasp, m.', bounds=(0.002, 0.04)
    )
    gap: float = param(0.05, 'Gap between faces of things placed beside, m.', bounds=(0.01, 0.2))
    limit_margin: float = param(0.08, 'Distance from joint limits, rad.', bounds=(0.0, 0.3))
    singularity: float = param(
        28.0,
        'Largest condition number of the Jacobian on a straight line; the rule C10 allows 30.',
        bounds=(2.0, 1000.0),
    )
    path_budget: int = param(
        2000, 'Iterations of the sampling planner for one path.', bounds=(1, 1000000)
    )
    workspace: list[float] = param(
        [0.28, 0.78, -0.47, 0.47], 'Where things are placed: x from, to; y from, to, m.'
    )


def read_parameters(path: Path | str) -> MotionParameters:
    """Read them from a ROS parameter file such as config/4_motion.yaml."""
    return build(MotionParameters, read_yaml(path, 'planner'), str(path))
