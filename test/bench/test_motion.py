"""The parts of the motion bench: they judge rightly, and leave out what is not there."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from quintic import quintic
from qwen_embodied.bench import motion_paths, motion_timing
from qwen_embodied.bench.pairs import compared
from qwen_embodied.bench.problems import VARIABLE, problem_file, read_problems
from qwen_embodied.bench.report import figure
from qwen_embodied.errors import MissingDependencyError
from qwen_embodied.geometry import pose
from qwen_embodied.limits import JointLimits
from qwen_embodied.motion import World, box, load_robot

READY = [0.0, -0.785, 0.0, -2.356, 0.0, 1.571, 0.785]


def entry(number, goal, boxes=()):
    return {
        'index': number, 'start': READY, 'goals': [goal], 'valid': True, 'sphere': [],
        'cylinder': [], 'box': list(boxes),
    }  # fmt: skip


def wall(x):
    return {
        'name': 'wall', 'half_extents': [0.2, 0.01, 0.3], 'position': [x, 0.0, 0.3],
        'orientation_quat_xyzw': [0.0, 0.0, 0.0, 1.0],
    }  # fmt: skip


@pytest.fixture
def two_problems(tmp_path, monkeypatch):
    """One that has a way around a wall, one whose goal is in a wall."""
    turned = [0.7, *READY[1:]]
    beside = [-0.7, *READY[1:]]
    first = entry(0, turned, [wall(0.75)])
    first['start'] = beside
    second = entry(1, READY, [wall(0.35)])
    path = tmp_path / 'problems.json.gz'
    content = {'robot': 'panda', 'joints': [], 'problems': {'walls': [first, second]}}
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_absent_problems_name_the_way_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, str(tmp_path / 'none.json.gz'))
    with pytest.raises(MissingDependencyError, match=VARIABLE):
        problem_file()
    rows = motion_paths.run(quick=True)
    assert len(rows) == 1
    assert 'not available' in rows[0].name
    assert rows[0].holds
    assert 'planning rows are left out' in capsys.readouterr().err


def test_a_problem_without_a_solution_says_why(two_problems):
    robot = load_robot('panda')
    first, second = read_problems(two_problems)
    assert first.fault(robot, 0.04) is None
    assert second.fault(robot, 0.04).startswith('start in collision')
    outside = type(first)('walls', 2, first.world, first.start, first.goal + 3.0)
    assert outside.fault(robot, 0.04).startswith('goal outside limits: panda_joint')


def test_rows_of_paths_count_what_was_solved(two_problems, monkeypatch, capsys):
    monkeypatch.setattr(motion_paths, 'QUICK', 1)
    rows = {row.name: row for row in motion_paths.run(quick=True)}
    assert rows['planning: valid problems solved, 1 of 1'].value == 100.0
    assert rows['planning: problems, of which 1 valid'].value == 2
    whole = next(row for name, row in rows.items() if name.startswith('planning: found, short'))
    assert whole.ratio is not None
    assert whole.holds is (whole.ratio <= 1.0)
    assert 'problem 1 of 1' in capsys.readouterr().err


@pytest.mark.parametrize(('wide', 'blocked'), [(False, 0), (True, 1)])
def test_an_edge_through_a_wall_is_counted(two_problems, wide, blocked):
    robot = load_robot('panda')
    problem = next(read_problems(two_problems))
    world = World((box('wall', (0.8, 0.02, 1.2), pose([0.5, 0, 0.6])),)) if wide else World()
    line = np.stack([problem.start, problem.goal])
    asked = type(problem)('walls', 0, world, *line)
    row = motion_paths.check_rows(robot, [motion_paths.Result(asked, line, 1, 1, 1, None)])[0]
    assert (row.value, row.holds) == (blocked, not blocked)


LIMITS = JointLimits(('a',), [-9], [9], [1.0], [2.0], [10.0])


@pytest.mark.parametrize(
    ('distance', 'duration', 'which'),
    [(1.0, 3.0, ()), (1.0, 1.85, (0,)), (0.3, 1.0, (2,)), (0.6, 1.3, (1, 2))],
)
def test_breaches_of_each_limit_are_counted(distance, duration, which):
    # Peaks of this quintic: 1.875 d/T, 5.7735 d/T², 60 d/T³.
    found = motion_timing.breaches(quintic(('a',), [0.0], [distance], duration, count=50), LIMITS)
    assert tuple(at for at, count in enumerate(found) if count) == which


def test_random_paths_are_timed_within_their_limits():
    robot = load_robot('panda')
    limits = robot.limits.scaled(0.48, 0.48, 0.2)
    rng = np.random.default_rng(3)
    for nearby in (True, False):
        timed = motion_timing.measured(motion_timing.random_path(robot, rng, nearby), limits)
        assert timed.breaches == (0, 0, 0)
        assert timed.end_speed == 0.0
        assert 1.0 - 1e-3 <= timed.ours / timed.bare <= 1.05


def test_a_comparison_has_the_ratio_of_medians_in_its_interval(rng):
    theirs = rng.uniform(1.0, 2.0, 200)
    row = compared(figure('time', 0.0), 0.5 * theirs, theirs)
    assert row.ratio == pytest.approx(0.5)
    assert row.interval == pytest.approx((0.5, 0.5))
