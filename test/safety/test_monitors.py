"""D7 to D15 and the stop button: what is watched while the arm runs, each on both sides."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qwen_embodied.messages import JointState
from qwen_embodied.safety import CameraSample, SimulatorHealth, protective_distance
from safety.cases import FENCED, GOOD, HOME, NAMES, Watched

DIM = CameraSample(0.0, 1, 100.0, 0.0, 0.9)


def fed(seconds=0.3, feed=None, **changes):
    """Run an executing supervisor; `feed(inputs, now)` is called before each tick."""
    cell = Watched(**changes)
    cell.feed = feed or (lambda inputs, now: None)
    return cell.executing().run(seconds)


def states(cell):
    return {said.state for said in cell.said}


# -- D7: the loop ---------------------------------------------------------------------------


def looping(*lateness, **changes):
    """Let the loop come round late, time after time, s; gives the supervisor."""
    cell = Watched(loop_overrun=0.01, **changes).run()
    now = 100.0
    cell.supervisor.inputs.loop.take(now, 0.02)
    for late in lateness:
        now += 0.02 + late
        cell.supervisor.inputs.loop.take(now, 0.02)
    return cell.run(0.01)


def test_d7_accepts_a_loop_in_time():
    cell = looping(*[0.0, 0.005, -0.01] * 20)
    assert cell.state == 'ARMED'
    assert cell.supervisor.inputs.loop.overruns == 0


@pytest.mark.parametrize(
    ('late', 'state'),
    [
        ((0.011, 0.011), 'ARMED'),
        ((0.011, 0.011, 0.009, 0.011), 'ARMED'),
        ((0.009,) * 9, 'ARMED'),
        ((0.011, 0.011, 0.011), 'STOP_LATCHED'),
    ],
)
def test_d7_boundary_of_three_in_a_row(late, state):
    assert looping(*late).state == state


def test_d7_breach_says_how_often():
    assert looping(0.1, 0.1, float('nan')).said[-1].reasons == (
        'D7 the loop was late 3 times in a row, allowed 2',
    )


# -- D8: the clock --------------------------------------------------------------------------


def clocked(clocks, **changes):
    """Give the supervisor a ROS clock, 10 ms apart on the steady one, while it executes."""
    cell = Watched(**changes).executing()
    for at, clock in enumerate(clocks):
        cell.supervisor.inputs.clock.take(clock, 0.01 * at)
        cell.run(0.01)
    return cell


@pytest.mark.parametrize('rate', [0.1, 1.0, 10.0])
def test_d8_accepts_f25_a_clock_at_any_rate(rate):
    cell = clocked([5.0 + 0.01 * rate * at for at in range(50)])
    assert cell.state == 'EXECUTING'


@pytest.mark.parametrize(
    ('second', 'reason'),
    [(5.0, ''), (4.999, 'back by 0.001'), (5.509, ''), (5.511, 'ahead by 0.501')],
)
def test_d8_boundary_f25_of_a_jump(second, reason):
    cell = clocked([5.0, second])
    assert (cell.said[-1].permission == 'stop') == bool(reason)
    assert reason in str(cell.said[-1].reasons)


def test_d8_a_clock_that_has_not_started_has_not_jumped():
    assert clocked([0.0, 0.0, 700.0, 700.01]).state == 'EXECUTING'


def test_d8_breach_f25_purges_what_was_planned():
    cell = clocked([92.0, 0.1])
    assert cell.said[-1].permission == 'stop'
    assert cell.state == 'HOLD'
    cell.status = replace(cell.status, state='aborted')
    assert cell.run(0.1).state == 'ARMED'
    assert cell.said[-1].trajectory_id == ''
    assert not cell.propose(name='move').approved


def test_d8_breach_is_a_fault_on_hardware():
    assert clocked([92.0, 0.1], simulation=False).state == 'FAULT_LATCHED'


@pytest.mark.parametrize(
    ('simulation', 'uses', 'sources', 'state'),
    [
        (True, True, 1, 'EXECUTING'),
        (True, True, 2, 'HOLD'),
        (True, True, 0, 'HOLD'),
        (False, False, 0, 'EXECUTING'),
        (False, False, 1, 'FAULT_LATCHED'),
        (False, True, 1, 'FAULT_LATCHED'),
    ],
)
def test_d8_boundary_f26_of_the_number_of_clocks(simulation, uses, sources, state):
    cell = Watched(simulation=simulation).executing()
    cell.supervisor.inputs.clock.take_source(uses, sources)
    assert cell.run(0.01).state == state


def test_d8_breach_of_use_sim_time_that_flips():
    cell = Watched().executing()
    cell.supervisor.inputs.clock.take_source(True, 1)
    cell.run(0.01)
    cell.supervisor.inputs.clock.take_source(False, 0)
    assert cell.run(0.01).said[-1].reasons == ('D8 use_sim_time became False while running',)


# -- D9: the graph --------------------------------------------------------------------------


def test_d9_accepts_one_publisher_each():
    cell = Watched().executing()
    cell.supervisor.inputs.graph.take_publishers({'arm/command': 1, 'trajectory/approved': 1})
    assert cell.run(0.1).state == 'EXECUTING'


@pytest.mark.parametrize(('count', 'state'), [(0, 'EXECUTING'), (2, 'FAULT_LATCHED')])
def test_d9_boundary_of_the_number(count, state):
    cell = Watched().executing()
    cell.supervisor.inputs.graph.take_publishers({'arm/command': count})
    assert cell.run(0.01).state == state


@pytest.mark.parametrize(('count', 'state'), [(0, 'EXECUTING'), (1, 'FAULT_LATCHED')])
def test_d9_boundary_where_nobody_may_publish(count, state):
    cell = Watched().executing()
    cell.supervisor.inputs.graph.take_publishers({'c/command': count}, {'c/command': 0})
    assert cell.run(0.01).state == state


def test_d9_breach_of_a_delivery_that_does_not_match_names_the_topic_and_can_be_reset():
    cell = Watched().run()
    cell.supervisor.inputs.graph.take_mismatch('joint_states', 'reliability')
    cell.run(0.01)
    assert cell.said[-1].state == 'FAULT_LATCHED'
    assert cell.said[-1].reasons == (
        'D9 joint_states: somebody offers or asks for another reliability',
    )
    assert cell.run(0.1).supervisor.reset(cell.now).approved


# -- D10, D11: the camera -------------------------------------------------------------------


def looking(*samples, seconds=0.1, is_moving=True, **changes):
    """Show images, each followed by a while; gives the supervisor."""
    cell = Watched(**changes).run()
    for sample in samples:
        stamped = replace(sample, stamp=cell.now)
        cell.supervisor.inputs.camera.take(stamped, cell.now, is_moving=is_moving)
        cell.run(seconds)
    return cell


def images(count, **changes):
    return [replace(DIM, **{'mark': number, **changes}) for number in range(count)]


def withheld(cell):
    return cell.said[-1].withheld


def test_d10_accepts_a_camera_that_sees():
    cell = looking(*images(20))
    assert withheld(cell) == ()
    assert cell.propose().approved


@pytest.mark.parametrize(('count', 'is_moving', 'frozen'), [(2, True, 0), (3, True, 1), (9, 0, 0)])
def test_d10_boundary_of_equal_images_in_motion(count, is_moving, frozen):
    cell = looking(*images(count, mark=7), is_moving=is_moving)
    assert withheld(cell) == (('D10 camera: frozen, allowed 3',) if frozen else ())


@pytest.mark.parametrize(
    ('change', 'fine'),
    [
        ({'luma': 8.0}, True),
        ({'luma': 7.9}, False),
        ({'luma': 247.0}, True),
        ({'luma': 247.1}, False),
        ({'luma': float('nan')}, False),
        ({'saturated': 0.3}, True),
        ({'saturated': 0.301}, False),
        ({'depth': 0.5}, True),
        ({'depth': 0.499}, False),
        ({'depth': None}, True),
    ],
)
def test_d10_boundary_of_what_an_image_must_show(change, fine):
    assert (withheld(looking(*images(15, **change))) == ()) is fine


@pytest.mark.parametrize(('count', 'fine'), [(9, True), (13, False)])
def test_d10_boundary_of_the_patience_with_the_light(count, fine):
    assert (withheld(looking(*images(count, luma=0.0))) == ()) is fine


@pytest.mark.parametrize(('silence', 'fine'), [(1.8, True), (2.0, False)])
def test_d10_boundary_of_the_silence_of_a_camera_that_was_heard(silence, fine):
    cell = looking(*images(3), seconds=0.1).run(silence)
    assert (withheld(cell) == ()) is fine
    assert cell.state == 'ARMED'


def test_d10_breach_of_perception_that_died_withholds_until_it_is_back():
    cell = looking(*images(3)).run(9.0)
    refused = cell.propose()
    assert refused.reasons == ('E5 D10 camera: silent for 9.1 s, allowed 2',)
    for stamp in (cell.now, 0.05):  # the second one of a clock that was set back
        back = replace(DIM, stamp=stamp, mark=int(1e3 * stamp))
        cell.supervisor.inputs.camera.take(back, cell.now, is_moving=False)
        assert withheld(cell.run(0.1)) == ()
        cell.run(3.0)
        assert withheld(cell) != ()


def test_d10_breach_withholds_new_plans_and_lets_the_old_one_end():
    cell = Watched().executing()
    for number in range(15):
        black = CameraSample(cell.now, number, 0.0, 0.0)
        cell.supervisor.inputs.camera.take(black, cell.now, is_moving=True)
        cell.run(0.1)
    assert cell.state == 'EXECUTING'
    cell.status = replace(cell.status, state='succeeded')
    refused = cell.run(0.05).propose(name='next')
    assert refused.reasons == ('E5 D10 camera: mean luma 0, allowed 8',)


@pytest.mark.parametrize(('age', 'state'), [(0.19, 'EXECUTING'), (0.21, 'HOLD'), (-0.01, 'HOLD')])
def test_d10_boundary_of_age_in_motion_led_by_sight(age, state):
    cell = Watched(vision_guided=True)
    cell.feed = lambda inputs, now: inputs.camera.take(
        replace(DIM, stamp=now, mark=int(now * 1e3)), now, is_moving=True
    )
    cell.executing()
    cell.feed = None
    camera = cell.supervisor.inputs.camera
    latest = replace(DIM, stamp=cell.now + 1e-3, mark=-1)
    camera.take(latest, cell.now, is_moving=True)
    found = camera.findings(cell.now, latest.stamp + age)
    assert bool(found) == (state == 'HOLD')
    assert {item.response for item in found} <= {'H'}


def test_d10_breach_of_a_camera_that_was_never_heard_where_sight_leads():
    cell = Watched(vision_guided=True).run()
    assert cell.state == 'INIT'
    assert cell.said[-1].reasons == ('D10 camera: never heard',)


def test_d11_accepts_a_fixed_camera_and_a_fresh_pose():
    assert withheld(looking(*images(3))) == ()
    cell = Watched().run()
    fresh = replace(DIM, stamp=cell.now, pose_stamp=cell.now - 0.1, reprojection=0.5)
    cell.supervisor.inputs.camera.take(fresh, cell.now, is_moving=False)
    assert withheld(cell.run(0.01)) == ()


@pytest.mark.parametrize(('age', 'fine'), [(0.48, True), (0.52, False), (-0.02, False)])
def test_d11_boundary_of_the_age_of_the_pose(age, fine):
    cell = Watched().run()
    sample = replace(DIM, stamp=cell.now, pose_stamp=cell.now - age)
    cell.supervisor.inputs.camera.take(sample, cell.now, is_moving=False)
    assert (withheld(cell.run(0.01)) == ()) is fine


@pytest.mark.parametrize(('pixels', 'fine'), [(5.0, True), (5.1, False), (float('nan'), False)])
def test_d11_breach_of_a_camera_that_was_knocked(pixels, fine):
    assert (withheld(looking(replace(DIM, reprojection=pixels))) == ()) is fine


# -- D12: people ----------------------------------------------------------------------------

NEAR = protective_distance(replace(FENCED, max_tool_speed=0.25))
SHARED = {'people': 'shared', 'max_tool_speed': 0.25}
SLOW = replace(GOOD, times=4.0 * GOOD.times, velocities=GOOD.velocities / 4,
               accelerations=GOOD.accelerations / 16)  # fmt: skip


def among_people(distance, **changes):
    """Execute a slow trajectory while a person is at a distance, m."""
    cell = Watched(**{**SHARED, **changes})
    cell.person = 10.0
    cell.feed = lambda inputs, now: (
        inputs.people.take(cell.person, now) if cell.person is not None else None
    )
    cell.run()
    assert cell.propose(SLOW).approved
    cell.run(0.1)
    cell.person = distance
    return cell.run(0.05)


def test_d12_is_the_sum_of_the_published_example():
    assert pytest.approx(1.06, abs=0.005) == NEAR


def test_d12_accepts_full_pace_with_nobody_near():
    assert among_people(10.0).said[-1].scale == 1.0
    assert among_people(float('inf')).said[-1].scale == 1.0


@pytest.mark.parametrize(
    ('beyond', 'scale'), [(1.001, 1.0), (0.999, 0.95), (0.5001, 0.5), (0.0501, 0.05)]
)
def test_d12_boundary_f40_of_the_scale(beyond, scale):
    cell = among_people(NEAR + beyond)
    assert cell.said[-1].scale == pytest.approx(scale)
    assert cell.state == 'EXECUTING'


@pytest.mark.parametrize('distance', [NEAR, 0.3, 0.0, -1.0, float('nan')])
def test_d12_breach_waits_at_pace_zero(distance):
    cell = among_people(distance)
    said = cell.said[-1]
    assert (said.state, said.permission, said.scale) == ('HOLD', 'move', 0.0)
    # Waiting takes as long as it takes, and is not counted as overtime.
    assert cell.run(30.0).state == 'HOLD'


@pytest.mark.parametrize(('silence', 'state'), [(0.29, 'EXECUTING'), (0.32, 'HOLD')])
def test_d12_boundary_f40_of_a_silent_detector(silence, state):
    cell = among_people(10.0)
    cell.person = None
    assert cell.run(silence).state == state


def test_d12_breach_of_a_missing_detector_keeps_from_arming():
    cell = Watched(**SHARED).run(1.0)
    assert cell.state == 'INIT'
    assert cell.said[-1].reasons == ('D12 person detector: never heard',)


def test_d12_goes_on_after_a_while_and_a_person_who_arms():
    cell = among_people(0.5)
    cell.person = 10.0
    cell.run(1.9)
    assert not cell.supervisor.arm(cell.now).approved
    assert cell.run(5.0).state == 'HOLD'
    assert cell.supervisor.arm(cell.now, 'anna').approved
    assert cell.run(0.01).state == 'EXECUTING'


def test_d12_goes_on_by_itself_where_that_is_configured_and_not_before():
    cell = among_people(0.5, people_resume=True)
    cell.person = 10.0
    assert cell.run(1.9).state == 'HOLD'
    assert cell.run(0.2).state == 'EXECUTING'


@pytest.mark.parametrize('seconds', [30.0, 120.0])
def test_d12_f40_the_wait_is_not_counted_once_it_is_over(seconds):
    cell = among_people(0.5, people_resume=True).run(seconds)
    cell.person = 10.0
    said = cell.run(2.5).said[-1]
    assert (said.state, said.permission) == ('EXECUTING', 'move')
    cell.run(1.1 * SLOW.duration + 2.1)
    assert cell.said[-1].reasons == ('D4 move: not finished in time',)


def test_d12_breach_a_reset_does_not_let_it_go_on():
    cell = among_people(0.5)
    cell.person = 10.0
    cell.run(3.0)
    refused = cell.supervisor.reset(cell.now, 'a nonce', 'anna')
    assert 'nothing to reset' in refused.reasons[0]
    assert cell.run(0.1).state == 'HOLD'


def test_d12_another_person_begins_the_wait_anew():
    cell = among_people(0.5, people_resume=True)
    for distance, seconds in ((10.0, 1.5), (0.5, 0.1), (10.0, 1.5)):
        cell.person = distance
        cell.run(seconds)
    assert cell.state == 'HOLD'


def test_d12_a_latch_of_another_cause_can_be_reset_after_somebody_was_near():
    cell = among_people(0.5)
    cell.supervisor.stop('button', cell.now)
    cell.status = replace(cell.status, state='aborted')
    assert not cell.run(0.5).supervisor.reset(cell.now).approved
    cell.person = 10.0
    assert cell.run(2.1).supervisor.reset(cell.now).approved


def test_d12_arming_needs_a_detector_first_and_then_nothing_else():
    cell = Watched(**SHARED, self_arming=False).run(0.5)
    cell.feed = lambda inputs, now: inputs.people.take(9.0, now)
    cell.run(1.0)
    assert not cell.supervisor.arm(cell.now).approved
    assert cell.run(1.5).supervisor.arm(cell.now).approved


def test_d12_any_other_fault_while_waiting_is_a_hold():
    cell = among_people(0.5)
    cell.mute = {'controller'}
    assert cell.run(0.2).said[-1].permission == 'hold'


# -- D13: efforts ---------------------------------------------------------------------------


def pushing(*extra, margin=10.0):
    """Feed efforts with noise, then with something added, N·m."""
    rng = np.random.default_rng(1)
    cell = Watched(effort_margin=margin).executing()
    for more in (*[0.0] * 200, *extra):
        efforts = np.array([5.0, 20.0]) + rng.normal(0.0, 0.5, 2) + [0.0, more]
        cell.supervisor.inputs.efforts.take(NAMES[:2], efforts)
        cell.run(0.01)
    return cell


def test_d13_accepts_noise_and_slow_changes():
    assert pushing(*np.linspace(0.0, 30.0, 200)).state == 'EXECUTING'


@pytest.mark.parametrize(
    ('efforts', 'state'),
    [
        ([[np.nan, np.nan]] * 100, 'EXECUTING'),
        ([[np.nan, 20.0]] * 100, 'EXECUTING'),
        ([[np.nan, 0.0]] * 100 + [[np.nan, 40.0]], 'STOP_LATCHED'),
        ([[5.0, 20.0]] * 100 + [[np.nan, 20.0]], 'STOP_LATCHED'),
        ([[0.0, 0.0], [np.nan, np.nan]], 'STOP_LATCHED'),
        ([[np.inf, 20.0]], 'STOP_LATCHED'),
    ],
)
def test_d13_boundary_of_efforts_that_no_hardware_gives(efforts, state):
    cell = Watched().executing()
    for row in efforts:
        cell.supervisor.inputs.efforts.take(NAMES[:2], np.array(row))
        cell.run(0.01)
    assert cell.state == state


@pytest.mark.parametrize(('more', 'state'), [(8.0, 'EXECUTING'), (12.5, 'STOP_LATCHED')])
def test_d13_boundary_of_the_margin(more, state):
    assert pushing(more).state == state


def test_d13_breach_names_the_joint():
    said = pushing(60.0).said[-1].reasons[0]
    assert said.startswith('D13 elbow: ')
    assert said.endswith('over its baseline, allowed 10.0')
    assert pushing(float('nan')).said[-1].reasons == ('D13 efforts that are not finite',)


# -- D14: the simulator ---------------------------------------------------------------------


def simulated(**changes):
    def feed(inputs, now):
        values = {'time': now, 'warnings': 0, 'is_finite': True, 'resets_itself': False}
        inputs.simulator.take(SimulatorHealth(**{**values, **changes}))

    return fed(0.1, feed)


def test_d14_accepts_a_simulator_that_runs():
    assert simulated().state == 'EXECUTING'


def test_d14_boundary_time_may_stand_still():
    assert simulated(time=7.0).state == 'EXECUTING'


@pytest.mark.parametrize(
    ('change', 'word'),
    [
        ({'warnings': 1}, '1 warnings'),
        ({'is_finite': False}, 'not finite'),
        ({'resets_itself': True}, 'reset itself'),
        ({'time': float('nan')}, 'went back'),
    ],
)
def test_d14_breach_f34_is_a_fault(change, word):
    cell = Watched().executing()
    health = SimulatorHealth(**{'time': 1.0, 'warnings': 0, 'is_finite': True,
                                'resets_itself': False, **change})  # fmt: skip
    cell.supervisor.inputs.simulator.take(health)
    said = cell.run(0.02).said[-1]
    assert said.state == 'FAULT_LATCHED'
    assert word in said.reasons[0]


def test_d14_breach_of_time_that_goes_back():
    cell = Watched().executing()
    for time in (5.0, 4.999):
        cell.supervisor.inputs.simulator.take(SimulatorHealth(time, 0, True, False))
    assert cell.run(0.01).state == 'FAULT_LATCHED'


# -- D15: hardware --------------------------------------------------------------------------


def on_hardware(mode='NORMAL', faults='', silence=0.05, **changes):
    cell = Watched(**changes)
    cell.feed = lambda inputs, now: inputs.hardware.take('NORMAL', '', now)
    cell.executing()
    cell.feed = None
    cell.supervisor.inputs.hardware.take(mode, faults, cell.now)
    return cell.run(silence)


@pytest.mark.parametrize('mode', ['NORMAL', 'REDUCED'])
def test_d15_accepts_the_modes_in_which_it_may_be_moved(mode):
    assert on_hardware(mode).state == 'EXECUTING'


def test_d15_accepts_a_robot_without_a_status_unless_it_must_have_one():
    assert Watched().run().state == 'ARMED'
    cell = Watched(hardware_status=True).run()
    assert cell.said[-1].reasons == ('D15 hardware status: never heard',)


@pytest.mark.parametrize(('silence', 'state'), [(0.49, 'EXECUTING'), (0.52, 'STOP_LATCHED')])
def test_d15_boundary_of_its_silence(silence, state):
    assert on_hardware(silence=silence).state == state


@pytest.mark.parametrize(
    ('mode', 'faults'), [('PROTECTIVE_STOP', ''), ('', ''), ('NORMAL', 'joint 3 overheats')]
)
def test_d15_breach_f35_stops_and_purges(mode, faults):
    cell = on_hardware(mode, faults)
    assert cell.state == 'STOP_LATCHED'
    assert cell.said[-1].trajectory_id == ''
    cell.supervisor.inputs.hardware.take('NORMAL', '', cell.now)
    cell.status = replace(cell.status, state='aborted')
    cell.run(0.1)
    assert cell.supervisor.reset(cell.now).approved
    assert not cell.propose(name='move').approved


# -- E1: the stop button; the operator's pace -----------------------------------------------


def test_e1_accepts_a_button_that_is_not_pressed():
    assert fed(0.1, lambda inputs, now: inputs.button.take(False, now)).state == 'EXECUTING'


@pytest.mark.parametrize(('silence', 'state'), [(0.49, 'EXECUTING'), (0.52, 'STOP_LATCHED')])
def test_e1_boundary_of_a_button_that_must_be_heard(silence, state):
    cell = Watched(stop_button=True)
    cell.feed = lambda inputs, now: inputs.button.take(False, now)
    cell.executing()
    cell.feed = None
    assert cell.run(silence).state == state


def test_e1_breach_a_pressed_button_cannot_be_reset():
    cell = Watched().executing()
    cell.supervisor.inputs.button.take(True, cell.now)
    assert cell.run(0.1).state == 'STOP_LATCHED'
    assert 'button is pressed' in cell.supervisor.reset(cell.now).reasons[0]
    assert Watched(stop_button=True).run().state == 'INIT'


@pytest.mark.parametrize(
    ('asked', 'scale'), [(0.0, 0.0), (0.3, 0.3), (1.0, 1.0), (1.1, 1.0), (np.nan, 1.0), (-1, 1.0)]
)
def test_the_pace_of_the_operator_is_passed_on_within_its_range(asked, scale):
    cell = Watched().executing()
    assert cell.supervisor.inputs.take_speed(asked) == (scale == asked)
    assert cell.run(0.01).said[-1].scale == scale


@pytest.mark.parametrize(('scale', 'permission'), [(1.0, 'stop'), (0.25, 'move')])
def test_a_slow_pace_gives_more_time(scale, permission):
    cell = Watched().executing()
    cell.supervisor.inputs.take_speed(scale)
    assert cell.run(3.0 * GOOD.duration).said[-1].permission == permission


# -- speeds that are not sent ---------------------------------------------------------------


@pytest.mark.parametrize(('step', 'moves'), [(0.0, False), (5e-5, False), (2e-4, True)])
def test_without_velocities_two_states_tell_whether_the_arm_rests(step, moves):
    cell = Watched()
    joints = cell.supervisor.inputs.joints
    for count in range(5):
        now = 0.01 * count
        joints.take(JointState(now, NAMES, HOME + np.array([step * count, 0, 0])), now, now)
        assert joints.is_moving == (count == 0 or moves)
