"""C7 to C9: the tool's speed and place, and the clearance of the whole robot."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from safety.cases import GOOD, SlidingBody, at, broken, line, quintic

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
def test_c9_boundary_of_the_clearance_while_fast(wall, fine):
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
