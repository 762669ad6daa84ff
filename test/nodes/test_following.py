"""The arm controller's decisions: it moves on a lease, holds on silence, passes on refusals."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

pytest.importorskip('rclpy')

from quintic import quintic
from qwen_embodied.control import Parameters
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointState
from qwen_embodied.nodes import following
from qwen_embodied.nodes.conversions_safety import Rejection
from qwen_embodied.safety import SafetyState

PERIOD = 0.005
LIMITS = JointLimits(('elbow',), [-2.0], [2.0], [1.0], [4.0], [100.0])


class Clock:
    """Stands in for the steady clock."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


class Rig:
    """A follower with a perfect arm; stamps and the steady clock pass as a test says."""

    def __init__(self, clock):
        self.clock, self.stamp, self.position = clock, 5.0, 0.0
        self.follower = following.Follower(LIMITS, Parameters(response_time=0.0))
        self.sequence, self.rejection, self.lease = 0, Rejection(), 0.1

    def run(self, seconds, *, lease='move', speed=1.0, until=None):
        """Let joint states and leases come; stamps pass `speed` times as fast as the clock."""
        for _ in range(round(seconds / PERIOD)):
            self.clock.now += PERIOD / speed
            self.stamp += PERIOD
            if lease:
                self.sequence += 1
                state = SafetyState('ARMED', lease, (), self.lease, self.sequence)
                self.follower.hear_safety((state, self.rejection))
            command = self.follower.tick(JointState(self.stamp, ('elbow',), [self.position]))
            self.follower.watch()
            self.position = float(command[0])
            if until is not None and self.follower.status.state == until:
                return


@pytest.fixture
def rig(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(following, 'time', clock)
    return Rig(clock)


def motion(seconds=1.0, start=0.0, end=0.4, name='a-1'):
    return quintic(('elbow',), [start], [end], seconds, name, 30)


def test_it_holds_before_it_heard_anything(rig):
    rig.run(0.1, lease=None)
    assert rig.position == 0.0
    assert rig.follower.status.state == 'idle'


@pytest.mark.parametrize('speed', [1.0, 0.2])
def test_it_follows_to_the_end_however_slowly_the_time_passes(rig, speed):
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(2.0, speed=speed, until='succeeded')
    assert rig.follower.status.state == 'succeeded'
    assert rig.position == pytest.approx(0.4, abs=1e-6)


def test_it_slows_down_when_the_supervisor_falls_silent_and_then_gives_up(rig):
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(0.5)
    assert rig.follower.is_moving
    rig.run(0.3, lease=None)
    held = rig.position
    assert 'safety supervisor: silent for' in rig.follower.status.reason
    rig.run(1.0, lease=None)
    assert rig.position == pytest.approx(held, abs=0.02)
    assert rig.follower.status.state == 'aborted'


@pytest.mark.parametrize(
    ('lease', 'silence', 'held'),
    [(0.04, 0.035, False), (0.04, 0.05, True), (9.0, 0.095, False), (9.0, 0.11, True)],
)
def test_d6_boundary_of_the_shorter_of_lease_and_timeout(rig, lease, silence, held):
    rig.lease = lease
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(0.3)
    rig.run(silence, lease=None)
    assert ('silent' in rig.follower.status.reason) is held


def test_it_goes_on_after_a_short_silence(rig):
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(0.5)
    rig.run(0.25, lease=None)
    rig.run(3.0, until='succeeded')
    assert rig.follower.status.state == 'succeeded'


def test_it_gives_up_when_joint_states_fall_silent(rig):
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(0.5)
    rig.clock.now += 0.7
    rig.follower.watch()
    rig.run(0.5, until='aborted')
    assert rig.follower.status.state == 'aborted'


def test_an_approval_that_overtakes_its_lease_is_started_when_the_lease_comes(rig):
    rig.run(0.1, lease=None)
    rig.follower.follow(motion())
    rig.run(0.1, lease=None)
    assert not rig.follower.is_moving
    assert (rig.follower.status.trajectory_id, rig.follower.status.state) == ('', 'idle')
    rig.run(0.1)
    assert rig.follower.is_moving


def test_an_approval_that_waits_for_its_lease_is_not_called_rejected(rig):
    rig.run(0.1, lease=None)
    rig.follower.follow(motion())
    said = []
    for _ in range(20):
        rig.run(PERIOD, lease=None)
        said.append(rig.follower.status.state)
    rig.run(PERIOD)
    assert set(said) == {'idle'}
    assert rig.follower.status.state == 'executing'


def test_an_approval_whose_lease_never_comes_is_refused(rig):
    rig.run(0.1, lease=None)
    rig.follower.follow(motion())
    rig.run(0.5, lease=None)
    status = rig.follower.status
    assert (status.trajectory_id, status.state) == ('a-1', 'rejected')
    assert 'safety supervisor: never heard' in status.reason


def test_a_trajectory_that_starts_elsewhere_is_refused(rig):
    rig.run(0.1)
    rig.follower.follow(motion(start=0.3, end=0.5))
    rig.run(0.5)
    assert rig.follower.status.state == 'rejected'
    assert rig.position == 0.0


def test_the_last_rejection_of_the_supervisor_is_passed_on_until_the_next_motion(rig):
    rig.run(0.1)
    rig.rejection = Rejection('a-7', ('C6 too fast', 'C9 near'))
    rig.run(0.1)
    status = rig.follower.status
    assert (status.trajectory_id, status.state) == ('a-7', 'rejected')
    assert status.reason == 'C6 too fast; C9 near'
    rig.follower.follow(motion(name='a-8'))
    rig.run(3.0, until='succeeded')
    assert rig.follower.status.trajectory_id == 'a-8'


def test_a_refusal_does_not_hide_a_motion_that_runs(rig):
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(0.2)
    rig.rejection = Rejection('a-2', ('E5 busy',))
    rig.run(0.1)
    assert rig.follower.status.trajectory_id == 'a-1'


def test_a_refusal_meanwhile_is_told_once_and_hides_no_end(rig):
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(0.2)
    rig.rejection = Rejection('a-2', ('E5 busy',))
    rig.run(0.1)
    told = [(one.trajectory_id, one.state, one.reason) for one in rig.follower.take_refused()]
    assert told == [('a-2', 'rejected', 'E5 busy')]
    assert rig.follower.take_refused() == []
    rig.run(2.0)
    status = rig.follower.status
    assert (status.trajectory_id, status.state) == ('a-1', 'succeeded')


def test_cancelling_comes_to_rest_within_the_acceleration(rig):
    rig.run(0.1)
    rig.follower.follow(motion())
    rig.run(0.5)
    rig.follower.cancel('the arm controller is ending')
    rig.run(1.0, until='aborted')
    assert rig.follower.status.reason == 'the arm controller is ending'
    assert not rig.follower.is_moving
