"""Rows of long tasks: plan and execution apart, with and without somebody who meddles."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qwen_embodied.bench.long_tasks import LONG_TASKS, Meddler
from qwen_embodied.bench.plan_idle import THINKING, Spent, share_row
from qwen_embodied.bench.report import Row, at_least, figure
from qwen_embodied.bench.tasks import BenchTask
from qwen_embodied.calls import Delayed
from qwen_embodied.motion import load_robot
from qwen_embodied.pipeline import Perception, Pipeline, RunReport
from qwen_embodied.planning import GrammarPlanner, Plan, PlanRequest
from qwen_embodied.scoring import goals_of, translate, unmet_goals


@dataclass(frozen=True)
class LongRun:
    """One run of a long task.

    Attributes:
        task: Name.
        planned: Whether the first plan has the goals of the task.
        fault: What was not reached, by exact positions; empty where all was.
        steps: Attempts at steps.
        retries: Of steps.
        replans: Plans after the first.
        calls: Of the planner.
        spent: Of the world's time.
        meddled: What somebody did.
    """

    task: str
    planned: bool
    fault: str
    steps: int
    retries: int
    replans: int
    calls: int
    spent: Spent
    meddled: int = 0


class _Counting(GrammarPlanner):
    calls = 0

    def plan(self, request: PlanRequest) -> Plan:
        self.calls += 1
        return super().plan(request)


def rows(quick: bool) -> Iterator[Row]:
    """Run the long tasks; quick takes one table of each instead of ten."""
    seeds = range(1 if quick else 10)
    plain = [run(task, seed) for task in LONG_TASKS for seed in seeds]
    yield from long_rows(plain)
    meddled = [run(task, seed, meddled=True) for task in LONG_TASKS for seed in seeds]
    yield from meddled_rows(meddled)


def run(task: BenchTask, seed: int, *, meddled: bool = False) -> LongRun:
    """Run a task with a planner that takes a second, and judge it by exact positions."""
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    begun = time.monotonic()
    world = MujocoWorld(generate_scene(seed, wanted=task.wanted), seed=seed)
    robot, planner = load_robot('panda'), _Counting()
    meddler = Meddler(world, task, seed) if meddled else None
    before = world.ground_truth()
    calls = Delayed(planner, THINKING, lambda: world.time, GrammarPlanner())
    chain = Pipeline(world, Perception(robot), calls, robot=robot, watch=meddler)
    report = chain.run(task.instruction)
    faults = '; '.join(unmet_goals(task.goals, before, world.ground_truth()))
    world.close()
    kinds = [event.kind for event in report.record.events]
    fault = faults or ('' if report.success else f'reported failure: {report.reason}')
    found = LongRun(
        task.name, _is_planned(report, task, before), fault, kinds.count('step'),
        kinds.count('retry'), kinds.count('replanned'), planner.calls,
        Spent.of(report.record.events), len(meddler.done) if meddler else 0,
    )  # fmt: skip
    said = fault or 'done'
    spent = time.monotonic() - begun
    sys.stderr.write(f'{task.name}, seed {seed}, {found.meddled} meddlings: {said} ')
    sys.stderr.write(f'({found.steps} steps, {found.replans} new plans, {spent:.1f} s)\n')
    return found


def _is_planned(report: RunReport, task: BenchTask, exact: object) -> bool:
    """Say whether the first plan reaches the goals of the task, in exact names."""
    told = [event.data for event in report.record.events if event.kind == 'planned']
    seen = report.record.scene_before
    if not told or seen is None:
        return False
    plan = translate(Plan.model_validate_json(_text(told[0]['plan'])), seen, exact)  # type: ignore[arg-type]
    reached = {(goal.object, goal.relation, goal.target) for goal in goals_of(plan)}
    wanted = {(goal.object, goal.relation, goal.target) for goal in task.goals}
    in_or_on = {(one, 'on' if 'tray' in str(two) else how, two) for one, how, two in reached}
    return wanted <= reached or wanted <= in_or_on


def _text(plan: object) -> str:
    import json

    return json.dumps(plan)


def long_rows(runs: list[LongRun]) -> Iterator[Row]:
    """Give plan and execution success of undisturbed runs."""
    count = len(runs)
    name = f'long tasks in simulation, 6 picks each, {count} episodes'
    planned = 100 * sum(item.planned for item in runs) / count
    done = 100 * sum(not item.fault for item in runs) / count
    yield at_least(f'{name}: plan has the goals', planned, '%', bar=98)
    yield at_least(f'{name}: goals reached by exact positions', done, '%', bar=90)
    yield share_row('long tasks', [item.spent for item in runs])
    yield from _counts(runs, 'long tasks')


def meddled_rows(runs: list[LongRun]) -> Iterator[Row]:
    """Give the success of runs in which things were moved, undone and grasps failed."""
    count, times = len(runs), sum(item.meddled for item in runs)
    done = 100 * sum(not item.fault for item in runs) / count
    name = f'the same with {times} disturbances in {count} episodes: goals reached'
    yield at_least(name, done, '%', bar=80)
    yield share_row('disturbed', [item.spent for item in runs])
    yield from _counts(runs, 'disturbed')


def _counts(runs: list[LongRun], name: str) -> Iterator[Row]:
    for words, values, unit in (
        ('steps', [item.steps for item in runs], ''),
        ('retries', [item.retries for item in runs], ''),
        ('new plans', [item.replans for item in runs], ''),
        ('time of the world', [item.spent.total for item in runs], 's'),
    ):
        yield figure(f'{name}: {words}, mean', float(np.mean(values)), unit)
