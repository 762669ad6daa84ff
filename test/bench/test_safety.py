"""The safety bench: its good trajectories are good, its bad ones bad, and it sees what is odd."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.bench import safety_inputs, safety_malformed, safety_plans
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


def test_plans_that_nobody_asked_for_pass_no_gate_and_right_ones_do():
    assert [row for row in safety_plans.rows(quick=True) if not row.holds] == []


def test_a_right_plan_would_be_carried_out_and_with_a_push_it_would_not():
    cases = safety_plans.generated(safety_plans.ACTING[:4], 1)
    bad = safety_plans.taken_over(cases)
    assert bad
    for attack in bad:
        assert not safety_plans.passes(attack.plan, attack.request)
        right = attack.plan.model_copy(update={'steps': attack.plan.steps[1:]})
        assert safety_plans.passes(right, attack.request)


def swing(slow_from, seconds=2.5):
    """Give the set-points of a swing that from a moment on runs at half its pace."""
    standing_in = pytest.importorskip('qwen_embodied.nodes.standing_in')
    now, phase, commands = 0.0, 0.0, []
    while now < seconds:
        u = phase / standing_in.SECONDS
        gone = standing_in.SWING * (10 * u**3 - 15 * u**4 + 6 * u**5)
        commands.append(standing_in.Command(100.0 + now, 7.0 + now, np.array([gone, 0.0])))
        phase += 0.01 if now < slow_from else 0.005
        now += 0.01
    return commands


@pytest.mark.parametrize('slow_from', [0.8, 1.5, 2.0])
def test_the_first_slower_set_point_is_found(slow_from):
    processes = pytest.importorskip('qwen_embodied.bench.safety_processes')
    delay = processes.slowing(swing(slow_from), 0.0, 100.0 + slow_from - 0.1)
    assert delay == pytest.approx(0.11, abs=0.006)


def test_a_swing_that_never_slows_has_no_slower_set_point():
    processes = pytest.importorskip('qwen_embodied.bench.safety_processes')
    assert processes.slowing(swing(9.0), 0.0, 101.0) == float('inf')


def test_the_slope_of_memory_leaves_out_the_warm_up():
    soak = pytest.importorskip('qwen_embodied.bench.safety_soak')
    seen = [(float(t), 50.0 + 0.01 * t - (20.0 if t < 20 else 0.0)) for t in range(100)]
    assert soak.slope(seen) == pytest.approx(0.01)
