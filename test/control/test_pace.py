"""E2 and the permitted pace: stops begin at once, slowing stays on the path and in the limits."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from control.following import HOME, LIMITS, NAMES, PERIOD, Cell, bang, quintic
from qwen_embodied.control import Relay, forecast
from qwen_embodied.interpolation import TrajectorySpline

GOAL = np.array([0.9, -0.4, 0.5, 0.01])


class Paced(Cell):
    """A cell whose supervisor also permits a share of the pace."""

    scale = 1.0

    def tick(self):
        if self.permission:
            self.tracker.on_permission(self.permission, self.now, '', self.scale)
        command = self.tracker.update(self.arm.read() if self.states else None, self.now)
        if command is not None:
            self.commands.append(self.arm.command(command))
        self.arm.step(PERIOD)
        return command


def moving(shape=bang, seconds=0.6):
    cell = Paced()
    cell.start(shape(HOME, GOAL) if shape is bang else shape(HOME, GOAL, 2.0))
    cell.run(seconds)
    return cell


def off_path(commands, trajectory):
    """Give how far commands are from the straight line of the trajectory, rad."""
    along = (GOAL - HOME) / np.linalg.norm(GOAL - HOME)
    away = np.array(commands) - HOME
    return float(np.abs(away - np.outer(away @ along, along)).max())


def speed(cell):
    steps = np.abs(np.diff(cell.commands[-2:], axis=0))
    return float((steps / (LIMITS.velocity * PERIOD)).max())


# -- E2: how soon ---------------------------------------------------------------------------


def test_e2_accepts_full_speed_until_the_stop():
    assert speed(moving()) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize('permission', ['stop', 'hold'])
def test_e2_boundary_the_first_set_point_after_the_stop_is_slower(permission):
    cell = moving()
    before = speed(cell)
    cell.permission = permission
    cell.run(PERIOD)
    # At the full deceleration of the slowest joint, from one period to the next.
    assert speed(cell) < before - 0.9 * 4.0 / 1.2 * PERIOD * 0.5


def test_e2_breach_never_longer_than_speed_over_acceleration():
    cell = moving()
    cell.permission = 'stop'
    longest = float((LIMITS.velocity / LIMITS.acceleration).max()) + 0.02
    cell.run(longest)
    assert speed(cell) < 0.01


# -- the permitted pace ---------------------------------------------------------------------


@pytest.mark.parametrize('scale', [0.25, 0.5, 1.0])
def test_follows_the_whole_path_at_the_permitted_pace(scale):
    cell = Paced()
    cell.scale = scale
    trajectory = quintic(HOME, GOAL, 2.0)
    cell.start(trajectory)
    begun = cell.now
    assert cell.finish().state == 'succeeded'
    # The gripper of the fake arm has room for the last periods.
    assert cell.now - begun == pytest.approx(2.0 / scale, rel=0.05, abs=0.1)
    assert off_path(cell.commands, trajectory) < 1e-9
    step, bend = cell.largest()
    assert step <= 1.0 + 1e-9
    assert bend <= 1.1


def test_changes_of_pace_keep_path_and_limits(rng):
    cell = moving(seconds=0.1)
    for scale in rng.uniform(0.0, 1.0, 40):
        cell.scale = float(scale)
        cell.run(0.07)
    cell.scale = 1.0
    assert cell.finish().state == 'succeeded'
    assert off_path(cell.commands, None) < 1e-9
    step, bend = cell.largest()
    assert step <= 1.0 + 1e-9
    assert bend <= 1.1


def test_waits_at_pace_zero_as_long_as_it_takes_and_goes_on():
    cell = moving()
    cell.scale = 0.0
    cell.run(5.0)
    assert speed(cell) == 0.0
    assert cell.tracker.status.state == 'executing'
    cell.scale = 1.0
    assert cell.finish().state == 'succeeded'


@pytest.mark.parametrize('scale', [float('nan'), -0.1, 1.1])
def test_an_odd_pace_is_none(scale):
    cell = moving()
    cell.scale = scale
    cell.run(1.0)
    assert speed(cell) == 0.0


def test_starts_at_the_permitted_pace():
    cell = Paced()
    cell.scale = 0.5
    trajectory = quintic(HOME, GOAL, 2.0)
    cell.start(trajectory)
    cell.run(1.0)
    expected = TrajectorySpline(trajectory).sample([0.5 * (cell.now - PERIOD)]).positions[0]
    np.testing.assert_allclose(cell.commands[-1], expected, atol=1e-2)


def test_a_trajectory_controller_is_sent_the_rest_at_the_permitted_pace():
    cell = moving(quintic, 0.5)
    cell.scale = 0.5
    cell.run(0.2)
    ahead = forecast(cell.tracker.course, NAMES, PERIOD)
    left = 2.0 - cell.tracker.course.at
    assert ahead.duration == pytest.approx(2.0 * left, abs=0.05)
    for _ in range(20):
        cell.tick()
    expected = TrajectorySpline(ahead).sample([20 * PERIOD]).positions[0]
    np.testing.assert_allclose(cell.commands[-1], expected, atol=1e-4)


def test_a_change_of_pace_is_told_to_a_trajectory_controller_once():
    cell = moving(quintic, 0.2)
    relay = Relay({'all': NAMES}, NAMES, period=PERIOD, lead=0.05)
    told = []
    for scale in (1.0, 1.0, 0.5, 0.5, 0.5, 0.0, 0.0, 1.0):
        cell.scale = scale
        command = cell.tick()
        told.append(bool(relay.outgoing(cell.tracker.course, command, cell.now)))
    assert told == [True, False, True, False, False, True, False, True]
