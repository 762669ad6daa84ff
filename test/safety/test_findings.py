"""D and E1: what the audit gets of each finding, and exact thresholds of the monitors."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from qwen_embodied.messages import JointState
from qwen_embodied.safety import CameraSample, SimulatorHealth
from qwen_embodied.safety.camera import CameraMonitor
from qwen_embodied.safety.findings import FAULT, HOLD, NO_PLANS, STOP, Finding
from qwen_embodied.safety.inputs import Inputs
from qwen_embodied.safety.machine import (
    EffortMonitor,
    HardwareMonitor,
    SimulatorMonitor,
    StopButton,
)
from qwen_embodied.safety.monitors import HARD_SLACK, Heartbeats, StateMonitor
from qwen_embodied.safety.monitors_graph import GraphMonitor
from qwen_embodied.safety.monitors_time import ClockMonitor, LoopMonitor
from qwen_embodied.safety.people import PeopleMonitor, protective_distance
from safety.cases import FENCED, HOME, LIMITS, NAMES, at

INF, NAN = float('inf'), float('nan')
# Powers of two: a threshold itself is a number that a float can hold.
EXACT = replace(
    FENCED, state_timeout=0.125, silence_stop=0.5, state_future=0.03125, start_velocity=0.0625,
    camera_patience=1.0, camera_age=0.25, camera_pose_age=0.5, people_timeout=0.25,
    loop_overrun=0.0625, clock_jump=0.5, stop_button_timeout=0.5, hardware_timeout=0.25,
    most_saturated=0.25,
)  # fmt: skip


def told(found, *expected):
    """Compare findings with the expected ones, numbers to 1e-9."""
    assert [plain(item) for item in found] == [plain(item) for item in expected]


def plain(item):
    return tuple(
        pytest.approx(value, nan_ok=True, abs=1e-9) if isinstance(value, float) else value
        for value in astuple(item)
    )


# -- D1: the age of joint states ------------------------------------------------------------


def states(*taken, limits=LIMITS):
    """Give a monitor that took states: stamp, arrival, clock."""
    monitor = StateMonitor(limits, EXACT)
    for stamp, now, clock in taken:
        assert monitor.take(at(HOME, stamp), now, clock) is None
    return monitor


def test_d1_before_the_first_state_there_is_a_stop():
    told(states().findings(0.0), Finding('D1', 'joint_states: never heard', STOP))


@pytest.mark.parametrize(
    ('delay', 'gap', 'response'),
    [
        (0.0, 0.125, None),
        (0.0, 0.1251, HOLD),
        (0.0625, 0.0625, None),
        (0.0625, 0.0626, HOLD),
        (-0.03125, 0.0, None),
        (-0.03125, 0.125, None),
        (-0.0313, 0.0, HOLD),
        (0.0, 0.5, HOLD),
        (0.0, 0.501, STOP),
        (-0.5, 0.0, HOLD),
        (-0.501, 0.0, STOP),
        (-0.25, 0.501, STOP),
        (0.0, -0.03125, None),
        (0.0, -0.0313, HOLD),
        (0.0, -0.501, STOP),
    ],
)
def test_d1_boundary_of_delay_and_silence_together(delay, gap, response):
    found = states((5.0, 3.0, 5.0 + delay)).findings(3.0 + gap)
    assert [item.response for item in found] == ([response] if response else [])


def test_d1_findings_carry_age_and_limit():
    late = 'joint_states: silent for 0.25 s'
    told(states((5.0, 3.0, 5.125)).findings(3.125), Finding('D1', late, HOLD, 0.25, 0.125))
    ahead = 'joint_states: stamped 0.250 s in the future'
    told(states((5.0, 3.0, 4.75)).findings(3.0), Finding('D1', ahead, HOLD, 0.25, 0.03125))


@pytest.mark.parametrize(('clock', 'taken'), [(0.5, False), (0.4999, True), (0.9, False)])
def test_d1_boundary_of_a_clock_that_went_back(clock, taken):
    monitor = states((1.0, 3.0, 1.0), (clock, 3.1, clock))
    assert monitor.latest.stamp == (clock if taken else 1.0)
    # Two states across a jump of the clock tell no speed.
    bare = JointState(monitor.latest.stamp + 1.0, NAMES, HOME)
    assert monitor.take(bare, 3.2, clock + 1.0) is None
    assert not monitor.is_moving


def test_d1_after_a_jump_back_the_speed_is_unknown():
    monitor = StateMonitor(LIMITS, EXACT)
    for stamp in (10.0, 11.0):
        assert monitor.take(JointState(stamp, NAMES, HOME), stamp, stamp) is None
    assert not monitor.is_moving
    assert monitor.take(JointState(1.0, NAMES, HOME - 0.01), 11.5, 1.0) is None
    assert monitor.is_moving


@pytest.mark.parametrize(
    ('velocities', 'moves'),
    [
        ((0.0625, 0.0, 0.0), False),
        ((0.063, 0.0, 0.0), True),
        ((0.0, -0.063, 0.0), True),
        ((0.0, 0.0, 0.063), True),
    ],
)
def test_d1_boundary_of_rest(velocities, moves):
    monitor = StateMonitor(LIMITS, EXACT)
    assert monitor.is_moving
    monitor.take(at(HOME, 1.0, velocities), 1.0, 1.0)
    assert monitor.is_moving is moves


@pytest.mark.parametrize(('step', 'moves'), [(0.03125, False), (-0.0313, True)])
def test_d1_boundary_of_rest_by_two_states(step, moves):
    monitor = StateMonitor(LIMITS, EXACT)
    still = np.zeros(3)
    for stamp, positions in ((1.0, still), (1.5, still + np.array([step, 0, 0]))):
        assert monitor.take(JointState(stamp, NAMES, positions), stamp, stamp) is None
        assert stamp > 1.0 or monitor.is_moving
    assert monitor.is_moving is moves


# -- D2: the content of joint states --------------------------------------------------------


@pytest.mark.parametrize('joint', range(3))
@pytest.mark.parametrize(('sign', 'edge'), [(1, 'upper'), (-1, 'lower')])
def test_d2_boundary_of_each_hard_limit(joint, sign, edge):
    limit = getattr(LIMITS, edge)[joint] + sign * HARD_SLACK
    positions = HOME.copy()
    positions[joint] = limit
    assert states().take(at(positions, 1.0), 1.0, 1.0) is None
    positions[joint] = limit + sign * 1e-4
    found = states().take(at(positions, 1.0), 1.0, 1.0)
    text = f'{NAMES[joint]} measured at {positions[joint]:.4f}, beyond its limits'
    told([found], Finding('D2', text, STOP, float(positions[joint]), joint=NAMES[joint]))


@pytest.mark.parametrize('sign', [1.0, -1.0])
def test_d2_boundary_of_a_jump_is_what_the_joint_could_move(sign):
    monitor = StateMonitor(replace(LIMITS, velocity=[1.0, 1.0, 1.0]), EXACT)
    for stamp, place, fine in ((1.0, 0.0, True), (1.25, 0.3759, True), (1.5, 0.752, False)):
        found = monitor.take(at([sign * place, 0.5, 0.0], stamp), stamp, stamp)
        assert (found is None) is fine
    text = 'slide jumped by 0.3761, allowed 0.3760'
    told([found], Finding('D2', text, STOP, 0.3761, 0.376, joint='slide'))


def test_d2_breach_names_the_joint_that_is_farthest_beyond_what_it_could():
    monitor = states((1.0, 1.0, 1.0))
    # The slide may move by 0.151, the finger by 0.016 m.
    found = monitor.take(at(HOME + np.array([0.16, 0.0, -0.035]), 1.1), 1.1, 1.1)
    assert found.joint == 'finger'


def test_d2_a_repeated_stamp_is_no_jump_and_no_news():
    monitor = states((1.0, 1.0, 1.0))
    assert monitor.take(at(HOME + np.array([0.5, 0, 0]), 1.0), 1.05, 1.05) is None
    assert monitor.latest.positions[0] == HOME[0]


def test_d2_a_good_state_ends_the_finding_of_a_broken_one():
    monitor = states((1.0, 1.0, 1.0))
    broken = monitor.take(at(HOME * NAN, 1.1), 1.1, 1.1)
    told(monitor.findings(1.1), broken)
    assert monitor.take(at(HOME, 1.11), 1.11, 1.11) is None
    assert monitor.findings(1.11) == []


# -- D5: heartbeats -------------------------------------------------------------------------


def heart(age, counter=None, sources=('arm_controller',)):
    monitor = Heartbeats(replace(EXACT, heartbeats=list(sources)))
    monitor.take(sources[0], counter, 10.0)
    return monitor.findings(10.0 + age)


@pytest.mark.parametrize(
    ('age', 'response'),
    [(0.125, None), (0.126, HOLD), (0.5, HOLD), (0.501, STOP), (-0.03125, None), (-0.0313, HOLD)],
)
def test_d5_boundary_of_the_age_on_both_sides(age, response):
    found = heart(age)
    assert [item.response for item in found] == ([response] if response else [])
    if age == 0.5:
        told(found, Finding('D5', 'arm_controller: silent for 0.50 s', HOLD, 0.5, 0.125))


def test_d5_without_the_planner_nothing_new_starts_and_the_rest_goes_on():
    assert {item.response for item in heart(9.0, sources=('planner',))} == {NO_PLANS}
    never = Heartbeats(replace(EXACT, heartbeats=['planner', 'driver'])).findings(0.0)
    told(never, Finding('D5', 'planner: never heard', NO_PLANS, INF),
         Finding('D5', 'driver: never heard', STOP, INF))  # fmt: skip


def test_d5_a_counter_that_stands_still_is_no_heartbeat():
    monitor = Heartbeats(replace(EXACT, heartbeats=['a', 'b']))
    for now, first, second in ((10.0, 7, 7), (10.125, 7, 8), (10.25, None, 9)):
        monitor.take('a', first, now)
        monitor.take('b', second, now)
        found = monitor.findings(now)
        assert found == []
    monitor.take('a', 7, 10.5)
    assert [item.message[0] for item in monitor.findings(10.5)] == ['a', 'b']


# -- D7, D8, D9 -----------------------------------------------------------------------------


def test_d7_boundary_of_lateness_and_count():
    loop, now = LoopMonitor(EXACT), 9.0
    lateness = (0.0, 0.0625, 0.0626, 0.1, 0.0, 0.1, 0.1, NAN)
    overruns = (0, 0, 1, 2, 2, 3, 4, 5)
    loop.take(now, 0.25)
    for late, count in zip(lateness, overruns, strict=True):
        assert loop.findings(now) == []
        now += 0.25 + late
        loop.take(now, 0.25)
        assert loop.overruns == count
    text = 'the loop was late 3 times in a row, allowed 2'
    told(loop.findings(now), Finding('D7', text, STOP, 3, 2))


def clocks(*pairs, **changes):
    monitor = ClockMonitor(replace(EXACT, **changes))
    for clock, now in pairs:
        monitor.take(clock, now)
    return monitor


def test_d8_findings_carry_the_jump_and_purge():
    back = Finding('D8', 'the clock went back by 0.500 s', HOLD, -0.5, 0.0, purges=True)
    ahead = Finding('D8', 'the clock jumped ahead by 0.750 s, allowed 0.5', HOLD, 0.75, 0.5,
                    purges=True)  # fmt: skip
    monitor = clocks((5.0, 1.0), (4.5, 1.25), (5.5, 1.5))
    told(monitor.findings(1.5), back, ahead)
    assert monitor.findings(1.5) == []


@pytest.mark.parametrize(
    ('pairs', 'count'),
    [
        (((5.0, 1.0), (5.0, 2.0)), 0),
        (((5.0, 1.0), (5.75, 1.25)), 0),
        (((5.0, 1.0), (5.7501, 1.25)), 1),
        (((0.0, 1.0), (9.0, 1.1)), 0),
        (((9.0, 1.0), (0.0, 1.1), (0.1, 1.2)), 0),
        (((1.0, 1.0), (2.0, 1.1)), 1),
    ],
)
def test_d8_boundary_of_a_jump_and_a_clock_that_has_not_started(pairs, count):
    assert len(clocks(*pairs).findings(9.0)) == count


@pytest.mark.parametrize(('simulation', 'response'), [(True, HOLD), (False, FAULT)])
def test_d8_findings_of_the_number_of_clocks(simulation, response):
    monitor = clocks(simulation=simulation)
    assert monitor.findings(0.0) == []
    monitor.take_source(False, 2)
    told(
        monitor.findings(0.0), Finding('D8', '/clock has 2 publishers, allowed 0', response, 2, 0)
    )
    monitor.take_source(True, 1)
    flip = Finding('D8', 'use_sim_time became True while running', response, purges=True)
    if simulation:
        told(monitor.findings(0.0), flip)
        assert monitor.findings(0.0) == []
    else:
        told(monitor.findings(0.0), flip,
             Finding('D8', 'use_sim_time is set on hardware', FAULT, purges=True),
             Finding('D8', '/clock has 1 publishers, allowed 0', FAULT, 1, 0))  # fmt: skip


def test_d9_findings_name_the_topic():
    graph = GraphMonitor()
    assert graph.findings(0.0) == []
    graph.take_publishers({'a': 2, 'b': 1, 'c': 0})
    graph.take_mismatch('d', 'durability')
    told(graph.findings(0.0), Finding('D9', 'a has 2 publishers, allowed 1', FAULT, 2, 1),
         Finding('D9', 'd: somebody offers or asks for another durability', FAULT))  # fmt: skip
    graph.forget()
    graph.take_publishers({'a': 1})
    assert graph.findings(0.0) == []


# -- D10, D11: the camera -------------------------------------------------------------------

FINE = CameraSample(1.0, 1, 100.0, 0.1, 0.9)


def seen(*samples, now=1.0, clock=1.0, is_moving=False, **changes):
    monitor = CameraMonitor(replace(EXACT, **changes))
    for sample in samples:
        monitor.take(sample, sample.stamp, is_moving=is_moving)
    # Not before the last image came.
    return monitor.findings(max([now, *(s.stamp for s in samples if s.stamp == s.stamp)]), clock)


@pytest.mark.parametrize(
    ('sample', 'clock', 'changes', 'expected'),
    [
        (FINE, 1.25, {'vision_guided': True}, None),
        (FINE, 0.96875, {'vision_guided': True}, None),
        (FINE, 1.5, {'vision_guided': True},
         Finding('D10', 'camera: image 0.50 s old, allowed 0.25', HOLD, 0.5, 0.25)),
        (FINE, 0.5, {'vision_guided': True},
         Finding('D10', 'camera: image -0.50 s old, allowed 0.25', HOLD, -0.5, 0.25)),
        (FINE, 9.0, {}, None),
        (replace(FINE, depth=0.0), 1.0, {},
         Finding('D10', 'camera: depth in 0% of the image, allowed 0.5', NO_PLANS, 0.0, 0.5)),
        (replace(FINE, depth=0.5), 1.0, {}, None),
        (replace(FINE, depth=1.0), 1.0, {}, None),
        (replace(FINE, depth=1.5), 1.0, {},
         Finding('D10', 'camera: depth in 150% of the image, allowed 0.5', NO_PLANS, 1.5, 0.5)),
        (replace(FINE, pose_stamp=0.5), 1.0, {}, None),
        (replace(FINE, pose_stamp=1.03125), 1.0, {}, None),
        (replace(FINE, pose_stamp=0.25), 1.0, {},
         Finding('D11', 'pose of the camera 0.75 s old, allowed 0.5', NO_PLANS, 0.75, 0.5)),
        (replace(FINE, pose_stamp=1.25), 1.0, {},
         Finding('D11', 'pose of the camera -0.25 s old, allowed 0.5', NO_PLANS, -0.25, 0.5)),
        (replace(FINE, reprojection=5.0), 1.0, {}, None),
        (replace(FINE, reprojection=0.0), 1.0, {}, None),
        (replace(FINE, reprojection=6.0), 1.0, {},
         Finding('D11', 'a known point is seen 6.0 px off, allowed 5', NO_PLANS, 6.0, 5.0)),
        (replace(FINE, reprojection=-1.0), 1.0, {},
         Finding('D11', 'a known point is seen -1.0 px off, allowed 5', NO_PLANS, -1.0, 5.0)),
    ],
)  # fmt: skip
def test_d10_d11_findings_carry_value_and_limit(sample, clock, changes, expected):
    told(seen(sample, clock=clock, **changes), *([expected] if expected else []))


def test_d10_without_an_image_only_motion_led_by_sight_waits():
    assert seen() == []
    told(seen(vision_guided=True), Finding('D10', 'camera: never heard', HOLD))


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'luma': 8.0}, ''),
        ({'luma': 7.0}, 'mean luma 7'),
        ({'luma': 247.0}, ''),
        ({'luma': 248.0}, 'mean luma 248'),
        ({'luma': NAN}, 'mean luma nan'),
        ({'saturated': 0.25}, ''),
        ({'saturated': 0.0}, ''),
        ({'saturated': 0.26}, '26% of the image saturated'),
        ({'saturated': -0.1}, '-10% of the image saturated'),
    ],
)
def test_d10_light_may_be_wrong_for_a_while(change, said):
    bad = replace(FINE, **change)
    images = [replace(bad, stamp=stamp, mark=int(8 * stamp)) for stamp in (0.0, 0.5, 1.0)]
    assert seen(*images, now=1.0) == []
    found = seen(*images, now=1.001)
    expected = Finding('D10', f'camera: {said}, allowed 8', NO_PLANS, bad.luma, 8.0)
    told(found, *([expected] if said else []))
    # One good image between them begins the patience anew.
    assert seen(*images[:2], replace(FINE, stamp=0.75), images[2], now=1.5) == []


@pytest.mark.parametrize(('count', 'frozen'), [(2, False), (3, True)])
def test_d10_equal_images_with_new_stamps_are_frozen(count, frozen):
    images = [replace(FINE, stamp=1.0 + k) for k in range(count)]
    frozen_one = Finding('D10', 'camera: frozen, allowed 3', NO_PLANS, count, 3)
    told(seen(*images, is_moving=True), *([frozen_one] if frozen else []))
    # Repeated deliveries and older images are no news.
    assert seen(*images[:2], *images[:2], is_moving=True) == []
    assert seen(*images[:2], replace(FINE, stamp=8.0, mark=2), replace(FINE, stamp=9.0),
                is_moving=True) == []  # fmt: skip


def test_d10_a_stamp_that_is_no_number_does_not_blind_the_watch():
    lost = replace(FINE, stamp=NAN)
    black = [replace(FINE, stamp=1.0 + k, mark=k, luma=0.0) for k in range(3)]
    assert 'mean luma 0' in seen(lost, *black, now=4.5)[0].message
    assert 'nan s old' in seen(FINE, lost, vision_guided=True)[0].message


def test_d10_a_sample_sums_up_its_image():
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[..., 0], rgb[..., 1], rgb[..., 2] = 100, 200, 50
    depth = np.full((8, 8), 0.5, np.float32)
    depth[0, 0] = np.nan
    depth[0, 4] = 0.0
    sample = CameraSample.of(2.5, rgb, depth)
    assert (sample.stamp, sample.depth, sample.saturated) == (2.5, 0.5, 0.0)
    assert sample.luma == pytest.approx(0.299 * 100 + 0.587 * 200 + 0.114 * 50)
    rgb[0, 0, 1], rgb[4, 4, 2] = 250, 251
    assert CameraSample.of(2.5, rgb).saturated == 0.25
    assert CameraSample.of(2.5, rgb).depth is None


def test_d10_the_mark_tells_images_and_depths_apart():
    rgb, depth = np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), np.float32)
    other, moved = rgb.copy(), depth.copy()
    other[4, 4, 2], moved[4, 0] = 1, 2.0
    given = ((rgb,), (other,), (rgb, depth), (rgb, moved), (other, depth))
    marks = [CameraSample.of(0.0, *images).mark for images in given]
    assert len(set(marks)) == 5
    assert CameraSample.of(1.0, rgb.copy(), depth.copy()).mark == marks[2]


# -- D12: people ----------------------------------------------------------------------------

SHARED = replace(EXACT, people='shared', max_tool_speed=0.25, people_clear=2.0)
NEAR = protective_distance(SHARED)


@pytest.mark.parametrize(
    'name', ['human_speed', 'reaction_time', 'stopping_time', 'intrusion', 'position_error']
)
def test_d12_the_distance_follows_the_table(name):
    p = replace(SHARED, **{name: 1.5 * getattr(SHARED, name)})
    way = p.human_speed * (p.reaction_time + p.stopping_time) + 0.25 * p.reaction_time
    expected = way + 0.25 * p.stopping_time / 2 + p.intrusion + p.position_error
    assert protective_distance(p) == pytest.approx(expected)


def people(*heard, **changes):
    """Give a monitor that took distances beyond the protective one, m, at times, s."""
    monitor = PeopleMonitor(replace(SHARED, **changes))
    for beyond, now in heard:
        monitor.take(NEAR + beyond, now)
        monitor.scale(now)
    return monitor


def test_d12_findings_say_who_is_missing_or_near():
    told(people().findings(1.0),
         Finding('D12', 'person detector: never heard', HOLD, INF, 0.25))  # fmt: skip
    told(people((9.0, 1.0)).findings(1.5),
         Finding('D12', 'person detector: silent for 0.50 s', HOLD, 0.5, 0.25))  # fmt: skip
    near = people((-0.5, 1.0)).findings(1.25)
    text = f'a person is {NEAR - 0.5:.2f} m away, allowed {NEAR:.2f}'
    told(near, Finding('D12', text, HOLD, NEAR - 0.5, NEAR))
    for resume, way in ((False, 'arm to go on'), (True, 'wait')):
        was = people((-0.5, 1.0), (0.5, 1.5), people_resume=resume).findings(1.5)
        told(was, Finding('D12', f'a person was near; {way}', HOLD, NEAR + 0.5, NEAR))
    assert people((0.5, 1.0)).findings(1.25) == []


@pytest.mark.parametrize(('age', 'scale'), [(0.0, 1.0), (0.25, 1.0), (0.2501, 0.0), (-0.01, 0.0)])
def test_d12_boundary_of_the_age_of_a_distance(age, scale):
    assert people((9.0, 1.0)).scale(1.0 + age) == scale


def test_d12_the_pace_falls_in_steps_over_a_metre():
    for beyond in np.linspace(0.01, 1.2, 60):
        exact = min(beyond, 1.0)
        scale = people((beyond, 1.0)).scale(1.0)
        assert scale == pytest.approx(round(20 * scale) / 20)
        assert exact - 0.05 - 1e-9 <= scale <= exact + 1e-9


def test_d12_zero_is_a_distance_and_less_is_none():
    monitor = PeopleMonitor(SHARED)
    for distance in (0.0, -1.0, NAN):
        monitor.take(distance, 1.0)
        assert monitor.findings(1.0)[0].value == 0.0


@pytest.mark.parametrize(('seconds', 'goes'), [(2.0, True), (1.999, False)])
@pytest.mark.parametrize('resume', [True, False])
def test_d12_boundary_of_the_time_after_which_it_goes_on(seconds, goes, resume):
    monitor = people((-0.5, 1.0), (9.0, 2.0), people_resume=resume)
    monitor.take(INF, 2.0 + seconds)
    assert monitor.scale(2.0 + seconds) == (1.0 if goes and resume else 0.0)
    monitor.resume(2.0 + seconds)
    assert monitor.scale(2.0 + seconds) == float(goes)


def test_d12_is_judged_only_where_people_may_be():
    fenced = PeopleMonitor(replace(SHARED, people='fenced'))
    assert (fenced.scale(1.0), fenced.findings(1.0)) == (1.0, [])


# -- D13, D14, D15, E1 ----------------------------------------------------------------------


def efforts(*rows, names=('a', 'b'), **changes):
    """Give the findings after each row of efforts, N·m."""
    monitor = EffortMonitor(replace(FENCED, **{'effort_margin': 10.0, **changes}))
    found = []
    for row in rows:
        monitor.take(names, np.array(row, dtype=float))
        found.append(monitor.findings(0.0))
    return found


@pytest.mark.parametrize(('count', 'judged'), [(49, False), (50, True)])
def test_d13_the_first_efforts_make_the_baseline(count, judged):
    found = efforts(*[(1.0, 2.0)] * count, (1.0, 32.0))
    assert not any(found[:-1])
    expected = Finding('D13', 'b: 30.0 N·m over its baseline, allowed 10.0', STOP, 30.0, 10.0)
    told(found[-1], *([expected] if judged else []))


@pytest.mark.parametrize(('more', 'fine'), [(10.0, True), (-10.0, True), (-10.1, False)])
def test_d13_boundary_of_the_margin_on_both_sides(more, fine):
    assert (efforts(*[(1.0, 2.0)] * 60, (1.0, 2.0 + more))[-1] == []) is fine


@pytest.mark.parametrize(('sigmas', 'fine'), [(2.7, True), (3.3, False)])
def test_d13_boundary_of_noise_is_its_deviation(sigmas, fine):
    noise = [(5.0 + 20.0 * (-1) ** k, 0.0) for k in range(400)]
    assert (efforts(*noise, (5.0 + 20.0 * sigmas, 0.0))[-1] == []) is fine


def test_d13_the_baseline_follows_the_mean_slowly():
    settled = [(0.0, 0.0)] * 100
    steps = efforts(*settled, *[(9.0, 0.0)] * 14, (18.9, 0.0), effort_sigma=1.0)
    # After 14 of them it has come to 9 · (1 - 0.95 ** 14) = 4.6.
    assert steps[-2] == []
    assert steps[-1][0].value == pytest.approx(18.9 - 9.0 * (1 - 0.95**14))


def test_d13_joints_that_change_begin_a_baseline_and_nan_is_none():
    monitor = EffortMonitor(FENCED)
    for _ in range(60):
        monitor.take(('a', 'b'), np.array([100.0, 100.0]))
    monitor.take(('a',), np.array([0.0]))
    assert monitor.findings(0.0) == []
    monitor.take(('a',), np.array([NAN]))
    told(monitor.findings(0.0), Finding('D13', 'efforts that are not finite', STOP))
    monitor.take(('a',), np.array([0.0]))
    assert monitor.findings(0.0) == []


def test_d14_the_first_fault_stays_and_all_of_it_is_said():
    monitor = SimulatorMonitor()
    monitor.take(SimulatorHealth(5.0, 0, True, False))
    assert monitor.findings(0.0) == []
    monitor.take(SimulatorHealth(4.5, 2, False, True))
    monitor.take(SimulatorHealth(4.0, 3, True, False))
    text = ('simulator: 2 warnings, a state that is not finite, it would reset itself after a '
            'fault, its time went back to 4.500 s')  # fmt: skip
    told(monitor.findings(0.0), Finding('D14', text, FAULT))


@pytest.mark.parametrize(
    ('mode', 'faults', 'age', 'expected'),
    [
        ('NORMAL', '', 0.25, None),
        ('REDUCED', '', 0.0, None),
        ('NORMAL', '', 0.5, Finding('D15', 'hardware status: silent for 0.50 s', HOLD, 0.5, 0.25)),
        ('NORMAL', '', 0.501,
         Finding('D15', 'hardware status: silent for 0.50 s', STOP, 0.501, 0.25)),
        ('NORMAL', '', -0.5,
         Finding('D15', 'hardware status: silent for -0.50 s', HOLD, -0.5, 0.25)),
        ('STOPPED', '', 0.0,
         Finding('D15', 'the robot is in mode STOPPED, allowed NORMAL, REDUCED', STOP,
                 purges=True)),
        ('NORMAL', 'hot', 0.0,
         Finding('D15', 'the robot is in mode NORMAL hot, allowed NORMAL, REDUCED', STOP,
                 purges=True)),
    ],
)  # fmt: skip
def test_d15_findings_carry_age_and_mode(mode, faults, age, expected):
    monitor = HardwareMonitor(EXACT)
    monitor.take(mode, faults, 10.0)
    told(monitor.findings(10.0 + age), *([expected] if expected else []))


@pytest.mark.parametrize('needed', [True, False])
def test_d15_e1_what_was_never_heard_counts_where_it_must_be(needed):
    status = HardwareMonitor(replace(EXACT, hardware_status=needed))
    never = Finding('D15', 'hardware status: never heard', STOP, purges=True)
    told(status.findings(1.0), *([never] if needed else []))
    button = StopButton(replace(EXACT, stop_button=needed))
    silent = Finding('E1', 'stop button: never heard', STOP, INF, 0.5)
    told(button.findings(1.0), *([silent] if needed else []))


@pytest.mark.parametrize(
    ('age', 'response'), [(0.0, None), (0.5, None), (0.501, STOP), (-0.25, HOLD)]
)
def test_e1_boundary_of_the_silence_of_a_button(age, response):
    button = StopButton(replace(EXACT, stop_button=True))
    button.take(False, 10.0)
    text = f'stop button: silent for {age:.2f} s'
    expected = Finding('E1', text, response, age, 0.5)
    told(button.findings(10.0 + age), *([expected] if response else []))
    button.take(True, 10.0)
    told(button.findings(99.0), Finding('E1', 'the stop button is pressed', STOP))


# -- all of them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('error', 'fine'), [(0.0, True), (0.125, True), (0.126, False), (-0.01, False), (NAN, False)]
)
def test_d3_boundary_of_the_tracking_error_itself(error, fine):
    inputs = Inputs(LIMITS, replace(EXACT, tracking_stop=0.125, unsafe_disable='D10'))
    inputs.take_tracking_error(error)
    found = [item for item in inputs.findings(0.0) if item.rule == 'D3']
    text = f'tracking error {error:.3f} rad, allowed 0.125'
    told(found, *([] if fine else [Finding('D3', text, STOP, error, 0.125)]))


def test_a_rule_that_is_off_is_not_reported_and_the_others_are():
    def found(off):
        inputs = Inputs(LIMITS, replace(EXACT, unsafe_disable=off))
        inputs.graph.take_publishers({'a': 2})
        inputs.take_tracking_error(1.0)
        return [item.rule for item in inputs.findings(0.0)]

    assert found('') == ['D1', 'D5', 'D9', 'D3']
    assert found('D9') == ['D1', 'D5', 'D3']
    assert found('D3 D9') == ['D1', 'D5']


def test_the_pace_is_the_smaller_of_what_operator_and_people_allow():
    inputs = Inputs(LIMITS, SHARED)
    assert inputs.stamps(7.5) == 7.5
    inputs.joints.take(at(HOME, 3.0), 7.0, 3.0)
    assert inputs.stamps(7.5) == 3.0
    inputs.people.take(NEAR + 0.5001, 1.0)
    for asked, taken, scale in ((0.25, True, 0.25), (1.0, True, 0.5), (0.0, True, 0.0),
                                (1.5, False, 0.0), (NAN, False, 0.0)):  # fmt: skip
        assert inputs.take_speed(asked) is taken
        assert inputs.scale(1.0) == scale
