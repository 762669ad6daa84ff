"""Calibration: what is found agrees with what was simulated, and what is too little is refused."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camera import board_scenes as scenes
from qwen_embodied.camera.boards import Board
from qwen_embodied.camera.hand_eye import Sample, calibrate_hand_eye, hand_eye_advice
from qwen_embodied.camera.lens import calibrate_lens, lens_advice
from qwen_embodied.errors import CalibrationError, ConfigurationError, ContractError
from qwen_embodied.geometry import Intrinsics, inverse_pose, pose, rotation_angle, rotation_z

BOARDS = [Board(), Board('apriltag', 6, 4, 0.034, 0.026)]


def off(found, true):
    """Give the distance, mm, and the angle, degrees, between two poses."""
    return (
        1e3 * np.linalg.norm(found[:3, 3] - true[:3, 3]),
        np.degrees(rotation_angle(found[:3, :3].T @ true[:3, :3])),
    )


@pytest.mark.parametrize('seed', range(6))
def test_a_fixed_camera_is_found_within_2_mm_and_03_degrees(seed):
    found = calibrate_hand_eye(scenes.samples(15, seed), scenes.LENS)
    millimetres, degrees = off(found.camera, scenes.CAMERA)
    assert millimetres <= 2.0
    assert degrees <= 0.3
    assert found.outliers == ()
    assert found.held_out_pixels < 0.8
    assert found.held_out < 0.002


@pytest.mark.parametrize('seed', range(3))
def test_a_camera_in_the_hand_is_found_as_well(seed):
    camera_in_hand = scenes.BOARD_IN_HAND
    swapped = []
    for sample in scenes.samples(15, seed):
        # The same pictures, told the other way round: the camera moves, the board stays.
        hand = scenes.CAMERA @ inverse_pose(sample.hand_in_base @ scenes.BOARD_IN_HAND)
        hand = inverse_pose(camera_in_hand @ inverse_pose(hand))
        board = inverse_pose(scenes.CAMERA) @ sample.hand_in_base @ scenes.BOARD_IN_HAND
        hand = pose([0.3, 0.1, 0.2]) @ inverse_pose(camera_in_hand @ board)
        swapped.append(replace(sample, hand_in_base=hand))
    found = calibrate_hand_eye(swapped, scenes.LENS, 'hand')
    millimetres, degrees = off(found.camera, camera_in_hand)
    assert millimetres <= 2.0
    assert degrees <= 0.3


def test_a_pose_whose_joints_are_of_another_moment_is_named():
    samples = scenes.samples(15, 3)
    shifted = samples[4].hand_in_base @ pose([0.01, 0.0, 0.0], rotation_z(0.02))
    samples[4] = replace(samples[4], hand_in_base=shifted)
    found = calibrate_hand_eye(samples, scenes.LENS)
    assert found.outliers == ('pose 4',)
    assert off(found.camera, scenes.CAMERA)[0] <= 5.0


def test_hands_that_do_not_belong_to_the_pictures_are_refused():
    samples = scenes.samples(15, 5)
    hands = [sample.hand_in_base for sample in samples]
    mixed = [
        replace(sample, hand_in_base=hand)
        for sample, hand in zip(samples, hands[7:] + hands[:7], strict=True)
    ]
    with pytest.raises(CalibrationError, match='the three methods differ'):
        calibrate_hand_eye(mixed, scenes.LENS)


def test_poses_that_turn_about_one_axis_only_are_refused_with_advice():
    first = scenes.samples(1, 0)[0].hand_in_base
    hands = [first @ pose([0.02 * n, 0, 0], rotation_z(0.2 * n)) for n in range(8)]
    assert any('second axis' in word for word in hand_eye_advice(hands))
    rng = np.random.default_rng(0)
    samples = [Sample(hand, scenes.exact(Board(), hand, rng)) for hand in hands]
    with pytest.raises(CalibrationError, match='second axis'):
        calibrate_hand_eye(samples, scenes.LENS)


def test_good_poses_need_no_advice():
    hands = [sample.hand_in_base for sample in scenes.samples(15, 1)]
    assert hand_eye_advice(hands) == ()
    assert 'take more poses: 3 of 15' in hand_eye_advice(hands[:3])


def test_an_unknown_mount_is_refused():
    with pytest.raises(ConfigurationError, match='ceiling'):
        calibrate_hand_eye(scenes.samples(15, 0), scenes.LENS, 'ceiling')


@pytest.mark.parametrize('board', BOARDS, ids=['charuco', 'apriltag'])
def test_the_board_is_found_in_pictures_to_a_fraction_of_a_pixel(board):
    rng = np.random.default_rng(7)
    for hand in scenes.carried(4, rng):
        seen = inverse_pose(scenes.CAMERA) @ hand @ scenes.BOARD_IN_HAND
        corners = board.find(scenes.photograph(board, seen, rng=rng))
        assert corners is not None
        true = scenes.LENS.project(corners.points @ seen[:3, :3].T + seen[:3, 3])
        assert np.median(np.linalg.norm(corners.pixels - true, axis=1)) < 0.3


@pytest.mark.parametrize('board', BOARDS, ids=['charuco', 'apriltag'])
def test_hand_and_eye_from_pictures(board):
    rng = np.random.default_rng(11)
    samples = []
    for number, hand in enumerate(scenes.carried(15, rng)):
        seen = inverse_pose(scenes.CAMERA) @ hand @ scenes.BOARD_IN_HAND
        corners = board.find(scenes.photograph(board, seen, rng=rng))
        samples.append(Sample(hand, corners, f'{number}'))
    millimetres, degrees = off(calibrate_hand_eye(samples, scenes.LENS).camera, scenes.CAMERA)
    assert millimetres <= 2.0
    assert degrees <= 0.3


def views(count, lens, seed=0, noise=0.2):
    rng = np.random.default_rng(seed)
    hands = scenes.carried(count, rng, turn=0.5, aside=0.2)
    return [scenes.exact(Board(), hand, rng, noise, lens) for hand in hands]


def test_a_lens_with_distortion_is_found():
    lens = replace(scenes.LENS, distortion=(-0.12, 0.05, 0.001, -0.0008, 0.0))
    found = calibrate_lens(views(20, lens))
    assert abs(found.lens.fx / lens.fx - 1) < 0.01
    assert abs(found.lens.fy / lens.fy - 1) < 0.01
    assert found.held_out < 0.5
    assert np.abs(np.array(found.lens.distortion) - lens.distortion).max() < 0.02


def test_few_images_and_mixed_sizes_are_refused():
    with pytest.raises(CalibrationError, match='found in 3 images'):
        calibrate_lens(views(3, scenes.LENS))
    other = replace(scenes.LENS, width=800)
    with pytest.raises(CalibrationError, match='640x480, 800x480'):
        calibrate_lens([*views(5, scenes.LENS), *views(3, other)])


def test_advice_names_the_part_of_the_image_without_a_board():
    left = [replace(view, pixels=view.pixels * [0.3, 1.0]) for view in views(12, scenes.LENS)]
    assert any('right of the image' in word for word in lens_advice(left))


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        ('charuco 7x5 0.03', 'must be like'),
        ('chess 7x5 0.03 0.02', 'allowed are charuco, apriltag'),
        ('charuco 7xfive 0.03 0.02', 'must be like'),
    ],
)
def test_a_board_that_is_none_is_refused(words, said):
    with pytest.raises(ConfigurationError, match=said):
        Board.parse(words)


@pytest.mark.parametrize(
    'change', [{'marker': 0.05}, {'columns': 1}, {'rows': 99}, {'square': -1.0}]
)
def test_a_board_that_cannot_be_drawn_is_refused(change):
    with pytest.raises(ContractError, match=r'Board\.'):
        replace(Board(), **change)


@pytest.mark.parametrize('shape', [(1, 1), (3, 4000), (480, 640, 3)])
def test_no_board_is_found_where_there_is_none(shape):
    noise = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    assert all(board.find(noise) is None for board in BOARDS)


def test_an_image_that_is_none_is_refused():
    with pytest.raises(ContractError, match='image'):
        Board().find(np.zeros((4, 4), dtype=np.float32))


def test_a_camera_of_other_make_is_found():
    lens = Intrinsics(1280, 720, 915.0, 914.0, 640.0, 360.0)
    rng = np.random.default_rng(2)
    samples = [
        Sample(hand, scenes.exact(Board(), hand, rng, 0.3, lens))
        for hand in scenes.carried(15, rng)
    ]
    assert off(calibrate_hand_eye(samples, lens).camera, scenes.CAMERA)[0] <= 2.0
