"""The judgement of a whole trajectory: cheap rules first, the robot's shape last."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.messages import JointTrajectory
from qwen_embodied.safety.context import Breach, SafetyContext
from qwen_embodied.safety.curve import check_finite, check_positions, check_rates, draw
from qwen_embodied.safety.form import check_form
from qwen_embodied.safety.space import check_space
from qwen_embodied.safety.start import check_start


def check_trajectory(trajectory: JointTrajectory, context: SafetyContext) -> tuple[Breach, ...]:
    """Judge a trajectory; an empty answer approves it.

    Args:
        trajectory: Joints in any order.
        context: What it is judged against. Without a body only C1 to C6 are judged.

    Returns:
        The breaches of the first group of rules that is broken: form (C1, C2), drawing (C4),
        start and joint limits (C3, C5, C6), space (C7 to C9).
    """
    breaches = check_form(trajectory, context)
    if breaches:
        return breaches
    curve = draw(trajectory, context)
    breaches = tuple(check_finite(curve, context))
    if breaches:
        return breaches
    breaches = (
        *check_start(curve.samples, context),
        *check_positions(curve, context),
        *check_rates(curve, context),
    )
    if breaches or context.body is None:
        return breaches
    return tuple(check_space(curve, context, context.body))
