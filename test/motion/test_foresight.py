"""Motions made ahead: the same ones, for what was foreseen, and for nothing else."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import numpy as np
import pytest

from hand_made import table, thing
from qwen_embodied.errors import MotionError
from qwen_embodied.messages import JointState
from qwen_embodied.motion import ForesightedSkills, Skills, load_robot

ROBOT = load_robot('panda')
SCENE = table(
    thing('red_cube_1', 0.45, 0.20), thing('green_cube_1', 0.45, 0.05),
    thing('black_bin_1', 0.60, 0.10),
)  # fmt: skip
CUBE, OTHER, BIN = SCENE.objects
HOME = JointState(
    0.0, (*ROBOT.joint_names, ROBOT.gripper.joint), [*ROBOT.home, ROBOT.gripper.open]
)


class Counting(ForesightedSkills):
    """Counts the motions that are made in the thread of whoever asks."""

    here = 0

    def _put(self, *arguments):
        self.here += threading.current_thread() is threading.main_thread()
        return super()._put(*arguments)


def end(motion):
    last = motion.segments[-1].trajectory
    return JointState(0.0, last.joint_names, last.positions[-1])


def picked(kind):
    skills = kind(ROBOT)
    return skills, skills.pick(CUBE, SCENE, HOME)


def same(one, two):
    pairs = zip(one, two, strict=True)
    return all(np.array_equal(a.trajectory.positions, b.trajectory.positions) for a, b in pairs)


def test_what_was_foreseen_is_what_would_have_been_made():
    plain, pick = picked(Skills)
    place = plain.place(CUBE, 'in', BIN, SCENE, end(pick))
    plain.held = None
    home = plain.home(end(place))
    ahead, again = picked(Counting)
    ahead.foresee_place(again, CUBE, 'in', BIN, SCENE)
    found = ahead.place(CUBE, 'in', BIN, SCENE, end(again))
    assert ahead.here == 0
    ahead.foresee_home(found)
    ahead.held = None
    assert same(found, place)
    assert np.array_equal(found.expected, place.expected)
    assert same(ahead.home(end(found)), home)


def test_the_pick_after_the_way_home_is_what_would_have_been_made():
    plain, pick = picked(Skills)
    place = plain.place(CUBE, 'in', BIN, SCENE, end(pick))
    plain.held = None
    expected = plain.pick(OTHER, SCENE, end(plain.home(end(place))))
    ahead, _ = picked(ForesightedSkills)
    found = ahead.place(CUBE, 'in', BIN, SCENE, end(pick))
    ahead.foresee_home(found)
    assert ahead.foresee_pick(found, OTHER, SCENE)
    ahead.held = None
    home = ahead.home(end(found))
    again = ahead.pick(OTHER, SCENE, end(home))
    assert np.allclose(
        again.segments[0].trajectory.positions[0],
        home.segments[-1].trajectory.positions[-1],
        atol=1e-9,
    )
    assert all(
        np.allclose(one.trajectory.positions, two.trajectory.positions, atol=1e-6)
        for one, two in zip(again, expected, strict=True)
    )
    assert ahead.held is again.held


@pytest.mark.parametrize('relation', ['in', 'next_to'])
@pytest.mark.parametrize('moved', [0.0, 0.05])
def test_what_was_not_foreseen_is_made_when_it_is_asked_for(relation, moved):
    skills, pick = picked(Counting)
    skills.foresee_place(pick, CUBE, 'in', BIN, SCENE)
    start = end(pick)
    start = JointState(0.0, start.names, start.positions + moved * (np.arange(8) == 0))
    motion = skills.place(CUBE, relation, BIN, SCENE, start)
    assert (skills.here > 0) is ((relation, moved) != ('in', 0.0))
    assert np.allclose(motion.segments[0].trajectory.positions[0], start.positions)
    plain, _ = picked(Skills)
    assert same(motion, plain.place(CUBE, relation, BIN, SCENE, start))


def test_another_look_at_the_table_throws_away_what_was_foreseen():
    skills, pick = picked(Counting)
    skills.foresee_place(pick, CUBE, 'in', BIN, SCENE)
    seen = table(*SCENE.objects)
    skills.place(CUBE, 'in', BIN, seen, end(pick))
    assert skills.here == 1


def test_why_there_is_no_motion_is_raised_when_it_is_asked_for():
    skills, pick = picked(Counting)
    skills.foresee_place(pick, CUBE, 'at', None, SCENE, position=(5.0, 5.0))
    with pytest.raises(MotionError):
        skills.place(CUBE, 'at', None, SCENE, end(pick), position=(5.0, 5.0))
    assert skills.here == 0


def test_a_pick_after_something_else_was_foreseen_is_that_of_plain_skills():
    skills, pick = picked(ForesightedSkills)
    skills.foresee_place(pick, CUBE, 'in', BIN, SCENE)
    assert same(skills.pick(OTHER, SCENE, HOME), Skills(ROBOT).pick(OTHER, SCENE, HOME))
