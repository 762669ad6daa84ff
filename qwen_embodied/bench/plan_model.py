"""Rows about models: what they say is checked, the constraint holds, and both cost little.

A real model is measured as well when QWEN_EMBODIED_BENCH_MODEL holds its planner parameters, such
as 'planner=qwen model=/models/Qwen3-VL-4B-Instruct'.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.bench.real_model import measure
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.bench.tasks import TASKS
from qwen_embodied.bench.tiny_models import TinyModel, tiny_models, wide_model
from qwen_embodied.errors import GroundingParseError, MissingDependencyError, PlanParseError
from qwen_embodied.geometry import pose
from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.planning import (
    QWEN3_VL,
    PlanRequest,
    parse_plan,
    plan_schema,
    read_grounding,
    verify,
)
from qwen_embodied.planning.constraint import CLOSING_TOKENS
from qwen_embodied.planning.prompts import plan_messages
from qwen_embodied.planning.schema import MAX_STEPS
from qwen_embodied.planning.vision_model import Model, ModelRequest

REAL_MODEL = 'QWEN_EMBODIED_BENCH_MODEL'
PIECES = [*'{}[]",:0.5 \\<>()', 'NaN', 'red_cube_1', 'knife_1', 'place', '1e400', '</think>', '文']
GOOD = json.dumps(
    {
        'steps': [
            {'action': 'pick', 'object': 'red_cube_1'},
            {'action': 'place', 'object': 'red_cube_1', 'relation': 'in', 'target': 'blue_bowl_1'},
        ],
        'summary': 'In it goes.',
    }
)
PLACES = '```json\n[{"point_2d": [925, 618], "label": "a"}, {"bbox_2d": [1, 2, 30, 40]}]\n```'


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything about models that this machine allows.

    Args:
        quick: Measure less, for a first look.
    """
    yield from _parsing(1000 if quick else 10_000)
    yield from _grounding(1000 if quick else 10_000)
    yield from _check_time(300 if quick else 2000)
    try:
        yield from _tiny(10 if quick else 100, 6 if quick else 30)
    except MissingDependencyError as error:
        yield figure(f'tiny models: not measured, {error.missing} is missing', float('nan'))
    if os.environ.get(REAL_MODEL):
        yield from measure(os.environ[REAL_MODEL], 1 if quick else 4)


def table() -> Scene:
    """Give a table with five things for the checks."""
    names = ('red_cube', 'blue_bowl', 'green_cube', 'yellow_cylinder', 'orange_ball')
    things = []
    for at, name in enumerate(names):
        colour, shape = name.split('_')
        size = [0.15, 0.15, 0.05] if shape == 'bowl' else [0.045, 0.045, 0.045]
        where = pose([0.42 + 0.05 * at, -0.25 + 0.12 * at, size[2] / 2])
        things.append(
            SceneObject(
                f'{name}_1', f'{colour} {shape}', colour, shape, where, np.array(size), 0.9
            )
        )
    return Scene(0.0, 'panda_link0', tuple(things), 0.0)


def crowded() -> Scene:
    """Give a table with a hundred cubes, as many as a model is asked about."""
    size = np.array([0.02, 0.02, 0.02])
    places = [(0.39 + 0.03 * (at % 10), -0.30 + 0.06 * (at // 10)) for at in range(100)]
    things = [
        SceneObject(f'red_cube_{at}', 'red cube', 'red', 'cube', pose([x, y, 0.01]), size, 0.9)
        for at, (x, y) in enumerate(places, start=1)
    ]
    return Scene(0.0, 'panda_link0', tuple(things), 0.0)


def long_plan() -> str:
    """Write a plan with as many steps as one may have."""
    steps: list[dict[str, str]] = []
    for at in range(1, MAX_STEPS, 2):
        name, target = f'red_cube_{at}', f'red_cube_{at + 1}'
        steps += [
            {'action': 'pick', 'object': name},
            {'action': 'place', 'object': name, 'relation': 'on', 'target': target},
        ]
    return json.dumps({'steps': steps, 'summary': 'Towers of two.'})


def mutated(text: str, rng: np.random.Generator) -> str:
    """Cut, insert and swap pieces of a reply, one to six times."""
    for _ in range(int(rng.integers(1, 7))):
        a, b = sorted(int(v) for v in rng.integers(0, len(text) + 1, 2))
        piece = PIECES[int(rng.integers(len(PIECES)))]
        choices = (
            text[:a] + piece + text[a + 1 :], text[:a] + text[b:], text[:a] + piece + text[b:],
            text[:b], text[b:] + text[:a],
        )  # fmt: skip
        text = choices[int(rng.integers(len(choices)))]
    return text


def _parsing(count: int) -> Iterator[Row]:
    """Count what the reader accepts though an independent reading calls it wrong."""
    rng, scene = np.random.default_rng(1), table()
    ids = {item.id for item in scene.objects}
    accepted = wrong = 0
    for _ in range(count):
        reply = mutated(GOOD, rng)
        try:
            plan = parse_plan(reply)
        except PlanParseError:
            continue
        if verify(plan, scene):
            continue
        accepted += 1
        wrong += not _is_sound(json.loads(reply), ids)
    words = f'{count} mutated replies: {accepted} accepted, of them wrong by an independent check'
    yield at_most(words, wrong, '', bar=0)


def _is_sound(content: dict[str, object], ids: set[str]) -> bool:
    """Judge a reply without the package: known keys, known ids, a pick before each place."""
    held: object = None
    steps = content.get('steps')
    if set(content) != {'steps', 'summary'} or not isinstance(steps, list) or not steps:
        return False
    for step in steps:
        named = {step[key] for key in ('object', 'target') if key in step}
        is_pick, is_place = step['action'] == 'pick', step['action'] == 'place'
        if not named <= ids or (is_pick and held) or (is_place and held != step['object']):
            return False
        held = step['object'] if is_pick else None if is_place else held
    return True


def _grounding(count: int) -> Iterator[Row]:
    rng = np.random.default_rng(2)
    read = outside = 0
    for _ in range(count):
        try:
            found = read_grounding(mutated(PLACES, rng), QWEN3_VL, 640, 480)
        except GroundingParseError:
            continue
        read += 1
        outside += sum(not (0 <= g.pixel[0] < 640 and 0 <= g.pixel[1] < 480) for g in found)
    words = f'{count} mutated groundings: {read} read, pixels outside the image'
    yield at_most(words, outside, '', bar=0)


def _check_time(count: int) -> Iterator[Row]:
    """Time the checks of the longest plan over the fullest table; others cost less."""
    scene, longest = crowded(), long_plan()
    times = []
    for _ in range(count):
        begun = time.thread_time()
        verify(parse_plan(longest), scene)
        times.append(1e3 * (time.thread_time() - begun))
    words = '32 steps over 100 objects: strict parse and verify, p99, processor time'
    yield at_most(words, float(np.percentile(times, 99)), 'ms', bar=5)


def _tiny(count: int, pairs: int) -> Iterator[Row]:
    """Generate with tiny models of random weights, whose output layer changes each time."""
    scene, valid, total = table(), 0, 0
    for _, tiny in tiny_models():
        for seed in range(count):
            tiny.shake(seed)
            valid += _is_valid(tiny.held.complete(_asked(scene, seed)).text, scene)
            total += 1
    with wide_model() as wide:
        yield _constraint_cost(wide, pairs)
    words = f'random weights with the constraint: valid plans over the scene, {valid} of {total}'
    yield at_least(words, 100 * valid / total, '%', bar=100)


def _asked(scene: Scene, seed: int, tokens: int = 400) -> ModelRequest:
    rgb = np.random.default_rng(seed).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    request = PlanRequest(TASKS[seed % len(TASKS)].instruction, scene, rgb)
    return ModelRequest(plan_messages(request), rgb, plan_schema(scene), tokens)


def _is_valid(text: str, scene: Scene) -> bool:
    try:
        plan = parse_plan(text)
    except PlanParseError:
        return False
    named = {step.object for step in plan.steps} | {step.target for step in plan.steps}
    return named - {None} <= {item.id for item in scene.objects}


def _constraint_cost(wide: TinyModel, pairs: int) -> Row:
    """Compare the time per token with and without the constraint, interleaved.

    Both replies get some forty tokens: the free one is cut there. Which goes first changes.
    """
    scene, sides = table(), ((wide.held, CLOSING_TOKENS + 30), (wide.free, 40))
    times = np.zeros((pairs, 2))
    for seed in range(pairs):
        for side in (0, 1) if seed % 2 else (1, 0):
            model, tokens = sides[side]
            times[seed, side] = _per_token(model, _asked(scene, seed, tokens))
    ratios = times[:, 0] / times[:, 1]
    ratio, (low, high) = float(np.median(ratios)), _interval(ratios)
    each = 1e3 * float(np.median(times[:, 1]))
    words = f'added by the constraint to a token of {each:.0f} ms, 151 936 tokens, {pairs} pairs'
    found = at_most(words, 100 * (ratio - 1), '%', bar=20)
    return replace(found, ratio=ratio, interval=(low, high))


def _per_token(model: Model, request: ModelRequest) -> float:
    reply = model.complete(request)
    return (reply.seconds - (reply.first_token or 0.0)) / max(1, (reply.reply_tokens or 1) - 1)


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Give the bootstrap 95 % interval of the median."""
    rng = np.random.default_rng(0)
    medians = np.median(rng.choice(values, (2000, len(values))), axis=1)
    return float(np.percentile(medians, 2.5)), float(np.percentile(medians, 97.5))
