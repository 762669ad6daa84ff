"""Control: follows an approved trajectory and holds whenever it does not hear that it may move.

>>> from qwen_embodied import control, limits, messages
>>> elbow = limits.JointLimits(('elbow',), [-2], [2], [1], [2], [9])
>>> tracker, arm = control.Tracker(elbow), control.FakeArm(('elbow',), [0.5])
>>> arm.command(tracker.update(arm.read(), now=0.0)).tolist()
[0.5]
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.control.acceptance import read_goal
from qwen_embodied.control.arm import Arm, FakeArm, TrajectoryArm
from qwen_embodied.control.forecast import Course, forecast
from qwen_embodied.control.goal import GoalPoint, TrajectoryGoal
from qwen_embodied.control.jtc import (
    FakeJointTrajectoryController,
    GoalHandle,
    GoalTolerances,
)
from qwen_embodied.control.jtc_rules import JtcParameters
from qwen_embodied.control.parameters import SIMULATION_PROFILE, Parameters
from qwen_embodied.control.relay import Relay, check_controllers, split
from qwen_embodied.control.tracker import Tracker
from qwen_embodied.control.watch import PERMISSIONS

__all__ = [
    'PERMISSIONS',
    'SIMULATION_PROFILE',
    'Arm',
    'Course',
    'FakeArm',
    'FakeJointTrajectoryController',
    'GoalHandle',
    'GoalPoint',
    'GoalTolerances',
    'JtcParameters',
    'Parameters',
    'Relay',
    'Tracker',
    'TrajectoryArm',
    'TrajectoryGoal',
    'check_controllers',
    'forecast',
    'read_goal',
    'split',
]
