"""Objects, scenes and states for the tests of motion."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.geometry import pose, rotation_z
from qwen_embodied.messages import JointState, Scene, SceneObject

SIZES = {
    'cube': (0.045, 0.045, 0.045),
    'box': (0.06, 0.04, 0.05),
    'cylinder': (0.04, 0.04, 0.08),
    'ball': (0.05, 0.05, 0.05),
    'bowl': (0.15, 0.15, 0.055),
    'bin': (0.18, 0.14, 0.06),
    'tray': (0.22, 0.16, 0.025),
}


def make_object(shape, x, y, *, yaw=0.0, on=0.0, size=None, name=None):
    size = np.array(size or SIZES[shape])
    object_in_base = pose([x, y, on + size[2] / 2], rotation_z(yaw))
    name = name or f'red_{shape}_1'
    return SceneObject(name, name.replace('_', ' '), 'red', shape, object_in_base, size, 0.9)


def make_scene(*objects):
    return Scene(0.0, 'panda_link0', objects, 0.0)


def make_state(robot, row):
    names = (*robot.all_limits.names, 'panda_finger_joint2')
    return JointState(0.0, names, np.append(row, row[-1]))
