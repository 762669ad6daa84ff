"""What the generated cases of the planning bench draw from."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qwen_embodied.bench.plan_checker import needed
from qwen_embodied.bench.plan_scenes import scattered
from qwen_embodied.messages import Scene

COLOURS = ('red', 'green', 'blue', 'yellow', 'purple', 'orange')
SHADES = {'red': '红', 'green': '绿', 'blue': '蓝', 'yellow': '黄', 'purple': '紫', 'orange': '橙'}
STEP = 0.006  # m between the sides of cubes that differ in size


@dataclass(frozen=True, eq=False)
class Case:
    """One instruction on one scene.

    Attributes:
        template: Its name.
        text: The instruction.
        scene: Exact.
        wanted: Conditions of plan_checker; empty where a question is right.
        picks: Needed at least; 0 where it is not counted.
    """

    template: str
    text: str
    scene: Scene
    wanted: str
    picks: int = 0


class Draw:
    """What a template draws from: a generator, colours and a scene of cubes and boxes."""

    def __init__(self, seed: int) -> None:
        """Seed the generator."""
        self.rng = np.random.default_rng(seed)
        self.seed = seed
        self.colours = [str(c) for c in self.rng.permutation(COLOURS)]

    def one_of(self, options: Sequence[str]) -> str:
        """Choose a wording."""
        return str(options[int(self.rng.integers(len(options)))])

    def cubes(self, count: int) -> list[str]:
        """Give ids of cubes of different colours."""
        return [f'{colour}_cube_1' for colour in self.colours[:count]]

    def scene(self, names: Sequence[str], stacked: int = 0) -> Scene:
        """Scatter objects."""
        return scattered(names, self.seed, stacked)


Template = Callable[[Draw], Case]


def label(name: str) -> str:
    """Give the words of an id."""
    return ' '.join(name.split('_')[:2])


def case_of(text: str, scene: Scene, movers: list[str], wanted: list[str], extra: int = 0) -> Case:
    """Build a case; where something is in the way, every small thing may be moved."""
    picks = needed(scene, movers, [], extra)
    free = [f'touch {item.id}' for item in scene.objects if not item.is_container]
    free = free if picks > len(movers) + extra else []
    return Case('', text, scene, '; '.join([*wanted, *free]), picks)


def ladder(draw: Draw, count: int) -> tuple[list[str], Scene]:
    """Scatter cubes of clearly different size; gives their ids, the largest first."""
    cubes = draw.cubes(count)
    sides = {name: 0.050 - STEP * n for n, name in enumerate(cubes)}
    return cubes, scattered([*cubes, 'white_tray_1'], draw.seed, sides=sides)
