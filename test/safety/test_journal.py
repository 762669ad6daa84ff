"""E6: every decision as the audit gets it, with time, rule, numbers, state and person."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from qwen_embodied.messages import ArmStatus, JointState
from qwen_embodied.safety import (
    Parameters,
    Supervisor,
)
from qwen_embodied.safety.context import Breach, Verdict
from qwen_embodied.safety.decisions import MOST, Decision, Decisions
from qwen_embodied.safety.findings import HOLD, STOP, Finding
from safety.cases import FENCED, GOOD, HOME, LIMITS, SlidingBody, Watched, at, quintic

ONE, OTHER = 'a' * 64, 'b' * 64


def taken(cell):
    """Give what was decided since the last time, with times to a millisecond."""
    return [replace(item, time=round(item.time, 3)) for item in cell.supervisor.decisions.take()]


def ready(**changes):
    """Give a supervisor that is armed and whose decisions were taken."""
    cell = Watched(**changes).run()
    cell.supervisor.decisions.take()
    return cell


# -- what a supervisor decides --------------------------------------------------------------


def test_e6_accepts_the_start_and_the_way_to_the_first_motion():
    cell = Watched(self_arming=False).run()
    digest = cell.supervisor.parameters.digest
    cell.supervisor.arm(cell.now, 'anna')
    cell.propose()
    assert taken(cell) == [
        Decision(0.0, 'start', '', f'configuration {digest}', 'INIT'),
        Decision(0.01, 'state', '', 'not armed', 'DISARMED'),
        Decision(0.3, 'state', '', 'ARMED', 'ARMED'),
        Decision(0.3, 'arm', 'E4', '', 'ARMED', operator='anna'),
        Decision(0.3, 'approved', '', '2.00 s', 'EXECUTING', trajectory_id='move'),
    ]


def test_e6_a_refused_trajectory_is_kept_with_the_numbers_of_each_breach():
    cell = ready()
    verdict = cell.propose(quintic([0.97, 0.5, 0.04], 4.0), name='far')
    kept = taken(cell)
    assert kept == [
        Decision(0.3, 'rejected', 'C5', verdict.reasons[0], 'ARMED', pytest.approx(0.97), 0.95,
                 'far')
    ]  # fmt: skip
    assert verdict == Verdict(False, verdict.breaches)
    cell.executing()
    cell.supervisor.decisions.take()
    cell.propose(name='second')
    text = 'E5 move is still executing; wait for its end or cancel it'
    assert taken(cell) == [
        Decision(round(cell.now, 3), 'rejected', 'E5', text, 'EXECUTING', trajectory_id='second')
    ]


def test_e6_a_stop_its_repetition_and_its_reset_are_kept():
    cell = ready()
    cell.supervisor.stop('button', cell.now)
    cell.supervisor.stop('again', cell.now)
    cell.run(0.1)
    cell.supervisor.arm(cell.now, 'anna')
    cell.supervisor.reset(cell.now, 'wrong', 'eve')
    cell.supervisor.reset(cell.now, cell.supervisor.latch.nonce, 'anna')
    reset_first = 'STOP_LATCHED: reset first; E1 stop: again'
    wrong = 'this nonce is not that of the present latch; read safety/state again'
    assert taken(cell) == [
        Decision(0.3, 'state', 'E1', 'E1 stop: button', 'STOP_LATCHED'),
        Decision(0.3, 'state', 'E1', 'E1 stop: again', 'STOP_LATCHED'),
        Decision(0.4, 'arm refused', 'E4', reset_first, 'STOP_LATCHED', operator='anna'),
        Decision(0.4, 'reset refused', 'E4', f'STOP_LATCHED: {wrong}', 'STOP_LATCHED',
                 operator='eve'),
        Decision(0.4, 'state', '', 'reset; arm to go on', 'DISARMED'),
        Decision(0.4, 'reset', 'E4', '', 'DISARMED', operator='anna'),
    ]  # fmt: skip


def test_e6_a_silence_is_kept_with_its_age_and_limit_once_for_each_state():
    cell = ready()
    cell.mute = {'joints'}
    cell.run(0.7)
    hold, stop = taken(cell)
    assert (hold.kind, hold.rule, hold.state, hold.limit) == ('state', 'D1', 'HOLD', 0.1)
    assert hold.value == pytest.approx(0.1, abs=0.011)
    assert hold.message.startswith('D1 joint_states: silent for 0.1')
    assert (stop.kind, stop.rule, stop.state, stop.limit) == ('state', 'D1', 'STOP_LATCHED', 0.1)
    assert stop.value == pytest.approx(0.51, abs=0.011)


def test_e6_all_that_is_found_together_is_in_the_reasons_of_a_latch():
    cell = ready()
    cell.supervisor.inputs.take_tracking_error(9.0)
    cell.supervisor.inputs.button.take(True, cell.now)
    said = cell.supervisor.tick(cell.now)
    assert said.reasons == (
        'E1 the stop button is pressed', 'D3 tracking error 9.000 rad, allowed 0.15',
    )  # fmt: skip
    assert cell.supervisor.latch.reasons == said.reasons
    assert cell.supervisor.latch.nonce == said.nonce
    kept = taken(cell)
    assert [(item.rule, item.message) for item in kept] == [('E1', '; '.join(said.reasons))]


def test_e6_a_fault_of_the_software_has_no_rule_and_its_own_words():
    cell = ready()
    cell.supervisor.fault('exception in on_scene', cell.now)
    assert taken(cell) == [Decision(0.3, 'state', '', 'exception in on_scene', 'FAULT_LATCHED')]


def test_e6_a_motion_that_ends_too_late_is_said_and_given_up():
    cell = Watched().executing()
    cell.supervisor.decisions.take()
    cell.run(5.0)
    said = cell.said[-1]
    assert (said.state, said.permission) == ('EXECUTING', 'stop')
    assert said.reasons == ('D4 move: not finished in time',)
    # The state stays; what changed is in the reasons and in the permission.
    assert taken(cell) == []
    cell.status = ArmStatus('move', 'aborted')
    cell.run(0.05)
    assert [(item.kind, item.state) for item in taken(cell)] == [('state', 'ARMED')]


def test_e6_a_joint_state_that_is_broken_latches_at_once_with_its_value():
    cell = Watched().executing()
    cell.supervisor.decisions.take()
    now = cell.now + 0.01
    beyond = HOME + np.array([1.5, 0.0, 0.0])
    cell.supervisor.on_joint_state(at(beyond, now), now)
    text = 'D2 slide measured at 1.5000, beyond its limits'
    assert taken(cell) == [
        Decision(round(now, 3), 'state', 'D2', text, 'STOP_LATCHED', 1.5, trajectory_id='move')
    ]
    # While nothing may move anyway it is reported, not latched.
    fresh = Watched()
    fresh.supervisor.on_joint_state(at(beyond, 1.0), 1.0)
    assert fresh.state == 'INIT'


# -- whose turn it is -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ('name', 'state', 'ended'),
    [
        ('move', 'succeeded', True),
        ('move', 'aborted', True),
        ('move', 'rejected', True),
        ('move', 'executing', False),
        ('move', 'idle', False),
        ('other', 'succeeded', False),
        ('', 'idle', False),
    ],
)
def test_e5_boundary_of_what_ends_a_motion(name, state, ended):
    cell = Watched().executing()
    cell.status = ArmStatus(name, state)
    assert (cell.run(0.02).state == 'ARMED') is ended
    assert (cell.said[-1].trajectory_id == '') is ended


def test_e5_what_was_given_up_ends_with_whatever_the_controller_does_next():
    for status in (ArmStatus('', 'idle'), ArmStatus('other', 'succeeded')):
        cell = Watched().executing().run(5.0)
        assert cell.run(0.1).said[-1].permission == 'stop'
        cell.status = ArmStatus('move', 'executing')
        assert cell.run(0.1).said[-1].permission == 'stop'
        cell.status = status
        said = cell.run(0.02).said[-1]
        assert (said.state, said.permission, said.trajectory_id) == ('ARMED', 'move', '')


@pytest.mark.parametrize(('spare', 'permission'), [(0.03, 'move'), (-0.03, 'stop')])
def test_d4_boundary_of_the_end_counts_from_the_last_state(spare, permission):
    cell = Watched(overtime=1.0).run()
    assert cell.propose(GOOD).approved
    allowed = 1.1 * GOOD.duration + 1.0
    cell.run(allowed - spare)
    assert cell.said[-1].permission == permission


def test_d4_the_pace_stretches_the_time_by_what_it_withholds():
    # At half the pace each second counts for half of one.
    for seconds, permission in ((6.3, 'move'), (6.5, 'stop')):
        cell = Watched(overtime=1.0).run()
        cell.supervisor.inputs.take_speed(0.5)
        assert cell.propose(GOOD).approved
        assert cell.run(seconds, 0.02).said[-1].permission == permission


def test_d4_can_be_off():
    cell = Watched(unsafe_disable='D4').executing()
    assert cell.run(9.0, 0.02).said[-1].permission == 'move'


def test_e4_health_counts_from_the_end_of_the_last_ill():
    cell = Watched(self_arming=False, healthy_time=0.5).run(0.4)
    assert not cell.supervisor.arm(cell.now).approved
    cell.mute = {'controller'}
    cell.run(0.15)
    cell.mute = set()
    for seconds, fine in ((0.45, False), (0.1, True)):
        cell.run(seconds)
        assert cell.supervisor.arm(cell.now).approved is fine


def test_e4_boundary_of_the_healthy_time_itself():
    supervisor = Supervisor(
        LIMITS, gripper_joint='finger', body=SlidingBody(),
        parameters=replace(FENCED, self_arming=False, healthy_time=0.5, heartbeats=[],
                           state_timeout=0.2, silence_stop=0.4),
    )  # fmt: skip
    for now in (1.0, 1.125, 1.25, 1.375):
        supervisor.on_joint_state(at(HOME, now), now)
        supervisor.tick(now)
        assert not supervisor.arm(now).approved
    supervisor.on_joint_state(at(HOME, 1.5), 1.5)
    assert supervisor.arm(1.5).approved


def test_e4_a_clock_that_went_back_begins_the_healthy_time_anew():
    cell = Watched(self_arming=False, healthy_time=0.5).run(2.0)
    cell.now = -5.0
    cell.run(0.3)
    assert not cell.supervisor.arm(cell.now).approved


def test_e4_says_that_it_waits_for_the_arm_to_rest():
    cell = Watched(self_arming=False).run()
    cell.supervisor.stop('button', cell.now)
    cell.velocities = (0.0, 0.5, 0.0)
    refused = cell.run(0.1).supervisor.reset(cell.now)
    assert refused.reasons == ('E4 STOP_LATCHED: the arm still moves',)
    assert cell.state == 'STOP_LATCHED'


def test_a_trajectory_is_judged_on_the_clock_of_the_stamps():
    cell = Watched().run()
    assert not cell.supervisor.propose(GOOD, cell.now, clock=cell.now + 0.2).approved
    assert cell.supervisor.propose(GOOD, cell.now + 0.2, clock=cell.now).approved


def test_a_supervisor_begins_with_the_profile_of_an_unknown_real_arm():
    supervisor = Supervisor(LIMITS)
    assert supervisor.parameters == Parameters()
    said = supervisor.tick(0.0)
    assert (said.state, said.permission, said.sequence, said.scale) == ('INIT', 'stop', 1, 1.0)
    assert said.reasons[-1] == 'C9 no model of the robot and its surroundings yet'
    assert (said.trajectory_id, said.nonce, said.withheld) == ('', '', ())


def test_each_latch_has_a_nonce_of_its_own():
    nonces = (f'n{k}' for k in itertools.count())
    supervisor = Supervisor(LIMITS, parameters=FENCED, nonces=lambda: next(nonces))
    assert [supervisor.stop('a', 0.0).nonce, supervisor.stop('b', 0.0).nonce] == ['n0', 'n1']


def test_a_rule_of_the_fingers_is_not_asked_of_the_arm():
    # Without a gripper every joint counts as one of the arm.
    supervisor = Supervisor(LIMITS.scaled(2.0, 2.0, 5.0), body=SlidingBody(), parameters=FENCED)
    for now in (0.01, 0.02):
        supervisor.on_joint_state(JointState(now, at().names, HOME - [0, 0, 0.02]), now)
        supervisor.on_arm_status(ArmStatus('', 'idle'), now)
        supervisor.tick(now)
    assert 'C3 finger' in supervisor.propose(GOOD, 0.02).reasons[0]


# -- decisions ------------------------------------------------------------------------------


def decisions():
    return Decisions(lambda: ('ARMED', 'a-1'))


def test_e6_boundary_of_the_reminder_is_a_second():
    kept = decisions()
    for now in (5.0, 5.5, 5.999, 6.0, 6.5, 7.0):
        kept.remind(now, 'C5')
        kept.remind(now, ' ')
    assert [item.time for item in kept.take()] == [5.0, 6.0, 7.0]


def test_e6_decisions_are_bounded_and_the_oldest_go_first():
    kept = decisions()
    for number in range(MOST + 1):
        kept.note(float(number), 'start', '', '')
    times = [item.time for item in kept.take()]
    assert (len(times), times[0], times[-1]) == (MOST, 1.0, float(MOST))


def test_e6_a_decision_is_plain_without_what_is_absent():
    kept = decisions()
    kept.note(1.0, 'state', 'D1', 'silent', (0.0, float('inf')), 'anna')
    kept.changed(2.0, (), None)
    kept.changed(3.0, ('a', 'b'), Finding('D3', 'x', STOP, 0.5, 0.25))
    first, second, third = (item.plain() for item in kept.take())
    assert first == {'time': 1.0, 'kind': 'state', 'rule': 'D1', 'message': 'silent',
                     'state': 'ARMED', 'value': 0.0, 'limit': 'inf', 'trajectory_id': 'a-1',
                     'operator': 'anna'}  # fmt: skip
    assert second == {'time': 2.0, 'kind': 'state', 'message': 'ARMED', 'state': 'ARMED',
                      'trajectory_id': 'a-1'}  # fmt: skip
    assert (third['message'], third['rule'], third['value'], third['limit']) == (
        'a; b', 'D3', 0.5, 0.25,
    )  # fmt: skip


def test_e6_answers_are_verdicts():
    kept = decisions()
    assert kept.answered('arm', '', 1.0, 'anna') == Verdict(True)
    assert kept.answered('arm', 'no', 1.0, 'anna') == Verdict(False, (Breach('E4', 'no'),))


@pytest.mark.parametrize(
    ('response', 'least', 'is_so'),
    [('N', 'H', False), ('H', 'H', True), ('S', 'H', True), ('F', 'S', True), ('S', 'F', False)],
)
def test_responses_are_ordered_by_what_follows(response, least, is_so):
    assert Finding('D1', '', response).is_at_least(least) is is_so
    assert str(Finding('D1', 'x', HOLD)) == 'D1 x'
