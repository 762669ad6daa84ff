"""MuJoCo and its off-screen OpenGL, with a clear word when this machine lacks either."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
from typing import Any

from qwen_embodied.errors import MissingDependencyError, extra
from qwen_embodied.system_libraries import INSTALL


def load_mujoco() -> Any:
    """Import MuJoCo; raises MissingDependencyError with the command that installs it."""
    try:
        return importlib.import_module('mujoco')
    except ModuleNotFoundError as error:
        raise MissingDependencyError(f'{error.name} (for the simulation)', extra('sim')) from error
    except (ImportError, AttributeError, OSError) as error:
        raise _missing_graphics(error) from error


def graphics_context(width: int, height: int) -> Any:
    """Make an off-screen OpenGL context that is current in this thread.

    Args:
        width: Of the largest image, px.
        height: Of the largest image, px.

    Returns:
        A context with make_current() and free().
    """
    mujoco = load_mujoco()
    try:
        context = importlib.import_module('mujoco.egl').GLContext(width, height)
        context.make_current()
    # PyOpenGL answers a missing library with any of these.
    except (ImportError, AttributeError, OSError, TypeError, RuntimeError) as error:
        raise _missing_graphics(error) from error
    if not hasattr(mujoco, 'MjrContext'):
        raise _missing_graphics('MuJoCo cannot render')
    return context


def _missing_graphics(reason: object) -> MissingDependencyError:
    return MissingDependencyError(
        f'off-screen OpenGL (EGL) for the simulated camera ({reason})',
        INSTALL,
    )
