"""Colour and depth are joined by their stamps; what is missing is named."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.nodes.conversions import header
from qwen_embodied.nodes.conversions_image import (
    depth_to_ros,
    image_to_ros,
    intrinsics_to_ros,
)
from qwen_embodied.nodes.frames import FrameJoiner

CAMERA = Intrinsics(8, 6, 5.0, 5.0, 3.5, 2.5)


def colour(stamp, width=8):
    return image_to_ros(np.full((6, width, 3), 7, np.uint8), header(stamp, 'optical'))


def depth(stamp, height=6):
    return depth_to_ros(np.full((height, 8), 1.25, np.float32), header(stamp))


@pytest.fixture
def joiner():
    joiner = FrameJoiner(0.02)
    joiner.add_info(intrinsics_to_ros(CAMERA, header(0.0)))
    return joiner


def test_a_pair_is_given_once_with_its_stamp(joiner):
    joiner.add_colour(colour(1.5))
    joiner.add_depth(depth(1.5))
    frame = joiner.take(1.0).convert(np.eye(4))
    assert (frame.stamp, frame.frame_id) == (1.5, 'optical')
    assert frame.depth[0, 0] == pytest.approx(1.25)
    assert joiner.take(0.0) is None


@pytest.mark.parametrize(('apart', 'is_pair'), [(0.019, True), (0.021, False)])
def test_stamps_may_differ_by_the_tolerance(joiner, apart, is_pair):
    joiner.add_depth(depth(1.0 + apart))
    joiner.add_colour(colour(1.0))
    assert (joiner.take(0.0) is not None) == is_pair


def test_the_newest_pair_counts(joiner):
    for stamp in (1.0, 1.1, 1.2):
        joiner.add_colour(colour(stamp))
        joiner.add_depth(depth(stamp))
    assert joiner.take(0.0).colour.header.stamp.nanosec == 200_000_000


def test_a_late_partner_is_found(joiner):
    for stamp in (1.0, 1.1, 1.2):
        joiner.add_colour(colour(stamp))
    joiner.add_depth(depth(1.0))
    assert joiner.take(0.0) is not None


def test_without_calibration_there_is_no_frame():
    joiner = FrameJoiner(0.02)
    joiner.add_colour(colour(1.0))
    joiner.add_depth(depth(1.0))
    assert joiner.take(0.0) is None


@pytest.mark.parametrize('pair', [(colour(1.0, width=4), depth(1.0)),
                                  (colour(1.0), depth(1.0, height=3))])  # fmt: skip
def test_images_of_different_sizes_are_refused(joiner, pair):
    joiner.add_colour(pair[0])
    joiner.add_depth(pair[1])
    with pytest.raises(CameraError, match=r'different sizes: .*8x6'):
        joiner.take(0.0).convert(np.eye(4))


def test_the_silent_input_is_named(joiner):
    joiner.add_colour(colour(1.0))
    assert joiner.silent(60.0) == ''
    assert joiner.silent(-1.0).startswith('no camera/color/image_raw for 0 s; is the camera')
