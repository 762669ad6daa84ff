"""Safety nodes and perception at work for a long time: memory, steps, and whether stops work."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from qwen_embodied.bench.report import Row, at_most
from qwen_embodied.bench.safety_bed import CONTROLLER, SUPERVISOR, Bed
from qwen_embodied.nodes.standing_camera import RATE, StandingCamera
from qwen_embodied.simulation import MujocoWorld, generate_scene

MINUTES, QUICK_MINUTES = 30.0, 2.0
WARM_UP = 0.25  # share of the time before memory counts
LOOK = 1.0  # s between looks at memory
STOP_EVERY = 10  # swings
DOMAIN = 91
NODES = (CONTROLLER, SUPERVISOR, 'perception')


def rows(quick: bool) -> list[Row]:
    """Swing to and fro and look at the memory of both processes."""
    minutes = QUICK_MINUTES if quick else MINUTES
    return measured(minutes * 60.0)


def measured(seconds: float) -> list[Row]:
    """Measure for some seconds; what has a bar holds from half an hour on."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in NODES}
    with _cell() as bed:
        steps, missed = _swing(bed, seconds, seen)
    words = f'{seconds / 60:.1f} min in motion with a camera at {RATE:.0f} Hz, {len(steps)} swings'
    found = [
        at_most(f'{words}: memory of {name}, slope after warm-up', slope(seen[name]) * 600,
                'MB/10 min', bar=1.0)
        for name in NODES
    ]  # fmt: skip
    return [
        *found,
        at_most(f'{words}: largest command step / (v_max·dt)', max(steps), '', bar=1),
        at_most(f'{words}: stops (one swing in ten) that were missed', missed, '', bar=0),
    ]


@contextmanager
def _cell() -> Iterator[Bed]:
    world = MujocoWorld(generate_scene(0))
    frame = world.frame()
    world.close()
    with tempfile.TemporaryDirectory() as folder, Bed(Path(folder), DOMAIN, NODES) as bed:
        bed.arm.shows_scenes = False
        camera = StandingCamera(bed.arm, frame)
        try:
            yield bed
        finally:
            camera.close()


def slope(seen: list[tuple[float, float]]) -> float:
    """Give the slope of memory over time without the warm-up, MB/s."""
    times, sizes = np.array(seen).T
    kept = times >= times[0] + WARM_UP * (times[-1] - times[0])
    return float(np.polyfit(times[kept], sizes[kept], 1)[0])


def _swing(
    bed: Bed, seconds: float, seen: dict[str, list[tuple[float, float]]]
) -> tuple[list[float], int]:
    """Swing to and fro; gives the largest step of each swing, and how many ended oddly."""
    end, missed = time.monotonic() + seconds, 0
    steps: list[float] = []
    while time.monotonic() < end:
        moving, begun = bed.move(), time.monotonic()
        if len(steps) % STOP_EVERY == 0:
            bed.arm.ask('stop')
        missed += (bed.wait_for_end(moving) == 'succeeded') is (len(steps) % STOP_EVERY == 0)
        steps.append(bed.largest_step())
        for name, sizes in seen.items():
            sizes.append((begun, resident(bed.process_id(name))))
        del bed.arm.commands[:-2]
        time.sleep(LOOK)
    return steps, missed


def resident(process_id: int) -> float:
    """Give the memory that a process holds, MB; Linux only."""
    pages = int(Path(f'/proc/{process_id}/statm').read_text(encoding='ascii').split()[1])
    return pages * resource.getpagesize() / 1e6
