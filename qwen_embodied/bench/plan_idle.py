"""Rows of the time in which the arm stands still because its planner has not answered yet."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qwen_embodied.bench.report import Row, at_most, figure
from qwen_embodied.bench.tasks import TASKS, BenchTask
from qwen_embodied.calls import Delayed
from qwen_embodied.motion import load_robot
from qwen_embodied.pipeline import Perception, Pipeline
from qwen_embodied.planning import GrammarPlanner, Planner
from qwen_embodied.workcell import TaskEvent

THINKING = 1.0  # s that each call of the planner takes in the world's time
ONE_PICK = TASKS[:3]
MOST = 5.0  # %


@dataclass(frozen=True)
class Spent:
    """Where the time of a task went.

    Attributes:
        total: From the instruction to the end, s.
        idle: In which the arm stood still for the planner, s.
    """

    total: float
    idle: float

    @classmethod
    def of(cls, events: list[TaskEvent]) -> Spent:
        """Read the account of a task."""
        idle = sum(event.data['seconds'] for event in events if event.kind == 'waited')
        return cls(events[-1].stamp - events[0].stamp, float(idle))

    @property
    def share(self) -> float:
        """Idle time in % of all."""
        return 100 * self.idle / self.total


def rows(quick: bool) -> Iterator[Row]:
    """Measure tasks of one pick with answers at once, late ones, and late ones with a guess."""
    seeds = range(1 if quick else 5)
    cases = [(task, seed) for task in ONE_PICK for seed in seeds]
    at_once = [_run(task, seed, 0.0, None) for task, seed in cases]
    waiting = [_run(task, seed, THINKING, None) for task, seed in cases]
    guessing = [_run(task, seed, THINKING, GrammarPlanner()) for task, seed in cases]
    name = f'tasks of one pick, {len(cases)} runs, a planner that takes {THINKING:g} s'
    yield at_most(f'{name}: arm idle', _mean(guessing), '%', bar=MOST)
    lost = [100 * (one.total / two.total - 1) for one, two in zip(guessing, at_once, strict=True)]
    yield at_most('the same: time lost to the planner', float(np.mean(lost)), '%', bar=MOST)
    yield figure('the same where the first pick cannot be guessed: arm idle', _mean(waiting), '%')


def share_row(name: str, spent: list[Spent]) -> Row:
    """Give the idle share of some tasks."""
    words = f'{name}: arm idle for a planner that takes {THINKING:g} s'
    return at_most(words, _mean(spent), '%', bar=MOST)


def _mean(spent: list[Spent]) -> float:
    return float(np.mean([one.share for one in spent]))


def _run(task: BenchTask, seed: int, seconds: float, guesser: Planner | None) -> Spent:
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    world = MujocoWorld(generate_scene(seed, wanted=task.wanted), seed=seed)
    robot = load_robot('panda')
    calls = Delayed(GrammarPlanner(), seconds, lambda: world.time, guesser)
    report = Pipeline(world, Perception(robot), calls, robot=robot).run(task.instruction)
    world.close()
    return Spent.of(report.record.events)
