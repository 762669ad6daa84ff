"""The five tasks of the chain bench, each with its table and its goal in exact terms."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from qwen_embodied.scoring import Goal


@dataclass(frozen=True)
class BenchTask:
    """One instruction.

    Attributes:
        name: Short.
        instruction: As an operator says it.
        wanted: (colour, shape) of each object on the table.
        goals: On the exact scene; written by hand, so that no parser judges itself.
    """

    name: str
    instruction: str
    wanted: tuple[tuple[str, str], ...]
    goals: tuple[Goal, ...]


TASKS = (
    BenchTask(
        'bowl',
        'put the red cube in the blue bowl',
        (
            ('red', 'cube'), ('blue', 'bowl'), ('green', 'cube'), ('yellow', 'cylinder'),
            ('orange', 'ball'),
        ),
        (Goal('red_cube_1', 'in', 'blue_bowl_1'),),
    ),
    BenchTask(
        'stack',
        'stack the green cube on the red cube',
        (('red', 'cube'), ('green', 'cube'), ('blue', 'bowl'), ('purple', 'box')),
        (Goal('green_cube_1', 'on', 'red_cube_1'),),
    ),
    BenchTask(
        'left-of',
        'place the yellow cylinder to the left of the purple box',
        (('yellow', 'cylinder'), ('purple', 'box'), ('red', 'cube'), ('orange', 'ball')),
        (Goal('yellow_cylinder_1', 'left_of', 'purple_box_1'),),
    ),
    BenchTask(
        'sort',
        'sort the red cubes into the red bin and the blue cubes into the blue bin',
        (
            ('red', 'bin'), ('blue', 'bin'), ('red', 'cube'), ('red', 'cube'), ('blue', 'cube'),
            ('blue', 'cube'),
        ),
        (
            Goal('red_cube_1', 'in', 'red_bin_1'), Goal('red_cube_2', 'in', 'red_bin_1'),
            Goal('blue_cube_1', 'in', 'blue_bin_1'), Goal('blue_cube_2', 'in', 'blue_bin_1'),
        ),
    ),
    BenchTask(
        'three clauses',
        'put the red cube in the blue bowl, then put the orange ball in the white tray, '
        'and finally place the green cube next to the purple box',
        (
            ('red', 'cube'), ('blue', 'bowl'), ('orange', 'ball'), ('white', 'tray'),
            ('green', 'cube'), ('purple', 'box'),
        ),
        (
            Goal('red_cube_1', 'in', 'blue_bowl_1'), Goal('orange_ball_1', 'in', 'white_tray_1'),
            Goal('green_cube_1', 'next_to', 'purple_box_1'),
        ),
    ),
)  # fmt: skip
