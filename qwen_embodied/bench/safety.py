"""The safety bench: what must not pass, how the arm stops, kills, ends, half an hour."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

import numpy as np

from qwen_embodied.bench import (
    motion_stops,
    safety_inputs,
    safety_malformed,
    safety_plans,
    safety_processes,
    safety_soak,
)
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.errors import TaskError
from qwen_embodied.motion import Robot, load_robot

SECONDS, POINTS = 10.0, 200  # of the trajectory whose judgement is timed


def run(quick: bool) -> list[Row]:
    """Measure all of it; quick tries less."""
    robot = load_robot('panda')
    rng = np.random.default_rng(6)
    return [
        *_malformed(robot, 1000 if quick else 10_500, rng),
        *_odd_numbers(robot, quick, rng),
        *motion_stops.rows(quick),
        *_times(robot, 20 if quick else 200, rng),
        *safety_plans.rows(quick),
        *safety_processes.rows(quick),
        *safety_soak.rows(quick),
    ]


def _malformed(robot: Robot, count: int, rng: np.random.Generator) -> list[Row]:
    kinds = len(safety_malformed.CHANGES)
    tried, by_supervisor, by_controller = safety_malformed.accepted(robot, count, rng)
    words = f'{tried} malformed trajectories of {kinds} kinds'
    return [
        at_least('kinds of malformed trajectories', kinds, '', bar=32, peer='17 (JTC)'),
        at_most(f'{words}: approved by the supervisor', by_supervisor, '', bar=0),
        at_most(f'{words}: taken by the controller', by_controller, '', bar=0),
    ]


def _odd_numbers(robot: Robot, quick: bool, rng: np.random.Generator) -> list[Row]:
    tried, passed = safety_malformed.leaves(robot, rng)
    heard, odd = safety_inputs.heard(robot, every=8 if quick else 1)
    return [
        at_most(f'NaN, ±Inf, sNaN in each number of a trajectory, {tried}: taken', passed, '',
                bar=0),
        at_most(f'the same in each number heard in motion, {heard}: odd commands or no stop',
                odd, '', bar=0),
    ]  # fmt: skip


def _times(robot: Robot, count: int, rng: np.random.Generator) -> list[Row]:
    gates = safety_malformed.Gates.of(robot)
    spent = []
    for _ in range(count):
        good = safety_malformed.swing(robot, SECONDS, POINTS, rng)
        begun = time.perf_counter()
        is_fine = gates.supervisor_takes(good)
        spent.append(time.perf_counter() - begun)
        if not is_fine:
            raise TaskError('the trajectory whose judgement is timed was refused')
    words = f'judging a trajectory of {SECONDS:.0f} s and {len(robot.joint_names)} joints, {count}'
    p99, middle = (float(np.percentile(spent, q)) * 1e3 for q in (99, 50))
    return [
        at_most(f'{words}: p99', p99, 'ms', bar=100.0),
        figure(f'{words}: median', middle, 'ms'),
    ]
