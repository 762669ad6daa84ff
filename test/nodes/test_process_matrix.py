"""Processes killed and ended in motion in number, and half an hour of motion; minutes each."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

pytest.importorskip('rclpy')

from qwen_embodied.bench import safety_processes, safety_soak

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures('transports')]


def test_f19_f22_two_hundred_killed_supervisors_leave_an_arm_that_rests():
    found = safety_processes.kill_supervisors(safety_processes.KILLS)
    assert len(found.delays) == safety_processes.KILLS
    assert max(found.delays) < float('inf')
    assert found.odd == 0
    assert found.largest_step <= 1.0


def test_f24_two_hundred_ends_by_each_signal_are_clean():
    ended = safety_processes.shut_down(safety_processes.SHUTDOWNS)
    assert len(ended) == 6 * safety_processes.SHUTDOWNS
    assert [how for how in ended if not how.is_clean] == []


def test_f38_half_an_hour_in_motion_keeps_memory_and_steps():
    rows = safety_soak.measured(60.0 * safety_soak.MINUTES)
    assert [row for row in rows if not row.holds] == []
