"""Whether MuJoCo can draw on this machine."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import mujoco

SIDE = 64  # px


def try_rendering() -> str:
    """Make a context for drawing; what MuJoCo raises says why there is none.

    Returns:
        What to tell where it works.
    """
    context = mujoco.GLContext(SIDE, SIDE)
    context.make_current()
    context.free()
    return f'MuJoCo {mujoco.__version__} draws without a screen'
