"""A stack that one frame cuts at the wrong height stays what it is known to be."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from hand_made import thing
from qwen_embodied.perception import PerceptionParameters
from qwen_embodied.perception.stacking import restack
from qwen_embodied.perception.tracking import Sighting

PLACE = (0.67, 0.30)
SIDE = 0.045
LOWER = thing('purple_cube_1', *PLACE)
UPPER = thing('pink_cube_1', 0.66, -0.24)


def seen(*things):
    return restack([Sighting(item) for item in things], (LOWER, UPPER), PerceptionParameters())


@pytest.mark.parametrize('cut', [0.0, 0.02, 0.06, 0.08])
def test_wherever_one_frame_cuts_a_stack_its_upper_part_is_what_was_known(cut):
    upper = thing('pink_box_1', *PLACE, z=cut, size=(SIDE, SIDE, 2 * SIDE - cut))
    lower = thing('purple_box_1', *PLACE, size=(0.054, SIDE, cut)) if cut > SIDE else None
    found = seen(upper, *([lower] if lower else []))
    assert [(one.item.label, one.item.shape) for one in found] == [('pink cube', 'cube')]
    assert found[0].item.position == pytest.approx([*PLACE, 1.5 * SIDE], abs=1e-6)


def test_neighbours_and_what_stands_on_a_stack_are_kept():
    third = thing('red_cube_1', *PLACE, z=2 * SIDE)
    beside = thing('green_cylinder_1', PLACE[0] - 0.06, PLACE[1])
    stack = thing('pink_box_1', *PLACE, size=(SIDE, SIDE, 2 * SIDE))
    labels = [one.item.label for one in seen(third, beside, stack)]
    assert labels == ['red cube', 'green cylinder', 'pink cube']


def test_a_new_thing_in_the_place_of_a_low_one_is_seen_as_it_is():
    tall = thing('green_box_1', *PLACE, size=(SIDE, SIDE, 0.13))
    found = seen(tall)
    assert np.array_equal(found[0].item.size, tall.size)
