"""The light bench: are things named rightly in any light, and what does correcting it cost?"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from qwen_embodied.bench.chain import wilson
from qwen_embodied.bench.light_chain import end_to_end
from qwen_embodied.bench.light_scenes import (
    COLUMNS,
    Rgb,
    Tally,
    Treat,
    clahe,
    gray_world,
    judge,
    stages,
    without,
)
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.motion import load_robot
from qwen_embodied.perception import LightingCorrection, SceneEstimator
from qwen_embodied.perception.lighting import STEPS
from qwen_embodied.simulation import CONDITIONS, condition_named

# The severest level of each condition at which hardly any object is clipped.
SEVEREST = {'normal': 1, 'glaring': 2, 'glossy': 2, 'lagging': 3}
UNCLIPPED = tuple(f'{name}@{SEVEREST.get(name, 5)}' for name in CONDITIONS)
CLIPPED = ('glaring@5', 'glossy@5')
SCENES_VARIABLE = 'QWEN_EMBODIED_LIGHT_SCENES'
SEEDS_VARIABLE = 'QWEN_EMBODIED_LIGHT_SEEDS'
RIGHT_BAR, WRONG_BAR = 98.0, 1.0  # %
COST_BAR, FLICKER_BAR = 25.0, 2.0
PAIRS = 40
Tallies = dict[tuple[str, str], Tally]


def run(quick: bool) -> list[Row]:
    """Measure everything; quick takes two scenes and no task.

    The environment variable QWEN_EMBODIED_LIGHT_SEEDS sets how many seeds of each of the five
    tasks are run in each condition; 20 by default, which takes hours; 0 leaves the tasks out.
    QWEN_EMBODIED_LIGHT_SCENES sets how many tables are looked at; 170 by default.
    """
    scenes = 2 if quick else int(os.environ.get(SCENES_VARIABLE, '170'))
    tallies = measure(range(scenes), UNCLIPPED + CLIPPED, COLUMNS)
    rows = [*naming_rows(tallies), *error_rows(tallies)]
    rows += ablation_rows(range(max(1, scenes // 4)))
    rows += [*cost_rows(), *flicker_rows(), untouched_row()]
    seeds = 0 if quick else int(os.environ.get(SEEDS_VARIABLE, '20'))
    return rows + (end_to_end(range(seeds), UNCLIPPED) if seeds else [])


def measure(seeds: range, conditions: tuple[str, ...], columns: dict[str, Treat]) -> Tallies:
    """Perceive each scene in each condition through each column, on the same images."""
    estimator = SceneEstimator(body=load_robot('panda').link_spheres)
    tallies: Tallies = defaultdict(Tally)
    for number, stage in enumerate(stages(seeds)):
        for name in conditions:
            # Every scene has its own moment, for light that changes with time.
            raw = stage.laboratory.photograph(stage.layers, condition_named(name), 0.137 * number)
            for column, treat in columns.items():
                judge(stage, raw, treat, estimator, tallies[name, column])
        sys.stderr.write(f'scene {number + 1} of {len(seeds)}\n')
    return tallies


def naming_rows(tallies: Tallies) -> Iterator[Row]:
    """Give the share of rightly and of wrongly named objects in each condition."""
    for name in UNCLIPPED:
        tally = tallies[name, 'ours']
        others = ', '.join(
            f'{column} {_share(tallies[name, column].right, tallies[name, column].count):.1f}'
            for column in COLUMNS if column != 'ours'
        )  # fmt: skip
        words = f'named rightly, {name}: {_interval(tally.right, tally.count)}'
        share = _share(tally.right, tally.count)
        yield at_least(words, share, '%', bar=RIGHT_BAR, peer=others)
        yield _wrong(f'named wrongly, {name}', tallies, name, 'wrong', 'count')
    for name in CLIPPED:
        if tallies[name, 'ours'].clipped:
            words = f'named wrongly though clipped, {name}'
            yield _wrong(words, tallies, name, 'wrong_clipped', 'clipped')


def _wrong(words: str, tallies: Tallies, name: str, what: str, of: str) -> Row:
    def share(column: str) -> float:
        tally = tallies[name, column]
        return _share(getattr(tally, what), getattr(tally, of))

    tally = tallies[name, 'ours']
    counted = _interval(getattr(tally, what), getattr(tally, of))
    others = ', '.join(f'{column} {share(column):.1f}' for column in COLUMNS if column != 'ours')
    return at_most(f'{words}: {counted}', share('ours'), '%', bar=WRONG_BAR, peer=others)


def _share(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else float('nan')


def _interval(part: int, whole: int) -> str:
    if not whole:
        return 'none'
    low, high = wilson(part, whole)
    return f'{part} of {whole} (95 % interval {100 * low:.1f} to {100 * high:.1f})'


def error_rows(tallies: Tallies) -> Iterator[Row]:
    """Give the errors of position, size and yaw in each condition."""
    for name in UNCLIPPED:
        tally = tallies[name, 'ours']
        if not tally.position:
            yield at_most(f'position error, {name}', float('nan'), 'mm', bar=4)
            continue
        place, size = 1e3 * np.array(tally.position), 1e3 * np.array(tally.size)
        count = f'{name}, n = {len(place)}'
        yield at_most(f'position error, median, {count}', float(np.median(place)), 'mm', bar=4)
        high = float(np.percentile(place, 95))
        yield at_most(f'position error, 95th percentile, {count}', high, 'mm', bar=10)
        yield at_most(f'size error, median, {count}', float(np.median(size)), 'mm', bar=5)
        if tally.yaw:
            yaw = float(np.degrees(np.median(tally.yaw)))
            yield at_most(f'yaw error, median, {name}, n = {len(tally.yaw)}', yaw, '°', bar=3)


def ablation_rows(seeds: range) -> Iterator[Row]:
    """Give what each step adds, over all conditions."""
    columns = {'all steps': COLUMNS['ours'], 'no step': COLUMNS['raw']}
    columns |= {f'without {name}': without(name) for name in STEPS}
    tallies = measure(seeds, UNCLIPPED, columns)
    for column in columns:
        own = [tallies[name, column] for name in UNCLIPPED]
        right, count = sum(one.right for one in own), sum(one.count for one in own)
        wrong = _share(sum(one.wrong for one in own), count)
        words = f'named rightly in all conditions, {column}: {_interval(right, count)}'
        yield figure(words, _share(right, count), '%', peer=f'wrong {wrong:.1f}')


def cost_rows() -> Iterator[Row]:
    """Give the processor time of the correction over that of copying the image, in pairs."""
    cv2.setNumThreads(1)
    stage = next(stages(range(1)))
    for label, name, is_stream in (
        ('good light, one image after another', 'normal', True),
        ('warm light, one image after another', 'tungsten@4', True),
        ('dim light, one image after another', 'dimmed@4', True),
        ('light that falls off, one image after another', 'gradient@4', True),
        ('warm light, every image as if it were the first', 'tungsten@4', False),
    ):
        raw = stage.laboratory.photograph(stage.layers, condition_named(name), 0.0)
        correct = LightingCorrection()
        yield _cost(f'correction, 640x480, {label}', raw, _worker(correct, is_stream), COST_BAR)
    large = np.asarray(cv2.resize(raw, (1280, 720)), dtype=np.uint8)
    correct = LightingCorrection()
    label = 'warm light, one image after another'
    yield _cost(f'correction, 1280x720, {label}', large, _worker(correct, True), COST_BAR)
    yield _cost('CLAHE in Lab, 640x480', raw, clahe, None)
    yield _cost('gray-world, 640x480', raw, gray_world, None)
    yield _cost('the report alone, 640x480', raw, _report, None)


def _worker(correct: LightingCorrection, is_stream: bool) -> Callable[[Rgb], object]:
    def work(rgb: Rgb) -> object:
        if not is_stream:
            correct.reset()
        return correct(rgb).rgb

    return work


def _report(rgb: Rgb) -> object:
    return LightingCorrection(())(rgb).report


def _cost(name: str, rgb: Rgb, work: Callable[[Rgb], object], bar: float | None) -> Row:
    ratios, times = [], []
    for _ in range(PAIRS):
        begun = time.thread_time()
        for _ in range(20):
            rgb.copy()
        middle = time.thread_time()
        work(rgb)
        ended = time.thread_time()
        ratios.append((ended - middle) / max((middle - begun) / 20, 1e-7))
        times.append(ended - middle)
    low, high = np.percentile(ratios, (2.5, 97.5))
    words = (
        f'{name}: {1e3 * float(np.median(times)):.2f} ms, 95 % of {PAIRS} pairs within '
        f'{low:.0f} to {high:.0f}'
    )
    ratio = float(np.median(ratios))
    unit = 'copies'
    return figure(words, ratio, unit) if bar is None else at_most(words, ratio, unit, bar=bar)


def flicker_rows() -> Iterator[Row]:
    """Give how far the colour of still objects strays from its mean under flicker."""
    stage = next(stages(range(1)))
    for name in ('normal', 'flicker@2', 'flicker@4', 'flicker@5'):
        correct, raws, ours = LightingCorrection(), [], []
        for number in range(60):
            raw = stage.laboratory.photograph(stage.layers, condition_named(name), number / 29.97)
            corrected = correct(raw).rgb
            if number >= 20:
                raws.append(_colours(stage, raw))
                ours.append(_colours(stage, corrected))
        before, after = (float(np.std(each, axis=0).max()) for each in (raws, ours))
        words = f'colour of still objects, {name}: standard deviation of the worst channel'
        yield at_most(words, after, 'levels', bar=FLICKER_BAR, peer=f'raw {before:.1f}')


def _colours(stage: object, rgb: Rgb) -> list[list[float]]:
    from qwen_embodied.bench.light_scenes import Stage

    assert isinstance(stage, Stage)
    found = []
    for item in stage.objects:
        rows, columns, inside = stage.pixels(item)
        found.append(rgb[rows, columns][inside].mean(axis=0).tolist())
    return found


def untouched_row() -> Row:
    """Give how much a good image is changed."""
    stage = next(stages(range(1)))
    raw = stage.laboratory.photograph(stage.layers, condition_named('normal'), 0.0)
    change = np.abs(LightingCorrection()(raw).rgb.astype(int) - raw).max()
    return at_most('largest change of a pixel of a good image', float(change), 'levels', bar=2)
