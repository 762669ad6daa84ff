"""Timing: limits hold between the points."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from qwen_embodied.errors import TimingError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.limits import JointLimits
from qwen_embodied.motion import time_path
from qwen_embodied.motion.point_to_point import straight_line
from qwen_embodied.motion.rounding import RoundedPath


def densified(trajectory):
    times = np.arange(0.0, trajectory.duration, 0.001)
    return TrajectorySpline(trajectory).sample(times).positions


def random_path(robot, rng, corners):
    margin = 0.1
    lower, upper = robot.limits.lower + margin, robot.limits.upper - margin
    return np.clip(robot.home + rng.uniform(-0.8, 0.8, (corners, 7)), lower, upper)


@pytest.mark.parametrize('corners', [2, 3, 6])
def test_limits_hold_between_the_points_at_1_khz(robot, rng, corners):
    limits = robot.limits.scaled(0.5, 0.5, 0.2)
    for _ in range(4):
        q = densified(time_path(random_path(robot, rng, corners), limits))
        velocity = np.diff(q, axis=0) / 0.001
        acceleration = np.diff(q, 2, axis=0) / 0.001**2
        jerk = np.diff(q, 3, axis=0) / 0.001**3
        assert (np.abs(velocity) <= limits.velocity * 1.001).all()
        assert (np.abs(acceleration) <= limits.acceleration * 1.005).all()
        assert (np.abs(jerk) <= limits.jerk * 1.05).all()
        assert ((q >= limits.lower) & (q <= limits.upper)).all()


def test_motion_starts_and_ends_at_rest_at_the_ends_of_the_path(robot, rng):
    path = random_path(robot, rng, 4)
    trajectory = time_path(path, robot.limits)
    np.testing.assert_allclose(trajectory.positions[[0, -1]], path[[0, -1]], atol=1e-9)
    for rates in (trajectory.velocities, trajectory.accelerations):
        np.testing.assert_array_equal(rates[[0, -1]], 0.0)


def test_times_increase_in_steps_that_controllers_accept(robot, rng):
    steps = np.diff(time_path(random_path(robot, rng, 5), robot.limits).times)
    assert (steps >= 0.002).all()
    assert (steps <= 0.05).all()


def test_slow_limits_give_few_enough_points(robot, rng):
    slow = robot.limits.scaled(0.01, 0.01, 0.01)
    trajectory = time_path(random_path(robot, rng, 4), slow)
    assert trajectory.duration > 40.0
    assert len(trajectory.times) <= 2000


def test_some_limit_is_nearly_reached(robot):
    path = np.stack([robot.home, robot.home + np.array([1.0, 0, 0, 0, 0, 0, 0])])
    trajectory = time_path(path, robot.limits)
    speed = np.abs(trajectory.velocities) / robot.limits.velocity
    push = np.abs(trajectory.accelerations) / robot.limits.acceleration
    assert max(speed.max(), push.max()) > 0.95


def test_corners_are_passed_without_stopping(robot):
    corner = robot.home + np.array([0.5, 0, 0, 0, 0, 0, 0])
    path = np.stack([robot.home, corner, corner + 0.4 * np.eye(7)[1]])
    trajectory = time_path(path, robot.limits)
    speed = np.linalg.norm(trajectory.velocities, axis=1)
    inner = speed[len(speed) // 5 : -len(speed) // 5]
    assert inner.min() > 0.2
    assert np.linalg.norm(trajectory.positions - corner, axis=1).min() < 0.05


def test_tool_speed_is_kept(robot):
    path = np.stack([robot.home, robot.home + np.array([1.5, 0.5, 0, 0.5, 0, 0, 0])])
    trajectory = time_path(path, robot.limits, tool_speed=0.25, robot=robot)
    tools = robot.tool_poses(densified(trajectory))[:, :3, 3]
    speed = np.linalg.norm(np.diff(tools, axis=0), axis=1) / 0.001
    assert speed.max() <= 0.251
    assert np.median(speed) > 0.2


def test_same_path_gives_the_same_bytes(robot, rng):
    path = random_path(robot, rng, 5)
    first, second = time_path(path, robot.limits), time_path(path, robot.limits)
    assert first.positions.tobytes() == second.positions.tobytes()
    assert first.times.tobytes() == second.times.tobytes()


def far(robot, rng):
    lower, upper = robot.limits.lower + 0.1, robot.limits.upper - 0.1
    return rng.uniform(lower, upper, (2, 7))


def test_a_straight_line_reaches_a_limit_in_every_piece_and_exceeds_none(robot, rng):
    limits = robot.limits.scaled(0.48, 0.48, 0.2)
    for _ in range(20):
        trajectory = straight_line(*far(robot, rng), limits)
        spline = TrajectorySpline(trajectory)
        samples = spline.sample(spline.dense_times(5000.0))
        shares = np.stack(
            [
                np.abs(samples.velocities / limits.velocity).max(axis=1),
                np.abs(samples.accelerations / limits.acceleration).max(axis=1),
                np.abs(samples.jerks / limits.jerk).max(axis=1),
            ]
        )
        assert shares.max() <= 1.0 + 1e-6
        # Time-optimal along a line: at every instant something is at its limit.
        assert np.quantile(shares.max(axis=0), 0.02) > 1.0 - 1e-6


def test_a_straight_line_has_the_shortest_time_there_is(robot):
    limits = JointLimits(('a',), [-9], [9], [1.0], [2.0], [10.0])
    # Speed 1 after 0.7 s (0.2 s of jerk up, 0.3 s even, 0.2 s down), half of 1.3 m at 1.0 s.
    trajectory = straight_line(np.array([0.0]), np.array([1.3]), limits)
    assert trajectory.duration == pytest.approx(2 * 0.7 + (1.3 - 0.7))


def test_a_straight_line_stays_straight(robot, rng):
    start, end = far(robot, rng)
    q = densified(time_path(np.stack([start, end]), robot.limits))
    way = (end - start) / np.linalg.norm(end - start)
    away = (q - start) - np.outer((q - start) @ way, way)
    assert np.abs(away).max() < 1e-9


def test_a_piece_too_short_for_points_costs_little():
    limits = JointLimits(('a',), [-9], [9], [1.0], [2.0], [10.0])
    # 0.7 m is where the even speed begins: a hair more and that piece lasts a microsecond.
    path = np.array([[0.0], [0.7 + 1e-6]])
    trajectory = time_path(path, limits)
    assert np.diff(trajectory.times).min() >= 0.002
    assert trajectory.duration == pytest.approx(1.4, rel=0.03)


def test_rounded_corners_have_the_derivatives_of_their_positions(rng):
    path = RoundedPath(rng.uniform(-1, 1, (6, 7)), 0.2)
    along = np.linspace(0.01, path.length - 0.01, 2000)
    for order in range(3):
        slope = (path(along + 1e-5, order) - path(along - 1e-5, order)) / 2e-5
        np.testing.assert_allclose(slope, path(along, order + 1), atol=0.05 * 10**order)


def test_rounded_corners_stay_near_the_polyline_and_keep_its_ends(rng):
    points = rng.uniform(-1, 1, (6, 7))
    path = RoundedPath(points, 0.2)
    np.testing.assert_allclose(path([0.0, path.length]), points[[0, -1]], atol=1e-12)
    corners = np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))[:-1]
    apart = np.linalg.norm(path(corners) - points[1:-1], axis=1)
    assert apart.max() < 0.2 / 4
    assert apart.min() > 0.0


def test_limits_of_a_slow_and_soft_arm_are_used_and_kept(rng):
    limits = JointLimits(('a', 'b'), [-3, -3], [3, 3], [1, 1.5], [2, 3], [5, 9])
    trajectory = time_path(rng.uniform(-2, 2, (5, 2)), limits)
    _, accelerations, jerks = TrajectorySpline(trajectory).extrema()
    assert np.abs(accelerations / limits.acceleration).max() <= 1 + 1e-5
    assert 0.7 < np.abs(jerks / limits.jerk).max() <= 1 + 1e-5


def test_path_without_motion_is_a_short_rest(robot):
    trajectory = time_path(np.stack([robot.home] * 3), robot.limits)
    assert 0.0 < trajectory.duration < 0.5
    np.testing.assert_array_equal(
        trajectory.positions, np.tile(robot.home, (len(trajectory.times), 1))
    )


def test_any_number_of_joints_will_do():
    limits = JointLimits(('a', 'b'), [-1, -1], [1, 1], [1, 1], [2, 2], [50, 50])
    trajectory = time_path([[0, 0], [0.5, -0.5], [0.9, 0.9]], limits)
    assert trajectory.joint_names == ('a', 'b')


@pytest.mark.parametrize(
    ('path', 'message'),
    [
        ([[0.0, 0.0], [0.0, 1.5]], r'point 1 has b = 1\.500, allowed \[-1\.000, 1\.000\]'),
        ([[0.0, 0.0, 0.0]], 'a path of shape'),
        ([[0.0, np.nan]], 'a path of shape'),
    ],
)
def test_path_that_cannot_be_timed_says_why(path, message):
    limits = JointLimits(('a', 'b'), [-1, -1], [1, 1], [1, 1], [2, 2], [50, 50])
    with pytest.raises(TimingError, match=message):
        time_path(path, limits)


def test_toppra_comes_without_its_plotting_library_which_others_still_get():
    pytest.importorskip('matplotlib')
    code = (
        'import sys; from qwen_embodied.motion.speed import prepare; toppra = prepare();'
        'assert toppra is prepare() and not [m for m in sys.modules if "matplotlib" in m];'
        'from matplotlib import pyplot; print(callable(pyplot.plot))'
    )
    assert subprocess.check_output([sys.executable, '-c', code], text=True).strip() == 'True'
