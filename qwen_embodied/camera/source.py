"""The protocol of everything that gives frames."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Protocol

from qwen_embodied.messages import Frame


class FrameSource(Protocol):
    """A camera: simulated, replayed or real."""

    def frame(self) -> Frame:
        """Give the newest frame; raises CameraError when there is none."""
        ...
