"""Faults of stamps and cameras (F14, F30, F31) as the supervisor sees them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.safety import CameraSample
from safety.cases import HOME, Watched, at

DEPTH = np.full((48, 64), 0.8, np.float32)


def stamped(*offsets):
    """Let one joint state arrive every 10 ms, its stamp off by each number in turn, s."""
    cell = Watched().executing()
    for offset in offsets:
        cell.now += 0.01
        cell.supervisor.on_joint_state(at(HOME, cell.now + offset), cell.now)
        cell.supervisor.on_arm_status(cell.status, cell.now)
        cell.said.append(cell.supervisor.tick(cell.now))
    return cell


@pytest.mark.parametrize(
    ('offsets', 'state'),
    [
        ([0.0] * 20, 'EXECUTING'),
        ([0.004] * 20, 'EXECUTING'),
        ([0.006] * 3, 'HOLD'),
        ([3600.0] * 2, 'STOP_LATCHED'),
        ([-0.15] * 20, 'HOLD'),
        ([0.0, -0.02] * 10, 'EXECUTING'),
        ([0.0, -0.01] * 10, 'EXECUTING'),
    ],
    ids=['in time', 'a little ahead', 'ahead', 'an hour ahead', 'late', 'out of order', 'doubled'],
)
def test_f14_stamps_count_on_both_sides_and_old_ones_are_no_news(offsets, state):
    assert stamped(*offsets).state == state


def picture(kind, number):
    """Draw image `number` of a camera with a fault."""
    rng = np.random.default_rng(number)
    image = rng.normal(120.0, 5.0, (48, 64, 3)).clip(0, 255).astype(np.uint8)
    if kind == 'black':
        image[:] = rng.integers(0, 3, image.shape)
    elif kind == 'white':
        image[:] = 255 - rng.integers(0, 3, image.shape)
    elif kind == 'flicker' and number % 2:
        image = (image * 0.6).astype(np.uint8)
    elif kind == 'frozen':
        image[:] = 120
    elif kind == 'half':
        image[24:] = 0
    elif kind == 'colours swapped':
        image = image[..., ::-1].copy()
    elif kind == 'covered':
        image[:] = 4
        image[number % 48] = 6
    return image


def watched(kind, depth=DEPTH):
    """Show 1.5 s of a camera to a supervisor whose arm moves; gives why nothing new is taken."""
    cell = Watched().executing()
    for number in range(15):
        sample = CameraSample.of(cell.now, picture(kind, number), depth)
        cell.supervisor.inputs.camera.take(sample, cell.now, is_moving=True)
        cell.run(0.1)
    assert cell.state == 'EXECUTING'
    return cell.said[-1].withheld


@pytest.mark.parametrize(
    ('kind', 'word'),
    [
        ('fine', ''),
        ('black', 'mean luma 1'),
        ('white', 'mean luma 254'),
        ('covered', 'mean luma 4'),
        ('frozen', 'frozen'),
        ('flicker', ''),
        # What only looks wrong is for perception, which knows what it looks at.
        ('half', ''),
        ('colours swapped', ''),
    ],
)
def test_f30_a_camera_that_sees_nothing_withholds_new_plans(kind, word):
    withheld = watched(kind)
    assert bool(withheld) == bool(word)
    assert word in ' '.join(withheld)


@pytest.mark.parametrize('share', [0.0, 0.25])
def test_f31_depth_that_is_missing_withholds_new_plans(share):
    depth = DEPTH.copy()
    depth[:, int(share * 64) :] = np.nan
    assert watched('fine', depth) == (
        f'D10 camera: depth in {share:.0%} of the image, allowed 0.5',
    )
    zero = np.zeros_like(DEPTH)
    assert 'depth in 0%' in watched('fine', zero)[0]


def test_f31_a_camera_that_was_moved_by_five_centimetres_is_noticed():
    cell = Watched().run()
    # 5 cm at 1.25 m with a focal length of 580 px.
    sample = CameraSample(cell.now, 1, 100.0, 0.0, 0.9, None, 580 * 0.05 / 1.25)
    cell.supervisor.inputs.camera.take(sample, cell.now, is_moving=False)
    assert cell.run(0.01).said[-1].withheld[0].startswith('D11 a known point is seen 23.2 px off')
