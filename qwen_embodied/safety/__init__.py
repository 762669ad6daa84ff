"""Safety: passes a trajectory or rejects it, and says whether the arm may move.

>>> from qwen_embodied import limits, messages, safety
>>> elbow = limits.JointLimits(('elbow',), [-2], [2], [1], [2], [9])
>>> hasty = messages.JointTrajectory(('elbow',), [0, 0.8], [[0], [1]], [[0], [0]])
>>> where = dict(state=messages.JointState(0.0, ('elbow',), [0]), now=0.0, arm_joints=('elbow',))
>>> str(safety.check_trajectory(hasty, safety.SafetyContext(limits=elbow, **where))[0])
'C6 elbow: 1.875 rad/s at 0.40 s, allowed 1'
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.safety.audit import AuditFile, AuditTrail, explain, verify_chain
from qwen_embodied.safety.camera import CameraSample
from qwen_embodied.safety.context import Body, Breach, Contact, SafetyContext, Verdict
from qwen_embodied.safety.decisions import Decision
from qwen_embodied.safety.findings import Finding
from qwen_embodied.safety.form import breach_of_contract, check_size
from qwen_embodied.safety.inputs import Inputs
from qwen_embodied.safety.latch import Latch, LatchFile
from qwen_embodied.safety.machine import SimulatorHealth
from qwen_embodied.safety.parameters import SIMULATION_PROFILE, Parameters
from qwen_embodied.safety.people import protective_distance
from qwen_embodied.safety.plans import check_plan, rule_of_reply, rule_of_violation
from qwen_embodied.safety.requests import read_request
from qwen_embodied.safety.rules import NOT_YET, RULES, Rule
from qwen_embodied.safety.states import STATES, SafetyState
from qwen_embodied.safety.supervisor import Supervisor
from qwen_embodied.safety.trajectory import check_trajectory

__all__ = [
    'NOT_YET',
    'RULES',
    'SIMULATION_PROFILE',
    'STATES',
    'AuditFile',
    'AuditTrail',
    'Body',
    'Breach',
    'CameraSample',
    'Contact',
    'Decision',
    'Finding',
    'Inputs',
    'Latch',
    'LatchFile',
    'Parameters',
    'Rule',
    'SafetyContext',
    'SafetyState',
    'SimulatorHealth',
    'Supervisor',
    'Verdict',
    'breach_of_contract',
    'check_plan',
    'check_size',
    'check_trajectory',
    'explain',
    'protective_distance',
    'read_request',
    'rule_of_reply',
    'rule_of_violation',
    'verify_chain',
]
