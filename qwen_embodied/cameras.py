"""Cameras whose drivers' topics are known by name, from their documentation; none was tried."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qwen_embodied.node_spec import Settings

COLOUR, INFO = 'camera/color/image_raw', 'camera/color/camera_info'
DEPTH = 'camera/aligned_depth_to_color/image_raw'


@dataclass(frozen=True)
class Camera:
    """Names below a prefix.

    Attributes:
        prefix: As the driver's own launch file gives it.
        colour: Colour image.
        depth: Depth aligned to colour; empty for a camera without.
        info: Calibration of the colour image.
        parameters: Of perception.
    """

    prefix: str
    colour: str
    depth: str
    info: str
    parameters: Settings = ()


_FLAT: Settings = (('depth_transport', 'none'), ('assume_table', True))
CAMERAS: Mapping[str, Camera] = MappingProxyType({
    'own': Camera('camera', 'color/image_raw', 'aligned_depth_to_color/image_raw',
                  'color/camera_info'),
    'realsense': Camera('/camera/camera', 'color/image_raw', 'aligned_depth_to_color/image_raw',
                        'color/camera_info'),
    'orbbec': Camera('/camera', 'color/image_raw', 'depth/image_raw', 'color/camera_info'),
    'zed': Camera('/zed/zed_node', 'rgb/image_rect_color', 'depth/depth_registered',
                  'rgb/camera_info'),
    'usb': Camera('', 'image_raw', '', 'camera_info', _FLAT),
})  # fmt: skip


def camera_remappings(name: str, prefix: str = '') -> tuple[tuple[str, str], ...]:
    """Give (from, to) names that lead perception to a camera.

    Args:
        name: One of CAMERAS.
        prefix: In place of the driver's usual one.
    """
    camera = CAMERAS[name]
    before = prefix or camera.prefix
    pairs = ((COLOUR, camera.colour), (DEPTH, camera.depth), (INFO, camera.info))
    found = [(own, f'{before}/{theirs}' if before else theirs) for own, theirs in pairs if theirs]
    found += [(f'{own}/compressed', f'{theirs}/compressed') for own, theirs in found[:1]]
    if camera.depth:
        own, theirs = found[1]
        found.append((f'{own}/compressedDepth', f'{theirs}/compressedDepth'))
    return tuple((own, theirs) for own, theirs in found if own != theirs)
