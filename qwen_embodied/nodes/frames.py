"""Joins the newest colour and depth image of one instant."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from qwen_embodied.camera.joined import read_frame
from qwen_embodied.messages import Array, Frame
from qwen_embodied.nodes import drops
from qwen_embodied.nodes.conversions import time_from_ros

FIRST_CAMERA = 'camera'
KEPT = 5  # images of each kind that wait for their partner
BACKWARDS = 1.0  # s by which a stamp may lie before the newest one


def inputs_of(camera: str) -> tuple[str, str, str]:
    """Give the topics of a camera of a name: colour, calibration, depth."""
    return (
        f'{camera}/color/image_raw',
        f'{camera}/color/camera_info',
        f'{camera}/aligned_depth_to_color/image_raw',
    )


@dataclass(frozen=True, eq=False)
class RawFrame:
    """Messages of one instant, not yet converted."""

    colour: Image | CompressedImage
    depth: Image | CompressedImage | None
    info: CameraInfo

    @property
    def stamp(self) -> float:
        """Of the colour image, s."""
        return time_from_ros(self.colour.header.stamp)

    def convert(self, camera_in_base: Array) -> Frame:
        """Read the messages; raises CameraError when they cannot be."""
        return read_frame(self.colour, self.depth, self.info, camera_in_base)


class FrameJoiner:
    """Takes images as they come and gives the newest pair, once, to a waiting thread."""

    def __init__(
        self,
        tolerance: float,
        *,
        needs_depth: bool = True,
        count: Callable[[str], object] | None = None,
        camera: str = FIRST_CAMERA,
    ) -> None:
        """Prepare to join.

        Args:
            tolerance: How far the stamps of a pair may differ, s.
            needs_depth: Whether a colour image without depth is no use.
            count: Told the reason, one of `drops`, when an image is dropped.
            camera: Namespace of its topics, for what is said of them.
        """
        self._tolerance, self._needs_depth = tolerance, needs_depth
        self._count = count or drops.Drops().add
        self._inputs = inputs_of(camera)
        self._info: CameraInfo | None = None
        self._colour: dict[float, Image | CompressedImage] = {}
        self._depth: dict[float, Image | CompressedImage] = {}
        self._newest: RawFrame | None = None
        self._gap: float | None = None
        self._last = -np.inf  # stamp of the newest pair
        self._changed = threading.Condition()
        self._heard: dict[str, float] = {}
        self._paired = self._started = time.monotonic()

    def add_info(self, message: CameraInfo) -> None:
        """Take the calibration of the colour camera."""
        self._hear(self._inputs[1])
        self._info = message

    def add_colour(self, message: Image | CompressedImage) -> None:
        """Take a colour image."""
        self._hear(self._inputs[0])
        self._add(self._colour, message)

    def add_depth(self, message: Image | CompressedImage) -> None:
        """Take a depth image aligned to the colour image."""
        self._hear(self._inputs[2])
        self._add(self._depth, message)

    def take(self, timeout: float) -> RawFrame | None:
        """Wait for the next pair; None when there was none in time, s."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None, timeout)
            newest, self._newest = self._newest, None
            return newest

    def silent(self, limit: float) -> str:
        """Say which input is missing, or does not fit, for a time in s; empty when none."""
        now = time.monotonic()
        for topic in self._inputs if self._needs_depth else self._inputs[:2]:
            silence = now - self._heard.get(topic, self._started)
            if silence > limit:
                return f'no {topic} for {silence:.0f} s; is the camera driver running?'
        if now - self._paired > limit and np.isfinite(self._last) and self._gap is None:
            return f'the stamps of the camera have not advanced for {now - self._paired:.0f} s'
        if now - self._paired > limit and self._gap is not None:
            return (
                f'no colour and depth of one time for {now - self._paired:.0f} s: the nearest '
                f'stamps are {1e3 * self._gap:.0f} ms apart, allowed are '
                f'{1e3 * self._tolerance:.0f} ms; synchronise the camera, or raise pair_tolerance'
            )
        return ''

    def _hear(self, topic: str) -> None:
        self._heard[topic] = time.monotonic()

    def _add(
        self, images: dict[float, Image | CompressedImage], message: Image | CompressedImage
    ) -> None:
        stamp = time_from_ros(message.header.stamp)
        with self._changed:
            self._forget_future(stamp)
            if stamp <= self._last:
                self._count(drops.LATE)
                return
            images[stamp] = message
            while len(images) > KEPT:
                oldest = min(images)
                del images[oldest]
                if images is self._colour:
                    self._missed(oldest)
            pair = self._match()
            if pair is not None:
                if self._newest is not None:
                    self._count(drops.OVERTAKEN)
                self._newest, self._paired = pair, time.monotonic()
                self._changed.notify_all()

    def _forget_future(self, stamp: float) -> None:
        """Start again when the clock was set back, as a restarted simulation does."""
        newest = max((*self._colour, *self._depth, self._last))
        if stamp < newest - BACKWARDS:
            self._count(drops.TIME)
            self._colour.clear()
            self._depth.clear()
            self._last = -np.inf

    def _missed(self, stamp: float) -> None:
        if self._info is None:
            self._count(drops.UNCALIBRATED)
            return
        self._count(drops.UNPAIRED)
        gaps = [abs(other - stamp) for other in self._depth]
        self._gap = min(gaps, default=self._gap)

    def _match(self) -> RawFrame | None:
        """Find the newest colour image with a depth image near it, and forget what is older."""
        if self._info is None:
            return None
        for at in sorted(self._colour, reverse=True):
            near = min(self._depth, key=lambda other: abs(other - at), default=None)
            if not self._needs_depth:
                return self._pair(at, None, self._info)
            if near is not None and abs(near - at) <= self._tolerance:
                return self._pair(at, self._depth[near], self._info)
        return None

    def _pair(
        self, at: float, depth: Image | CompressedImage | None, info: CameraInfo
    ) -> RawFrame:
        pair = RawFrame(self._colour[at], depth, info)
        self._last = at
        for older in [other for other in self._colour if other < at]:
            self._missed(older)
        for images in (self._colour, self._depth):
            for older in [other for other in images if other <= at + self._tolerance]:
                del images[older]
        return pair
