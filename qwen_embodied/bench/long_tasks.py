"""Tasks of six picks and more on simulated tables, and what somebody does to them meanwhile."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qwen_embodied.bench.tasks import BenchTask
from qwen_embodied.messages import Scene
from qwen_embodied.pipeline import Watch
from qwen_embodied.planning import Goal
from qwen_embodied.workcell import TaskEvent

if TYPE_CHECKING:
    from qwen_embodied.simulation import MujocoWorld

SLIP = 0.10  # m by which an object is gone when the fingers come down
CLEAR = 0.12  # m between where something is put by somebody and all else
SPOTS = [(x, y) for x in np.arange(0.40, 0.67, 0.03) for y in np.arange(-0.28, 0.29, 0.04)]

LONG_TASKS = (
    BenchTask(
        'sort six',
        'sort the cubes by colour into the matching bins',
        (('red', 'bin'), ('blue', 'bin'), *[('red', 'cube')] * 3, *[('blue', 'cube')] * 3),
        tuple(
            Goal(f'{colour}_cube_{number}', 'in', f'{colour}_bin_1')
            for colour in ('red', 'blue') for number in (1, 2, 3)
        ),
    ),
    BenchTask(
        'six clauses',
        'put the red cube in the black bin, then put the green cube in the black bin, then put '
        'the blue cube in the white bin, then put the yellow cylinder in the white bin, then put '
        'the pink cube on the purple cube, and finally put the orange cube in the black bin',
        (
            ('black', 'bin'), ('white', 'bin'), ('red', 'cube'), ('green', 'cube'),
            ('blue', 'cube'), ('yellow', 'cylinder'), ('pink', 'cube'), ('purple', 'cube'),
            ('orange', 'cube'),
        ),
        (
            Goal('red_cube_1', 'in', 'black_bin_1'), Goal('green_cube_1', 'in', 'black_bin_1'),
            Goal('blue_cube_1', 'in', 'white_bin_1'),
            Goal('yellow_cylinder_1', 'in', 'white_bin_1'),
            Goal('pink_cube_1', 'on', 'purple_cube_1'),
            Goal('orange_cube_1', 'in', 'black_bin_1'),
        ),
    ),
    BenchTask(
        'all but one',
        'put the cylinders on the white tray and all cubes except the green one in the black bin, '
        'then put the green cube on the purple box',
        (
            ('black', 'bin'), ('white', 'tray'), ('red', 'cube'), ('blue', 'cube'),
            ('orange', 'cube'), ('green', 'cube'), ('purple', 'box'), ('yellow', 'cylinder'),
            ('pink', 'cylinder'),
        ),
        (
            Goal('yellow_cylinder_1', 'on', 'white_tray_1'),
            Goal('pink_cylinder_1', 'on', 'white_tray_1'),
            Goal('red_cube_1', 'in', 'black_bin_1'), Goal('blue_cube_1', 'in', 'black_bin_1'),
            Goal('orange_cube_1', 'in', 'black_bin_1'), Goal('green_cube_1', 'on', 'purple_box_1'),
        ),
    ),
)  # fmt: skip


class Meddler(Watch):
    """Somebody at the table, by the seed: moves a thing, lets a grasp fail, undoes a placing.

    The second pick finds its object gone from under the fingers; while the third step is done, an
    object that nobody touched yet is moved; after the third placing what was placed first is put
    back on the table.
    """

    def __init__(self, world: MujocoWorld, task: BenchTask, seed: int) -> None:
        """Take the world to meddle with."""
        self._world, self._rng = world, np.random.default_rng(seed)
        self._wanted = {goal.object for goal in task.goals}
        self._counts: dict[str, int] = {}
        self.done: list[str] = []

    def event(self, event: TaskEvent) -> None:
        """Meddle where it is time to."""
        key = event.text if event.kind == 'segment' else event.kind
        self._counts[key] = count = self._counts.get(key, 0) + 1
        if key == 'approach' and count == 2:
            self._slip()
        elif key == 'step' and count == 3:
            self._move('moved', self._untouched())
        elif key == 'retreat' and count == 3:
            self._move('undone', self._placed())

    def _slip(self) -> None:
        """Move what the open fingers are about to take."""
        scene = self._world.ground_truth()
        near = min(
            (item for item in scene.objects if item.id in self._wanted),
            key=lambda item: float(np.linalg.norm(item.position - self._tool())),
        )
        free = [s for s in self._free(scene, near.id) if np.hypot(*(s - near.position[:2])) > SLIP]
        if free:
            spot = min(free, key=lambda s: float(np.hypot(*(s - near.position[:2]))))
            self._put('slipped', near.id, spot, float(near.position[2]))

    def _tool(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        from qwen_embodied.motion import load_robot

        robot = load_robot('panda')
        where: np.ndarray[tuple[int], np.dtype[np.float64]] = robot.forward(
            self._world.read().of(robot.joint_names)
        )[:3, 3]
        return where

    def _untouched(self) -> list[str]:
        """Give what stands on the table still, farthest from the tool last."""
        scene, tool = self._world.ground_truth(), self._tool()
        items = [item for item in scene.objects if item.id in self._wanted]
        low = [item for item in items if item.position[2] < item.size[2] / 2 + 0.003]
        low.sort(key=lambda item: float(np.linalg.norm(item.position - tool)))
        return [item.id for item in low[1:]]

    def _placed(self) -> list[str]:
        """Give what lies in or on something."""
        scene = self._world.ground_truth()
        items = [item for item in scene.objects if item.id in self._wanted]
        return [item.id for item in items if item.position[2] > item.size[2] / 2 + 0.003]

    def _move(self, what: str, names: list[str]) -> None:
        scene = self._world.ground_truth()
        for name in names[-1:]:
            item, free = scene.find(name), self._free(scene, name)
            if item is not None and free:
                spot = free[int(self._rng.integers(len(free)))]
                self._put(what, name, spot, float(item.size[2]) / 2 + 0.001)

    def _free(self, scene: Scene, name: str) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """Give spots of the table that are clear of all else."""
        others = [item for item in scene.objects if item.id != name]
        return [
            np.array(spot) for spot in SPOTS
            if all(
                np.hypot(*(np.array(spot) - item.position[:2]))
                > CLEAR / 2 + float(item.size[:2].max()) / 2 for item in others
            )
        ]  # fmt: skip

    def _put(
        self, what: str, name: str, spot: np.ndarray[tuple[int], np.dtype[np.float64]], z: float
    ) -> None:
        self._world.put(name, [spot[0], spot[1], z])
        self.done.append(f'{what} {name}')
