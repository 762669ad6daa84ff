"""Calibration from the command line: a folder in, a file that ROS and the perception node read."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from camera import board_scenes as scenes
from qwen_embodied.calibrating import hand_in_base, read_lens
from qwen_embodied.camera.boards import Board
from qwen_embodied.errors import CalibrationError, ConfigurationError
from qwen_embodied.geometry import inverse_pose, pose, rotation_angle, rotation_of
from qwen_embodied.motion import load_robot
from qwen_embodied.parameters import read_yaml

BOARD = 'charuco 7x5 0.030 0.022'
CAMERA_FILE = """\
image_width: 640
image_height: 480
camera_matrix: {rows: 3, cols: 3, data: [600.0, 0, 322.0, 0, 605.0, 236.0, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}
"""


def calibrate(*words, cwd):
    command = [sys.executable, '-m', 'qwen_embodied', 'calibrate', *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd)


@pytest.fixture
def folder(tmp_path):
    """Write fifteen samples as a person would take them."""
    rng, board = np.random.default_rng(4), Board.parse(BOARD)
    samples = tmp_path / 'samples'
    samples.mkdir()
    for number, hand in enumerate(scenes.carried(15, rng, aside=0.15)):
        seen = inverse_pose(scenes.CAMERA) @ hand @ scenes.BOARD_IN_HAND
        cv2.imwrite(str(samples / f'{number:02d}.png'), scenes.photograph(board, seen, rng=rng))
        note = json.dumps({'hand_in_base': hand.tolist()})
        (samples / f'{number:02d}.json').write_text(note)
    (tmp_path / 'camera.yaml').write_text(CAMERA_FILE)
    return samples


def test_a_folder_gives_the_parameters_of_the_perception_node(folder, tmp_path):
    done = calibrate(
        'hand-eye', folder, '--lens', 'camera.yaml', '--output', 'pose.yaml', cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert 'Tsai, Park and Shah agree' in done.stdout
    values = read_yaml(tmp_path / 'pose.yaml', 'perception')
    found = pose(values['camera_position'], rotation_of(values['camera_quaternion']))
    assert np.linalg.norm(found[:3, 3] - scenes.CAMERA[:3, 3]) <= 0.002
    assert np.degrees(rotation_angle(found[:3, :3].T @ scenes.CAMERA[:3, :3])) <= 0.3


def test_the_same_images_give_a_lens_that_drivers_read(folder, tmp_path):
    done = calibrate('camera', folder, '--output', 'lens.yaml', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lens = read_lens(tmp_path / 'lens.yaml')
    assert (lens.width, lens.height) == (640, 480)
    assert abs(lens.fx / 600 - 1) < 0.03


def test_a_folder_without_images_is_one_sentence(tmp_path):
    done = calibrate('camera', tmp_path, cwd=tmp_path)
    assert done.returncode == 1
    assert 'no image there' in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_board_is_drawn_as_it_is_found(tmp_path):
    done = calibrate('board', 'board.png', '--board', BOARD, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    drawn = cv2.imread(str(tmp_path / 'board.png'), cv2.IMREAD_GRAYSCALE)
    assert len(Board.parse(BOARD).find(drawn).ids) == 24


@pytest.mark.parametrize(
    ('note', 'said'),
    [
        ('{}', "'joints' is missing"),
        ('{"joints": {"panda_joint1": 0}}', "'panda_joint2' is missing"),
        ('{"hand_in_base": [[1, 2]]}', 'must be 4 x 4'),
        ('{"hand_in_base": [[1,1,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}', 'no rotation'),
        ('nonsense', 'Expecting value'),
    ],
)
def test_a_note_that_is_wrong_is_named(tmp_path, note, said):
    (tmp_path / 'a.json').write_text(note)
    with pytest.raises(CalibrationError, match=said):
        hand_in_base(tmp_path / 'a.json', load_robot('panda'))


def test_joints_give_the_hand(tmp_path):
    robot = load_robot('panda')
    joints = dict(zip(robot.joint_names, robot.home.tolist(), strict=True))
    (tmp_path / 'a.json').write_text(json.dumps({'joints': joints}))
    assert np.allclose(hand_in_base(tmp_path / 'a.json', robot), robot.forward(robot.home))


def test_a_file_that_is_no_lens_is_named(tmp_path):
    (tmp_path / 'lens.yaml').write_text('image_width: 640')
    with pytest.raises(ConfigurationError, match='is no camera calibration'):
        read_lens(tmp_path / 'lens.yaml')
