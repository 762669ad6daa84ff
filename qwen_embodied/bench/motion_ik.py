"""Inverse kinematics: how often, how fast, and against what one look at the robot costs.

The bars hold for the clock on the wall, so the machine has to be quiet; the processor time of the
solving thread, which is what the solver itself needs, stands beside it.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.bench.report import Row, at_least, figure
from qwen_embodied.errors import UnreachableError
from qwen_embodied.motion import Robot, load_robot

Array = NDArray[np.float64]

PRESETS = ('panda', 'ur5e', 'xarm7', 'so101')
POSES = 10_000
QUICK = 300
BLOCKS = 50  # shares of the poses, each of which gives one ratio
LOOKS = 10  # at other joints after every pose: forward kinematics with Jacobian
TOLERANCE = 1e-5  # m and rad
LATE = 10.0  # ms
GOAL = 5.0  # ms
RATIO = 100.0
PEERS = 'TRAC-IK 99.70, KDL 61.8 (Panda)'
PEER_TIME = 'TRAC-IK 0.38 (Panda, C++)'


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured on one robot.

    Attributes:
        reached: (N,) true where the pose was reached within the limits.
        wall: (N,) ms by the clock on the wall.
        busy: (N,) ms of this thread's processor time.
        ratios: (B,) mean processor time in a block over that of one look at the robot.
        wall_ratios: (B,) the same of the clock on the wall.
        look: Mean processor time of one look, ms.
    """

    reached: NDArray[np.bool_]
    wall: Array
    busy: Array
    ratios: Array
    wall_ratios: Array
    look: float


def run(quick: bool) -> list[Row]:
    """Solve random reachable poses from the middle of the joint ranges, preset by preset."""
    count = QUICK if quick else POSES
    rows: list[Row] = []
    for name in PRESETS:
        sys.stderr.write(f'{name}: {count} poses\n')
        rows += _rows(name, measure(load_robot(name), count))
    return rows


def measure(robot: Robot, count: int) -> Measured:
    """Solve poses that random joints within the limits give; the same ones in every run."""
    robot.prepare()
    lower, upper = robot.limits.lower, robot.limits.upper
    joints = np.random.default_rng(2026).uniform(lower, upper, (count, len(lower)))
    middle = (lower + upper) / 2
    robot.inverse(robot.forward(middle), middle)
    table, others = np.empty((count, 5)), np.arange(1, LOOKS + 1)
    for row, q in enumerate(joints):
        table[row, :3] = _solve(robot, q, middle)
        table[row, 3:] = _look(robot, joints[(row + others) % count])
    means = np.array([share.mean(axis=0) for share in np.array_split(table, min(BLOCKS, count))])
    ratios, wall_ratios = means[:, 2] / means[:, 4], means[:, 1] / means[:, 3]
    look = float(table[:, 4].mean())
    return Measured(table[:, 0] > 0, table[:, 1], table[:, 2], ratios, wall_ratios, look)


def _solve(robot: Robot, q: Array, seed: Array) -> tuple[bool, float, float]:
    tool = robot.forward(q)
    wall, busy = time.perf_counter(), time.thread_time()
    try:
        found = robot.inverse(tool, seed)
    except UnreachableError:
        found = None
    wall, busy = time.perf_counter() - wall, time.thread_time() - busy
    return found is not None and _reaches(robot, found, tool), wall * 1e3, busy * 1e3


def _reaches(robot: Robot, q: Array, tool: Array) -> bool:
    """Judge apart from the solver: by the pose that the joints give, and the limits."""
    got = robot.forward(q)
    turn = got[:3, :3].T @ tool[:3, :3]
    sine = np.linalg.norm(
        [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
    )
    angle = np.arctan2(sine / 2, (np.trace(turn) - 1) / 2)
    inside = (q >= robot.limits.lower) & (q <= robot.limits.upper)
    apart = float(np.linalg.norm(got[:3, 3] - tool[:3, 3]))
    return bool(inside.all() and apart <= TOLERANCE and angle <= TOLERANCE)


def _look(robot: Robot, joints: Array) -> tuple[float, float]:
    """Give wall and processor time of one forward kinematics with Jacobian, ms."""
    wall, busy = time.perf_counter(), time.thread_time()
    for q in joints:
        robot.tool_jacobian(q)
    wall, busy = time.perf_counter() - wall, time.thread_time() - busy
    return wall / len(joints) * 1e3, busy / len(joints) * 1e3


def _rows(name: str, found: Measured) -> list[Row]:
    def share(times: Array, limit: float) -> float:
        return 100.0 * float((found.reached & (times <= limit)).mean())

    title, busy = f'IK {name}', 'of processor time'
    look = 'one forward kinematics with Jacobian'
    ratio, low, high = median_interval(found.wall_ratios)
    own, *interval = median_interval(found.ratios)
    return [
        at_least(f'{title}: reached within {LATE:g} ms', share(found.wall, LATE), '%',
                 bar=99.9, goal=f'100 within {GOAL:g} ms', peer=PEERS),
        figure(f'{title}: reached within {GOAL:g} ms', share(found.wall, GOAL), '%'),
        figure(f'{title}: reached within {GOAL:g} ms {busy}', share(found.busy, GOAL), '%'),
        figure(f'{title}: reached at all', share(found.wall, np.inf), '%'),
        Row(f'{title}: mean, and over {look}',
            float(found.wall.mean()), 'ms', f'ratio <= {RATIO:g}', '', PEER_TIME,
            bool(ratio <= RATIO), ratio, (low, high)),
        Row(f'{title}: mean {busy}, and over {look}',
            float(found.busy.mean()), 'ms', ratio=own, interval=(interval[0], interval[1])),
        figure(f'{title}: median', float(np.median(found.wall)), 'ms'),
        figure(f'{title}: 99th percentile', float(np.quantile(found.wall, 0.99)), 'ms'),
        figure(f'{title}: the longest {busy}', float(found.busy.max()), 'ms'),
        figure(f'{title}: {look}', found.look * 1e3, 'us'),
    ]  # fmt: skip


def median_interval(values: Array) -> tuple[float, float, float]:
    """Give the median and the 95 % interval that resampling finds for it."""
    rng = np.random.default_rng(0)
    drawn = np.median(rng.choice(values, (2000, len(values))), axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(np.median(values)), float(low), float(high)
