"""The second opinion on contacts."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import pose
from qwen_embodied.resources import shared_file
from qwen_embodied.simulation.contacts import Block, ContactJudge

URDF = shared_file('config/robots/panda.urdf')
NAMES = tuple(f'panda_joint{number}' for number in range(1, 8))
READY = np.array([[0.0, -0.785, 0.0, -2.356, 0.0, 1.571, 0.785]])
NEIGHBOURS = [(f'panda_link{at}', f'panda_link{at + 1}') for at in range(7)] + [
    ('panda_link5', 'panda_link7'), ('panda_link5', 'panda_hand'), ('panda_link6', 'panda_hand'),
    ('panda_link7', 'panda_hand'), ('panda_hand', 'panda_leftfinger'),
    ('panda_hand', 'panda_rightfinger'), ('panda_leftfinger', 'panda_rightfinger'),
]  # fmt: skip


def judge(*blocks):
    return ContactJudge(URDF, blocks, NEIGHBOURS)


def test_a_free_posture_has_no_overlap():
    assert judge().deepest(NAMES, READY) is None


def test_a_folded_arm_overlaps_itself():
    folded = np.array([[0.0, 1.7, 0.0, -3.0, 0.0, 0.0, 0.0]])
    found = judge().deepest(NAMES, folded)
    assert found is not None
    assert found.first.startswith('panda_link')


@pytest.mark.parametrize('kind', ['box', 'cylinder', 'sphere'])
def test_depth_grows_as_a_block_rises_into_the_hand(kind):
    depths = []
    for height in (0.431, 0.434, 0.437):
        block = Block('block', kind, np.array([0.1, 0.1, 0.1]), pose([0.307, 0.0, height]))
        depths.append(judge(block).deepest(NAMES, READY).depth)
    assert depths[0] < depths[1] < depths[2]


def test_the_deepest_sample_is_named():
    block = Block('block', 'box', np.array([0.1, 0.1, 0.1]), pose([0.307, 0.0, 0.44]))
    away = READY + np.array([1.0, 0, 0, 0, 0, 0, 0])
    found = judge(block).deepest(NAMES, np.concatenate([away, READY, away]))
    assert (found.sample, 'block' in (found.first, found.second)) == (1, True)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ContractError, match=r'Block\.kind'):
        judge(Block('cone', 'cone', np.ones(3), np.eye(4)))
