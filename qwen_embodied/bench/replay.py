"""Measures recordings: speed and memory of a replay, equal bytes, damaged files, the recorder."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from qwen_embodied.bench.replay_damage import damaged_bags
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.errors import TaskError
from qwen_embodied.pipeline import Pipeline
from qwen_embodied.replay import BagWriter
from qwen_embodied.replay.definitions import standard
from qwen_embodied.replay.encoding import IMAGE, depth_image, image
from qwen_embodied.replay.recorder import Recorder
from qwen_embodied.replay.recording import RecordedWorld, recorded_world

TASKS = ('put the red cube in the blue bowl', 'put the green cube to the left of the blue bowl',
         'put the green cube behind the blue bowl')  # fmt: skip
SEED = 3
LENGTH, QUICK_LENGTH = 60.0, 12.0  # s of recording
DAMAGED, QUICK_DAMAGED = 3000, 300
RATE, COLOUR, DEPTH = 30.0, '/colour', '/depth'  # Hz
COMMAND = 'from qwen_embodied.cli import main; main()'
CONTROL_PERIOD = 0.01  # s
HELD = r'^Rss(Anon|File|Shmem):\s+(\d+) kB'
WATCH_PERIOD = 0.1  # s between looks at the memory of the processes


def run(quick: bool) -> Iterable[Row]:
    """Give the rows."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        length = QUICK_LENGTH if quick else LENGTH
        bag = record_tasks(place / 'tasks', length)
        yield from replay_rows(bag, place)
        yield from damage_rows(QUICK_DAMAGED if quick else DAMAGED, place)
        yield from recorder_rows(5.0 if quick else 60.0, place)


def record_tasks(folder: Path, length: float) -> Path:
    """Record a simulated table, 640x480 at 10 Hz with depth, in which one task follows another."""
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    world = MujocoWorld(generate_scene(SEED), seed=SEED)
    try:
        with recorded_world(world, folder, TASKS[0]) as recorded:
            pipeline, number = Pipeline.around(recorded), 0
            while world.time < length - 10.0:
                pipeline.run(TASKS[number % len(TASKS)])
                number += 1
            _rest(recorded, length)
    finally:
        world.close()
    return folder


def _rest(world: RecordedWorld, until: float) -> None:
    while world.time < until:
        world.read()
        world.step(CONTROL_PERIOD)


def replay_rows(bag: Path, place: Path) -> Iterable[Row]:
    """Replay twice, each in a process of its own that starts cold."""
    size = sum(item.stat().st_size for item in bag.glob('*.mcap')) / 1e6
    first, speed, whole, memory = _replayed(bag, place / 'first')
    second, *_ = _replayed(bag, place / 'second')
    differing = sum(
        (place / 'first' / f'{name}.jsonl').read_bytes()
        != (place / 'second' / f'{name}.jsonl').read_bytes()
        for name in ('scenes', 'plan', 'trajectories')
    )
    recorded = first['recording']['duration']
    yield figure('length of the recording', recorded, 's')
    yield figure('size of the recording', size, 'MB')
    yield figure('images in it, each made a scene', first['recording']['scenes'])
    yield at_least('speed of the replay', speed, 'x real time', bar=3.0)
    yield figure('the same with the start of the process', recorded / whole, 'x real time')
    yield at_most('memory of the replay, both processes', memory, 'MB', bar=500.0)
    yield at_most('logs that differ between two replays', float(differing), '', bar=0)
    yield at_most('values that differ in the report', float(first != second), '', bar=0)


def _replayed(bag: Path, folder: Path) -> tuple[dict[str, Any], float, float, float]:
    line = [sys.executable, '-c', COMMAND, 'replay', str(bag), '-i', TASKS[0], '--output',
            str(folder)]  # fmt: skip
    begun = time.monotonic()
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        peak = _peak(process)
        output, complaints = process.communicate()
    whole = time.monotonic() - begun
    said = re.search(r'\(([0-9.]+) x real time\)', output)
    if said is None:
        raise TaskError(f'the replay ended with {process.returncode}: {complaints[-500:]}')
    report = json.loads((folder / 'report.json').read_text(encoding='utf-8'))
    return report, float(said[1]), whole, peak


def _peak(process: subprocess.Popen[str]) -> float:
    """Watch until a process ends; give the most memory that it and its children held, MB.

    What each holds alone is added; libraries and shared memory count once.
    """
    peak = 0.0
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children')
    while process.poll() is None:
        with suppress(OSError):
            names = [str(process.pid), *children.read_text().split()]
            held = [
                dict(re.findall(HELD, Path(f'/proc/{name}/status').read_text(), re.MULTILINE))
                for name in names
            ]
            peak = max(peak, _together([one for one in held if one]))
        time.sleep(WATCH_PERIOD)
    return peak


def _together(held: list[dict[str, str]]) -> float:
    alone = sum(int(one['Anon']) for one in held)
    shared = sum(max((int(one[kind]) for one in held), default=0) for kind in ('File', 'Shmem'))
    return (alone + shared) / 1024


def damage_rows(count: int, place: Path) -> Iterable[Row]:
    """Read damaged recordings."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tally = damaged_bags(count, place / 'damage')
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    yield figure('damaged recordings read', tally.total)
    yield at_most('read silently wrong', tally.outcomes['silently wrong'], '', bar=0)
    yield at_most('untyped exceptions', tally.outcomes['untyped error'], '', bar=0)
    yield figure('refused', tally.outcomes['refused'])
    yield figure('read with a stated doubt', tally.outcomes['stated'])
    yield figure('read as they were', tally.outcomes['same'])
    yield at_most('memory that grew while they were read', grown, 'MB', bar=100.0)


def recorder_rows(seconds: float, place: Path) -> Iterable[Row]:
    """Record colour and depth at RATE in real time; the images are noisy, as a camera's are."""
    writer = BagWriter(place / 'recorder')
    recorder = Recorder(writer)
    for name in (COLOUR, DEPTH):
        recorder.add_topic(name, standard(IMAGE))
    rng = np.random.default_rng(0)
    colour = rng.normal(120, 3, (480, 640, 3)).clip(0, 255).astype(np.uint8)
    metres = rng.normal(1.2, 0.002, (480, 640)).astype(np.float32)
    messages = (
        (COLOUR, image(colour, 1.0, 'camera')),
        (DEPTH, depth_image(metres, 1.0, 'camera')),
    )
    begun, sent = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        for name, data in messages:
            recorder.take(name, time.monotonic_ns(), data)
        sent += 1
        time.sleep(max(0.0, begun + sent / RATE - time.monotonic()))
    recorder.close()
    size = sum(item.stat().st_size for item in (place / 'recorder').glob('*.mcap')) / 1e6
    yield figure('images of each kind sent to the recorder', sent)
    yield at_most('colour images dropped', recorder.drops[COLOUR], '', bar=0)
    yield at_most('depth images dropped', recorder.drops[DEPTH], '', bar=0)
    yield figure('rate to the disk', size / seconds, 'MB/s')
