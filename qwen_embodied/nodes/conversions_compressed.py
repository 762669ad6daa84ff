"""Compressed images from ROS; they are read without ROS, in camera/images_compressed.py."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.camera.images_compressed import read_compressed as rgb_from_compressed
from qwen_embodied.camera.images_compressed import read_compressed_depth as depth_from_compressed

__all__ = ['depth_from_compressed', 'rgb_from_compressed']
