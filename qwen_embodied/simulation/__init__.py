"""A MuJoCo world that is an arm and a camera: lamps by name, scenes from a seed.

A red cube on the table, and the arm above it:

>>> from qwen_embodied.simulation import MujocoWorld, generate_scene
>>> world = MujocoWorld(generate_scene(7, wanted=(('red', 'cube'),)))
>>> world.step(0.1)
>>> world.read().names[:2], world.ground_truth().objects[0].id
(('panda_joint1', 'panda_joint2'), 'red_cube_1')
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.simulation.canvas import Snapshot
from qwen_embodied.simulation.conditions import CONDITIONS, Condition, condition_named
from qwen_embodied.simulation.laboratory import Laboratory, Layers
from qwen_embodied.simulation.lights import LIGHTS
from qwen_embodied.simulation.rendering import SimulatedCamera, Spectator
from qwen_embodied.simulation.scenes import ObjectSpec, SceneSpec, generate_scene
from qwen_embodied.simulation.world import MujocoWorld, SimulationParameters

__all__ = [
    'CONDITIONS',
    'LIGHTS',
    'Condition',
    'Laboratory',
    'Layers',
    'MujocoWorld',
    'ObjectSpec',
    'SceneSpec',
    'SimulatedCamera',
    'SimulationParameters',
    'Snapshot',
    'Spectator',
    'condition_named',
    'generate_scene',
]
