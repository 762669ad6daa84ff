"""Limit violations of what the arm really did, counted without the planner's code."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.resources import shared_file

Array = NDArray[np.float64]

SHARE = 0.5  # of the arm's own speeds: the fenced cell's profile
ROUNDING = 1e-6  # rad/s


def violations(times: Array, positions: Array) -> int:
    """Count the samples in which an arm joint is outside its position or speed limit.

    Args:
        times: At 1 kHz, (N,) s.
        positions: Measured or commanded, (N, J) rad; the first seven are panda_joint1 to 7.
    """
    lower, upper, velocity = urdf_limits()
    arm = positions[:, :7]
    outside = ((arm < lower) | (arm > upper)).any(axis=1).sum()
    speeds = np.abs(np.diff(arm, axis=0)) / np.diff(times)[:, None]
    return int(outside + (speeds > SHARE * velocity + ROUNDING).any(axis=1).sum())


def urdf_limits() -> tuple[Array, Array, Array]:
    """Read lower, upper and velocity (7,) straight from the robot's description."""
    tree = ElementTree.parse(shared_file('config/robots/panda.urdf'))
    rows = []
    for number in range(1, 8):
        limit = tree.find(f"joint[@name='panda_joint{number}']/limit")
        values = {} if limit is None else limit.attrib
        rows.append([float(values[key]) for key in ('lower', 'upper', 'velocity')])
    lower, upper, velocity = np.array(rows).T
    return lower, upper, velocity
