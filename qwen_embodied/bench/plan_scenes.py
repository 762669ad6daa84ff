"""Scenes of the planning bench: boxes, bowls and blocks at exact places."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qwen_embodied.geometry import pose
from qwen_embodied.messages import Scene, SceneObject

SIZES = {
    'cube': (0.045, 0.045, 0.045), 'box': (0.06, 0.04, 0.05), 'cylinder': (0.045, 0.045, 0.07),
    'ball': (0.05, 0.05, 0.05), 'bowl': (0.15, 0.15, 0.05), 'bin': (0.18, 0.14, 0.06),
    'tray': (0.22, 0.16, 0.025),
}  # fmt: skip

Row = tuple[str, float, float] | tuple[str, float, float, float] | tuple[
    str, float, float, float, float
]  # fmt: skip


def stand(*rows: Row) -> Scene:
    """Build a scene from (id, x, y[, bottom z[, side]]) in m."""
    return Scene(0.0, 'panda_link0', tuple(_thing(*row) for row in rows), 0.0)


def _thing(
    name: str, x: float, y: float, bottom: float = 0.0, side: float | None = None
) -> SceneObject:
    colour, shape, _ = name.split('_')
    size = np.array(SIZES[shape] if side is None else (side, side, side))
    where = pose([x, y, bottom + size[2] / 2])
    return SceneObject(name, f'{colour} {shape}', colour, shape, where, size, 0.9)


BOWLS = stand(
    ('red_cube_1', 0.44, 0.27), ('green_cube_1', 0.44, 0.09), ('blue_cube_1', 0.44, -0.09),
    ('yellow_cube_1', 0.44, -0.27), ('red_bowl_1', 0.62, 0.22), ('green_bowl_1', 0.62, 0.0),
    ('blue_bowl_1', 0.62, -0.22),
)  # fmt: skip
SORT = stand(
    ('red_cube_1', 0.44, 0.20), ('red_cube_2', 0.44, -0.06), ('blue_cube_1', 0.44, 0.07),
    ('blue_cube_2', 0.44, -0.20), ('red_bin_1', 0.62, 0.18), ('blue_bin_1', 0.62, -0.18),
)  # fmt: skip
LADDER = stand(
    ('red_cube_1', 0.45, -0.25, 0.0, 0.050), ('green_cube_1', 0.45, 0.10, 0.0, 0.044),
    ('blue_cube_1', 0.45, -0.08, 0.0, 0.038), ('yellow_cube_1', 0.45, 0.26, 0.0, 0.032),
    ('white_tray_1', 0.63, 0.0),
)  # fmt: skip
TOWER = stand(
    ('red_cube_1', 0.46, 0.10), ('blue_cube_1', 0.46, 0.10, 0.045),
    ('green_cube_1', 0.46, 0.10, 0.09), ('yellow_cylinder_1', 0.46, -0.12),
    ('white_tray_1', 0.63, -0.18), ('blue_bowl_1', 0.63, 0.20),
)  # fmt: skip
PACK = stand(
    ('yellow_box_1', 0.44, 0.20), ('red_cylinder_1', 0.44, 0.0), ('green_ball_1', 0.44, -0.2),
    ('brown_bin_1', 0.62, 0.0),
)  # fmt: skip
DESK = stand(
    ('red_cube_1', 0.44, 0.22), ('blue_cube_1', 0.44, 0.0), ('pink_cube_1', 0.44, -0.22),
    ('yellow_box_1', 0.62, 0.05),
)  # fmt: skip
MIX = stand(
    ('red_cube_1', 0.43, 0.26), ('blue_ball_1', 0.46, 0.10), ('green_cylinder_1', 0.43, -0.06),
    ('yellow_box_1', 0.46, -0.25), ('white_bowl_1', 0.62, 0.20), ('black_tray_1', 0.62, -0.16),
)  # fmt: skip
TWIN = stand(
    ('red_cube_1', 0.44, 0.26, 0.0, 0.050), ('red_cube_2', 0.44, 0.08, 0.0, 0.034),
    ('blue_cube_1', 0.44, -0.10, 0.0, 0.034), ('blue_cube_2', 0.44, -0.26, 0.0, 0.050),
    ('green_bowl_1', 0.62, 0.18), ('white_bowl_1', 0.62, -0.18),
)  # fmt: skip
NEST = stand(
    ('blue_bowl_1', 0.62, 0.20), ('red_cube_1', 0.62, 0.17, 0.005),
    ('green_ball_1', 0.62, 0.23, 0.005), ('black_tray_1', 0.62, -0.18),
    ('yellow_cube_1', 0.62, -0.13, 0.006), ('orange_cylinder_1', 0.62, -0.23, 0.006),
    ('pink_cube_1', 0.44, 0.10), ('grey_bin_1', 0.46, -0.06),
)  # fmt: skip
PAIRS = stand(
    ('red_cube_1', 0.46, 0.20), ('blue_cube_1', 0.46, 0.20, 0.045),
    ('green_cube_1', 0.46, -0.20), ('yellow_cube_1', 0.46, -0.20, 0.045),
    ('white_tray_1', 0.62, 0.0),
)  # fmt: skip
FRUIT = stand(
    ('orange_ball_1', 0.43, 0.26), ('green_ball_1', 0.43, 0.13), ('red_cylinder_1', 0.43, 0.0),
    ('blue_cylinder_1', 0.43, -0.13), ('yellow_box_1', 0.43, -0.27), ('white_tray_1', 0.62, 0.24),
    ('blue_bowl_1', 0.62, 0.0), ('brown_bin_1', 0.62, -0.22),
)  # fmt: skip
CROWD = stand(
    ('red_cube_1', 0.40, 0.30), ('red_cube_2', 0.40, 0.18), ('green_cube_1', 0.40, 0.06),
    ('green_cube_2', 0.40, -0.06), ('blue_cube_1', 0.40, -0.18), ('blue_cube_2', 0.40, -0.30),
    ('yellow_cylinder_1', 0.49, 0.24), ('purple_cylinder_1', 0.49, 0.08),
    ('orange_ball_1', 0.49, -0.08), ('pink_ball_1', 0.49, -0.24), ('red_bowl_1', 0.64, 0.24),
    ('blue_bowl_1', 0.64, 0.0), ('grey_bin_1', 0.64, -0.24),
)  # fmt: skip
SPREAD = stand(
    ('red_cube_1', 0.42, 0.22), ('blue_cube_1', 0.55, 0.26), ('green_cube_1', 0.62, 0.06),
    ('yellow_cube_1', 0.45, -0.24), ('red_cylinder_1', 0.60, -0.20),
    ('blue_cylinder_1', 0.43, 0.03), ('green_cylinder_1', 0.64, 0.17),
    ('yellow_ball_1', 0.53, -0.08),
)  # fmt: skip
FULL = stand(
    ('red_cube_1', 0.44, 0.24), ('green_cube_1', 0.44, 0.24, 0.045),
    ('blue_cube_1', 0.44, 0.06, 0.0, 0.050), ('blue_cube_2', 0.44, -0.09, 0.0, 0.034),
    ('yellow_cylinder_1', 0.46, -0.24), ('white_bowl_1', 0.63, 0.20),
    ('orange_ball_1', 0.63, 0.20, 0.005), ('black_tray_1', 0.63, -0.15),
    ('pink_cube_1', 0.63, -0.15, 0.006),
)  # fmt: skip
SCENES: dict[str, Scene] = {
    'BOWLS': BOWLS, 'SORT': SORT, 'LADDER': LADDER, 'TOWER': TOWER, 'PACK': PACK, 'DESK': DESK,
    'MIX': MIX, 'TWIN': TWIN, 'NEST': NEST, 'PAIRS': PAIRS,
    'FRUIT': FRUIT, 'CROWD': CROWD, 'SPREAD': SPREAD, 'FULL': FULL,
}  # fmt: skip


def scattered(
    names: Sequence[str], seed: int, stacked: int = 0, sides: Mapping[str, float] | None = None
) -> Scene:
    """Put objects at random places without touching, containers in the back row.

    Args:
        names: Ids.
        seed: Of the generator.
        stacked: How many of the small ones stand on another small one.
        sides: Of cubes that are not of the usual size, m.
    """
    rng = np.random.default_rng(seed)
    boxes = [name for name in names if name.split('_')[1] in ('bowl', 'bin', 'tray')]
    small = [name for name in names if name not in boxes]
    ys = np.linspace(0.24, -0.24, max(len(boxes), 2)) if len(boxes) > 1 else [0.0]
    rows: list[Row] = [(name, 0.63, float(y)) for name, y in zip(boxes, ys, strict=False)]
    rng.shuffle(small)
    cells = [(x, y) for x in (0.40, 0.49) for y in np.linspace(-0.30, 0.30, 7)]
    rng.shuffle(cells)
    base, upper = small[: len(small) - stacked], small[len(small) - stacked :]
    sizes, spots = sides or {}, dict[str, tuple[float, float, float]]()
    tops = []
    for name, (x, y) in zip(base, cells, strict=False):
        spots[name] = (float(x), float(y), 0.0)
    tops = [name for name in base if _can_carry(name)]
    for name in upper:
        under = tops.pop(int(rng.integers(len(tops))))
        x, y, z = spots[under]
        spots[name] = (x, y, z + sizes.get(under, SIZES[under.split('_')[1]][2]))
        tops += [name] if _can_carry(name) else []
    things = [_thing(name, *spot, sizes.get(name)) for name, spot in spots.items()]
    return Scene(0.0, 'panda_link0', (*stand(*rows).objects, *things), 0.0)


def _can_carry(name: str) -> bool:
    return name.split('_')[1] in ('cube', 'box')
