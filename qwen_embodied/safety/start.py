"""C3: a trajectory starts where the arm is, from rest, judged on a fresh joint state."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qwen_embodied.interpolation import Samples
from qwen_embodied.safety.context import Breach, SafetyContext


def check_start(first: Samples, context: SafetyContext) -> Iterator[Breach]:
    """Check the first sample of a curve against the measured state.

    The gripper joint may start anywhere within its limits: while it grips, its command lies
    beyond the object's surface, and that difference is what presses.

    Args:
        first: Columns in the order of the context's joints; only its first row is used.
        context: With the measured state.
    """
    parameters, state = context.parameters, context.state
    age = context.now - state.stamp
    if not -parameters.state_future <= age <= parameters.state_timeout:
        message = (
            f'the joint state is {age:.3f} s old, '
            f'allowed {-parameters.state_future:g} to {parameters.state_timeout:g}'
        )
        limit = -parameters.state_future if age < 0.0 else parameters.state_timeout
        yield Breach('C3', message, value=age, limit=limit)
    missing = [name for name in context.arm_joints if name not in state.names]
    if missing:
        yield Breach('C3', f'not measured: {", ".join(missing)}', joint=missing[0])
        return
    measured = state.of(context.arm_joints)
    for at, joint in enumerate(context.arm_joints):
        yield from _near(joint, float(first.positions[0, at]), float(measured[at]), context)
        speed, limit = float(first.velocities[0, at]), parameters.start_velocity
        if not abs(speed) <= limit:
            message = f'{joint}: starts at {speed:.4g} rad/s, allowed {limit:g}'
            yield Breach('C3', message, joint, 0.0, speed, limit)
    yield from _at_rest(context)


def _near(joint: str, start: float, measured: float, context: SafetyContext) -> Iterator[Breach]:
    limit = context.parameters.start_tolerance
    if not abs(start - measured) <= limit:
        message = (
            f'{joint}: starts at {start:.4f} rad, measured {measured:.4f}, '
            f'{abs(start - measured):.4f} apart, allowed {limit:g}'
        )
        yield Breach('C3', message, joint, 0.0, abs(start - measured), limit)


def _at_rest(context: SafetyContext) -> Iterator[Breach]:
    state, limit = context.state, context.parameters.moving_velocity
    if state.velocities is None:
        return
    speeds = np.abs([state.velocities[state.names.index(name)] for name in context.arm_joints])
    for joint, speed in zip(context.arm_joints, speeds, strict=True):
        if not speed <= limit:
            message = f'{joint}: moves at {speed:.4g} rad/s now, wait until it rests ({limit:g})'
            yield Breach('C3', message, joint, 0.0, float(speed), limit)
