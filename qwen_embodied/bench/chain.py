"""The chain bench: does the arm do what it is told, how soon, and the same each time?"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qwen_embodied.bench.limits import violations
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.bench.tasks import TASKS, BenchTask
from qwen_embodied.bench.transport import measure_transport
from qwen_embodied.pipeline import Pipeline
from qwen_embodied.scoring import unmet_goals

SUCCESS_BAR = 95.0  # %
GRAPH_RUNS = 5


@dataclass(frozen=True)
class Episode:
    """One run of one task on one seed."""

    task: str
    seed: int
    fault: str
    digest: str
    seconds: float
    simulated: float
    violations: int


def run(quick: bool) -> list[Row]:
    """Measure everything; quick takes 2 seeds, one graph run and 10 s of transport."""
    seeds = range(2 if quick else 20)
    episodes = [episode(task, seed) for task in TASKS for seed in seeds]
    rows = [*success_rows(episodes), limits_row(episodes), same_twice(seeds), help_row()]
    rows += graph_rows(1 if quick else GRAPH_RUNS)
    return rows + measure_transport(10.0 if quick else 60.0)


def episode(task: BenchTask, seed: int) -> Episode:
    """Run a task in one process and judge it by exact positions."""
    from qwen_embodied.simulation import MujocoWorld, SimulationParameters, generate_scene

    begun = time.monotonic()
    details = SimulationParameters(record=True)
    scene = generate_scene(seed, wanted=task.wanted)
    world = MujocoWorld(scene, seed=seed, parameters=details)
    before = world.ground_truth()
    report = Pipeline.around(world).run(task.instruction)
    faults = unmet_goals(task.goals, before, world.ground_truth())
    world.close()
    broken = sum(
        violations(trace.times, positions)
        for trace in [world.trace]
        if trace is not None
        for positions in (trace.commanded, trace.measured)
    )
    fault = '; '.join(faults) or ('' if report.success else f'reported failure: {report.reason}')
    seconds = time.monotonic() - begun
    said = f'failed: {fault}' if fault else 'done'
    sys.stderr.write(f'{task.name}, seed {seed}: {said} ({seconds:.1f} s)\n')
    return Episode(task.name, seed, fault, report.digest(), seconds, world.time, broken)


def success_rows(episodes: list[Episode]) -> Iterator[Row]:
    """Give the success over all tasks and of each."""
    yield _success('task success, all five tasks', episodes, SUCCESS_BAR)
    for task in TASKS:
        yield _success(f'  {task.name}', [e for e in episodes if e.task == task.name], None)


def limits_row(episodes: list[Episode]) -> Row:
    """Count limit violations at 1 kHz, commanded and measured, over all episodes."""
    minutes = sum(item.simulated for item in episodes) / 60
    count = sum(item.violations for item in episodes)
    words = f'limit violations at 1 kHz in {minutes:.0f} min, commanded and measured'
    return at_most(words, count, 'samples', bar=0)


def _success(name: str, episodes: list[Episode], bar: float | None) -> Row:
    done, count = sum(not e.fault for e in episodes), len(episodes)
    low, high = wilson(done, count)
    words = f'{name}: {done} of {count} (95 % interval {100 * low:.1f} to {100 * high:.1f})'
    share = 100 * done / count
    return figure(words, share, '%') if bar is None else at_least(words, share, '%', bar=bar)


def wilson(done: int, count: int) -> tuple[float, float]:
    """Give the 95 % Wilson interval of a share."""
    z, share = 1.959964, done / count
    centre = share + z * z / (2 * count)
    spread = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return float((centre - spread) / scale), float((centre + spread) / scale)


def same_twice(seeds: range) -> Row:
    """Run the first task twice on each of three seeds and compare every byte."""
    some = list(seeds)[:3]
    pairs = [[episode(TASKS[0], seed).digest for _ in range(2)] for seed in some]
    same = sum(first == second for first, second in pairs)
    words = f'same seed twice: identical plan and trajectories, {same} of {len(some)} seeds'
    return at_least(words, 100 * same / len(some), '%', bar=100)


def help_row() -> Row:
    """Time `qwen-embodied --help`, median of seven."""
    times = []
    call = 'from qwen_embodied.cli import main; main()'
    for _ in range(7):
        begun = time.monotonic()
        subprocess.run([sys.executable, '-c', call, '--help'], check=True, capture_output=True)
        times.append(time.monotonic() - begun)
    return at_most('qwen-embodied --help, median of 7', float(np.median(times)), 's', bar=0.3)


def graph_rows(runs: int) -> list[Row]:
    """Run the demo as a ROS graph several times in a row."""
    from qwen_embodied.demo import DemoSettings, run_graph
    from qwen_embodied.run_folder import read_timings

    done, motions, totals = 0, [], []
    for number in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            settings = DemoSettings(TASKS[0].instruction, seed=number, folder=folder)
            done += run_graph(settings) == 0
            timings = read_timings(folder)
            motions.append(timings.get('first motion', float('inf')))
            totals.append(timings.get('total', float('inf')))
    return [
        at_least(
            f'runs of the ROS graph in a row: {done} of {runs}', 100 * done / runs, '%', bar=100
        ),
        at_most(f'demo: first motion, worst of {runs}', max(motions), 's', bar=15),
        at_most(f'demo: finished, worst of {runs}', max(totals), 's', bar=60),
    ]
