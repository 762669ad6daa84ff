"""Tasks in bad light: the whole chain with the correction switched on and off."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from qwen_embodied.bench.chain import wilson
from qwen_embodied.bench.report import Row, at_least, figure
from qwen_embodied.bench.store import Store
from qwen_embodied.bench.tasks import TASKS, BenchTask
from qwen_embodied.motion import Robot, load_robot
from qwen_embodied.perception import LightingCorrection
from qwen_embodied.pipeline import Perception, Pipeline, RunReport
from qwen_embodied.planning import GrammarPlanner
from qwen_embodied.scoring import unmet_goals

BAR = 0.99  # success in a condition over success in normal light
NORMAL = 'normal@1'
DONE, ASKED, FAILED, UNSEEN = 'done', 'asked', 'failed', 'unseen'
Outcomes = dict[str, list[str]]  # by condition


def end_to_end(
    seeds: range,
    conditions: tuple[str, ...],
    store: Store | None = None,
    compared: range | None = None,
) -> list[Row]:
    """Run every task on every seed in every condition, on the same tables with and without.

    Seed by seed, so that all conditions grow evenly where a bench is stopped.

    Args:
        seeds: Of the tables.
        conditions: Their names; `normal@1` is one of them.
        store: Keeps finished tasks.
        compared: Seeds that are run without the correction too; all of them where None.
    """
    kept = Store() if store is None else store
    rows = list(_rows(_outcomes(seeds, conditions, kept, True), True))
    without = seeds if compared is None else compared
    return [*rows, *_rows(_outcomes(without, conditions, kept, False), False)]


def _outcomes(seeds: range, conditions: tuple[str, ...], store: Store, is_on: bool) -> Outcomes:
    robot, word = load_robot('panda'), _word(is_on)
    found: Outcomes = {name: [] for name in conditions}
    for seed in seeds:
        for name in conditions:
            found[name] += [
                store.value(
                    f'task {task.name}, seed {seed}, {name}, {word}',
                    partial(_outcome, task, seed, name, robot, is_on),
                )
                for task in TASKS
            ]
    return found


def _word(is_on: bool) -> str:
    return 'with' if is_on else 'without'


def _rows(outcomes: Outcomes, is_on: bool) -> Iterator[Row]:
    """Give the share of tasks done in each condition, and the worst over that in normal light."""
    shares = {}
    for name, each in outcomes.items():
        done, count = each.count(DONE), len(each)
        if not count:
            return
        low, high = wilson(done, count)
        shares[name] = done / count
        yield figure(
            f'tasks done {_word(is_on)} correction, {name}: {done} of {count} '
            f'(95 % interval {100 * low:.1f} to {100 * high:.1f})',
            100 * shares[name],
            '%',
            peer=f'asked {each.count(ASKED)}, failed {each.count(FAILED)}, '
            f'wrong though reported done {each.count(UNSEEN)}',
        )
    name = min(shares, key=lambda key: shares[key])
    words = (
        f'tasks done {_word(is_on)} correction in the worst condition ({name}, '
        f'n = {len(outcomes[name])}) over normal light'
    )
    value = shares[name] / shares[NORMAL] if shares[NORMAL] else float('nan')
    yield at_least(words, value, '', bar=BAR) if is_on else figure(words, value)


def _outcome(task: BenchTask, seed: int, light: str, robot: Robot, is_on: bool) -> str:
    """Run a task; tells whether it was done, ended with a question, or failed, seen or unseen."""
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    light = light if light != NORMAL else 'normal'
    world = MujocoWorld(generate_scene(seed, wanted=task.wanted), light=light, seed=seed)
    correct = LightingCorrection() if is_on else LightingCorrection(())
    try:
        before = world.ground_truth()
        chain = Pipeline(world, Perception(robot, correct), GrammarPlanner(), robot=robot)
        report = chain.run(task.instruction)
        faults = unmet_goals(task.goals, before, world.ground_truth())
    finally:
        world.close()
    outcome = _judged(report, faults)
    told = '; '.join((report.reason, *faults)) if outcome != DONE else ''
    sys.stderr.write(f'{light}, {task.name}, seed {seed}: {outcome} {told}\n')
    return outcome


def _judged(report: RunReport, faults: tuple[str, ...]) -> str:
    if report.success:
        return UNSEEN if faults else DONE
    events = report.record.events
    return ASKED if events and events[-1].kind == 'question' else FAILED
