"""What stands on the simulated table, drawn from a seed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ConfigurationError, ContractError
from qwen_embodied.messages import BASIC_COLOURS, OBJECT_ID, SHAPES

DEFAULT = (
    ('red', 'cube'),
    ('blue', 'bowl'),
    ('green', 'cube'),
    ('yellow', 'cylinder'),
    ('orange', 'ball'),
)

# Where centres may lie, m in the base frame, and how far a top-down tool reaches.
AREA = ((0.38, 0.70), (-0.32, 0.32))
REACH = 0.74
# Free space between two objects, m: what is wanted, then what is put up with on a full table.
GAPS = (0.06, 0.05, 0.04, 0.03)
_TRIES = 400


@dataclass(frozen=True)
class ObjectSpec:
    """One object on the table.

    Attributes:
        name: Its id in the ground truth, such as 'red_cube_1'.
        shape: One of SHAPES.
        colour: One of BASIC_COLOURS.
        size: Of the bounding box along its own x, y, z, m; x is not shorter than y.
        position: Of the centre of the bounding box in the base frame, (3,) m.
        yaw: About z, rad.
    """

    name: str
    shape: str
    colour: str
    size: tuple[float, float, float]
    position: tuple[float, float, float]
    yaw: float = 0.0

    def __post_init__(self) -> None:
        """Refuse names, colours, shapes and sizes that cannot be built."""
        for field, value, allowed in (
            ('shape', self.shape, SHAPES), ('colour', self.colour, BASIC_COLOURS),
        ):  # fmt: skip
            if value not in allowed:
                raise ContractError(f'ObjectSpec.{field}', value, f'one of {allowed}')
        if not OBJECT_ID.fullmatch(self.name):
            raise ContractError('ObjectSpec.name', self.name, f'of the form {OBJECT_ID.pattern}')
        for field in ('size', 'position'):
            numbers = tuple(float(side) for side in getattr(self, field))
            if len(numbers) != 3 or not np.isfinite(numbers).all():
                raise ContractError(f'ObjectSpec.{field}', numbers, 'three finite numbers')
            object.__setattr__(self, field, numbers)
        if not (self.size[0] >= self.size[1] >= 0.01 and self.size[2] >= 0.01):
            raise ContractError('ObjectSpec.size', self.size, '≥0.01 m with x not below y')
        if not np.isfinite(self.yaw):
            raise ContractError('ObjectSpec.yaw', self.yaw, 'finite')


@dataclass(frozen=True)
class SceneSpec:
    """All objects of a scene and the seed of everything random in it."""

    objects: tuple[ObjectSpec, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse doubled names."""
        object.__setattr__(self, 'objects', tuple(self.objects))
        names = [item.name for item in self.objects]
        if len(set(names)) != len(names):
            raise ContractError('SceneSpec.objects', names, 'objects with different names')


def generate_scene(
    seed: int, *, wanted: tuple[tuple[str, str], ...] = DEFAULT, distractors: int = 0
) -> SceneSpec:
    """Lay out objects at random within reach, clear of one another.

    Args:
        seed: The same seed gives the same scene.
        wanted: (colour, shape) of each object.
        distractors: How many further small objects of other colours and shapes to add.

    Returns:
        The scene; its objects are named colour_shape_number in the order wanted.
    """
    rng = np.random.default_rng(seed)
    kinds = [*wanted, *_distractors(rng, wanted, distractors)]
    sizes = [_draw_size(rng, shape) for _, shape in kinds]
    places = _lay_out(rng, sizes, [shape in ('bin', 'tray') for _, shape in kinds])
    names = _names(kinds)
    return SceneSpec(
        tuple(
            ObjectSpec(name, shape, colour, size, (x, y, size[2] / 2), yaw)
            for name, (colour, shape), size, (x, y, yaw) in zip(
                names, kinds, sizes, places, strict=True
            )
        ),
        seed,
    )


def _names(kinds: list[tuple[str, str]]) -> list[str]:
    labels = [f'{colour}_{shape}' for colour, shape in kinds]
    return [f'{label}_{labels[: at + 1].count(label)}' for at, label in enumerate(labels)]


def _distractors(
    rng: np.random.Generator, wanted: tuple[tuple[str, str], ...], count: int
) -> list[tuple[str, str]]:
    shapes = ('cube', 'box', 'cylinder', 'ball')
    others = [(c, s) for c in BASIC_COLOURS for s in shapes if (c, s) not in wanted]
    picked = rng.choice(len(others), size=min(count, len(others)), replace=False)
    return [others[at] for at in picked]


def _draw_size(rng: np.random.Generator, shape: str) -> tuple[float, float, float]:
    """Draw a bounding box (x, y, z) in whole millimetres."""

    def draw(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    if shape in ('cube', 'ball'):
        side = draw(0.040, 0.050) if shape == 'cube' else draw(0.040, 0.055)
        return side, side, side
    if shape == 'box':
        return draw(0.052, 0.060), draw(0.032, 0.040), draw(0.035, 0.050)
    if shape in ('cylinder', 'bowl'):
        cylinder = shape == 'cylinder'
        diameter = draw(0.035, 0.050) if cylinder else draw(0.140, 0.170)
        return diameter, diameter, draw(0.05, 0.09) if cylinder else draw(0.045, 0.060)
    if shape == 'bin':
        return draw(0.175, 0.185), draw(0.135, 0.145), draw(0.055, 0.065)
    if shape == 'tray':
        return draw(0.215, 0.225), draw(0.155, 0.165), draw(0.023, 0.027)
    raise ConfigurationError(f'there is no shape {shape}; known are {", ".join(SHAPES)}')


def _lay_out(
    rng: np.random.Generator, sizes: list[tuple[float, float, float]], aligned: list[bool]
) -> list[tuple[float, float, float]]:
    """Draw (x, y, yaw) of each, the largest first; gaps shrink on a full table."""
    order = sorted(range(len(sizes)), key=lambda at: -sizes[at][0] * sizes[at][1])
    for gap in GAPS:
        for _ in range(10):
            places: dict[int, tuple[float, float, float]] = {}
            outlines: list[NDArray[np.float64]] = []
            for at in order:
                found = _find_place(rng, sizes[at], aligned[at], outlines, gap)
                if found is None:
                    break
                places[at] = found
                outlines.append(outline(sizes[at], *found))
            else:
                return [places[at] for at in range(len(sizes))]
    raise ConfigurationError(
        f'{len(sizes)} objects do not fit on the table with {GAPS[-1]} m between them; '
        'ask for fewer or smaller ones'
    )


def _find_place(
    rng: np.random.Generator,
    size: tuple[float, float, float],
    aligned: bool,
    outlines: list[NDArray[np.float64]],
    gap: float,
) -> tuple[float, float, float] | None:
    for _ in range(_TRIES):
        x, y = (float(rng.uniform(*side)) for side in AREA)
        # Bins and trays lie roughly across the table, as a person would put them down.
        yaw = float(rng.uniform(-0.2, 0.2) if aligned else rng.uniform(-np.pi, np.pi) / 2)
        own = outline(size, x, y, yaw)
        if np.hypot(x, y) <= REACH and all(distance(own, other) >= gap for other in outlines):
            return x, y, yaw
    return None


def outline(size: tuple[float, ...], x: float, y: float, yaw: float) -> NDArray[np.float64]:
    """Give the corners (4, 2) m of a rectangle's outline on the table, anticlockwise."""
    half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.array(size[:2]) / 2
    c, s = np.cos(yaw), np.sin(yaw)
    corners: NDArray[np.float64] = half @ np.array([[c, s], [-s, c]]) + [x, y]
    return corners


def distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Give the largest gap (m) along a side of either rectangle (4, 2); below 0 they overlap.

    It never exceeds the true distance of the two.
    """
    gaps = []
    for corners in (first, second):
        for axis in (corners[0] - corners[1], corners[1] - corners[2]):
            unit = axis / np.linalg.norm(axis)
            a, b = first @ unit, second @ unit
            gaps.append(max(b.min() - a.max(), a.min() - b.max()))
    return float(max(gaps))
