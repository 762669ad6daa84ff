"""C: what the audit gets of each breach (joint, time, value, limit), and exact thresholds."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from qwen_embodied.messages import JointState, JointTrajectory
from qwen_embodied.safety import Parameters, check_size, check_trajectory
from qwen_embodied.safety.curve import draw
from qwen_embodied.safety.line import is_straight
from safety.cases import (
    ARM,
    GOOD,
    HOME,
    LIMITS,
    NAMES,
    Hit,
    SlidingBody,
    at,
    broken,
    context,
    cubic,
    line,
    quintic,
)

NAN = float('nan')
FAR = quintic([0.5, 0.5, 0.04], 2.0)  # the slide moves by 0.5 m, at most at 0.469 m/s


def numbers(trajectory, **changes):
    """Give rule, joint, time, value and limit of the first breach."""
    found = check_trajectory(trajectory, context(**changes))[0]
    assert found.message
    return astuple(replace(found, message=''))[0:1] + astuple(found)[2:]


def changed(field, index, value, trajectory=GOOD):
    values = getattr(trajectory, field).copy()
    values[index] = value
    return replace(trajectory, **{field: values})


def moved(velocity):
    """Give a cubic that starts with a speed of the slide, m/s."""
    return cubic([0.0, 1.0], [0.0, 0.05], [velocity, 0.0])


@pytest.mark.parametrize(
    ('trajectory', 'changes', 'expected'),
    [
        (cubic([0.0], [0.0], [0.0]), {}, ('C2', None, None, 1, 2000)),
        (replace(GOOD, joint_names=('slide', 'slide', 'finger')), {},
         ('C2', 'slide', None, None, None)),
        (replace(GOOD, joint_names=(*ARM, 'toe')), {}, ('C1', 'finger', None, None, None)),
        (changed('positions', (3, 1), np.inf), {}, ('C2', 'elbow', None, np.inf, None)),
        (changed('times', 3, np.inf), {}, ('C2', None, None, np.inf, None)),
        (cubic([1.5, 2.0], [0] * 2, [0] * 2), {}, ('C2', None, 1.5, 1.5, 1.0)),
        (cubic([0.0, 1.0, 0.5], [0] * 3, [0] * 3), {}, ('C1', None, 1.0, -0.5, 0.0)),
        (cubic([0.0, 0.5, 2.0], [0] * 3, [0] * 3), {}, ('C2', None, 0.5, 1.5, 1.0)),
        (cubic([0.0, 0.5, 0.501], [0] * 3, [0] * 3), {}, ('C2', None, 0.5, 0.001, 0.002)),
        (cubic([0.0, 1.0, 2.0], [0] * 3, [0] * 3), {'max_duration': 1.5},
         ('C2', None, None, 2.0, 1.5)),
        (changed('velocities', (-1, 1), 0.1), {}, ('C1', 'elbow', 2.0, 0.1, 0.0)),
        (changed('accelerations', (-1, 0), -0.5), {'check_jerk': True},
         ('C2', 'slide', 2.0, -0.5, 0.0)),
        (GOOD, {'now': 0.25}, ('C3', None, None, 0.25, 0.1)),
        (GOOD, {'now': -0.25}, ('C3', None, None, -0.25, -0.005)),
        (GOOD, {'state': JointState(0.0, ('slide',), [0.0])}, ('C3', 'elbow', None, None, None)),
        (GOOD, {'state': at([0.0, 0.75, 0.04])}, ('C3', 'elbow', 0.0, 0.25, 0.01)),
        (moved(0.02), {}, ('C3', 'slide', 0.0, 0.02, 0.01)),
        (GOOD, {'state': at(velocities=[0, -0.2, 0])}, ('C3', 'elbow', 0.0, 0.2, 0.1)),
        (cubic([0.0, 1.0], [0.0, 1.7e308], [0, 0]), {}, ('C4', 'slide', 0.002, NAN, None)),
        (quintic([0.0, 2.2, 0.04], 5.0), {}, ('C5', 'elbow', 5.0, 2.2, 1.95)),
        (quintic([0.0, -2.2, 0.04], 8.0), {}, ('C5', 'elbow', 8.0, -2.2, -1.95)),
        (quintic([0.0, 0.5, 0.0], 0.5), {}, ('C6', 'finger', 0.25, -0.15, 0.1)),
        (FAR, {'body': SlidingBody(), 'max_tool_speed': 0.25}, ('C7', None, 1.0, 0.4687, 0.25)),
        (FAR, {'body': SlidingBody(wall=0.3)}, ('C9', None, 1.066, 0.0196, 0.02)),
        (FAR, {'body': SlidingBody(condition=40.0)}, ('C10', None, 0.0, 40.0, 30.0)),
        (quintic([0.5, 0.5, 0.04], 2.0, count=3), {'body': SlidingBody()},
         ('C10', 'slide', 0.0, 0.25, 0.2)),
    ],
)  # fmt: skip
def test_every_breach_carries_joint_time_value_and_limit(trajectory, changes, expected):
    found = numbers(trajectory, **changes)
    assert found == (
        *expected[:2],
        *(pytest.approx(v, abs=2.1e-3, nan_ok=True) for v in expected[2:]),
    )


def test_a_doubled_name_counts_from_two_on():
    long = replace(GOOD, joint_names=(*ARM, 'x' * 64))
    found = check_trajectory(long, context())
    assert [breach.rule for breach in found] == ['C1', 'C1']


@pytest.mark.parametrize(
    ('times', 'said'),
    [
        ([1.5, 2.0], 'C2 the first point is at 1.5 s, allowed 0 to 1'),
        ([0.0, 0.5, 2.0], 'C2 1.5 s between the points 1 and 2, allowed 0.002 to 1'),
        ([0.0, 1.0, 0.5], 'C1 time does not increase after point 1 (1 s)'),
        (np.arange(62.0), 'C2 61 s long, allowed 60'),
    ],
)
def test_c1_c2_breaches_of_times_name_the_points(times, said):
    assert line(cubic(times, np.zeros(len(times)), np.zeros(len(times)))) == said


def test_what_is_said_of_unknown_joints_is_bounded():
    names = tuple(f'{k:02d}{"x" * 60}' for k in range(10))
    many = JointTrajectory((*NAMES, *names), [0, 1.0], np.zeros((2, 13)), np.zeros((2, 13)))
    said = line(many)
    assert said.removeprefix('C1 joints that are not of this arm: ') == ', '.join(names)[:200]


@pytest.mark.parametrize(
    ('points', 'joints', 'expected'),
    [
        (2, 1, ()),
        (2000, 64, ()),
        (1, 8, ('C2', 1, 2000)),
        (2001, 8, ('C2', 2001, 2000)),
        (2, 0, ('C1', 0, 64)),
        (2, 65, ('C1', 65, 64)),
    ],
)
def test_c1_c2_boundary_of_the_size(points, joints, expected):
    found = check_size(points, joints, Parameters())
    assert tuple((b.rule, b.value, b.limit) for b in found) == ((expected,) if expected else ())
    assert all('allowed' in breach.message for breach in found)


@pytest.mark.parametrize(('speed', 'fine'), [(1e-6, True), (1.1e-6, False), (-1.1e-6, False)])
def test_c1_boundary_of_rest_at_the_end(speed, fine):
    assert broken(changed('velocities', (-1, 1), speed)) == (set() if fine else {'C1'})


# Powers of two: the boundary itself is a number that a float can hold.
@pytest.mark.parametrize(
    ('trajectory', 'changes'),
    [
        (GOOD, {'now': 0.125, 'state_timeout': 0.125}),
        (GOOD, {'now': -0.03125, 'state_future': 0.03125}),
        (GOOD, {'state': at(HOME + np.array([0, 0.125, 0])), 'start_tolerance': 0.125}),
        (moved(0.125), {'start_velocity': 0.125}),
        (GOOD, {'state': at(velocities=[0, -0.125, 0]), 'moving_velocity': 0.125}),
        (cubic([1.0, 2.0], [0] * 2, [0] * 2), {'max_step': 1.0}),
        (cubic([0.0, 0.125], [0] * 2, [0] * 2), {'min_step': 0.125}),
        (cubic([0.0, 1.0, 1.5], [0] * 3, [0] * 3), {'max_duration': 1.5}),
    ],
)
def test_c1_to_c3_accept_the_threshold_itself(trajectory, changes):
    assert broken(trajectory, **changes) == set()


# -- C4, C5: the curve ----------------------------------------------------------------------


def test_c4_the_curve_is_sampled_from_the_first_point_to_the_last_and_at_each():
    late = replace(GOOD, times=GOOD.times + 0.5)
    curve = draw(late, context())
    assert (curve.times[0], curve.times[-1]) == (0.5, 2.5)
    assert np.diff(curve.times).max() <= 1 / 500 + 1e-9
    assert np.diff(curve.times).min() > 1e-6
    assert all(np.abs(curve.times - point).min() < 1e-6 for point in late.times)


def braking(direction):
    """Give a fast move of the slide, and the farthest place at which it could be at rest, m."""
    trajectory = quintic([0.6 * direction, 0.5, 0.04], 1.2)
    where = context(stop_latency=0.1)
    samples = draw(trajectory, where).samples
    q, v = samples.positions[:, 0] * direction, samples.velocities[:, 0] * direction
    reach = q + v**2 / (2 * LIMITS.acceleration[0]) + 0.1 * v
    assert reach.max() > q.max() + 0.02
    return trajectory, float(reach.max())


@pytest.mark.parametrize('direction', [1.0, -1.0])
@pytest.mark.parametrize(('room', 'fine'), [(1e-4, True), (-1e-4, False)])
def test_c5_boundary_of_the_way_that_braking_takes(direction, room, fine):
    trajectory, reach = braking(direction)
    edges = {'upper': LIMITS.upper.copy(), 'lower': LIMITS.lower.copy()}
    edges['upper' if direction > 0 else 'lower'][0] = direction * (reach + room)
    found = broken(trajectory, limits=replace(LIMITS, **edges), stop_latency=0.1,
                   position_margin=0.0)  # fmt: skip
    assert found == (set() if fine else {'C5'})


@pytest.mark.parametrize('direction', [1.0, -1.0])
def test_c5_accepts_a_fast_way_out_of_a_corner(direction):
    start = [-0.94 * direction, 0.5, 0.04]
    away = quintic([0.0, 0.5, 0.04], 1.8, start=start)
    assert broken(away, state=at(start), stop_latency=0.1) == set()


def test_c5_breach_names_the_worst_sample():
    found = check_trajectory(quintic([1.2, 0.5, 0.04], 6.0), context())
    assert [(breach.rule, breach.time, breach.value) for breach in found] == [
        ('C5', pytest.approx(6.0), pytest.approx(1.2))
    ]


# -- C7, C8, C9: the tool and its surroundings ----------------------------------------------


class Slanted(SlidingBody):
    """The tool moves along x, y and z together."""

    def tool_positions(self, positions):
        return positions[:, :1] * np.array([1.0, 0.5, 0.25])


BOX = {'workspace_lower': [-1.0, -1.0, -1.0], 'workspace_upper': [1.0, 1.0, 1.0]}
WIDE = {'body_lower': [-2.0, -2.0, -2.0], 'body_upper': [2.0, 2.0, 2.0]}


@pytest.mark.parametrize('sign', [1.0, -1.0])
@pytest.mark.parametrize(('axis', 'reach'), [(0, 0.5), (1, 0.25), (2, 0.125)])
@pytest.mark.parametrize(('room', 'fine'), [(0.0, True), (-1e-4, False)])
def test_c8_boundary_of_each_face_of_the_box(axis, reach, sign, room, fine):
    corners = {name: list(values) for name, values in BOX.items()}
    face = 'workspace_upper' if sign > 0 else 'workspace_lower'
    corners[face][axis] = sign * (reach + room)
    path = quintic([0.5 * sign, 0.5, 0.04], 2.0)
    found = check_trajectory(path, context(body=Slanted(), **corners, **WIDE))
    if fine:
        assert found == ()
        return
    assert [(breach.rule, breach.limit) for breach in found] == [('C8', sign * (reach + room))]
    assert found[0].value == pytest.approx(sign * (reach + room), abs=1e-3)
    assert found[0].time == pytest.approx(2.0, abs=0.1)
    assert found[0].message.startswith(f'tool: {"xyz"[axis]} = ')


class Listening(SlidingBody):
    """Keeps what it is asked."""

    def contact(self, positions, slow):
        if not hasattr(self, 'positions'):
            self.positions, self.slow = positions, slow
        return


def test_c9_a_sample_is_slow_where_the_tool_is_slow_on_both_sides():
    body = Listening()
    assert broken(FAR, body=body, slow_tool_speed=0.2) == set()
    curve = draw(FAR, context())
    x = curve.samples.positions[:, 0]
    speeds = np.abs(np.diff(x) / np.diff(curve.times))
    for place, slow in zip(body.positions[:, 0], body.slow, strict=True):
        row = int(np.argmin(np.abs(x - place)))
        assert slow == all(speed <= 0.2 for speed in speeds[max(row - 1, 0) : row + 1])
    assert body.slow[0]
    assert body.slow[-1]
    assert not body.slow.all()


def test_c9_looks_at_both_ends_and_leaves_no_gap():
    body = Listening()
    assert broken(FAR, body=body, clearance_step=0.01) == set()
    x = body.positions[:, 0]
    assert (x[0], x[-1]) == (0.0, pytest.approx(0.5))
    # A bin of a step, and one sample of 2 ms beyond it.
    assert np.diff(x).max() <= 0.01 + 0.469 * 0.002
    assert 0.5 / 0.01 <= len(x) <= 0.5 / 0.01 + 2


def test_c9_joints_that_move_while_the_tool_rests_are_looked_at_too():
    class Turning(Listening):
        def tool_positions(self, positions):
            return np.tile([0.1, 0.2, 0.3], (len(positions), 1))

    body = Turning()
    assert broken(quintic([0.0, 1.0, 0.04], 2.0), body=body) == set()
    assert 0.5 * 0.5 / 0.005 <= len(body.positions) <= 0.5 * 0.5 / 0.005 + 3


def test_c9_breach_carries_the_time_of_the_contact():
    class Later(SlidingBody):
        def contact(self, positions, slow):
            return Hit(len(positions) - 1, 'hand', 'wall', 0.01, 0.05)

    found = check_trajectory(FAR, context(body=Later()))
    assert [str(breach) for breach in found] == [
        'C9 hand and wall: 0.010 m apart at 2.00 s, needed 0.050'
    ]
    assert (found[0].time, found[0].value, found[0].limit) == (2.0, 0.01, 0.05)


# -- C8: links and zones --------------------------------------------------------------------


class Ball(SlidingBody):
    """One link, a ball of 5 cm that stands still."""

    place = (0.0, 0.0, 0.0)

    def link_spheres(self, positions):
        return np.tile([*self.place, 0.05], (len(positions), 1, 1))


def gap(place, zone):
    """Give the distance of the ball from a zone that it is too near to, or None."""
    body = Ball()
    body.place = place
    found = check_trajectory(FAR, context(body=body, keep_out=zone, zone_margin=0.5, **WIDE))
    assert all((b.rule, b.limit, b.time, b.joint) == ('C8', 0.5, 0.0, None) for b in found)
    return found[0].value if found else None


@pytest.mark.parametrize(
    ('place', 'expected'),
    [
        ((0.5, 0.5, 0.5), -0.15),
        ((0.5, 0.45, 0.5), -0.1),
        ((0.5, 0.5, 0.7), 0.05),
        ((0.5, 0.5, 0.3), 0.05),
        ((0.9, 1.0, 0.5), 0.45),
        ((0.1, 0.5, 0.0), 0.45),
        ((0.8, 0.7, 0.2), 0.25),
        ((0.5, 0.5, 1.2), None),
    ],
)
def test_c8_distance_from_a_zone_is_that_of_its_nearest_point(place, expected):
    assert gap(place, '0.4 0.4 0.4 0.6 0.6 0.6') == (
        None if expected is None else pytest.approx(expected)
    )


@pytest.mark.parametrize('axis', range(3))
@pytest.mark.parametrize('sign', [1.0, -1.0])
@pytest.mark.parametrize(('room', 'fine'), [(1e-4, True), (0.0, True), (-1e-4, False)])
def test_c8_boundary_of_each_face_of_the_box_of_links(axis, sign, room, fine):
    body = Ball()
    corners = {'body_lower': [-1.0, -1.0, -1.0], 'body_upper': [1.0, 1.0, 1.0]}
    corners['body_upper' if sign > 0 else 'body_lower'][axis] = sign * (0.05 + room)
    found = check_trajectory(FAR, context(body=body, **corners))
    assert [breach.rule for breach in found] == ([] if fine else ['C8'])
    for breach in found:
        assert (breach.limit, breach.value) == (0.0, pytest.approx(room))
        assert 'from the border of the cell at 0.00 s, needed 0' in breach.message


# -- C10: lines -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('places', 'straight'),
    [
        ([[0, 0, 0], [0.02, 0, 0]], True),
        ([[0, 0, 0], [0.0199, 0, 0]], False),
        ([[1, 2, 3], [1, 2, 3.5], [1, 2, 4]], True),
        ([[0, 0, 0], [0.5, 0.002, 0], [1, 0, 0]], True),
        ([[0, 0, 0], [0.5, 0.0021, 0], [1, 0, 0]], False),
        ([[0, 0, 0], [0.5, 0.3, 0.4], [1, 0.6, 0.8]], True),
        ([[3, 0, 0], [3.2, 0.1, 0], [4, 0, 0]], False),
        ([[0, 0, 0], [NAN, 0, 0], [1, 0, 0]], False),
        ([[0, 0, 0], [NAN, 0, 0]], False),
    ],
)
def test_c10_a_line_is_long_and_hardly_bends(places, straight):
    assert is_straight(np.array(places, dtype=float)) is straight


def test_c10_breach_of_the_worst_condition_and_the_largest_step():
    class Peak(SlidingBody):
        def conditions(self, positions):
            return 5.0 + 40.0 * np.exp(-((positions[:, 0] - 0.25) ** 2) / 1e-3)

    assert numbers(FAR, body=Peak()) == (
        'C10', None, pytest.approx(1.0, abs=0.02), pytest.approx(45.0, abs=0.5), 30.0,
    )  # fmt: skip
    swing = numbers(quintic([-0.25, 0.1, 0.04], 2.0, count=5), body=SlidingBody(),
                    branch_step=0.1)  # fmt: skip
    assert swing == ('C10', 'elbow', 0.5, pytest.approx(0.1586, abs=1e-3), 0.1)


def test_c10_accepts_the_condition_and_the_step_themselves():
    few = quintic([0.5, 0.5, 0.04], 2.0, count=3)
    assert (
        broken(few, body=SlidingBody(condition=32.0), singularity=32.0, branch_step=0.25) == set()
    )
