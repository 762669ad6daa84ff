"""The tracker's own gate refuses what must not be followed, and the arm stays where it is."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

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
        (
            replace(MOVE, joint_names=(*NAMES[:3], 'toe')),
            'J4 not of this arm: toe; needed, once each: shoulder',
        ),
        (replace(MOVE, joint_names=(*NAMES[:3], 'shoulder')), 'C2 a joint is named twice'),
        (JointTrajectory(NAMES, MOVE.times, MOVE.positions), 'C2 no velocities'),
        (JointTrajectory(NAMES, [0.0], HOME[None], HOME[None]), 'C2 1 points, allowed 2 to 2000'),
        (changed('times', 3, MOVE.times[2]), 'J7 times that do not increase'),
        (
            replace(MOVE, times=MOVE.times - 0.1),
            'C2 the first point is at -0.1 s, before the start',
        ),
        (replace(MOVE, times=MOVE.times * 31), 'C2 62 s long, allowed 60'),
        (changed('positions', (9, 1), 2.6), 'C5 elbow goes from'),
        (changed('positions', (9, 3), -0.002), 'C5 panda_finger_joint1 goes from -0.0020'),
        (changed('velocities', (9, 0), 1.01), 'C6 shoulder at 1.01'),
        (changed('velocities', (-1, 2), 0.1), 'J5 wrist does not end at rest but at 0.1 /s'),
        (
            quintic(HOME + np.array([0.0101, 0, 0, 0]), HOME, 2.0),
            'C3 shoulder starts 0.0101 rad from where',
        ),
    ],
)
def test_refuses_and_says_why(trajectory, said):
    assert said in refusal(trajectory)


def test_refuses_a_start_far_from_the_measured_arm():
    cell = Cell()
    cell.arm._positions = HOME + np.array([0.2, 0, 0, 0])
    with pytest.raises(TrajectoryRejectedError, match='from where the arm is measured'):
        cell.start(MOVE)
