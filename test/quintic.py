"""The motion that most tests move by: a quintic from rest to rest."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.messages import JointTrajectory

# Largest |derivative| of the unit quintic in unit time, by its order.
PEAKS = {1: 1.875, 2: 10 / np.sqrt(3), 3: 60.0}


def quintic(names, start, goal, seconds, name='a', count=41):
    """Move from rest to rest, velocities and accelerations given; goal (J,)."""
    start, goal = np.asarray(start, float), np.asarray(goal, float)
    u = np.linspace(0.0, 1.0, count)[:, None]
    return JointTrajectory(
        names,
        u[:, 0] * seconds,
        start + (goal - start) * (10 * u**3 - 15 * u**4 + 6 * u**5),
        (goal - start) * (30 * u**2 - 60 * u**3 + 30 * u**4) / seconds,
        (goal - start) * (60 * u - 180 * u**2 + 120 * u**3) / seconds**2,
        name,
    )
