"""D and E rules: who may move, decided from what was heard and when."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qwen_embodied.messages import ArmStatus, JointState
from qwen_embodied.safety import STATES, Parameters, Supervisor
from qwen_embodied.safety.monitors import Heartbeats
from safety.cases import GOOD, HOME, LIMITS, SlidingBody, Watched, at, quintic


def quiet_for(seconds, *mute, state='EXECUTING'):
    """Run a supervisor into a silence of some of its inputs."""
    cell = Watched()
    cell.executing() if state == 'EXECUTING' else cell.run()
    assert cell.state == state
    cell.mute = set(mute)
    return cell.run(seconds, period=0.001)


# -- states ---------------------------------------------------------------------------------


def test_permits_nothing_before_it_has_heard_anything():
    said = Watched().supervisor.tick(0.0)
    assert (said.state, said.permission) == ('INIT', 'stop')
    assert 'D1 joint_states: never heard' in said.reasons
    assert 'D5 arm_controller: never heard' in said.reasons


def test_waits_for_a_person_unless_it_is_a_simulation():
    cell = Watched(self_arming=False).run()
    assert cell.state == 'DISARMED'
    assert str(cell.propose().breaches[0]) == 'E5 the supervisor is DISARMED: not armed'
    assert cell.supervisor.arm(cell.now).approved
    assert cell.state == 'ARMED'
    assert cell.supervisor.arm(cell.now).approved


def test_does_not_arm_without_a_body():
    cell = Watched()
    cell.supervisor.body = None
    cell.run(2.0)
    assert cell.state == 'INIT'
    refused = cell.supervisor.arm(cell.now)
    assert 'no model of the robot' in refused.reasons[0]


def test_goes_through_a_whole_trajectory():
    cell = Watched().executing()
    assert cell.said[-1].permission == 'move'
    assert cell.said[-1].trajectory_id == 'move'
    cell.status = ArmStatus('move', 'succeeded')
    assert cell.run(0.05).state == 'ARMED'
    assert cell.said[-1].trajectory_id == ''


def test_permissions_are_told_for_every_state():
    assert len(STATES) == 7


def test_a_rejected_trajectory_changes_nothing():
    cell = Watched().run()
    verdict = cell.propose(quintic([5.0, 0.5, 0.04]))
    assert not verdict.approved
    assert verdict.reasons[0].startswith('C5 slide')
    assert cell.state == 'ARMED'


def test_scales_the_limits_of_the_robot():
    # The supervisor of `Watched` was given twice the limits and allows half of them.
    cell = Watched().run()
    assert cell.propose(quintic([0.6, 0.5, 0.04], 1.1)).reasons[0].startswith('C6 slide')
    assert cell.propose(quintic([0.5, 0.5, 0.04], 1.1)).approved


def test_a_fault_latches_and_outlasts_a_stop():
    cell = Watched().executing()
    assert cell.supervisor.fault('exception in on_scene', cell.now).permission == 'stop'
    cell.supervisor.stop('button', cell.now)
    assert cell.state == 'FAULT_LATCHED'
    assert cell.run().said[-1].reasons == ('exception in on_scene',)


# -- D1: joint states -----------------------------------------------------------------------


def test_d1_accepts_states_that_keep_coming():
    assert quiet_for(0.5).state == 'EXECUTING'


@pytest.mark.parametrize(('silence', 'state'), [(0.099, 'EXECUTING'), (0.102, 'HOLD')])
def test_d1_boundary_of_silence(silence, state):
    cell = quiet_for(silence, 'joints')
    assert cell.state == state


def test_d1_breach_holds_then_latches_and_names_the_input():
    cell = quiet_for(0.2, 'joints')
    assert cell.said[-1].permission == 'hold'
    assert cell.said[-1].reasons == ('D1 joint_states: silent for 0.20 s',)
    assert cell.run(0.31, period=0.001).state == 'STOP_LATCHED'


def test_d1_goes_on_after_a_short_silence():
    cell = quiet_for(0.3, 'joints')
    cell.mute = set()
    assert cell.run(0.02).state == 'EXECUTING'


@pytest.mark.parametrize(
    ('ahead', 'state'), [(0.004, 'EXECUTING'), (0.006, 'HOLD'), (3600.0, 'STOP_LATCHED')]
)
def test_d1_boundary_of_stamps_from_the_future(ahead, state):
    cell = quiet_for(0.0)
    cell.now += 0.01
    cell.supervisor.on_joint_state(at(HOME, cell.now + ahead), cell.now)
    cell.supervisor.on_arm_status(cell.status, cell.now)
    assert cell.supervisor.tick(cell.now).state == state


def test_d1_breach_of_stamps_that_are_late_though_they_keep_coming():
    cell = Watched().executing()
    for _ in range(20):
        cell.now += 0.01
        cell.supervisor.on_joint_state(at(HOME, cell.now - 0.15), cell.now)
        cell.supervisor.on_arm_status(cell.status, cell.now)
        cell.supervisor.tick(cell.now)
    assert cell.state == 'HOLD'


def test_d1_breach_of_repeated_and_older_stamps():
    cell = Watched().executing()
    stamp = cell.now
    for _ in range(11):
        cell.now += 0.01
        cell.supervisor.on_joint_state(at(HOME, stamp), cell.now)
        cell.supervisor.on_joint_state(at(HOME, stamp - 0.03), cell.now)
        cell.supervisor.on_arm_status(cell.status, cell.now)
        cell.supervisor.tick(cell.now)
    assert cell.state == 'HOLD'


def test_d1_stamps_may_be_of_another_clock():
    cell = Watched()
    for _ in range(30):
        cell.now += 0.01
        state = at(HOME, 500.0 + 0.3 * cell.now)
        cell.supervisor.on_joint_state(state, cell.now, clock=500.0 + 0.3 * cell.now)
        cell.supervisor.on_arm_status(cell.status, cell.now)
        cell.supervisor.tick(cell.now)
    assert cell.state == 'ARMED'
    assert cell.supervisor.propose(GOOD, cell.now, clock=500.0 + 0.3 * cell.now).approved


def test_d1_recovers_from_a_clock_that_went_back():
    cell = Watched().run(1.0)
    cell.now = -90.0
    cell.run(0.02)
    assert cell.supervisor.tick(cell.now).reasons == ()


@pytest.mark.parametrize(
    ('silence', 'state'), [(0.2, 'HOLD'), (0.49, 'HOLD'), (0.51, 'STOP_LATCHED')]
)
def test_d1_boundary_of_silence_is_the_same_at_rest(silence, state):
    cell = quiet_for(silence, 'joints', 'controller', state='ARMED')
    assert cell.state == state
    cell.mute = set()
    assert cell.run().state == ('ARMED' if state == 'HOLD' else state)


def test_refuses_proposals_while_an_input_is_silent():
    cell = quiet_for(0.2, 'controller', state='ARMED')
    assert cell.propose().reasons == ('E5 D5 arm_controller: silent for 0.20 s',)


# -- D2: their content ----------------------------------------------------------------------


def test_d2_accepts_extra_joints():
    cell = Watched().run()
    state = JointState(cell.now + 0.01, (*at().names, 'mimic'), [*HOME, 0.04])
    cell.supervisor.on_joint_state(state, cell.now + 0.01)
    assert cell.state == 'ARMED'


def test_d2_accepts_any_number_of_a_joint_of_somebody_else():
    cell = Watched(self_arming=False).run()
    cell.supervisor.stop('button', cell.now)
    for _ in range(3):
        cell.now += 0.01
        names, nan = ('wheel', *at().names, 'mimic'), np.nan
        state = JointState(cell.now, names, [nan, *HOME, nan], [nan, 0.0, 0.0, 0.0, 7.0])
        cell.supervisor.on_joint_state(state, cell.now)
        cell.supervisor.on_arm_status(cell.status, cell.now)
    assert cell.supervisor.reset(cell.now).approved


@pytest.mark.parametrize(('value', 'state'), [(1.0086, 'ARMED'), (1.0088, 'STOP_LATCHED')])
def test_d2_boundary_of_the_hard_limits(value, state):
    cell = Watched()
    cell.positions = HOME + np.array([1.0, 0, 0])
    cell.run()
    cell.positions = HOME + np.array([value, 0, 0])
    assert cell.run(0.02).state == state


@pytest.mark.parametrize(('jump', 'state'), [(0.0309, 'ARMED'), (0.0311, 'STOP_LATCHED')])
def test_d2_boundary_of_a_jump(jump, state):
    # 1.5 · 2 rad/s · 0.01 s + 0.001
    cell = Watched().run()
    cell.positions = HOME + np.array([jump, 0, 0])
    assert cell.run(0.01).state == state


@pytest.mark.parametrize(
    ('state', 'said'),
    [
        (at([np.nan, 0.5, 0.04], 9.0), 'D2 joint_states hold numbers that are not finite'),
        (at(HOME, 9.0, [0, np.inf, 0]), 'D2 joint_states hold numbers that are not finite'),
        (at(HOME, np.nan), 'D2 joint_states are stamped nan'),
        (JointState(9.0, ('slide',), [0.0]), 'D2 joint_states lack elbow, finger'),
        (at([0.0, 2.5, 0.04], 9.0), 'D2 elbow measured at 2.5000, beyond its limits'),
    ],
)
def test_d2_breach_latches_in_motion_and_keeps_from_arming(state, said):
    cell = Watched().executing()
    cell.supervisor.on_joint_state(state, cell.now)
    assert cell.supervisor.tick(cell.now).reasons == (said,)
    assert cell.state == 'STOP_LATCHED'
    fresh = Watched()
    fresh.supervisor.on_joint_state(state, 9.0)
    fresh.supervisor.on_arm_status(fresh.status, 9.0)
    assert fresh.supervisor.tick(9.0).reasons == (said,)
    assert fresh.state == 'INIT'


# -- D3, D4: the controller's status --------------------------------------------------------


@pytest.mark.parametrize(
    ('error', 'state'),
    [
        (0.04, 'EXECUTING'),
        (0.15, 'EXECUTING'),
        (0.151, 'STOP_LATCHED'),
        (np.nan, 'STOP_LATCHED'),
        (-np.inf, 'STOP_LATCHED'),
        (-0.1, 'STOP_LATCHED'),
    ],
)
def test_d3_boundary_f15_of_the_tracking_error(error, state):
    cell = Watched().executing()
    cell.status = ArmStatus('move', 'executing', '', error)
    assert cell.run(0.02).state == state


def test_d4_accepts_a_trajectory_that_ends_in_time():
    cell = Watched().executing()
    assert cell.run(1.1 * GOOD.duration + 1.5).said[-1].permission == 'move'


def test_d4_boundary_of_the_time():
    cell = Watched().executing()
    cell.run(1.1 * GOOD.duration + 2.0 - 0.15)
    assert cell.said[-1].permission == 'move'
    assert cell.run(0.1).said[-1].permission == 'stop'


@pytest.mark.parametrize(('share', 'permission'), [(0.1, 'move'), (1.0, 'stop')])
def test_d4_counts_on_the_clock_of_the_stamps(share, permission):
    cell = Watched().executing()
    begun = cell.now
    for _ in range(500):
        cell.now += 0.01
        stamp = begun + share * (cell.now - begun)
        cell.supervisor.on_joint_state(at(HOME, stamp), cell.now, clock=stamp)
        cell.supervisor.on_arm_status(cell.status, cell.now)
        word = cell.supervisor.tick(cell.now)
    assert word.permission == permission


def test_d4_breach_gives_up_and_is_armed_again_once_the_controller_has_stopped():
    cell = Watched().executing().run(5.0)
    assert cell.said[-1].reasons == ('D4 move: not finished in time',)
    cell.status = ArmStatus('move', 'aborted')
    assert cell.run(0.05).state == 'ARMED'


def test_d4_breach_of_a_trajectory_that_never_arrived():
    cell = Watched().run()
    assert cell.propose().approved
    cell.status = ArmStatus('', 'idle')
    assert cell.run(5.0).state == 'ARMED'


# -- D5, D6: heartbeats and the lease -------------------------------------------------------


def test_d5_accepts_work_that_goes_on():
    supervisor = with_heartbeat(step=1)
    assert supervisor.tick(1.0).state == 'ARMED'


@pytest.mark.parametrize(('silence', 'state'), [(0.099, 'EXECUTING'), (0.102, 'HOLD')])
def test_d5_boundary_of_silence(silence, state):
    assert quiet_for(silence, 'controller').state == state


def test_d5_breach_f21_of_a_timer_whose_worker_is_dead():
    said = with_heartbeat(step=0).tick(1.0)
    assert said.state == 'STOP_LATCHED'
    assert said.reasons == ('D5 perception: silent for 0.51 s',)


def test_d5_breach_latches_after_a_long_silence():
    assert quiet_for(0.51, 'controller').state == 'STOP_LATCHED'


def test_d5_x18_strangers_are_not_kept():
    heard = Heartbeats(Parameters())
    for count in range(100):
        heard.take(f'stranger {count}', count, 1.0)
    assert len(vars(heard)['_heard']) == 1
    assert vars(heard)['_counters'] == {}


def with_heartbeat(step):
    parameters = Parameters(self_arming=True, healthy_time=0.0, heartbeats=['perception'])
    supervisor = Supervisor(
        LIMITS, gripper_joint='finger', body=SlidingBody(), parameters=parameters
    )
    for count in range(1, 101):
        now = count / 100
        supervisor.on_joint_state(at(HOME, now), now)
        supervisor.on_heartbeat('perception', step * count, now)
        supervisor.tick(now)
    return supervisor


def test_d6_accepts_every_tick_as_a_lease_that_is_counted():
    cell = Watched().run()
    assert {said.lease for said in cell.said} == {0.1}
    assert [said.sequence for said in cell.said] == list(range(1, len(cell.said) + 1))


# -- E: stop and reset ----------------------------------------------------------------------


@pytest.mark.parametrize('state', ['INIT', 'ARMED', 'EXECUTING'])
def test_e1_accepts_a_stop_in_every_state(state):
    cell = Watched()
    if state == 'EXECUTING':
        cell.executing()
    elif state == 'ARMED':
        cell.run()
    assert cell.state == state
    said = cell.supervisor.stop('button', cell.now)
    assert (said.state, said.permission, said.reasons) == (
        'STOP_LATCHED',
        'stop',
        ('E1 stop: button',),
    )


def test_e1_boundary_a_stop_without_a_reason_is_a_stop():
    assert Watched().supervisor.stop('', 0.0).state == 'STOP_LATCHED'


def test_e1_breach_the_stop_stays_until_it_is_reset():
    cell = Watched().executing()
    cell.supervisor.stop('button', cell.now)
    cell.status = ArmStatus('move', 'aborted')
    assert cell.run(3.0).state == 'STOP_LATCHED'
    assert not cell.supervisor.arm(cell.now).approved
    assert not cell.propose(name='again').approved


def stopped(**changes):
    cell = Watched(self_arming=False, healthy_time=1.0, **changes).run(1.2)
    cell.supervisor.stop('button', cell.now)
    return cell


def test_e4_accepts_a_reset_when_all_is_well():
    cell = stopped().run(1.1)
    assert cell.supervisor.reset(cell.now).approved
    assert cell.state == 'DISARMED'


@pytest.mark.parametrize(('seconds', 'fine'), [(0.98, False), (1.05, True)])
def test_e4_boundary_of_the_healthy_time(seconds, fine):
    cell = stopped().run(seconds)
    assert cell.supervisor.reset(cell.now).approved is fine


@pytest.mark.parametrize(('speed', 'fine'), [(0.0099, True), (0.0101, False)])
def test_e4_boundary_of_rest(speed, fine):
    cell = stopped()
    cell.velocities = (0.0, speed, 0.0)
    assert cell.run(1.1).supervisor.reset(cell.now).approved is fine


def test_e4_breach_says_what_it_waits_for():
    cell = stopped().run(1.1)
    cell.mute = {'joints'}
    refused = cell.run(0.2).supervisor.reset(cell.now)
    assert refused.reasons == ('E4 STOP_LATCHED: D1 joint_states: silent for 0.20 s',)
    cell.mute = set()
    assert 'healthy for less than 1 s' in cell.run(0.2).supervisor.reset(cell.now).reasons[0]
    ready = Watched().run()
    assert 'nothing to reset' in ready.supervisor.reset(ready.now).reasons[0]


def test_e5_accepts_one_trajectory_after_another():
    cell = Watched().executing()
    cell.status = ArmStatus('move', 'succeeded')
    assert cell.run(0.05).propose(name='next').approved


def test_e5_boundary_an_id_serves_once():
    cell = Watched().executing()
    cell.status = ArmStatus('move', 'succeeded')
    cell.run(0.05)
    assert 'was used before' in cell.propose(name='move').reasons[0]
    assert 'is empty' in cell.propose(name='').reasons[0]


def test_e5_breach_f18_of_a_second_trajectory_while_one_runs():
    cell = Watched().executing()
    assert cell.propose(name='second').reasons == (
        'E5 move is still executing; wait for its end or cancel it',
    )


def test_e5_breach_never_a_reset_moves_nothing():
    cell = Watched().executing()
    cell.supervisor.stop('button', cell.now)
    cell.status = replace(cell.status, state='aborted')
    cell.run()
    assert cell.supervisor.reset(cell.now).approved
    after = cell.supervisor.tick(cell.now)
    assert after.trajectory_id == ''
    assert cell.run().state == 'ARMED'
    assert not cell.propose(name='move').approved
