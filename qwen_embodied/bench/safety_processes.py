"""Kills and shutdowns of the safety nodes in motion, counted and timed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.bench.safety_bed import CONTROLLER, SUPERVISOR, Bed, Ended
from qwen_embodied.nodes.standing_in import POINTS, SECONDS, SWING, Command

KILLS, SHUTDOWNS, STOPS = 200, 200, 200
QUICK_KILLS, QUICK_SHUTDOWNS, QUICK_STOPS = 5, 2, 10
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DOMAINS = itertools.cycle(range(30, 90))  # what was killed is heard of for 20 s in its domain
SLOWER = 5e-4  # s on the path: behind its pace by more than this is slower
NEWEST = 400  # set-points that are looked at


@dataclass
class Kills:
    """What came of killing the supervisor in motion, again and again.

    Attributes:
        delays: From each kill to the arrival of the first slower set-point, s.
        largest_step: Over what the joints may do, of all set-points.
        odd: Kills after which the arm did not rest on its way.
    """

    delays: list[float] = field(default_factory=list)
    largest_step: float = 0.0
    odd: int = 0


def rows(quick: bool) -> list[Row]:
    """Kill and end processes; quick does so less often."""
    delays = np.array(stop(QUICK_STOPS if quick else STOPS)) * 1e3
    asked = f'{len(delays)} calls of ~/stop in motion: to the first slower set-point'
    kills = kill_supervisors(QUICK_KILLS if quick else KILLS)
    ended = shut_down(QUICK_SHUTDOWNS if quick else SHUTDOWNS)
    count, unclean = len(kills.delays), sum(not how.is_clean for how in ended)
    words = f'{count} kills of the supervisor in motion beside four busy processes'
    p99, middle = (float(np.percentile(kills.delays, q)) * 1e3 for q in (99, 50))
    shut = f'{len(ended)} ends of a node in motion by SIGINT, SIGTERM or SIGHUP'
    return [
        at_most(f'{asked}, p99', float(np.percentile(delays, 99)), 'ms', bar=50.0),
        figure(f'{asked}, median', float(np.median(delays)), 'ms'),
        at_most(f'{words}: to the first slower set-point, p99', p99, 'ms', bar=120.0),
        figure(f'{words}: median', middle, 'ms'),
        at_most(f'{words}: largest command step / (v_max·dt)', kills.largest_step, '', bar=1.0),
        at_most(f'{words}: arms that did not rest on their way', kills.odd, '', bar=0),
        at_least('kills', count, '', bar=QUICK_KILLS if quick else KILLS),
        at_most(f'{shut}: with a traceback or another code than 0', unclean, '', bar=0),
        at_most(f'{shut}: longest', max(how.seconds for how in ended), 's', bar=2.0),
    ]


def kill_supervisors(count: int, spinners: int = 4) -> Kills:
    """Kill a supervisor in motion a number of times, each time another one.

    Args:
        count: Of kills.
        spinners: Processes that do nothing but use the processor meanwhile.
    """
    found, rng = Kills(), np.random.default_rng(19)
    with busy(spinners) as load:
        for _ in range(count):
            with _bed() as bed:
                bed.make_ready()
                with at_work(load):
                    name = bed.move(float(rng.uniform(0.1, 0.6)))
                    killed = bed.send(SUPERVISOR, signal.SIGKILL)
                    bed.wait_for_end(name)
                    bed.wait_for_rest()
                found.delays.append(slowing(bed.arm.commands, bed.arm.start[0], killed))
                found.largest_step = max(found.largest_step, bed.largest_step())
                gone = abs(bed.arm.positions[0] - bed.arm.start[0])
                found.odd += not 0.0 < gone < SWING
    return found


def stop(count: int) -> list[float]:
    """Call the supervisor's stop in motion a number of times.

    Gives how long after each call the first slower set-point came, s.
    """
    delays, rng = [], np.random.default_rng(7)
    with _bed() as bed:
        for _ in range(count):
            name = bed.move(float(rng.uniform(0.1, 0.6)))
            asked = time.monotonic()
            bed.arm.ask('stop')
            bed.wait_for_end(name)
            bed.wait_for_rest()
            delays.append(slowing(bed.arm.commands, bed.arm.start[0], asked))
            del bed.arm.commands[:-2]
    return delays


def shut_down(count: int) -> list[Ended]:
    """End controller and supervisor in motion, a number of times by each signal."""
    rng, ended = np.random.default_rng(24), []
    for number in ENDINGS:
        for _ in range(count):
            with _bed() as bed:
                bed.move(float(rng.uniform(0.05, 0.9)))
                ended += list(bed.end(number).values())
    return ended


def slowing(commands: list[Command], start: float, since: float) -> float:
    """Give how long after a moment the first set-point came that was behind its pace, s.

    Args:
        commands: Of a swing, in order.
        start: Of its first joint, rad.
        since: The moment, on the steady clock; inf is given where none was behind.
    """
    u = np.linspace(0.0, 1.0, 50 * POINTS)
    way = SWING * (10 * u**3 - 15 * u**4 + 6 * u**5)
    recent = commands[-NEWEST:]
    gone = np.abs([command.positions[0] - start for command in recent])
    behind = np.array([command.due for command in recent]) - np.interp(gone, way, u) * SECONDS
    came = np.array([command.at for command in recent])
    before = (came < since) & (gone > 0.02 * SWING)
    late = (came > since) & (behind > behind[before].max(initial=-np.inf) + SLOWER)
    return float(came[late][0] - since) if before.any() and late.any() else float('inf')


@contextmanager
def busy(count: int) -> Iterator[list[BaseProcess]]:
    """Hold processes ready that can keep the processor busy."""
    context = multiprocessing.get_context('spawn')
    spinners: list[BaseProcess] = [
        context.Process(target=_spin, daemon=True) for _ in range(count)
    ]
    for spinner in spinners:
        spinner.start()
        _send(spinner, signal.SIGSTOP)
    try:
        yield spinners
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.join()


@contextmanager
def at_work(spinners: list[BaseProcess]) -> Iterator[None]:
    """Keep the processor busy; nodes start faster without."""
    for spinner in spinners:
        _send(spinner, signal.SIGCONT)
    try:
        yield
    finally:
        for spinner in spinners:
            _send(spinner, signal.SIGSTOP)


def _send(process: BaseProcess, number: signal.Signals) -> None:
    if process.pid is not None:
        os.kill(process.pid, number)


def _spin() -> None:
    while True:
        sum(range(10**6))


@contextmanager
def _bed() -> Iterator[Bed]:
    with tempfile.TemporaryDirectory() as folder:
        made = Bed(Path(folder), next(DOMAINS), (CONTROLLER, SUPERVISOR))
        with made as bed:
            yield bed
