"""The thresholds of perception, each with its unit and its legal range."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from qwen_embodied.parameters import param


@dataclass(frozen=True)
class PerceptionParameters:
    """What counts as a table, an object, a container, and for how long one is remembered."""

    frame_id: str = param('panda_link0', 'Name of the base frame that scenes are given in.')
    nearest_depth: float = param(0.1, 'Depth below this is invalid, m.', bounds=(0.0, 2.0))
    farthest_depth: float = param(4.0, 'Depth above this is invalid, m.', bounds=(0.2, 20.0))
    valid_share: float = param(0.4, 'Least share of pixels with valid depth.', bounds=(0.01, 1.0))
    assume_table: bool = param(
        False,
        'Without depth, take what looks unlike the table to stand on it, at table_height.',
    )
    table_height: float = param(
        0.0, 'z of the table in the base frame where it is not measured, m.', bounds=(-3.0, 3.0)
    )
    table_share: float = param(
        0.15, 'Least share of the valid pixels that lie on the table.', bounds=(0.02, 1.0)
    )
    table_tilt: float = param(0.2, 'Largest tilt of the table, rad.', bounds=(0.0, 0.6))
    plane_tolerance: float = param(
        0.008, 'Distance to the table that still belongs to it, m.', bounds=(0.001, 0.05)
    )
    min_height: float = param(
        0.008, 'Least height above the table of what stands on it, m.', bounds=(0.002, 0.05)
    )
    max_height: float = param(0.3, 'Largest height of an object, m.', bounds=(0.02, 2.0))
    min_side: float = param(0.016, 'Least side of an object, m.', bounds=(0.003, 0.1))
    max_side: float = param(0.34, 'Largest side of an object, m.', bounds=(0.05, 2.0))
    depth_step: float = param(
        0.012, 'Height step that separates two surfaces, m.', bounds=(0.003, 0.05)
    )
    body_margin: float = param(
        0.03, 'Points this near to the robot count as the robot, m.', bounds=(0.0, 0.2)
    )
    hidden_border: float = param(
        0.15,
        'Share of an outline beside the robot or the image border that makes it unusable.',
        bounds=(0.0, 1.0),
    )
    cube_tolerance: float = param(
        0.14, 'Largest relative difference of the sides of a cube.', bounds=(0.01, 0.5)
    )
    tray_ratio: float = param(
        0.28,
        'A square container lower than this times its short side is a tray.',
        bounds=(0.05, 1.0),
    )
    name_confidence: float = param(
        0.7, 'Least probability of a colour that is named; else it is unknown.', bounds=(0.3, 0.99)
    )
    match_distance: float = param(
        0.04, 'Largest move between frames without a change of place, m.', bounds=(0.005, 0.3)
    )
    match_size: float = param(
        0.015, 'Largest difference in size of one object seen twice, m.', bounds=(0.002, 0.1)
    )
    remember: float = param(
        60.0, 'Time for which an object that is hidden is kept, s.', bounds=(0.0, 3600.0)
    )
    vanish_after: int = param(
        3,
        'Frames with a clear view of its empty place after which an object is dropped.',
        bounds=(1, 100),
    )
