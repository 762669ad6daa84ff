"""Trajectories for controllers that draw the curve themselves: once per intent, without a jump."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from control.following import HOME, LIMITS, NAMES, quintic
from control.test_tracker import distance_to
from qwen_embodied.control import (
    FakeArm,
    FakeJointTrajectoryController,
    JtcParameters,
    Parameters,
    Relay,
    Tracker,
    TrajectoryGoal,
    check_controllers,
    forecast,
    split,
)
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.interpolation import TrajectorySpline

PERIOD, CYCLE, LEAD = 0.01, 0.002, 0.05
OWNERS = {'arm': NAMES[:3], 'hand': NAMES[3:]}
MOVE = quintic(HOME, [1.2, -0.5, 0.9, 0.01], 2.6)


class Rig:
    """A tracker, a relay and two controllers on a late arm; messages take 8 ms."""

    def __init__(self, lag=0.01, from_desired=False):
        self.arm = FakeArm(NAMES, HOME, lag=lag)
        self.arm.time = 50.0
        self.tracker = Tracker(LIMITS, Parameters(response_time=LEAD + lag), runs_on=True)
        self.relay = Relay(OWNERS, NAMES, period=PERIOD, lead=LEAD)
        self.controllers = {
            name: FakeJointTrajectoryController(
                JtcParameters(
                    joints, update_rate=1 / CYCLE, interpolate_from_desired_state=from_desired
                )
            )
            for name, joints in OWNERS.items()
        }
        for controller in self.controllers.values():
            controller.activate(self.arm.read())
        self.post, self.sent, self.commands = [], [], []
        self.permission, self.cycle = 'move', 0
        self.run(PERIOD)

    @property
    def now(self):
        return self.arm.time

    def start(self, trajectory=MOVE):
        self.tracker.start(trajectory, self.arm.read(), self.now)

    def run(self, seconds, until=None):
        for _ in range(round(seconds / CYCLE)):
            if self.cycle % round(PERIOD / CYCLE) == 0:
                self.tick()
            self.cycle += 1
            while self.post and self.post[0][0] <= self.now:
                _, name, goal = self.post.pop(0)
                assert self.controllers[name].receive(goal, self.now) == ''
            parts = [c.update(self.arm.read(), self.now) for c in self.controllers.values()]
            self.commands.append(self.arm.command(np.concatenate(parts)))
            self.arm.step(CYCLE)
            if until and self.tracker.status.state == until:
                return

    def tick(self):
        self.tracker.on_permission(self.permission, self.now)
        command = self.tracker.update(self.arm.read(), self.now)
        for name, part in self.relay.outgoing(self.tracker.course, command, self.now).items():
            self.sent.append((name, part))
            self.post.append((self.now + 0.008, name, TrajectoryGoal.of(part, self.now)))

    def largest(self):
        steps = np.diff(np.array(self.commands), axis=0)
        bends = np.diff(steps, axis=0) / CYCLE**2
        return (
            float((np.abs(steps) / (LIMITS.velocity * CYCLE)).max()),
            float((np.abs(bends) / LIMITS.acceleration)[:, :3].max()),
        )

    def is_smooth(self):
        step, bend = self.largest()
        return step <= 1.0 and bend <= 1.1


def test_follows_to_the_end_with_one_message_for_each_controller():
    rig = Rig()
    rig.start()
    rig.run(4.0, until='succeeded')
    rig.run(0.3)
    assert rig.tracker.status.state == 'succeeded'
    assert [name for name, _ in rig.sent] == ['arm', 'hand']
    assert rig.arm.read().positions == pytest.approx(MOVE.positions[-1], abs=1e-3)
    assert rig.is_smooth()


@pytest.mark.parametrize('from_desired', [False, True])
@pytest.mark.parametrize('lag', [0.002, 0.02])
def test_a_stop_begins_at_the_last_command_whatever_the_controller_joins_to(lag, from_desired):
    rig = Rig(lag, from_desired)
    rig.start()
    rig.run(1.2)
    rig.tracker.cancel(rig.now)
    rig.run(1.0)
    assert rig.tracker.status.state == 'aborted'
    assert len(rig.sent) == 4
    assert rig.is_smooth()
    assert distance_to(MOVE, rig.commands[::25]) < 1e-4
    assert np.ptp(rig.commands[-100:], axis=0).max() < 1e-9


def test_a_hold_that_passes_goes_on_along_the_path():
    rig = Rig()
    rig.start()
    rig.run(1.0)
    rig.permission = 'hold'
    rig.run(0.45)
    rested = np.ptp(rig.commands[-20:], axis=0).max()
    rig.permission = 'move'
    rig.run(4.0, until='succeeded')
    assert rested < 1e-9
    assert rig.tracker.status.state == 'succeeded'
    assert rig.is_smooth()
    assert distance_to(MOVE, rig.commands[::25]) < 1e-3


def test_a_stuck_arm_is_not_pressed():
    rig = Rig()
    rig.start()
    rig.run(0.8)
    rig.arm.stuck = {'shoulder'}
    rig.run(3.0, until='aborted')
    rig.run(0.5)
    assert 'tracking error' in rig.tracker.status.reason
    assert rig.commands[-1][0] == pytest.approx(rig.arm.read().positions[0], abs=1e-6)
    assert rig.is_smooth()


def test_time_goes_on_for_an_arm_that_does_not_wait():
    rig = Rig()
    rig.start()
    rig.run(1.0)
    at = rig.tracker.course.at
    rig.arm.time += 0.2
    rig.tracker.on_permission('move', rig.now)
    rig.tracker.update(rig.arm.read(), rig.now)
    assert rig.tracker.course.at == pytest.approx(at + 0.21, abs=0.011)


def test_a_forecast_ends_at_rest_and_stays_on_the_path():
    rig = Rig()
    rig.start()
    rig.run(1.0)
    going = forecast(rig.tracker.course, NAMES, PERIOD)
    assert going.positions[-1] == pytest.approx(MOVE.positions[-1])
    rig.tracker.cancel(rig.now)
    rig.run(PERIOD)
    stopping = forecast(rig.tracker.course, NAMES, PERIOD)
    assert stopping.duration < 0.5
    assert (stopping.velocities[-1] == 0.0).all()
    curve = TrajectorySpline(stopping)
    dense = curve.sample(np.linspace(0, curve.duration, 50)).positions
    assert distance_to(MOVE, dense) < 1e-4


def test_splits_by_name():
    parts = split(MOVE, {'hand': NAMES[3:], 'arm': (NAMES[2], NAMES[0], NAMES[1])})
    assert np.array_equal(parts['arm'].positions, MOVE.positions[:, [2, 0, 1]])
    assert parts['hand'].joint_names == NAMES[3:]
    assert np.array_equal(parts['hand'].velocities, MOVE.velocities[:, 3:])


@pytest.mark.parametrize(
    ('owners', 'said'),
    [
        ({'arm': NAMES[:3]}, 'panda_finger_joint1 have no controller'),
        ({'arm': NAMES, 'hand': NAMES[3:]}, 'panda_finger_joint1 have two'),
        ({'arm': (*NAMES, 'toe')}, 'toe are not of this arm'),
        ({'arm': NAMES, 'hand': ()}, 'hand own no joint'),
    ],
)
def test_refuses_controllers_that_do_not_own_each_joint_once(owners, said):
    with pytest.raises(ConfigurationError, match=said):
        check_controllers(owners, NAMES)
