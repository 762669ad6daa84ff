# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from qwen_embodied.errors import ContractError
from qwen_embodied.limits import JointLimits
from qwen_embodied.simulation.setpoints import Setpoints

LIMITS = JointLimits(
    ('a', 'b'), np.array([-1, 0]), np.array([1, 0.04]), np.array([2, 0.2]), np.ones(2), np.ones(2)
)
STEP = 0.001


@pytest.fixture
def setpoints():
    return Setpoints(LIMITS, [0.0, 0.04], STEP)


def test_holds_until_told(setpoints):
    positions, velocities = setpoints.advance(0.0, 3)
    assert (positions == [0.0, 0.04]).all()
    assert not velocities.any()


def test_reaches_a_command_in_a_straight_line_and_holds_it(setpoints):
    setpoints.add([0.01, 0.04], at=0.01, now=0.0)
    positions, velocities = setpoints.advance(0.0, 20)
    assert positions[:10, 0] == pytest.approx(np.linspace(0.001, 0.01, 10))
    assert positions[10:, 0] == pytest.approx(0.01)
    assert velocities[:10, 0] == pytest.approx(1.0)
    assert velocities[10:, 0] == pytest.approx(0.0)


def test_consecutive_commands_make_one_line(setpoints):
    lines = []
    for tick in range(5):
        setpoints.add([0.01 * (tick + 1), 0.04], at=0.01 * (tick + 1), now=0.01 * tick)
        lines.append(setpoints.advance(0.01 * tick, 10)[1])
    assert np.concatenate(lines)[:, 0] == pytest.approx(1.0)


def test_commands_may_wait_in_a_queue(setpoints):
    for tick in range(1, 4):
        setpoints.add([0.01 * tick, 0.04], at=0.01 * tick, now=0.0)
    positions, _ = setpoints.advance(0.0, 30)
    assert positions[:, 0] == pytest.approx(np.linspace(0.001, 0.03, 30))


def test_a_new_command_replaces_what_was_to_come_later(setpoints):
    setpoints.add([0.1, 0.04], at=0.1, now=0.0)
    setpoints.advance(0.0, 50)
    setpoints.add([0.0, 0.04], at=0.1, now=0.05)
    positions, _ = setpoints.advance(0.05, 50)
    assert positions[-1, 0] == pytest.approx(0.0)


def test_no_joint_is_told_to_go_faster_than_it_can(setpoints):
    setpoints.add([1.0, 0.0], at=0.01, now=0.0)
    positions, velocities = setpoints.advance(0.0, 600)
    assert (np.abs(velocities) <= LIMITS.velocity + 1e-9).all()
    assert positions[-1] == pytest.approx([1.0, 0.0])


def test_positions_are_clipped_to_the_limits(setpoints):
    assert setpoints.add([5.0, -1.0], at=0.01, now=0.0).tolist() == [1.0, 0.0]


@pytest.mark.parametrize('positions', [[np.nan, 0], [np.inf, 0], [0.0], [[0.0, 0.0]]])
def test_what_is_no_position_is_refused(setpoints, positions):
    with pytest.raises(ContractError, match=r"command is .* finite positions of \['a', 'b'\]"):
        setpoints.add(positions, at=0.01, now=0.0)


def test_a_time_that_is_none_is_refused(setpoints):
    with pytest.raises(ContractError, match='command time'):
        setpoints.add([0.0, 0.0], at=np.nan, now=0.0)
