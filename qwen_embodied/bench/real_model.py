"""Rows of a real model: valid plans, goals, groundings and latencies on simulated tables."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from qwen_embodied.bench.report import Row, figure
from qwen_embodied.bench.tasks import TASKS, BenchTask
from qwen_embodied.errors import PlanningError
from qwen_embodied.messages import Frame, Scene
from qwen_embodied.motion import load_robot
from qwen_embodied.parameters import parse
from qwen_embodied.perception import SceneEstimator
from qwen_embodied.planning import (
    Model,
    ModelPlanner,
    ModelRequest,
    Plan,
    PlannerParameters,
    PlanRequest,
    make_model,
    read_grounding,
)
from qwen_embodied.planning.grounding import CONVENTIONS
from qwen_embodied.planning.prompts import locate_messages

FEW_TOKENS = 256


@dataclass
class _Tally:
    sources: list[str] = field(default_factory=list)
    reached: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    hits: list[bool] = field(default_factory=list)


def measure(settings: str, seeds: int) -> Iterator[Row]:
    """Let a model plan the five tasks of the chain bench, and find each object by its label.

    Args:
        settings: Planner parameters such as 'planner=qwen model=/models/Qwen3-VL-4B-Instruct'.
        seeds: Tables per task.

    Raises:
        ConfigurationError: A parameter is wrong.
    """
    values = parse(PlannerParameters, settings.split(), 'QWEN_EMBODIED_BENCH_MODEL')
    model, tally = make_model(values), _Tally()
    planner = ModelPlanner(model)
    for task in TASKS:
        for seed in range(seeds):
            frame, scene = _seen(task, seed)
            _plan(planner, task, frame, scene, tally)
            _locate(model, frame, scene, values.convention, tally)
    yield from _rows(values.model, tally)


def _seen(task: BenchTask, seed: int) -> tuple[Frame, Scene]:
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    world = MujocoWorld(generate_scene(seed, wanted=task.wanted), seed=seed)
    try:
        frame = world.frame()
    finally:
        world.close()
    return frame, SceneEstimator(body=load_robot('panda').link_spheres)(frame)


def _plan(
    planner: ModelPlanner, task: BenchTask, frame: Frame, scene: Scene, tally: _Tally
) -> None:
    plan = planner.plan(PlanRequest(task.instruction, scene, frame.rgb))
    account = planner.account
    tally.sources.append(account.source)
    by_model = account.source in ('model', 'repaired')
    tally.reached.append(by_model and _reaches(plan, task, scene))
    for call in account.calls:
        tally.seconds.append(call.seconds)
        tally.first += [] if call.first_token is None else [call.first_token]
        tally.tokens += [] if call.reply_tokens is None else [call.reply_tokens]


def _reaches(plan: Plan, task: BenchTask, scene: Scene) -> bool:
    """Say whether the last placement of each wanted kind of object is as the goals say."""
    kinds = {item.id: f'{item.colour}_{item.shape}' for item in scene.objects}
    last = {step.object: step for step in plan.steps if step.action == 'place'}
    placed = sorted(
        (kinds.get(name or '', ''), step.relation or '', kinds.get(step.target or '', ''))
        for name, step in last.items()
    )
    wanted = sorted(
        (goal.object.rpartition('_')[0], goal.relation, (goal.target or '').rpartition('_')[0])
        for goal in task.goals
    )
    return placed == wanted


def _locate(model: Model, frame: Frame, scene: Scene, convention: str, tally: _Tally) -> None:
    height, width = frame.rgb.shape[:2]
    for item in scene.objects:
        if item.box is None:
            continue
        asked = ModelRequest(locate_messages(item.label), frame.rgb, max_tokens=FEW_TOKENS)
        try:
            reply = model.complete(asked).text
            (x, y) = read_grounding(reply, CONVENTIONS[convention], width, height)[0].pixel
        except PlanningError:
            tally.hits.append(False)
            continue
        x0, y0, x1, y1 = item.box
        tally.hits.append(x0 <= x <= x1 and y0 <= y <= y1)


def _rows(name: str, tally: _Tally) -> Iterator[Row]:
    count = len(tally.sources)
    at_once, repaired = (tally.sources.count(word) for word in ('model', 'repaired'))
    yield figure(f'{name}: plan valid at the first reply, of {count}', 100 * at_once / count, '%')
    yield figure(
        f'{name}: valid after at most two repairs', 100 * (at_once + repaired) / count, '%'
    )
    yield figure(f'{name}: goals reached in the plan', 100 * float(np.mean(tally.reached)), '%')
    if tally.hits:
        words = f'{name}: located inside the perceived box, of {len(tally.hits)}'
        yield figure(words, 100 * float(np.mean(tally.hits)), '%')
    for words, values, unit in (
        ('first token, median', tally.first, 's'), ('reply, median', tally.seconds, 's'),
        ('tokens of a reply, median', tally.tokens, ''),
    ):  # fmt: skip
        yield figure(f'{name}: {words}', float(np.median(values)) if values else np.nan, unit)
