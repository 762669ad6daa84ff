# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_embodied.geometry import pose, rotation_of, rotation_x, rotation_z
from qwen_embodied.simulation.truth import upright
from simulation.cell import item

QUATERNIONS = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1)


def test_the_scene_is_what_was_asked_for(make_world):
    world = make_world(
        item('box', position=(0.5, 0.1), yaw=0.5), item('bowl', 'blue', (0.6, -0.2))
    )
    box, bowl = world.ground_truth().objects
    assert (box.id, box.label, box.colour, box.shape) == ('red_box_1', 'red box', 'red', 'box')
    assert box.size.tolist() == [0.06, 0.04, 0.05]
    assert box.object_in_base == pytest.approx(pose([0.5, 0.1, 0.025], rotation_z(0.5)), abs=1e-3)
    assert bowl.is_container
    assert world.ground_truth().table_height == 0.0


def test_an_object_out_of_the_image_has_no_box(make_world):
    world = make_world(item('cube', position=(-0.2, 0.3)))
    assert world.ground_truth().objects[0].box is None


def test_a_toppled_cylinder_is_long_and_low():
    fallen, size = upright(
        pose([0, 0, 0], rotation_x(np.pi / 2)), np.array([0.04, 0.04, 0.08]), 'x'
    )
    assert size == pytest.approx([0.08, 0.04, 0.04])
    assert np.abs(fallen[:3, 0]) == pytest.approx([0, 1, 0], abs=1e-9)


def test_a_ball_has_no_direction():
    turned = pose([1, 2, 3], rotation_x(1.0))
    assert upright(turned, np.full(3, 0.05), 'ball')[0] == pytest.approx(pose([1, 2, 3]))


@given(QUATERNIONS)
def test_upright_keeps_the_box_and_points_up(quaternion):
    size = np.array([0.06, 0.04, 0.05])
    body = pose([0, 0, 0], rotation_of(quaternion))
    result, renamed = upright(body, size, 'box')
    rotation = result[:3, :3]
    assert rotation.T @ rotation == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert rotation[2, 2] >= 1 / np.sqrt(3) - 1e-9
    assert renamed[0] >= renamed[1]
    before, after = (
        r @ np.diag(s**2) @ r.T for r, s in ((body[:3, :3], size), (rotation, renamed))
    )
    assert after == pytest.approx(before, abs=1e-9)
