"""The safety bench: its good trajectories are good, its bad ones bad, and it sees what is odd."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.bench import safety_inputs, safety_malformed
from qwen_embodied.motion import load_robot


@pytest.fixture(scope='module')
def gates():
    return safety_malformed.Gates.of(load_robot('panda'))


@pytest.mark.parametrize(('seconds', 'count'), [(2.0, 12), (6.0, 40), (10.0, 200)])
def test_the_good_trajectories_pass_both_gates(gates, rng, seconds, count):
    good = safety_malformed.swing(gates.robot, seconds, count, rng)
    assert gates.supervisor_takes(good)
    assert gates.controller_takes(good)


@pytest.mark.parametrize('name', safety_malformed.CHANGES)
def test_no_kind_of_malformed_trajectory_passes_a_gate(gates, name):
    rng = np.random.default_rng(3)
    for _ in range(4):
        good = safety_malformed.swing(gates.robot, 3.0, 20, rng)
        bad = safety_malformed.CHANGES[name](good, rng)
        assert not gates.supervisor_takes(bad)
        assert not gates.controller_takes(bad)


def test_a_run_without_anything_odd_is_sound_and_moves():
    run = safety_inputs.Run(load_robot('panda'))
    run.tick()
    assert run.is_sound()
    assert not run.is_stopped


def test_odd_numbers_in_what_is_heard_stop_the_arm():
    tried, odd = safety_inputs.heard(load_robot('panda'), every=23)
    assert tried >= 11
    assert odd == 0
