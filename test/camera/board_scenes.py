"""A board that an arm carries before a camera: exact corners, or whole pictures of it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from qwen_embodied.camera.boards import Board, Corners
from qwen_embodied.camera.hand_eye import Sample
from qwen_embodied.geometry import (
    Intrinsics,
    inverse_pose,
    look_at,
    pose,
    rotation_x,
    rotation_y,
    rotation_z,
)

LENS = Intrinsics(640, 480, 600.0, 605.0, 322.0, 236.0)
CAMERA = look_at([0.9, 0.25, 0.8], [0.45, 0.0, 0.35], [0, 0, 1])
BOARD_IN_HAND = pose([-0.09, -0.06, 0.04], rotation_z(0.1) @ rotation_x(0.05))


def carried(count, rng, turn=0.45, aside=0.08):
    """Give hand_in_base for poses in which the board faces the camera of CAMERA."""
    poses = []
    for _ in range(count):
        a, b, c = rng.uniform(-turn, turn, 3)
        facing = CAMERA[:3, :3] @ rotation_x(a) @ rotation_y(b) @ rotation_z(c)
        in_camera = np.array([*rng.uniform(-aside, aside, 2), rng.uniform(0.4, 0.6)])
        place = CAMERA[:3, 3] + CAMERA[:3, :3] @ in_camera
        board_in_base = pose(place, facing) @ pose([-0.1, -0.07, 0.0])
        poses.append(board_in_base @ inverse_pose(BOARD_IN_HAND))
    return poses


@lru_cache
def all_points(board):
    drawn = board.find(board.draw())
    order = np.argsort(drawn.ids)
    return drawn.ids[order], drawn.points[order]


def exact(board, hand_in_base, rng, noise=0.0, lens=LENS):
    """Give the corners that a camera would see, with noise in px; all of them."""
    ids, points = all_points(board)
    seen = inverse_pose(CAMERA) @ hand_in_base @ BOARD_IN_HAND
    pixels = lens.project(points @ seen[:3, :3].T + seen[:3, 3])
    pixels = pixels + rng.normal(0.0, noise, pixels.shape)
    return Corners(ids, points, pixels, (lens.width, lens.height))


def samples(count, seed, noise=0.3, board=None):
    rng = np.random.default_rng(seed)
    board = board or Board()
    return [
        Sample(hand, exact(board, hand, rng, noise), f'pose {number}')
        for number, hand in enumerate(carried(count, rng))
    ]


def photograph(board, board_in_camera, lens=LENS, rng=None):
    """Draw a picture (H, W) uint8 of a board: grey surroundings, blur and noise."""
    scale = 4000.0
    drawn = board.draw(scale)
    margin = 0.5 * board.square
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    height, width = drawn.shape
    pixels = corners * [width - 1, height - 1]
    metres = (pixels + 0.5) / scale - margin
    points = np.column_stack([metres, np.zeros(4)])
    seen = lens.project(points @ board_in_camera[:3, :3].T + board_in_camera[:3, 3])
    # Drawn three times as large and made small again: no jagged edges.
    homography, _ = cv2.findHomography(pixels, (seen + 0.5) * 3 - 0.5)
    large = cv2.warpPerspective(
        drawn, homography, (3 * lens.width, 3 * lens.height),
        flags=cv2.INTER_AREA, borderValue=120,
    )  # fmt: skip
    small = cv2.resize(large, (lens.width, lens.height), interpolation=cv2.INTER_AREA)
    rng = rng or np.random.default_rng(0)
    noisy = small.astype(float) * 0.8 + 20 + rng.normal(0, 2, small.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)
