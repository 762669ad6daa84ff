"""Rows of the time in which the arm stands still because its planner has not answered yet."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from qwen_embodied.bench.report import Row, at_most, figure
from qwen_embodied.bench.tasks import TASKS, BenchTask
from qwen_embodied.calls import Delayed
from qwen_embodied.motion import load_robot
from qwen_embodied.pipeline import Perception, Pipeline
from qwen_embodied.planning import GrammarPlanner, Plan, Planner, PlanRequest
from qwen_embodied.workcell import TaskEvent

THINKING = 1.0  # s that each call of the planner takes in the world's time
ONE_PICK = TASKS[:3]
STRANGE = {
    'bowl': 'put the smorgle in the blue bowl',
    'stack': 'stack the smorgle on the red cube',
    'left-of': 'place the smorgle to the left of the purple box',
}  # for what is picked, a word that no lexicon has
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
    """Measure tasks of one pick with answers at once and late ones, guessed and not."""
    seeds = range(1 if quick else 5)
    cases = [(task, seed) for task in ONE_PICK for seed in seeds]
    at_once = [_run(case, 0.0, None) for case in cases]
    guessed = [_run(case, THINKING, GrammarPlanner()) for case in cases]
    name = f'tasks of one pick, {len(cases)} runs, a planner that takes {THINKING:g} s'
    yield at_most(f'{name}: arm idle', _mean(guessed), '%', bar=MOST)
    yield at_most('the same: time lost to the planner', _lost(guessed, at_once), '%', bar=MOST)
    strange = [_run((_strange(task), seed), THINKING, GrammarPlanner()) for task, seed in cases]
    name = 'the same in words that the grammar cannot follow'
    yield at_most(f'{name}: arm idle', _mean(strange), '%', bar=MOST)
    yield figure(f'{name}: time lost to the planner', _lost(strange, at_once), '%')
    waiting = [_run(case, THINKING, None) for case in cases]
    yield figure('the same with reach_out false: arm idle', _mean(waiting), '%')
    yield figure('the same with reach_out false: time lost', _lost(waiting, at_once), '%')


def share_row(name: str, spent: list[Spent]) -> Row:
    """Give the idle share of some tasks."""
    words = f'{name}: arm idle for a planner that takes {THINKING:g} s'
    return at_most(words, _mean(spent), '%', bar=MOST)


def _mean(spent: list[Spent]) -> float:
    return float(np.mean([one.share for one in spent]))


def _lost(late: list[Spent], at_once: list[Spent]) -> float:
    pairs = zip(late, at_once, strict=True)
    return float(np.mean([100 * (one.total / two.total - 1) for one, two in pairs]))


def _strange(task: BenchTask) -> BenchTask:
    """Ask for a task in words that the grammar cannot follow."""
    return replace(task, instruction=STRANGE[task.name])


class _Knowing(GrammarPlanner):
    """Knows what the strange word means."""

    def __init__(self, meant: str) -> None:
        super().__init__()
        self._meant = meant

    def plan(self, request: PlanRequest) -> Plan:
        return super().plan(replace(request, instruction=self._meant))


def _run(case: tuple[BenchTask, int], seconds: float, guesser: Planner | None) -> Spent:
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    task, seed = case
    world = MujocoWorld(generate_scene(seed, wanted=task.wanted), seed=seed)
    robot = load_robot('panda')
    meant = next(one.instruction for one in ONE_PICK if one.name == task.name)
    calls = Delayed(_Knowing(meant), seconds, lambda: world.time, guesser)
    report = Pipeline(world, Perception(robot), calls, robot=robot).run(task.instruction)
    world.close()
    return Spent.of(report.record.events)
