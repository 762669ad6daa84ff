"""What correcting the light and seeing a scene cost, and whether colours stay as they are."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from qwen_embodied.bench.light_scenes import Rgb, Stage, clahe, gray_world, staged
from qwen_embodied.bench.report import Row, at_most, figure
from qwen_embodied.messages import Frame
from qwen_embodied.motion import load_robot
from qwen_embodied.perception import LightingCorrection, SceneEstimator
from qwen_embodied.simulation import condition_named

COST_BAR, SCENE_BAR, FLICKER_BAR = 25.0, 30.0, 2.0  # copies, ms, levels
PAIRS = 40
SCENE_SEEDS, SCENE_TIMES = range(4), 10
SIZES = ((640, 480), (1280, 720))


def cost_rows() -> Iterator[Row]:
    """Give the processor time of the correction over that of copying the image, and of a scene."""
    cv2.setNumThreads(1)
    with staged(0) as stage:
        yield from _cost_rows(stage)
    times: dict[tuple[int, int], list[float]] = {size: [] for size in SIZES}
    for seed in SCENE_SEEDS:
        with staged(seed) as stage:
            for size in SIZES:
                times[size] += _scene_times(stage, size)
    for (width, height), taken in times.items():
        yield _scene_row(f'{width}x{height}', taken, SCENE_BAR if width == SIZES[0][0] else None)


def _scene_times(stage: Stage, size: tuple[int, int]) -> list[float]:
    """Give the processor time of correction, report and scene of a stream of images, s each."""
    frame = _resized(stage, size)
    correct = LightingCorrection()
    estimate = SceneEstimator(body=load_robot('panda').link_spheres)
    times = []
    for _ in range(SCENE_TIMES + 1):
        begun = time.thread_time()
        corrected = correct(frame.rgb)
        estimate(corrected.frame(frame), stage.state, corrected.report)
        times.append(time.thread_time() - begun)
    return times[1:]


def _resized(stage: Stage, size: tuple[int, int]) -> Frame:
    """Give a frame of a warm scene at another size: as wide, cut off above and below."""
    frame = stage.frame
    raw = stage.laboratory.photograph(stage.layers, condition_named('tungsten@4'), 0.0)
    scale = size[0] / frame.intrinsics.width
    whole = (size[0], round(scale * frame.intrinsics.height))
    rows = slice((whole[1] - size[1]) // 2, (whole[1] - size[1]) // 2 + size[1])
    depth = cv2.resize(np.asarray(frame.depth), whole, interpolation=cv2.INTER_NEAREST)[rows]
    lens = frame.intrinsics
    lens = replace(
        lens, width=size[0], height=size[1], fx=scale * lens.fx, fy=scale * lens.fy,
        cx=scale * (lens.cx + 0.5) - 0.5, cy=scale * (lens.cy + 0.5) - 0.5 - rows.start,
    )  # fmt: skip
    rgb = np.asarray(cv2.resize(raw, whole)[rows], np.uint8)
    return replace(frame, rgb=rgb, depth=np.asarray(depth, np.float32), intrinsics=lens)


def _scene_row(size: str, times: list[float], bar: float | None) -> Row:
    middle, high = (1e3 * float(value) for value in np.percentile(times, (50, 95)))
    words = (
        f'correction, report and scene, {size}, six things and the arm, one core: median of '
        f'{len(times)} (95th percentile {high:.0f})'
    )
    return figure(words, middle, 'ms') if bar is None else at_most(words, middle, 'ms', bar=bar)


def _cost_rows(stage: Stage) -> Iterator[Row]:
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
    with staged(0) as stage:
        for name in ('normal', 'flicker@2', 'flicker@4', 'flicker@5'):
            yield _flicker_row(stage, name)


def _flicker_row(stage: Stage, name: str) -> Row:
    correct, raws, ours = LightingCorrection(), [], []
    for number in range(60):
        raw = stage.laboratory.photograph(stage.layers, condition_named(name), number / 29.97)
        corrected = correct(raw).rgb
        if number >= 20:
            raws.append(_colours(stage, raw))
            ours.append(_colours(stage, corrected))
    before, after = (float(np.std(each, axis=0).max()) for each in (raws, ours))
    far = float(np.abs(np.array(ours) - np.mean(ours, axis=0)).max())
    words = (
        f'colour of still objects, {name}: standard deviation of the worst channel of the worst '
        f'object over 40 images (farthest from its mean {far:.1f})'
    )
    return at_most(words, after, 'levels', bar=FLICKER_BAR, peer=f'raw {before:.1f}')


def _colours(stage: Stage, rgb: Rgb) -> list[list[float]]:
    found = []
    for item in stage.objects:
        rows, columns, inside = stage.pixels(item)
        found.append(rgb[rows, columns][inside].mean(axis=0).tolist())
    return found


def untouched_row() -> Row:
    """Give how much a good image is changed."""
    with staged(0) as stage:
        raw = stage.laboratory.photograph(stage.layers, condition_named('normal'), 0.0)
    change = np.abs(LightingCorrection()(raw).rgb.astype(int) - raw).max()
    return at_most('largest change of a pixel of a good image', float(change), 'levels', bar=2)
