"""How evenly the control loop runs, beside a loop that only sleeps, while a camera is rendered."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.bench.report import Row, at_most, figure
from qwen_embodied.control import FakeArm, Parameters, Tracker
from qwen_embodied.errors import NodeError
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.motion import load_robot

Array = NDArray[np.float64]

PERIOD = 0.005  # s
SECOND = round(1.0 / PERIOD)  # ticks
RESAMPLES = 2000
# Renders VGA colour and depth ten times a second, as the simulation's process does.
CAMERA = """
import time
from qwen_embodied.simulation import MujocoWorld, generate_scene
world = MujocoWorld(generate_scene(0))
world.frame()
print('on', flush=True)
while True:
    due = time.monotonic() + 0.1
    world.frame()
    time.sleep(max(due - time.monotonic(), 0.0))
"""


class Work:
    """What the control loop does in one period: read, track, command."""

    def __init__(self) -> None:
        """Build the tracker and a fake arm of the Panda."""
        robot = load_robot('panda')
        self._limits = robot.all_limits.scaled(0.5, 0.5, 1.0)
        self._start = np.array([*robot.home, 0.02])
        self._arm = FakeArm(self._limits.names, self._start, lag=0.01)
        self._tracker = Tracker(self._limits, Parameters(control_rate=200.0))
        self._sign = 1.0

    def __call__(self) -> None:
        """Run one period; a motion that has ended is followed by one the other way."""
        arm, tracker = self._arm, self._tracker
        tracker.on_permission('move', arm.time)
        command = tracker.update(arm.read(), arm.time)
        if command is not None:
            arm.command(command)
            if tracker.status.state != 'executing':
                tracker.start(self._swing(command), arm.read(), arm.time)
        arm.step(PERIOD)

    def _swing(self, begin: Array) -> JointTrajectory:
        u, seconds = np.linspace(0.0, 1.0, 60)[:, None], 2.0
        change = np.zeros(len(begin))
        change[0], self._sign = 0.3 * self._sign, -self._sign
        return JointTrajectory(
            self._limits.names,
            u[:, 0] * seconds,
            begin + change * (10 * u**3 - 15 * u**4 + 6 * u**5),
            change * (30 * u**2 - 60 * u**3 + 30 * u**4) / seconds,
            change * (60 * u - 180 * u**2 + 120 * u**3) / seconds**2,
        )


def rows(quick: bool) -> list[Row]:
    """Measure 60 pairs of seconds, or 5."""
    pairs = 5 if quick else 60
    camera = subprocess.Popen([sys.executable, '-c', CAMERA], stdout=subprocess.PIPE, text=True)
    try:
        if camera.stdout is None or camera.stdout.readline().strip() != 'on':
            raise NodeError('the process that renders the camera did not start')
        ours, bare = measure(pairs)
    finally:
        camera.kill()
        camera.wait()
    ratio = _p99(ours) / _p99(bare)
    words = f'control loop at 200 Hz, camera on, {pairs} pairs of seconds'
    row = at_most(f'{words}: p99 period error over a bare sleep', ratio, '', bar=1.5)
    return [
        replace(row, ratio=ratio, interval=_interval(ours, bare)),
        figure(f'{words}: p99 period error', _p99(ours) * 1e3, 'ms'),
        figure(f'{words}: the same of the bare sleep', _p99(bare) * 1e3, 'ms'),
    ]


def measure(pairs: int) -> tuple[Array, Array]:
    """Give the period errors (pairs, ticks) s of the control loop and of a bare sleep loop."""
    work = Work()
    _second(work)
    ours: list[Array] = []
    bare: list[Array] = []
    for number in range(pairs):
        # The order alternates too, so that a slow drift counts for neither.
        for kind in ((ours, work), (bare, _nothing))[:: 1 if number % 2 else -1]:
            kind[0].append(_second(kind[1]))
    return np.array(ours), np.array(bare)


def _nothing() -> None:
    """Do nothing."""


def _second(action: Callable[[], None]) -> Array:
    """Call an action at 200 Hz for a second; gives |period - 5 ms|, (ticks,) s."""
    begun = np.empty(SECOND + 1)
    due = time.perf_counter() + PERIOD
    for tick in range(SECOND + 1):
        time.sleep(max(due - time.perf_counter(), 0.0))
        begun[tick] = time.perf_counter()
        action()
        due = max(due + PERIOD, time.perf_counter() - PERIOD)
    errors: Array = np.abs(np.diff(begun) - PERIOD)
    return errors


def _p99(errors: Array) -> float:
    return float(np.percentile(errors, 99))


def _interval(ours: Array, bare: Array) -> tuple[float, float]:
    """Give the 95 % interval of the ratio of p99, by resampling pairs of seconds."""
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(RESAMPLES):
        pick = rng.integers(len(ours), size=len(ours))
        ratios.append(_p99(ours[pick]) / _p99(bare[pick]))
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)
