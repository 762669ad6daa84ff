"""The supervisor's clock while it judges: what that takes is nobody's silence."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy')

from hand_made import table
from nodes.arm_cell import HOME, NAMES, ROBOT, turn
from qwen_embodied.messages import ArmStatus, JointState
from qwen_embodied.nodes import judging
from qwen_embodied.nodes.judging import Judge
from qwen_embodied.safety import SIMULATION_PROFILE, Parameters


class Time:
    """One time for the steady clock and for that of the stamps."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Time()
    monkeypatch.setattr(judging, 'time', made)
    return made


def test_a_trajectory_that_takes_long_to_read_is_judged_by_the_state_of_its_arrival(clock):
    rules = replace(Parameters(**SIMULATION_PROFILE), healthy_time=0.0)
    judge = Judge(ROBOT, rules, clock.monotonic)
    judge.hear_state(JointState(clock.now, NAMES, HOME, np.zeros(len(NAMES))))
    judge.hear_status(ArmStatus('', 'idle', work=1))
    judge.hear_scene(table(stamp=clock.now))
    assert judge.tick().state == 'ARMED'

    def read():
        clock.now += 0.3
        return turn()

    state, rejection = judge.judge('a-1', (40, len(NAMES)), read)
    assert rejection is None
    assert state.state == 'EXECUTING'
    assert judge.tick().reasons == ()
