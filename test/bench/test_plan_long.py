"""Long tasks in simulation, judged by exact positions: the bars of the bench on a few tables.

The seeds are the first ones, chosen before any of them was run.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

pytest.importorskip('mujoco')

from qwen_embodied.bench import plan_idle, plan_long
from qwen_embodied.bench.long_tasks import LONG_TASKS

FIRST, SOME = (0,), range(5)


def held(rows):
    """Give the rows that have a bar, with whether it holds."""
    return {row.name: row.holds for row in rows if row.bar}


def runs(seeds, **options):
    return [plan_long.run(task, seed, **options) for task in LONG_TASKS for seed in seeds]


def test_long_tasks_are_planned_and_carried_out():
    found = held(plan_long.long_rows(runs(FIRST)))
    assert len(found) == 3
    assert all(found.values()), found


def test_somebody_who_meddles_does_not_keep_a_long_task_from_its_end():
    one = plan_long.run(LONG_TASKS[1], FIRST[0], meddled=True)
    found = held(plan_long.meddled_rows([one]))
    assert one.meddled == 3
    assert all(found.values()), (one.fault, found)


@pytest.mark.slow
def test_the_bars_hold_over_several_tables():
    found = held(plan_long.long_rows(runs(SOME)))
    found |= held(plan_long.meddled_rows(runs(SOME, meddled=True)))
    found |= held(plan_idle.rows(quick=False))
    assert all(found.values()), found
