"""Paths: the Panda's MotionBenchMaker problems, beside OMPL's RRT-Connect as it comes."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.bench.pairs import compared
from qwen_embodied.bench.problems import Problem, problem_file, read_problems
from qwen_embodied.bench.progress import shown
from qwen_embodied.bench.report import Row, at_least, at_most, figure
from qwen_embodied.errors import MissingDependencyError, PathNotFoundError
from qwen_embodied.motion import Collider, PathOptions, Robot, load_robot
from qwen_embodied.motion.edges import GRAIN
from qwen_embodied.motion.path import Search
from qwen_embodied.motion.plain import plain_path
from qwen_embodied.resources import shared_file

Array = NDArray[np.float64]

# The model with which the peer's figures were made has each finger 65 mm from the middle, which
# the real gripper cannot do; 40 mm is fully open, 32.5 mm leaves 65 mm between the fingers.
AS_PEER, OPEN, NARROW = 0.065, 0.04, 0.0325
ITERATIONS = 1_000_000
SECONDS = 60.0
PEER_COST = 5.17  # rad
DENSE = 0.002  # rad, joint step of the independent check
QUICK = 20


@dataclass(frozen=True, eq=False)
class Result:
    """What became of one valid problem; times are of the processor, ms."""

    problem: Problem
    path: Array | None
    first: float
    whole: float
    plain: float
    plain_path: Array | None

    @property
    def cost(self) -> float:
        """Length of the path, rad."""
        assert self.path is not None
        return float(np.linalg.norm(np.diff(self.path, axis=0), axis=1).sum())


def run(quick: bool) -> list[Row]:
    """Measure all problems, or quickly one in twenty."""
    try:
        path = problem_file()
    except MissingDependencyError as error:
        sys.stderr.write(f'planning rows are left out: {error}\n')
        return [figure(f'planning: not available, {error}', float('nan'))]
    problems = list(read_problems(path, QUICK if quick else 1))
    robot = load_robot('panda')
    faults = [problem.fault(robot, AS_PEER) for problem in problems]
    valid = [problem for problem, fault in zip(problems, faults, strict=True) if fault is None]
    results: list[Result] = []
    for problem in shown(valid, 'planning: problem'):
        results.append(measured(robot, problem, plain_first=len(results) % 2 == 0))
    rows = [figure(f'planning: problems, of which {faults.count(None)} valid', len(problems))]
    rows += [figure(f'  not valid: {why}', n) for why, n in Counter(filter(None, faults)).items()]
    return (
        rows + result_rows(results) + check_rows(robot, results) + narrower_rows(robot, problems)
    )


def measured(robot: Robot, problem: Problem, *, plain_first: bool) -> Result:
    """Solve a problem with both planners, in either order."""
    options = PathOptions(0.0, 0.0, AS_PEER, ITERATIONS, SECONDS, limit_margin=0.0)

    def search() -> Search:
        collider = Collider(robot, problem.world)
        demand = collider.demand(0.0, 0.0)
        return Search(collider, demand, problem.start, problem.goal, options)

    def plain() -> Array | None:
        return plain_path(robot, problem.world, problem.start, problem.goal, AS_PEER, SECONDS)

    tasks: list[Callable[[], Array | None]] = [
        lambda: _found(search().candidate), lambda: _found(search().path), plain
    ]  # fmt: skip
    order = [2, 0, 1] if plain_first else [0, 1, 2]
    found: dict[int, tuple[Array | None, float]] = {}
    for which in order:
        begun = time.process_time()
        path = tasks[which]()
        found[which] = path, 1e3 * (time.process_time() - begun)
    return Result(problem, found[1][0], found[0][1], found[1][1], found[2][1], found[2][0])


def _found(search: Callable[[], Array]) -> Array | None:
    try:
        return search()
    except PathNotFoundError:
        return None


def result_rows(results: Sequence[Result]) -> list[Row]:
    """Give success, times and costs."""
    solved = [result for result in results if result.path is not None]
    costs = [result.cost for result in solved]
    first, whole, plain = (
        [getattr(result, name) for result in results] for name in ('first', 'whole', 'plain')
    )
    words = f'planning: valid problems solved, {len(solved)} of {len(results)}'
    share = 100 * len(solved) / max(len(results), 1)
    quickest = figure(
        'planning: first path alone, median', float(np.median(first)), 'ms',
        peer='VAMP 0.07 (C++, SIMD)',
    )  # fmt: skip
    proved = at_most(
        'planning: found, shortened and proved, median of processor time',
        float(np.median(whole)), 'ms', bar=float(np.median(plain)), peer='VAMP 0.25 (C++, SIMD)',
    )  # fmt: skip
    return [
        at_least(words, share, '%', bar=100, peer='VAMP 100'),
        compared(proved, whole, plain),
        compared(quickest, first, plain),
        figure('  95 % are done within', float(np.quantile(whole, 0.95)), 'ms'),
        figure('plain RRT-Connect: median', float(np.median(plain)), 'ms'),
        figure('  95 % are done within', float(np.quantile(plain, 0.95)), 'ms'),
        at_most('planning: mean length of paths', float(np.mean(costs)), 'rad',
                bar=round(1.05 * PEER_COST, 2), peer=f'VAMP {PEER_COST}'),
        *family_rows(solved),
    ]  # fmt: skip


def family_rows(solved: Sequence[Result]) -> list[Row]:
    """Give the mean length and the median time in each family."""
    rows = []
    for family in dict.fromkeys(result.problem.family for result in solved):
        some = [result for result in solved if result.problem.family == family]
        time_ = float(np.median([result.whole for result in some]))
        words = f'  {family}: mean length ({len(some)} problems, median {time_:.0f} ms)'
        rows.append(figure(words, float(np.mean([result.cost for result in some])), 'rad'))
    return rows


def check_rows(robot: Robot, results: Sequence[Result]) -> list[Row]:
    """Have MuJoCo look at every edge of both planners' paths."""
    from qwen_embodied.simulation.contacts import Block, ContactJudge

    ignored = robot_ignored(robot)
    names = (*robot.all_limits.names, 'panda_finger_joint2')
    depths: list[float] = []
    plain_bad = plain_count = 0
    for result in shown(results, 'planning: MuJoCo looks at'):
        blocks = [
            Block(f'{number} {body.name}', solid.kind, solid.size, solid.pose)
            for number, body in enumerate(result.problem.world.obstacles)
            for solid in body.solids
        ]
        judge = ContactJudge(shared_file('config/robots/panda.urdf'), blocks, ignored)
        for path, is_ours in ((result.path, True), (result.plain_path, False)):
            if path is None:
                continue
            found = [judge.deepest(names, dense(a, b)) for a, b in pairwise(path)]
            if is_ours:
                depths += [0.0 if overlap is None else overlap.depth for overlap in found]
            else:
                plain_count += 1
                plain_bad += any(o is not None and o.depth > GRAIN for o in found)
    deep = sum(depth > GRAIN for depth in depths)
    return [
        at_most(f'planning: edges that overlap by over 1 mm in MuJoCo, of {len(depths)}',
                deep, '', bar=0),
        figure('  deepest overlap on any edge', 1e3 * max(depths, default=0.0), 'mm'),
        figure('  edges with any overlap', sum(depth > 1e-6 for depth in depths)),
        figure(f'plain RRT-Connect: paths that overlap by over 1 mm, of {plain_count}', plain_bad),
    ]  # fmt: skip


def dense(start: Array, end: Array) -> Array:
    """Sample a line finely, with both fingers as wide as the peer's, (N, J + 2)."""
    count = max(int(np.ceil(np.abs(end - start).max() / DENSE)), 1)
    arm = start + np.linspace(0.0, 1.0, count + 1)[:, None] * (end - start)
    return np.column_stack([arm, np.full((len(arm), 2), AS_PEER)])


def robot_ignored(robot: Robot) -> list[tuple[str, str]]:
    """Name pairs of links whose contact our geometry does not look at."""
    from qwen_embodied.motion.allowed import own_pairs

    links = [part.link for part in robot.parts]
    looked_at = {frozenset((links[a], links[b])) for a, b in own_pairs(robot).tolist()}
    some = sorted(set(links))
    return [
        (a, b)
        for number, a in enumerate(some)
        for b in some[number + 1 :]
        if frozenset((a, b)) not in looked_at
    ]


def narrower_rows(robot: Robot, problems: Sequence[Problem]) -> list[Row]:
    """Solve the same problems with the gripper as a real one opens it."""
    rows = []
    for opening in (OPEN, NARROW):
        options = PathOptions(0.0, 0.0, opening, ITERATIONS, SECONDS, limit_margin=0.0)
        valid = [problem for problem in problems if problem.fault(robot, opening) is None]
        done = 0
        for problem in shown(valid, f'planning: fingers {2e3 * opening:.0f} mm apart,'):
            collider = Collider(robot, problem.world)
            demand = collider.demand(0.0, 0.0)
            search = Search(collider, demand, problem.start, problem.goal, options)
            done += _found(search.path) is not None
        words = f'planning: fingers {2e3 * opening:.0f} mm apart, {done} of {len(valid)} valid'
        rows.append(at_least(words, 100 * done / max(len(valid), 1), '%', bar=100))
    return rows
