"""From words that perception has no name for to an arm that has done it, in the simulation."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('mujoco')

from planning.fake_model import ListedModel
from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.motion import load_robot
from qwen_embodied.pipeline import Perception, Pipeline
from qwen_embodied.planning import ModelPlanner
from qwen_embodied.simulation import MujocoWorld
from qwen_embodied.simulation.scenes import ObjectSpec, SceneSpec

ROBOT = load_robot('panda')
CUBE = ObjectSpec('red_cube_1', 'cube', 'red', (0.045, 0.045, 0.045), (0.45, 0.15, 0.0225))
CUP = ObjectSpec('white_cylinder_1', 'cylinder', 'white', (0.05, 0.05, 0.06), (0.5, -0.12, 0.03))
# Wider than what perception takes for one thing: it is seen by depth, and has no name.
SHELF = ObjectSpec('brown_box_1', 'box', 'brown', (0.36, 0.12, 0.03), (0.62, 0.0, 0.015), 1.5708)


class NamelessPerception(Perception):
    """Sees cylinders without knowing what they are."""

    def __call__(self, frame, state):
        scene, clean = super().__call__(frame, state)
        things = [
            replace(item, id='unknown_unknown_1', label='unknown thing', colour='unknown',
                    shape='unknown') if item.shape == 'cylinder' else item
            for item in scene.objects
        ]  # fmt: skip
        return replace(scene, objects=tuple(things)), clean


def says(words, relation='on'):
    steps = [
        {'action': 'pick', 'object': 'red_cube_1'},
        {'action': 'place', 'object': 'red_cube_1', 'relation': relation,
         'target': {'find': words}},
    ]  # fmt: skip
    return json.dumps({'steps': steps, 'summary': 'It is there.'})


def sees(world, point):
    """A reply that names the place of a point (3,) m of the base in the image."""
    frame = world.frame()
    u, v = frame.intrinsics.project(transform(inverse_pose(frame.camera_in_base), point))
    place = [round(1000 * u / frame.intrinsics.width), round(1000 * v / frame.intrinsics.height)]
    return f'```json\n[{{"point_2d": {place}, "label": "it"}}]\n```'


def carried_out(words, thing, point, *objects):
    world = MujocoWorld(SceneSpec((CUBE, *objects), 0), seed=0)
    model = ListedModel(says(thing), sees(world, point))
    report = Pipeline(world, NamelessPerception(ROBOT), ModelPlanner(model), robot=ROBOT).run(
        words
    )
    cube = world.ground_truth().find('red_cube_1')
    world.close()
    return report, cube


def test_a_cube_is_put_on_an_object_without_a_name():
    report, cube = carried_out(
        'put the red cube on the thing to drink from', 'the thing to drink from',
        CUP.position, CUP,
    )  # fmt: skip
    assert report.success, report.reason
    assert report.plan.steps[1].target == 'unknown_unknown_1'
    assert np.allclose(cube.position[:2], CUP.position[:2], atol=0.02)
    assert cube.position[2] > 0.07


def test_a_cube_is_put_on_a_surface_that_is_no_object():
    point = (0.58, 0.0, 0.03)
    report, cube = carried_out(
        'put the red cube on the thing to stand on', 'the thing to stand on', point, SHELF
    )
    assert report.success, report.reason
    assert report.plan.steps[1].words == 'the thing to stand on'
    assert np.allclose(cube.position[:2], point[:2], atol=0.02)
    assert cube.position[2] == pytest.approx(0.03 + 0.0225, abs=0.006)
