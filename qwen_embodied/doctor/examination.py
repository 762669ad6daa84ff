"""All checks in their order."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.doctor import arm, camera, graph, settings, software, system
from qwen_embodied.doctor.facts import Facts
from qwen_embodied.doctor.finding import Finding

CHECKS = (
    *software.CHECKS, *system.CHECKS, *settings.CHECKS, *graph.CHECKS, *camera.CHECKS, *arm.CHECKS,
)  # fmt: skip


def examine(facts: Facts) -> tuple[Finding, ...]:
    """Judge what was gathered."""
    return tuple(check(facts) for check in CHECKS)
