"""Joins the newest colour and depth image of one instant."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sensor_msgs.msg import CameraInfo, Image

from qwen_embodied.errors import CameraError
from qwen_embodied.messages import Array, Frame
from qwen_embodied.nodes.conversions import time_from_ros
from qwen_embodied.nodes.conversions_image import (
    depth_from_ros,
    image_from_ros,
    intrinsics_from_ros,
)

INPUTS = (
    'camera/color/image_raw',
    'camera/color/camera_info',
    'camera/aligned_depth_to_color/image_raw',
)
KEPT = 5  # images of each kind that wait for their partner


@dataclass(frozen=True, eq=False)
class RawFrame:
    """Messages of one instant, not yet converted."""

    colour: Image
    depth: Image | None
    info: CameraInfo

    def convert(self, camera_in_base: Array) -> Frame:
        """Read the messages; raises CameraError when they cannot be."""
        rgb = image_from_ros(self.colour)
        intrinsics = intrinsics_from_ros(self.info)
        sizes = {rgb.shape[:2], (intrinsics.height, intrinsics.width)}
        depth = None if self.depth is None else depth_from_ros(self.depth)
        if depth is not None:
            sizes.add(depth.shape)
        if len(sizes) > 1:
            listed = ', '.join(f'{width}x{height}' for height, width in sorted(sizes))
            raise CameraError(f'colour, depth and camera_info have different sizes: {listed}')
        header = self.colour.header
        stamp = time_from_ros(header.stamp)
        return Frame(stamp, header.frame_id, rgb, depth, intrinsics, camera_in_base)


class FrameJoiner:
    """Takes images as they come and gives the newest pair, once, to a waiting thread."""

    def __init__(self, tolerance: float) -> None:
        """Set how far the stamps of a pair may differ, s."""
        self._tolerance = tolerance
        self._info: CameraInfo | None = None
        self._colour: dict[float, Image] = {}
        self._depth: dict[float, Image] = {}
        self._newest: RawFrame | None = None
        self._changed = threading.Condition()
        self._heard: dict[str, float] = {}
        self._started = time.monotonic()

    def add_info(self, message: CameraInfo) -> None:
        """Take the calibration of the colour camera."""
        self._hear(INPUTS[1])
        self._info = message

    def add_colour(self, message: Image) -> None:
        """Take a colour image."""
        self._hear(INPUTS[0])
        self._add(self._colour, message)

    def add_depth(self, message: Image) -> None:
        """Take a depth image aligned to the colour image."""
        self._hear(INPUTS[2])
        self._add(self._depth, message)

    def take(self, timeout: float) -> RawFrame | None:
        """Wait for the next pair; None when there was none in time, s."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None, timeout)
            newest, self._newest = self._newest, None
            return newest

    def silent(self, limit: float) -> str:
        """Say which input has not been heard for a time in s; empty when none has."""
        now = time.monotonic()
        for topic in INPUTS:
            silence = now - self._heard.get(topic, self._started)
            if silence > limit:
                return f'no {topic} for {silence:.0f} s; is the camera driver running?'
        return ''

    def _hear(self, topic: str) -> None:
        self._heard[topic] = time.monotonic()

    def _add(self, images: dict[float, Image], message: Image) -> None:
        with self._changed:
            images[time_from_ros(message.header.stamp)] = message
            while len(images) > KEPT:
                del images[next(iter(images))]
            pair = self._match()
            if pair is not None:
                self._newest = pair
                self._changed.notify_all()

    def _match(self) -> RawFrame | None:
        """Find the newest colour image with a depth image near it, and forget what is older."""
        if self._info is None:
            return None
        for at in reversed(self._colour):
            near = min(self._depth, key=lambda other: abs(other - at), default=None)
            if near is not None and abs(near - at) <= self._tolerance:
                pair = RawFrame(self._colour[at], self._depth[near], self._info)
                self._colour.clear()
                self._depth.clear()
                return pair
        return None
