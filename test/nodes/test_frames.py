"""Colour and depth are joined by their stamps, and what is dropped is counted with the reason."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from qwen_embodied.errors import CameraError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.nodes import conversions, drops
from qwen_embodied.nodes import conversions_image as images
from qwen_embodied.nodes.frames import KEPT, FrameJoiner, RawFrame

LENS = Intrinsics(8, 6, 10.0, 10.0, 3.5, 2.5)
INFO = images.intrinsics_to_ros(LENS, conversions.header(0.0))
RGB, DEPTH = np.zeros((6, 8, 3), np.uint8), np.ones((6, 8), np.float32)


def colour(stamp, rgb=RGB):
    return images.image_to_ros(rgb, conversions.header(stamp, 'optical'))


def depth(stamp, metres=DEPTH):
    return images.depth_to_ros(metres, conversions.header(stamp, 'optical'))


@pytest.fixture
def counter():
    return drops.Drops()


@pytest.fixture
def joiner(counter):
    joiner = FrameJoiner(0.02, count=counter.add)
    joiner.add_info(INFO)
    return joiner


def stamp_of(raw):
    return conversions.time_from_ros(raw.colour.header.stamp)


def test_a_pair_is_given_once(joiner):
    joiner.add_colour(colour(1.0))
    assert joiner.take(0.0) is None
    joiner.add_depth(depth(1.01))
    assert stamp_of(joiner.take(0.0)) == 1.0
    assert joiner.take(0.0) is None


@pytest.mark.parametrize('order', [(0, 1, 2, 3), (0, 2, 1, 3), (2, 3, 0, 1), (3, 1, 2, 0)])
def test_the_order_of_arrival_does_not_matter(joiner, order):
    adds = [(joiner.add_colour, colour(1.0)), (joiner.add_depth, depth(1.0)),
            (joiner.add_colour, colour(1.1)), (joiner.add_depth, depth(1.1))]  # fmt: skip
    seen = []
    for at in order:
        adds[at][0](adds[at][1])
        raw = joiner.take(0.0)
        seen += [] if raw is None else [stamp_of(raw)]
    assert seen[-1] == max(seen)
    assert set(seen) <= {1.0, 1.1}
    assert seen


def test_stamps_eighty_milliseconds_apart_are_no_pair(joiner, counter):
    for at in range(2 * KEPT):
        joiner.add_colour(colour(1.0 + 0.5 * at))
        joiner.add_depth(depth(1.08 + 0.5 * at))
    assert joiner.take(0.0) is None
    assert counter.counts == {drops.UNPAIRED: KEPT}
    assert '80 ms apart, allowed are 20 ms' in joiner.silent(-1.0) or joiner.silent(-1.0)


def test_an_old_pair_is_not_given_after_a_newer_one(joiner, counter):
    for stamp in (1.1, 1.0):
        joiner.add_colour(colour(stamp))
        joiner.add_depth(depth(stamp))
    assert stamp_of(joiner.take(0.0)) == 1.1
    assert joiner.take(0.0) is None
    assert counter.counts == {drops.LATE: 2}


def test_memory_is_bounded(joiner):
    for at in range(1000):
        joiner.add_colour(colour(1.0 + at))
        joiner.add_depth(depth(1.5 + at))
    assert len(joiner._colour) <= KEPT
    assert len(joiner._depth) <= KEPT


def test_without_calibration_nothing_is_given(counter):
    joiner = FrameJoiner(0.02, count=counter.add)
    for at in range(KEPT + 2):
        joiner.add_colour(colour(1.0 + at))
        joiner.add_depth(depth(1.0 + at))
    assert joiner.take(0.0) is None
    assert counter.counts == {drops.UNCALIBRATED: 2}


def test_a_clock_that_is_set_back_starts_again(joiner, counter):
    joiner.add_colour(colour(100.0))
    joiner.add_colour(colour(1.0))
    joiner.add_depth(depth(1.0))
    assert stamp_of(joiner.take(0.0)) == 1.0
    assert counter.counts == {drops.TIME: 1}


def test_a_newer_pair_overtakes(joiner, counter):
    for stamp in (1.0, 2.0):
        joiner.add_colour(colour(stamp))
        joiner.add_depth(depth(stamp))
    assert stamp_of(joiner.take(0.0)) == 2.0
    assert counter.counts == {drops.OVERTAKEN: 1}


def test_colour_alone_where_no_depth_is_wanted():
    joiner = FrameJoiner(0.02, needs_depth=False)
    joiner.add_info(INFO)
    joiner.add_colour(colour(1.0))
    assert joiner.take(0.0).convert(np.eye(4)).depth is None


def test_the_missing_input_is_named():
    joiner = FrameJoiner(0.02)
    assert 'camera/color/image_raw' in joiner.silent(-1.0)
    assert joiner.silent(60.0) == ''


def test_depth_of_another_size_is_spread_without_new_distances():
    small = np.array([[1.0, 2.0, 3.0, 4.0]] * 3, np.float32)
    frame = RawFrame(colour(1.0), depth(1.0, small), INFO).convert(np.eye(4))
    assert frame.depth.shape == (6, 8)
    assert frame.depth[0] == pytest.approx([1, 1, 2, 2, 3, 3, 4, 4])


def test_calibration_of_another_size_fits_the_image():
    rgb = np.zeros((12, 16, 3), np.uint8)
    lens = RawFrame(colour(1.0, rgb), None, INFO).convert(np.eye(4)).intrinsics
    assert (lens.width, lens.height, lens.fx, lens.cx) == (16, 12, 20.0, 7.5)


@pytest.mark.parametrize('shape', [(6, 12), (12, 8)])
def test_another_view_is_refused(shape):
    raw = RawFrame(colour(1.0), depth(1.0, np.ones(shape, np.float32)), INFO)
    with pytest.raises(CameraError, match='different sizes: colour is 8x6'):
        raw.convert(np.eye(4))


@pytest.mark.parametrize('field', [0, 4])
@pytest.mark.parametrize('value', [0.0, -1.0, np.nan, np.inf])
def test_an_uncalibrated_camera_is_refused(field, value):
    info = images.intrinsics_to_ros(LENS, conversions.header(0.0))
    info.k[field] = value
    with pytest.raises(CameraError, match='not calibrated'):
        RawFrame(colour(1.0), None, info).convert(np.eye(4))


def test_a_frozen_camera_is_noticed_and_forgiven():
    check = drops.FrozenCheck(3)
    same = RawFrame(colour(1.0), depth(1.0), INFO).convert(np.eye(4))
    other = RawFrame(colour(1.0, RGB + 1), depth(1.0), INFO).convert(np.eye(4))
    for frame in (same, same, same, other, same, same, same):
        check(frame)
    with pytest.raises(CameraError, match='is it frozen'):
        check(same)
    check(other)


def test_a_limit_of_zero_allows_a_camera_without_noise():
    check = drops.FrozenCheck(0)
    same = RawFrame(colour(1.0), None, INFO).convert(np.eye(4))
    for _ in range(50):
        check(same)
