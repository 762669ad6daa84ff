"""The fake arm, and the parameters."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.control import SIMULATION_PROFILE, Arm, FakeArm, Parameters
from qwen_embodied.errors import ContractError
from qwen_embodied.parameters import build, defaults, read_yaml
from qwen_embodied.resources import shared_file


def test_is_an_arm():
    assert isinstance(FakeArm(('a',), [0.0]), Arm)


def test_follows_perfectly_late_or_not_at_all():
    names = ('a', 'b')
    exact, late = FakeArm(names, [0.0, 0.0]), FakeArm(names, [0.0, 0.0], lag=0.5)
    exact.stuck = {'b'}
    for arm in (exact, late):
        assert arm.command(np.array([1.0, 1.0])).tolist() == [1.0, 1.0]
        arm.step(0.5)
    assert exact.read().positions.tolist() == [1.0, 0.0]
    assert exact.read().velocities.tolist() == [2.0, 0.0]
    assert late.read().positions == pytest.approx(1.0 - np.exp(-1.0))
    assert late.read().stamp == 0.5


@pytest.mark.parametrize('target', [[np.nan], [np.inf], [0.0, 0.0]])
def test_refuses_commands_no_arm_could_follow(target):
    with pytest.raises(ContractError, match='1 finite numbers'):
        FakeArm(('a',), [0.0]).command(np.array(target))


def test_refuses_another_number_of_positions():
    with pytest.raises(ContractError, match='2 long'):
        FakeArm(('a', 'b'), [0.0])


def test_the_parameter_file_holds_the_defaults():
    values = read_yaml(shared_file('config/6_control.yaml'), 'arm_controller')
    assert values == defaults(Parameters)
    assert build(Parameters, values | SIMULATION_PROFILE, 'profile').state_future == 0.05
