"""The cycle bench: it carries the cube, and counts what fails."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.bench import motion_cycle
from qwen_embodied.errors import TaskError


def test_two_cycles_carry_the_cube_to_and_fro():
    found = motion_cycle.run_cycles(2)
    assert (found.done, found.failures) == (2, [])
    assert sum(found.segments.values()) == pytest.approx(sum(found.times))
    assert all(bound < taken for bound, taken in zip(found.bounds, found.times, strict=True))


def test_a_cycle_that_fails_is_counted_and_a_new_cell_goes_on(monkeypatch):
    carry = motion_cycle.PickingCell.cycle
    calls = []

    def clumsy(cell, goal, into):
        calls.append(cell)
        if len(calls) == 1:
            raise TaskError('slipped')
        carry(cell, goal, into)

    monkeypatch.setattr(motion_cycle.PickingCell, 'cycle', clumsy)
    found = motion_cycle.run_cycles(2)
    assert (found.done, found.failures) == (1, ['cycle 0: slipped'])
    assert calls[0] is not calls[1]


def test_the_shortest_stroke_is_a_triangle_or_a_trapezium():
    assert motion_cycle.stroke(0.01, 1.0, 1.0) == pytest.approx(2 * np.sqrt(0.01))
    assert motion_cycle.stroke(3.0, 1.0, 1.0) == pytest.approx(4.0)
