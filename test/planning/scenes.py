"""Scenes built by hand for the tests of planning."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.geometry import pose, rotation_z
from qwen_embodied.messages import Scene, SceneObject

SIZES = {
    'cube': (0.045, 0.045, 0.045),
    'box': (0.06, 0.04, 0.05),
    'cylinder': (0.045, 0.045, 0.07),
    'ball': (0.05, 0.05, 0.05),
    'bowl': (0.15, 0.15, 0.05),
    'bin': (0.18, 0.14, 0.06),
    'tray': (0.22, 0.16, 0.025),
}


def thing(colour, shape, x, y, *, z=None, size=None, number=1, yaw=0.0):
    """One object; z is its bottom (table: 0)."""
    size = np.array(size or SIZES[shape])
    where = pose([x, y, (z or 0.0) + size[2] / 2], rotation_z(yaw))
    return SceneObject(
        f'{colour}_{shape}_{number}', f'{colour} {shape}', colour, shape, where, size, 0.9
    )


def scene(*things):
    return Scene(0.0, 'panda_link0', tuple(things), 0.0)


SIMPLE = scene(
    thing('red', 'cube', 0.45, 0.10),
    thing('blue', 'bowl', 0.60, -0.15),
    thing('green', 'ball', 0.45, -0.05),
)
CUBES = scene(
    thing('red', 'cube', 0.42, 0.25),
    thing('green', 'cube', 0.44, 0.02, size=(0.05, 0.05, 0.05)),
    thing('blue', 'cube', 0.46, -0.24, size=(0.04, 0.04, 0.04)),
    thing('yellow', 'cylinder', 0.58, 0.02),
    thing('blue', 'bowl', 0.64, -0.20),
    thing('white', 'tray', 0.64, 0.22),
)
SORTING = scene(
    thing('red', 'cube', 0.42, 0.05),
    thing('red', 'cube', 0.42, -0.10, number=2),
    thing('blue', 'cube', 0.42, 0.20),
    thing('blue', 'ball', 0.42, -0.25),
    thing('red', 'bin', 0.62, 0.20),
    thing('blue', 'bin', 0.62, -0.20),
)
STACKED = scene(
    thing('red', 'cube', 0.50, 0.10),
    thing('green', 'cube', 0.50, 0.10, z=0.045),
    thing('purple', 'box', 0.60, -0.18, z=0.01),
    thing('blue', 'bowl', 0.60, -0.18),
    thing('yellow', 'bowl', 0.60, 0.25),
    thing('black', 'cylinder', 0.42, -0.12),
)
EMPTY = scene()
TWINS = scene(
    thing('red', 'cube', 0.45, 0.20),
    thing('red', 'cube', 0.45, -0.20, number=2),
    thing('orange', 'ball', 0.60, 0.00),
    thing('grey', 'tray', 0.60, 0.22),
    thing('brown', 'bin', 0.58, -0.20),
)
