# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from qwen_embodied.geometry import inverse_pose, pose, rotation_angle
from simulation.cell import Hand, item


def in_tool(hand, world):
    """Pose of the first object in the measured tool frame."""
    tool = pose(*hand.tool(world.read().positions))
    return inverse_pose(tool) @ world.ground_truth().objects[0].object_in_base


@pytest.mark.parametrize('shape', ['cube', 'box', 'cylinder', 'ball'])
@pytest.mark.parametrize('yaw', [0.0, 0.6])
def test_lifts_and_carries_fast_without_slipping(make_world, shape, yaw):
    world = make_world(item(shape, position=(0.5, 0.2), yaw=yaw))
    hand = Hand(world)
    hand.grasp(world.ground_truth().objects[0])
    before = in_tool(hand, world)
    hand.reach([0.5, 0.2, 0.2], hand.yaw)
    hand.reach([0.5, -0.3, 0.2], hand.yaw, speed=1.0)
    hand.grip(0.0, seconds=1.0)
    after = in_tool(hand, world)
    assert world.ground_truth().objects[0].position[2] > 0.15
    assert np.linalg.norm(after[:3, 3] - before[:3, 3]) < 0.004
    assert rotation_angle(after[:3, :3].T @ before[:3, :3]) < np.deg2rad(3)


def test_carries_a_cube_into_a_bowl(make_world):
    world = make_world(
        item('cube', position=(0.5, 0.2), size=(0.05,) * 3),
        item('bowl', 'blue', position=(0.55, -0.15), size=(0.14, 0.14, 0.05)),
    )
    hand = Hand(world)
    cube, bowl = world.ground_truth().objects
    hand.grasp(cube)
    hand.reach([0.5, 0.2, 0.2], hand.yaw)
    hand.reach([*bowl.position[:2], 0.2], hand.yaw, speed=0.8)
    hand.reach([*bowl.position[:2], 0.07], hand.yaw)
    hand.grip(0.04)
    hand.reach([*bowl.position[:2], 0.25], hand.yaw)
    world.step(1.0)
    cube, moved = world.ground_truth().objects
    assert np.linalg.norm(cube.position[:2] - moved.position[:2]) < 0.03
    assert 0.02 < cube.position[2] < 0.05
    assert np.linalg.norm(moved.position - bowl.position) < 0.02


def test_stacks_a_cube_on_another(make_world):
    world = make_world(item('cube'), item('cube', 'green', position=(0.5, -0.2)))
    hand = Hand(world)
    red, _ = world.ground_truth().objects
    hand.grasp(red)
    hand.reach([0.5, 0.0, 0.2], hand.yaw)
    hand.reach([0.5, -0.2, 0.2], hand.yaw)
    hand.reach([0.5, -0.2, 0.045 * 1.5 + 0.002], hand.yaw)
    hand.grip(0.04)
    hand.reach([0.5, -0.2, 0.25], hand.yaw)
    world.step(2.0)
    red = world.ground_truth().objects[0]
    assert red.position == pytest.approx([0.5, -0.2, 0.0675], abs=0.004)


def test_closing_beside_an_object_centres_it(make_world):
    world = make_world(item('cube', position=(0.5, 0.0)))
    hand = Hand(world)
    hand.reach([0.5, 0.012, 0.14], gripper=0.04)
    hand.reach([0.5, 0.012, 0.022])
    hand.grip(0.0)
    assert world.read().positions[7] == pytest.approx(0.0225, abs=1e-3)
    hand.reach([0.5, 0.012, 0.2])
    assert world.ground_truth().objects[0].position == pytest.approx([0.5, 0.012, 0.2], abs=0.004)


def test_an_open_hand_lifts_nothing(make_world):
    world = make_world(item('cube'))
    hand = Hand(world)
    hand.reach([0.5, 0.0, 0.12], gripper=0.04)
    hand.reach([0.5, 0.0, 0.022])
    hand.reach([0.5, 0.0, 0.2])
    assert world.ground_truth().objects[0].position[2] == pytest.approx(0.0225, abs=1e-3)
