"""The trajectory's spline against scipy's own, and the laws it must keep."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BPoly, CubicHermiteSpline, interp1d

from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.messages import JointTrajectory

SEEDS = st.integers(0, 2**32 - 1)


def random_trajectory(seed, points=6, order=2):
    """Give a trajectory with positions, and velocities (order 1) and accelerations (order 2)."""
    rng = np.random.default_rng(seed)
    levels = [rng.normal(size=(points, 2)) for _ in range(order + 1)]
    times = np.cumsum(rng.uniform(0.05, 1.0, points))
    return JointTrajectory(('a', 'b'), times, *levels)


def inside(trajectory, count=200):
    return np.linspace(trajectory.times[0], trajectory.times[-1], count)


@given(SEEDS)
@settings(max_examples=30)
def test_positions_alone_are_joined_by_lines(seed):
    trajectory = random_trajectory(seed, order=0)
    times = inside(trajectory)
    expected = interp1d(trajectory.times, trajectory.positions, axis=0)(times)
    assert np.allclose(TrajectorySpline(trajectory).sample(times).positions, expected)


@given(SEEDS)
@settings(max_examples=30)
def test_velocities_make_scipys_cubic(seed):
    trajectory = random_trajectory(seed, order=1)
    curve = CubicHermiteSpline(trajectory.times, trajectory.positions, trajectory.velocities)
    times = inside(trajectory)[:-1]
    got = TrajectorySpline(trajectory).sample(times)
    levels = (got.positions, got.velocities, got.accelerations, got.jerks)
    for order, level in enumerate(levels):
        expected = curve(times, nu=order)
        assert np.allclose(level, expected, atol=1e-6 * (1 + np.abs(expected).max()))


@given(SEEDS)
@settings(max_examples=30)
def test_accelerations_make_scipys_quintic(seed):
    trajectory = random_trajectory(seed, order=2)
    levels = (trajectory.positions, trajectory.velocities, trajectory.accelerations)
    curve = BPoly.from_derivatives(trajectory.times, np.stack(levels, axis=1))
    times = inside(trajectory)[:-1]
    got = TrajectorySpline(trajectory).sample(times)
    for order, level in enumerate((got.positions, got.velocities, got.accelerations, got.jerks)):
        expected = curve(times, nu=order)
        assert np.allclose(level, expected, atol=1e-6 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize('order', [0, 1, 2])
def test_every_point_is_met(order):
    trajectory = random_trajectory(1, order=order)
    got = TrajectorySpline(trajectory).sample(trajectory.times)
    assert np.allclose(got.positions, trajectory.positions)
    if order >= 1:
        assert np.allclose(got.velocities, trajectory.velocities)
    if order >= 2:
        assert np.allclose(got.accelerations, trajectory.accelerations)


@pytest.mark.parametrize('order', [0, 1, 2])
def test_the_curve_has_no_steps(order):
    trajectory = random_trajectory(2, order=order)
    spline, knots = TrajectorySpline(trajectory), trajectory.times[1:-1]
    before, after = spline.sample(knots - 1e-9), spline.sample(knots + 1e-9)
    assert np.allclose(before.positions, after.positions, atol=1e-6)
    if order >= 1:
        assert np.allclose(before.velocities, after.velocities, atol=1e-5)
    if order >= 2:
        assert np.allclose(before.accelerations, after.accelerations, atol=1e-4)


@pytest.mark.parametrize('order', [0, 1, 2])
def test_outside_its_points_it_rests_at_the_ends(order):
    trajectory = random_trajectory(3, order=order)
    beyond = [trajectory.times[0] - 1.0, trajectory.times[-1] + 1.0]
    got = TrajectorySpline(trajectory).sample(beyond)
    assert np.allclose(got.positions, trajectory.positions[[0, -1]])
    assert not got.velocities.any()
    assert not got.accelerations.any()
    assert not got.jerks.any()


def test_a_single_point_is_held_for_ever():
    spline = TrajectorySpline(JointTrajectory(('a', 'b'), [0.5], [[1.0, 2.0]]))
    got = spline.sample([-1.0, 0.5, 9.0])
    assert got.positions.tolist() == [[1.0, 2.0]] * 3
    assert not got.velocities.any()
    assert spline.duration == 0.5


def test_derivatives_agree_with_finite_differences():
    trajectory = random_trajectory(4)
    spline, step = TrajectorySpline(trajectory), 1e-5
    middles = (trajectory.times[1:] + trajectory.times[:-1]) / 2
    ahead, behind, at = (spline.sample(middles + shift) for shift in (step, -step, 0.0))
    pairs = (
        ('positions', 'velocities'),
        ('velocities', 'accelerations'),
        ('accelerations', 'jerks'),
    )
    for level, derivative in pairs:
        slope = (getattr(ahead, level) - getattr(behind, level)) / (2 * step)
        scale = 1 + np.abs(getattr(at, derivative)).max()
        assert np.allclose(getattr(at, derivative), slope, atol=1e-4 * scale)


def test_a_cubic_may_leave_the_range_of_its_points():
    trajectory = JointTrajectory(('a',), [0, 0.5], [[0.9], [0.9]], [[2.0], [-2.0]])
    spline = TrajectorySpline(trajectory)
    assert spline.sample(spline.dense_times(1000)).positions.max() == pytest.approx(1.15)


def test_dense_times_hold_every_point_and_keep_the_rate():
    trajectory = random_trajectory(5)
    times = TrajectorySpline(trajectory).dense_times(100)
    assert set(trajectory.times) <= set(times)
    assert (np.diff(times) > 0).all()
    assert np.diff(times).max() <= 0.01 + 1e-12


def test_a_number_is_sampled_like_a_list_of_one():
    spline = TrajectorySpline(random_trajectory(6))
    assert spline.sample(1.0).positions.shape == (1, 2)
