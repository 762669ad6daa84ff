"""Where images come from: the pinhole model and the sources of frames.

A point and its pixel:

>>> from qwen_embodied.camera import Intrinsics
>>> camera = Intrinsics(width=640, height=480, fx=600.0, fy=600.0, cx=319.5, cy=239.5)
>>> camera.project([0.0, 0.0, 1.0]).tolist()
[319.5, 239.5]
>>> camera.deproject([319.5, 239.5], 2.0).tolist()
[0.0, 0.0, 2.0]
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.camera.files import read_frame
from qwen_embodied.camera.source import FrameSource
from qwen_embodied.geometry import Intrinsics

__all__ = ['FrameSource', 'Intrinsics', 'read_frame']
