"""The tracker's own gate refuses what must not be followed, and the arm stays where it is."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control.following import HOME, NAMES, Cell, quintic
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.messages import JointTrajectory

MOVE = quintic(HOME, [0.6, 0.0, 0.4, 0.04], 2.0, name='bad')


def changed(field, index, value):
    values = getattr(MOVE, field).copy()
    values[index] = value
    return replace(MOVE, **{field: values})


def refusal(trajectory):
    """Start a trajectory that must be refused; gives the reasons, the arm unmoved."""
    cell = Cell()
    with pytest.raises(TrajectoryRejectedError) as caught:
        cell.start(trajectory)
    cell.run(0.05)
    assert cell.tracker.status.state == 'rejected'
    assert (np.array(cell.commands) == HOME).all()
    return '; '.join(caught.value.reasons)


@pytest.mark.parametrize(
    ('trajectory', 'said'),
    [
        (replace(MOVE, joint_names=(*NAMES[:3], 'toe')), 'toe; needed, once each: shoulder'),
        (replace(MOVE, joint_names=(*NAMES[:3], 'shoulder')), 'needed, once each'),
        (JointTrajectory(NAMES, MOVE.times, MOVE.positions), 'no velocities'),
        (JointTrajectory(NAMES, [0.0], HOME[None], HOME[None]), '1 points, allowed 2 to 2000'),
        (changed('times', 3, MOVE.times[2]), 'times that do not increase'),
        (replace(MOVE, times=MOVE.times - 0.1), 'before the start'),
        (replace(MOVE, times=MOVE.times * 31), '62 s long, allowed 60'),
        (changed('positions', (9, 1), 2.6), 'elbow goes from'),
        (changed('positions', (9, 3), -0.002), 'panda_finger_joint1 goes from -0.0020'),
        (changed('velocities', (9, 0), 1.01), 'shoulder at 1.01 /s, allowed 1'),
        (changed('velocities', (-1, 2), 0.1), 'wrist does not end at rest but at 0.1 /s'),
        (
            quintic(HOME + np.array([0.0101, 0, 0, 0]), HOME, 2.0),
            'shoulder starts 0.0101 rad from where',
        ),
    ],
)
def test_refuses_and_says_why(trajectory, said):
    assert said in refusal(trajectory)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(['times', 'positions', 'velocities', 'accelerations']),
    st.integers(0, 40),
    st.integers(0, 3),
    st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_refuses_every_number_that_is_not_finite(field, row, column, value):
    index = row if field == 'times' else (row, column)
    assert f'{field} that are not finite' in refusal(changed(field, index, value))


def test_refuses_a_start_far_from_the_measured_arm():
    cell = Cell()
    cell.arm._positions = HOME + np.array([0.2, 0, 0, 0])
    with pytest.raises(TrajectoryRejectedError, match='from where the arm is measured'):
        cell.start(MOVE)
