"""Tasks in bad light: the whole chain with the correction switched on and off."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from qwen_embodied.bench.chain import wilson
from qwen_embodied.bench.report import Row, at_least, figure
from qwen_embodied.bench.store import Store
from qwen_embodied.bench.tasks import TASKS, BenchTask
from qwen_embodied.messages import Frame, JointState, Scene
from qwen_embodied.motion import Robot, load_robot
from qwen_embodied.perception import LightingCorrection, SceneEstimator
from qwen_embodied.pipeline import Pipeline
from qwen_embodied.planning import GrammarPlanner
from qwen_embodied.scoring import unmet_goals

BAR = 0.99  # success in a condition over success in normal light
See = Callable[[Frame, JointState], tuple[Scene, Frame]]


def end_to_end(seeds: range, conditions: tuple[str, ...], store: Store | None = None) -> list[Row]:
    """Run every task on every seed in every condition, on the same tables with and without."""
    robot, rows = load_robot('panda'), []
    kept = Store() if store is None else store
    shares: dict[bool, dict[str, float]] = {True: {}, False: {}}
    for is_on in (True, False):
        for name in conditions:
            done = [
                kept.value(
                    f'task {task.name}, seed {seed}, {name}, {"with" if is_on else "without"}',
                    partial(_is_done, task, seed, name, robot, is_on),
                )
                for task in TASKS
                for seed in seeds
            ]
            low, high = wilson(sum(done), len(done))
            shares[is_on][name] = sum(done) / len(done)
            word = 'with' if is_on else 'without'
            rows.append(figure(
                f'tasks done {word} correction, {name}: {sum(done)} of {len(done)} '
                f'(95 % interval {100 * low:.1f} to {100 * high:.1f})',
                100 * shares[is_on][name], '%',
            ))  # fmt: skip
    rows += [_worst(shares[True], 'with', BAR), _worst(shares[False], 'without', None)]
    return rows


def _worst(shares: dict[str, float], word: str, bar: float | None) -> Row:
    normal = shares['normal@1']
    name = min(shares, key=lambda key: shares[key])
    value = shares[name] / normal if normal else float('nan')
    words = f'tasks done {word} correction in the worst condition ({name}) over normal light'
    return figure(words, value) if bar is None else at_least(words, value, '', bar=bar)


def _is_done(task: BenchTask, seed: int, light: str, robot: Robot, is_on: bool) -> bool:
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    light = light if light != 'normal@1' else 'normal'
    world = MujocoWorld(generate_scene(seed, wanted=task.wanted), light=light, seed=seed)
    try:
        before = world.ground_truth()
        chain = Pipeline(world, _sight(robot, is_on), GrammarPlanner(), robot=robot)
        report = chain.run(task.instruction)
        faults = unmet_goals(task.goals, before, world.ground_truth())
    finally:
        world.close()
    fault = '; '.join(faults) or ('' if report.success else report.reason)
    sys.stderr.write(f'{light}, {task.name}, seed {seed}: {fault or "done"}\n')
    return not fault


def _sight(robot: Robot, is_on: bool) -> See:
    correct = LightingCorrection() if is_on else LightingCorrection(())
    estimate = SceneEstimator(body=robot.link_spheres)

    def see(frame: Frame, state: JointState) -> tuple[Scene, Frame]:
        clean = correct(frame.rgb).frame(frame)
        return estimate(clean, state), clean

    return see
