"""Obstacles from a file."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from motion.judging import check_free, check_legal, end_of, state_of
from motion.things import make_object, make_scene
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.geometry import pose
from qwen_embodied.motion import Skills, World, box, read_obstacles

GOOD = """
obstacles:
  - {name: pillar, kind: box, size: [0.1, 0.1, 0.6], position: [0.5, 0.4, 0.3]}
  - {name: can, kind: cylinder, radius: 0.05, height: 0.2, position: [0.5, -0.4, 0.1]}
  - {name: lamp, kind: sphere, radius: 0.1, position: [0.4, -0.3, 0.6]}
  - {name: pipe, kind: capsule, radius: 0.05, height: 0.5, orientation: [0, 1, 0, 1]}
  - {name: ramp, kind: hull, points: [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]}
"""


def written(folder, text):
    path = folder / 'obstacles.yaml'
    path.write_text(text, encoding='utf-8')
    return path


def test_every_kind_is_read_with_its_place(tmp_path):
    found = read_obstacles(written(tmp_path, GOOD))
    assert [item.solids[0].kind for item in found] == [
        'box', 'cylinder', 'sphere', 'capsule', 'hull',
    ]  # fmt: skip
    assert found[0].name == 'pillar'
    np.testing.assert_allclose(found[0].solids[0].pose[:3, 3], [0.5, 0.4, 0.3])
    np.testing.assert_allclose(found[3].solids[0].pose[:3, 2], [1.0, 0.0, 0.0], atol=1e-6)


def test_they_stand_beside_what_is_seen(tmp_path, robot):
    found = read_obstacles(written(tmp_path, GOOD))
    world = World.from_scene(make_scene(), obstacles=found)
    assert [item.name for item in world.obstacles][:3] == ['table', 'pillar', 'can']
    assert world.collides(robot, np.append(robot.home, 0.04), margin=2.0)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('obstacles: [{name: a, kind: cone}]', 'obstacles.0'),
        ('obstacles: [{name: a, kind: box, size: [0.1, 0.1]}]', 'obstacles.0.box.size'),
        ('obstacles: [{name: a, kind: sphere, radius: -1}]', 'greater than 0'),
        ('obstacles: [{name: a, kind: sphere, radius: .nan}]', 'obstacles.0.sphere.radius'),
        ('obstacles: [{name: a, kind: sphere, radius: 1, colour: red}]', 'colour'),
        ('walls: []', 'Field required'),
        ('obstacles: [', 'cannot be read'),
        (
            'obstacles: [{name: a, kind: hull, points: [[0,0,0],[1,0,0],[0,1,0],[1,1,0]]}]',
            'not all in one plane',
        ),
        (
            'obstacles: [{name: a, kind: sphere, radius: 1}, {name: a, kind: sphere, radius: 2}]',
            'named twice: a',
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        read_obstacles(written(tmp_path, text))


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r'none\.yaml'):
        read_obstacles(tmp_path / 'none.yaml')


POST = box('post', [0.06, 0.06, 0.5], pose([0.5, 0.0, 0.25]))


def carried(robot, obstacles):
    """Carry a cube from one side of the post to the other."""
    cube, tray = make_object('cube', 0.5, 0.22), make_object('tray', 0.5, -0.25)
    scene, rest = make_scene(cube, tray), make_scene(tray)
    skills = Skills(robot, obstacles=obstacles)
    start = state_of(robot, np.append(robot.home, robot.gripper.open))
    held = end_of(robot, skills.pick(cube, scene, start))
    return skills.place(cube, 'on', tray, scene, held), held, rest


def test_paths_lead_round_an_obstacle_and_the_rules_refuse_those_that_do_not(robot):
    straight, held, rest = carried(robot, ())
    with pytest.raises(AssertionError, match=r'C9 .*post'):
        check_legal(robot, straight, held, rest, (POST,))
    with pytest.raises(AssertionError, match='transfer'):
        check_free(robot, straight, (POST,))
    round_it, held, rest = carried(robot, (POST,))
    check_legal(robot, round_it, held, rest, (POST,))
    check_free(robot, round_it, (POST, *World.from_scene(rest).obstacles))
