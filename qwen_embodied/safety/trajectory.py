"""The judgement of a whole trajectory: cheap rules first, the robot's shape last."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

from qwen_embodied.messages import JointTrajectory
from qwen_embodied.safety.context import Breach, SafetyContext
from qwen_embodied.safety.curve import Curve, check_finite, check_positions, check_rates, draw
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
        start and joint limits (C3, C5, C6), space (C7 to C11).
    """
    breaches = check_form(trajectory, context)
    if breaches:
        return breaches
    curve = draw(trajectory, context)
    # Generators: a group is computed only when those before it found nothing.
    groups = (check_finite(curve, context), _motion(curve, context), _space(curve, context))
    off = context.parameters.disabled
    kept = (tuple(b for b in group if b.rule not in off) for group in groups)
    return next((found for found in kept if found), ())


def _motion(curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    yield from check_start(curve.samples, context)
    yield from check_positions(curve, context)
    yield from check_rates(curve, context)


def _space(curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    if context.body is not None:
        yield from check_space(curve, context, context.body)
