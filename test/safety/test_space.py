"""C7 to C11: the tool's speed, the places of all links, lines, clearances and hard stops."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.messages import JointTrajectory
from qwen_embodied.safety.curve import draw
from safety.cases import (
    GOOD,
    HOME,
    LIMITS,
    NAMES,
    Hit,
    SlidingBody,
    at,
    broken,
    context,
    line,
    quintic,
)

FAR = quintic([0.5, 0.5, 0.04], 2.0)  # at most 0.469 m/s
SLOW = quintic([0.2, 0.5, 0.04], 2.0)  # at most 0.188 m/s


def test_c7_accepts_a_slow_tool():
    assert broken(SLOW, body=SlidingBody(), max_tool_speed=0.25) == set()


@pytest.mark.parametrize(('limit', 'fine'), [(0.4690, True), (0.4682, False)])
def test_c7_boundary_of_the_speed(limit, fine):
    assert broken(FAR, body=SlidingBody(), max_tool_speed=limit) == (set() if fine else {'C7'})


def test_c7_breach_says_when():
    said = line(FAR, body=SlidingBody(), max_tool_speed=0.25)
    assert said == 'C7 tool: 0.469 m/s at 1.00 s, allowed 0.25'


def test_c7_breach_of_a_tool_that_is_nowhere():
    class Nowhere(SlidingBody):
        def tool_positions(self, positions):
            return np.full((len(positions), 3), np.nan)

    assert broken(GOOD, body=Nowhere()) == {'C7', 'C8'}


def test_c8_accepts_a_tool_inside_the_box():
    assert broken(FAR, body=SlidingBody(), workspace_upper=[0.6, 0.8, 1.3]) == set()


@pytest.mark.parametrize(('upper', 'fine'), [(0.5, True), (0.4999, False)])
def test_c8_boundary_of_the_box(upper, fine):
    found = broken(FAR, body=SlidingBody(), workspace_upper=[upper, 0.8, 1.3])
    assert found == (set() if fine else {'C8'})


def test_c8_breach_says_where():
    said = line(FAR, body=SlidingBody(), workspace_upper=[0.3, 0.8, 1.3])
    assert said.startswith('C8 tool: x = 0.30')
    assert said.endswith('allowed -0.3 to 0.3')


def test_c9_accepts_a_free_path_and_thins_it():
    body = SlidingBody()
    assert broken(FAR, body=body) == set()
    assert 0.5 / 0.005 <= body.asked <= 0.5 / 0.005 + 3


@pytest.mark.parametrize(('wall', 'fine'), [(0.521, True), (0.519, False)])
def test_c9_boundary_f11_of_the_clearance_while_fast(wall, fine):
    class Everywhere(SlidingBody):
        def contact(self, positions, slow):
            return super().contact(positions, np.zeros_like(slow))

    assert broken(FAR, body=Everywhere(wall)) == (set() if fine else {'C9'})


def test_c9_accepts_a_slow_hand_up_to_contact_but_not_a_fast_one():
    assert broken(SLOW, body=SlidingBody(0.205)) == set()
    assert broken(FAR, body=SlidingBody(0.3)) == {'C9'}


def test_c9_breach_names_both_and_the_time():
    said = line(SLOW, body=SlidingBody(0.1))
    assert said.startswith('C9 hand and wall: -0.0')
    assert 'at 1.0' in said
    assert said.endswith('needed 0.000')


def test_the_shape_is_not_asked_about_trajectories_that_are_refused_anyway():
    body = SlidingBody()
    assert broken(FAR, body=body, state=at([0.5, 0.5, 0.04])) == {'C3'}
    assert body.asked == 0


# -- C8: links ------------------------------------------------------------------------------

LINK = 0.05  # m, radius of the ball around the tool; FAR goes from x = 0 to 0.5 at z = 0.5


def test_c8_accepts_links_away_from_a_zone():
    assert broken(FAR, body=SlidingBody(), keep_out='0.7 -1 0 0.9 1 1') == set()


@pytest.mark.parametrize(('face', 'fine'), [(0.5701, True), (0.5699, False)])
def test_c8_boundary_of_a_zone_counts_link_and_margin(face, fine):
    zone = f'{face} -1 0 0.9 1 1'
    found = broken(FAR, body=SlidingBody(), keep_out=zone, zone_margin=0.02)
    assert found == (set() if fine else {'C8'})


@pytest.mark.parametrize(('upper', 'fine'), [(0.5501, True), (0.5499, False)])
def test_c8_boundary_of_the_box_of_links(upper, fine):
    found = broken(FAR, body=SlidingBody(), body_upper=[upper, 1.0, 1.5])
    assert found == (set() if fine else {'C8'})


def test_c8_breach_of_a_zone_says_how_near():
    said = line(FAR, body=SlidingBody(), keep_out='0.2 -1 0 0.4 1 1; 5 5 5 6 6 6')
    assert said.startswith('C8 a link: -0.1')
    assert 'from the zone at 0.2, -1, 0' in said
    assert said.endswith('needed 0.02')


def test_c8_breach_of_links_that_are_nowhere():
    class Nowhere(SlidingBody):
        def link_spheres(self, positions):
            return np.full((len(positions), 1, 4), np.nan)

    assert broken(GOOD, body=Nowhere()) == {'C8'}


# -- C10: straight tool paths ---------------------------------------------------------------


class Bent(SlidingBody):
    """The tool moves on an arc, not on a line."""

    def tool_positions(self, positions):
        x = positions[:, 0]
        return np.stack([x, 0.5 * x**2, 0 * x + 0.5], axis=1)


def test_c10_accepts_joints_that_move_freely_where_the_tool_follows_no_line():
    assert broken(FAR, body=Bent(condition=1e9)) == set()


@pytest.mark.parametrize(('condition', 'fine'), [(30.0, True), (30.1, False), (np.nan, False)])
def test_c10_boundary_of_the_condition(condition, fine):
    assert broken(FAR, body=SlidingBody(condition=condition)) == (set() if fine else {'C10'})


@pytest.mark.parametrize(('step', 'fine'), [(0.26, True), (0.24, False)])
def test_c10_boundary_of_a_step(step, fine):
    few = quintic([0.5, 0.5, 0.04], 2.0, count=3)  # steps of 0.25
    assert broken(few, body=SlidingBody(), branch_step=step) == (set() if fine else {'C10'})


def test_c10_breach_says_where():
    assert line(FAR, body=SlidingBody(condition=40.0)).startswith('C10 tool: condition 40.0 at')
    swing = line(FAR, body=SlidingBody(), branch_step=0.01)
    assert swing.startswith('C10 slide: a step of 0.02')


# -- C11: hard stops ------------------------------------------------------------------------


RADIUS = 0.4  # rad, of an arc in the space of both joints
CENTRE = HOME[:2] + np.array([0.0, RADIUS])


def arc(seconds=1.2):
    """Turn by a quarter around the centre; a hard stop leaves it along the tangent."""
    u = np.linspace(0.0, 1.0, 41)
    quarter = np.pi / 2
    angle = quarter * (10 * u**3 - 15 * u**4 + 6 * u**5)
    rate = quarter * (30 * u**2 - 60 * u**3 + 30 * u**4) / seconds
    bend = quarter * (60 * u - 180 * u**2 + 120 * u**3) / seconds**2
    out, along = (
        np.array([np.sin(angle), -np.cos(angle)]),
        np.array([np.cos(angle), np.sin(angle)]),
    )
    still = np.zeros_like(u)
    return JointTrajectory(
        NAMES,
        u * seconds,
        np.column_stack([*(CENTRE[:, None] + RADIUS * out), still + HOME[2]]),
        np.column_stack([*(RADIUS * rate * along), still]),
        np.column_stack([*(RADIUS * (bend * along - rate**2 * out)), still]),
        'arc',
    )


class Round(Bent):
    """A wall runs around the centre of the arc, `wall` away from it."""

    def contact(self, positions, slow):
        distance = self.wall - np.linalg.norm(positions[:, :2] - CENTRE, axis=1)
        near = np.flatnonzero(~(distance >= 0.0))
        return Hit(int(near[0]), 'link', 'wall', -0.001, 0.0) if len(near) else None


def reach():
    """Give the farthest place from the centre at which a hard stop ends."""
    samples = draw(arc(), context()).samples
    v = samples.velocities[:, :2]
    hardest = LIMITS.acceleration[:2] / context().parameters.acceleration_scale
    ends = samples.positions[:, :2] + v * np.abs(v) / (2 * hardest)
    return float(np.linalg.norm(ends - CENTRE, axis=1).max())


def test_c11_accepts_a_hard_stop_into_free_space():
    assert reach() > RADIUS + 0.002
    assert broken(arc(), body=Round(wall=10.0)) == set()


@pytest.mark.parametrize(('room', 'fine'), [(1e-4, True), (-1e-3, False)])
def test_c11_boundary_f17_of_the_way_of_a_hard_stop(room, fine):
    # Only every 5 mm of the path is looked at, hence the millimetre.
    assert broken(arc(), body=Round(wall=reach() + room)) == (set() if fine else {'C11'})


def test_c11_breach_names_both_and_the_time():
    said = line(arc(), body=Round(wall=RADIUS + 0.001))
    assert said.startswith('C11 link and wall: a hard stop at 0.')
