"""Why images were not used, counted by reason."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import zlib
from collections import Counter

from qwen_embodied.errors import CameraError
from qwen_embodied.messages import Frame

UNREADABLE = 'unreadable image'
UNPAIRED = 'no depth at the time of the image'
UNCALIBRATED = 'no camera_info'
TIME = 'stamps went back'
LATE = 'older than an image already used'
FROZEN = 'frozen camera'
UNSEEN = 'no scene in the image'
OVERTAKEN = 'overtaken by a newer image'


class FrozenCameraError(CameraError):
    """A camera sends the same picture again and again."""


class Drops:
    """Counts dropped images by reason; may be used from several threads."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, reason: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[reason] += 1

    @property
    def counts(self) -> dict[str, int]:
        """Give the count of each reason so far."""
        with self._lock:
            return dict(self._counts)


class FrozenCheck:
    """Notices a camera that sends the same picture again and again."""

    def __init__(self, limit: int) -> None:
        """Set how many equal frames in a row are too many; 0 allows any number."""
        self._limit = limit
        self._last: int | None = None
        self._repeats = 0

    def __call__(self, frame: Frame) -> None:
        """Take the next frame; raises FrozenCameraError when the camera is frozen."""
        if not self._limit:
            return
        mark = zlib.crc32(frame.rgb[::2, ::2].tobytes())
        if frame.depth is not None:
            mark = zlib.crc32(frame.depth[::4, ::4].tobytes(), mark)
        self._repeats = self._repeats + 1 if mark == self._last else 0
        self._last = mark
        if self._repeats >= self._limit:
            raise FrozenCameraError(
                f'the camera sent the same picture {self._repeats + 1} times; is it frozen? '
                'For a camera without any noise set frozen_after to 0'
            )
