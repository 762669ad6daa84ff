"""Faults of processes: each node of the graph killed and paused in motion, drivers that lie."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import signal
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy')

from qwen_embodied.bench.safety_bed import CONTROLLER, SPECS, SUPERVISOR, Bed
from qwen_embodied.nodes.standing_in import SWING

OTHERS = ('planner', 'perception')


@pytest.fixture(scope='module')
def bed(transports, tmp_path_factory, shared_domain):
    """Give all nodes, which every test leaves running."""
    folder = tmp_path_factory.mktemp('graph')
    with Bed(folder, shared_domain, tuple(SPECS)) as made:
        made.make_ready()
        yield made


@pytest.fixture
def beds(transports, tmp_path, domain):
    """Give nodes of their own to a test that kills one of them."""
    with ExitStack() as stack:
        yield lambda *names: stack.enter_context(Bed(tmp_path, domain, names))


def ends(bed, name, state):
    def has_ended():
        return (bed.arm.status.trajectory_id, bed.arm.status.state) == (name, state)

    bed.wait_for(has_ended, f'{name} {state}')


def rests_on_the_way(bed):
    """Hold what every fault must leave: an arm at rest between start and goal, without a jump."""
    bed.wait_for_rest()
    gone = np.abs(bed.arm.positions - bed.arm.start)
    assert 0.0 < gone[0] < SWING
    assert (gone[1:] < 1e-6).all()
    assert bed.largest_step() <= 1.0


@pytest.mark.parametrize('name', OTHERS)
def test_f20_while_planner_or_perception_is_paused_what_runs_ends(bed, name):
    moving = bed.move()
    with bed.paused(name):
        ends(bed, moving, 'succeeded')
    assert bed.largest_step() <= 1.0


def test_f20_a_paused_supervisor_lets_the_arm_rest_and_its_waking_moves_nothing(bed):
    moving = bed.move()
    with bed.paused(SUPERVISOR):
        ends(bed, moving, 'aborted')
        assert 'supervisor: silent' in bed.arm.status.reason
        rests_on_the_way(bed)
        before = bed.arm.positions
    bed.wait_for(lambda: bed.arm.state.state != 'EXECUTING', 'news of the supervisor')
    bed.make_ready()
    bed.wait_for_rest()
    assert np.array_equal(bed.arm.positions, before)


def test_f20_a_paused_controller_is_latched_and_sends_no_burst_when_it_wakes(bed):
    bed.move()
    with bed.paused(CONTROLLER):
        bed.wait_for(lambda: bed.arm.state.state == 'STOP_LATCHED', 'the latch')
        assert bed.arm.state.reasons[0].startswith('D5')
    rests_on_the_way(bed)


def test_f12_a_driver_that_falls_silent_or_dies_in_motion_is_latched(bed):
    bed.move()
    bed.arm.is_silent = True
    bed.wait_for(lambda: bed.arm.state.state == 'STOP_LATCHED', 'the latch')
    assert bed.arm.state.reasons[0].startswith('D1')
    bed.arm.is_silent = False
    rests_on_the_way(bed)


def test_f13_values_that_stand_still_with_fresh_stamps_are_a_tracking_error(bed):
    moving = bed.move()
    stuck = bed.arm.positions
    bed.arm.spoil = lambda state: replace(state, positions=stuck)
    try:
        ends(bed, moving, 'aborted')
        assert 'tracking error' in bed.arm.status.reason
        bed.wait_for_rest()
        assert bed.largest_step() <= 1.0
    finally:
        bed.arm.spoil = lambda state: state


def test_f19_whoever_dies_the_arm_rests_and_who_lives_ends_cleanly(beds):
    bed = beds(*SPECS)
    moving = bed.move()
    for name in OTHERS:
        bed.send(name, signal.SIGKILL)
    ends(bed, moving, 'succeeded')
    moving = bed.move()
    bed.send(SUPERVISOR, signal.SIGKILL)
    ends(bed, moving, 'aborted')
    assert 'supervisor: silent' in bed.arm.status.reason
    rests_on_the_way(bed)
    assert [how.is_clean for how in bed.end(signal.SIGTERM).values()] == [True]


def test_f19_a_killed_controller_is_latched_and_the_supervisor_ends_cleanly(beds):
    bed = beds(CONTROLLER, SUPERVISOR)
    bed.move()
    bed.send(CONTROLLER, signal.SIGKILL)
    bed.wait_for(lambda: bed.arm.state.state == 'STOP_LATCHED', 'the latch')
    assert bed.arm.state.reasons[0].startswith('D5')
    assert [how.is_clean for how in bed.end(signal.SIGHUP).values()] == [True]


def test_f24_all_nodes_end_cleanly_in_motion_and_the_arm_rests(bed):
    bed.move()
    ended = bed.end(signal.SIGINT)
    assert {name for name, how in ended.items() if not how.is_clean} == set()
    assert set(ended) == set(SPECS)
    rests_on_the_way(bed)
