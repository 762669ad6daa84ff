"""The light bench: are things named rightly in any light, and what does correcting it cost?"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from qwen_embodied.bench.chain import wilson
from qwen_embodied.bench.light_chain import end_to_end
from qwen_embodied.bench.light_cost import cost_rows, flicker_rows, untouched_row
from qwen_embodied.bench.light_scenes import COLUMNS, Tally, Treat, judge, staged, without
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.bench.store import Store
from qwen_embodied.motion import load_robot
from qwen_embodied.perception import SceneEstimator
from qwen_embodied.perception.lighting import STEPS
from qwen_embodied.simulation import CONDITIONS, condition_named

# The severest level of each condition at which hardly any object is clipped.
SEVEREST = {'normal': 1, 'glaring': 2, 'glossy': 2, 'lagging': 3}
UNCLIPPED = tuple(f'{name}@{SEVEREST.get(name, 5)}' for name in CONDITIONS)
CLIPPED = ('glaring@5', 'glossy@5')
SCENES_VARIABLE = 'QWEN_EMBODIED_LIGHT_SCENES'
SEEDS_VARIABLE = 'QWEN_EMBODIED_LIGHT_SEEDS'
COMPARED_VARIABLE = 'QWEN_EMBODIED_LIGHT_COMPARED'
STORE_VARIABLE = 'QWEN_EMBODIED_LIGHT_STORE'
CHAIN_VARIABLE = 'QWEN_EMBODIED_LIGHT_CHAIN'
RIGHT_BAR, WRONG_BAR = 98.0, 1.0  # %
Tallies = dict[tuple[str, str], Tally]


def run(quick: bool) -> list[Row]:
    """Measure everything; quick takes two scenes and no task.

    Environment variables: QWEN_EMBODIED_LIGHT_SEEDS sets how many seeds of each of the five
    tasks are run in each condition; 20 by default, which takes hours; 0 leaves the tasks out.
    QWEN_EMBODIED_LIGHT_COMPARED sets on how many of them they are run without the correction
    too; on all of them by default.
    QWEN_EMBODIED_LIGHT_CHAIN names the conditions of the tasks, with commas between them; all
    by default. QWEN_EMBODIED_LIGHT_SCENES sets how many tables are looked at; 170 by default.
    QWEN_EMBODIED_LIGHT_STORE names a file in which finished tables and tasks are kept, so that
    a bench that was stopped goes on where it was.
    """
    name = os.environ.get(STORE_VARIABLE)
    store = Store(Path(name) if name and not quick else None)
    scenes = 2 if quick else int(os.environ.get(SCENES_VARIABLE, '170'))
    tallies = measure(range(scenes), UNCLIPPED + CLIPPED, COLUMNS, store)
    rows = [*naming_rows(tallies), *error_rows(tallies)]
    rows += ablation_rows(range(max(1, scenes // 4)), store)
    rows += [*cost_rows(), *flicker_rows(), untouched_row()]
    seeds = 0 if quick else int(os.environ.get(SEEDS_VARIABLE, '20'))
    chain = os.environ.get(CHAIN_VARIABLE, ','.join(UNCLIPPED)).split(',')
    names = tuple(dict.fromkeys((UNCLIPPED[0], *chain)))
    if not seeds:
        return rows
    compared = int(os.environ.get(COMPARED_VARIABLE, seeds))
    return rows + end_to_end(range(seeds), names, store, range(compared))


def measure(
    seeds: range,
    conditions: tuple[str, ...],
    columns: dict[str, Treat],
    store: Store | None = None,
) -> Tallies:
    """Perceive each scene in each condition through each column, on the same images."""
    estimator = SceneEstimator(body=load_robot('panda').link_spheres)
    kept = Store() if store is None else store
    tallies: Tallies = defaultdict(Tally)
    for number, seed in enumerate(seeds):
        found = kept.value(
            f'table {seed}: {", ".join(columns)}',
            partial(_look, seed, conditions, columns, estimator),
        )
        for name, column, tally in found:
            tallies[name, column].join(Tally(**tally))
        sys.stderr.write(f'scene {number + 1} of {len(seeds)}\n')
    return tallies


def _look(
    seed: int, conditions: tuple[str, ...], columns: dict[str, Treat], estimator: SceneEstimator
) -> list[tuple[str, str, dict[str, Any]]]:
    """Give condition, column and tally of each, as plain values."""
    found = []
    # Every scene has its own moment, for light that changes with time.
    moment = 0.137 * (1 + seed)
    with staged(seed) as stage:
        for name in conditions:
            raw = stage.laboratory.photograph(stage.layers, condition_named(name), moment)
            for column, treat in columns.items():
                tally = Tally()
                judge(stage, raw, treat, estimator, tally)
                found.append((name, column, asdict(tally)))
    return found


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


def ablation_rows(seeds: range, store: Store | None = None) -> Iterator[Row]:
    """Give what each step adds, over all conditions."""
    columns = {'all steps': COLUMNS['ours'], 'no step': COLUMNS['raw']}
    columns |= {f'without {name}': without(name) for name in STEPS}
    tallies = measure(seeds, UNCLIPPED, columns, store)
    for column in columns:
        own = [tallies[name, column] for name in UNCLIPPED]
        right, count = sum(one.right for one in own), sum(one.count for one in own)
        wrong = _share(sum(one.wrong for one in own), count)
        words = f'named rightly in all conditions, {column}: {_interval(right, count)}'
        yield figure(words, _share(right, count), '%', peer=f'wrong {wrong:.1f}')
