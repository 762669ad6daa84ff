"""Laws of poses, rotations and the pinhole camera."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import (
    Intrinsics,
    inverse_pose,
    look_at,
    pose,
    quaternion_of,
    rotation_angle,
    rotation_of,
    rotation_x,
    rotation_y,
    rotation_z,
    transform,
    yaw_of,
)

ANGLES = st.floats(-np.pi, np.pi)
LENGTHS = st.floats(-2.0, 2.0)
POINTS = st.tuples(LENGTHS, LENGTHS, LENGTHS).map(np.array)
ROTATIONS = st.tuples(ANGLES, ANGLES, ANGLES).map(
    lambda turn: rotation_z(turn[0]) @ rotation_y(turn[1]) @ rotation_x(turn[2])
)
POSES = st.builds(pose, POINTS, ROTATIONS)
CAMERA = Intrinsics.from_field_of_view(640, 480, np.pi / 4)


@given(POSES)
def test_a_pose_and_its_inverse_cancel(inner_in_outer):
    assert np.allclose(inner_in_outer @ inverse_pose(inner_in_outer), np.eye(4), atol=1e-12)
    assert np.allclose(inverse_pose(inner_in_outer), np.linalg.inv(inner_in_outer), atol=1e-12)


@given(POSES, POSES, POINTS)
def test_transforms_chain(b_in_a, c_in_b, point):
    assert np.allclose(
        transform(b_in_a @ c_in_b, point), transform(b_in_a, transform(c_in_b, point))
    )


@given(POSES, POINTS, POINTS)
def test_transforms_keep_distances(inner_in_outer, first, second):
    moved = transform(inner_in_outer, [first, second])
    assert np.linalg.norm(moved[0] - moved[1]) == pytest.approx(
        np.linalg.norm(first - second), abs=1e-9
    )


@pytest.mark.parametrize(
    ('axis', 'rotate'), [('x', rotation_x), ('y', rotation_y), ('z', rotation_z)]
)
@given(angle=ANGLES)
def test_elementary_rotations_agree_with_scipy(axis, rotate, angle):
    assert np.allclose(rotate(angle), Rotation.from_euler(axis, angle).as_matrix(), atol=1e-12)


@given(ROTATIONS)
def test_quaternions_agree_with_scipy(rotation):
    quaternion = quaternion_of(rotation)
    expected = Rotation.from_matrix(rotation).as_quat()
    assert quaternion[3] >= 0
    assert np.linalg.norm(quaternion) == pytest.approx(1.0)
    # q and -q are the same rotation.
    assert abs(quaternion @ expected) == pytest.approx(1.0, abs=1e-9)


@given(ROTATIONS)
def test_rotation_and_quaternion_are_a_round_trip(rotation):
    assert np.allclose(rotation_of(quaternion_of(rotation)), rotation, atol=1e-9)


@pytest.mark.parametrize('rotate', [rotation_x, rotation_y, rotation_z])
@pytest.mark.parametrize('angle', [0.0, 1e-9, np.pi / 2, np.pi - 1e-9, np.pi])
def test_quaternion_holds_at_the_awkward_angles(rotate, angle):
    assert np.allclose(rotation_of(quaternion_of(rotate(angle))), rotate(angle), atol=1e-9)


@given(ROTATIONS, st.floats(0.1, 10.0))
def test_quaternions_of_any_length_will_do(rotation, length):
    assert np.allclose(rotation_of(length * quaternion_of(rotation)), rotation, atol=1e-9)


@pytest.mark.parametrize('quaternion', [[0, 0, 0, 0], [np.nan, 0, 0, 1], [np.inf, 0, 0, 1]])
def test_useless_quaternions_are_refused(quaternion):
    with pytest.raises(ContractError, match='finite and of non-zero length'):
        rotation_of(quaternion)


@given(ANGLES)
def test_yaw_and_angle_of_a_turn_about_z(angle):
    turned = pose([0, 0, 0], rotation_z(angle))
    assert np.cos(yaw_of(turned) - angle) == pytest.approx(1.0)
    assert rotation_angle(turned[:3, :3]) == pytest.approx(abs(angle), abs=1e-7)


@given(ROTATIONS)
def test_angle_agrees_with_scipy(rotation):
    assert rotation_angle(rotation) == pytest.approx(
        Rotation.from_matrix(rotation).magnitude(), abs=1e-6
    )


@given(POINTS, POINTS, POINTS)
@settings(max_examples=60)
def test_look_at_puts_the_target_on_the_axis_and_up_on_top(position, target, up):
    forward = target - position
    if np.linalg.norm(np.cross(forward, up)) < 0.1:
        return
    base_in_camera = inverse_pose(look_at(position, target, up))
    x, y, z = transform(base_in_camera, target)
    assert (x, y, z) == pytest.approx((0, 0, np.linalg.norm(forward)), abs=1e-9)
    assert (base_in_camera[:3, :3] @ up)[1] < 0
    assert np.linalg.det(base_in_camera[:3, :3]) == pytest.approx(1.0)


@given(st.floats(0, 639), st.floats(0, 479), st.floats(0.1, 5.0))
def test_project_undoes_deproject(u, v, depth):
    point = CAMERA.deproject([u, v], depth)
    assert point[2] == pytest.approx(depth)
    assert CAMERA.project(point) == pytest.approx([u, v], abs=1e-6)


def test_many_points_are_projected_as_one_by_one(rng):
    points = rng.uniform([-1, -1, 0.2], [1, 1, 2], (4, 5, 3))
    together = CAMERA.project(points)
    assert together.shape == (4, 5, 2)
    assert np.array_equal(together[2, 3], CAMERA.project(points[2, 3]))


@pytest.mark.parametrize('z', [0.0, -1.0])
def test_points_not_before_the_camera_have_no_pixel(z):
    assert np.isnan(CAMERA.project([0.1, 0.1, z])).all()


def test_field_of_view_reaches_the_outer_edges_of_the_image():
    # Half a pixel beyond the centre of the last row is the edge of the image.
    top = CAMERA.deproject([CAMERA.cx, -0.5], 1.0)
    assert np.arctan2(-top[1], top[2]) == pytest.approx(np.pi / 8)


@pytest.mark.parametrize('name', ['width', 'height', 'fx', 'fy'])
@pytest.mark.parametrize('value', [0, -1, float('nan'), float('inf')])
def test_sizes_that_no_camera_has_are_refused(name, value):
    values = {'width': 8, 'height': 6, 'fx': 7.0, 'fy': 7.0, 'cx': 3.5, 'cy': 2.5, name: value}
    with pytest.raises(ContractError, match=rf'Intrinsics\.{name}.*finite and positive'):
        Intrinsics(**values)


@pytest.mark.parametrize('name', ['cx', 'cy'])
def test_principal_points_must_be_finite(name):
    values = {'width': 8, 'height': 6, 'fx': 7.0, 'fy': 7.0, 'cx': 3.5, 'cy': 2.5}
    with pytest.raises(ContractError, match=rf'Intrinsics\.{name}.*finite'):
        Intrinsics(**{**values, name: float('nan')})
    assert Intrinsics(**{**values, name: -3.0})
