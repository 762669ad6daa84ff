# SPDX-License-Identifier: Apache-2.0
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytest

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.simulation import SimulationParameters
from qwen_embodied.simulation import arm as arm_module
from qwen_embodied.simulation.arm import read_arm


def drive(world, positions, seconds, period=0.01):
    """Command a function of time at a steady rate."""
    start = world.time
    for _ in range(round(seconds / period)):
        world.command(positions(world.time - start + period))
        world.step(period)


def test_the_limits_are_those_of_the_urdf():
    arm = read_arm()
    joints = {j.get('name'): j for j in ElementTree.parse(arm.urdf).getroot().findall('joint')}
    for at, name in enumerate(arm.limits.names):
        limit = joints[name].find('limit')
        assert arm.limits.velocity[at] == float(limit.get('velocity'))
        assert (arm.limits.lower[at], arm.limits.upper[at]) == (
            float(limit.get('lower')), float(limit.get('upper')),
        )  # fmt: skip


def test_the_model_has_the_efforts_of_the_urdf(make_world):
    world = make_world()
    efforts = [
        world.model.jnt_actfrcrange[world.model.joint(name).id, 1] for name in world.arm.joints
    ]
    assert efforts == [87.0] * 4 + [12.0] * 3 + [20.0] * 2


def test_the_tool_is_where_the_published_geometry_says(make_world):
    world = make_world()
    data = mujoco.MjData(world.model)
    mujoco.mj_kinematics(world.model, data)
    # All joints at zero: 0.333 + 0.316 + 0.384 up, 0.088 out, flange and tool hang down.
    expected = [0.088, 0.0, 0.333 + 0.316 + 0.384 - 0.107 - 0.1034]
    assert data.body(world.arm.tool_frame).xpos == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize('seconds', [3.0])
def test_holds_against_gravity(make_world, seconds):
    world = make_world()
    world.step(seconds)
    state = world.read()
    assert state.positions[:8] == pytest.approx(world.arm.home, abs=1e-4)
    assert np.abs(state.velocities).max() < 1e-4


def test_holds_a_stretched_arm_against_gravity(make_world):
    world = make_world()
    goal = np.array([0.3, 1.0, 0.2, -0.5, 0.1, 1.5, 0.0, 0.04])
    start = world.arm.home
    drive(world, lambda t: start + min(t / 3.0, 1.0) * (goal - start), 3.0)
    world.step(1.0)
    assert world.read().positions[:8] == pytest.approx(goal, abs=1e-3)


def test_follows_one_radian_a_second_within_a_hundredth(make_world):
    world = make_world(parameters=SimulationParameters(record=True))
    start = world.arm.home.copy()
    speed = np.array([1.0, 0.3, -1.0, 0.3, 1.0, 0.3, -1.0, 0.0])

    def ramp(t):
        # A tenth of a second to reach the speed.
        return start + speed * (t * t / 0.2 if t < 0.1 else t - 0.05)

    drive(world, ramp, 1.0)
    error = np.abs(world.trace.commanded[:, :7] - world.trace.measured[:, :7])
    assert error.max() < 0.01
    assert error[500:].max() < 0.002


def test_the_trace_holds_every_step(make_world):
    world = make_world(parameters=SimulationParameters(record=True))
    world.step(0.05)
    assert world.trace.times == pytest.approx(np.arange(1, 51) / 1000)
    assert world.trace.measured.shape == (50, 9)
    assert world.trace.commanded.shape == (50, 8)


@pytest.mark.parametrize('side', ['lower', 'upper'])
def test_positions_stay_inside_the_limits(make_world, side):
    world = make_world()
    limits = world.arm.limits
    goal = world.arm.home.copy()
    for at in (0, 6, 7):
        beyond = getattr(limits, side)[at] + (1.0 if side == 'upper' else -1.0)
        sent = world.command(np.where(np.arange(8) == at, beyond, goal))
        assert sent[at] == getattr(limits, side)[at]
        world.step(3.0)
        measured = world.read().positions[at]
        assert limits.lower[at] - 2e-3 <= measured <= limits.upper[at] + 2e-3
        assert measured == pytest.approx(sent[at], abs=5e-3)


def test_a_sudden_command_is_followed_no_faster_than_the_joints_can(make_world):
    world = make_world(parameters=SimulationParameters(record=True))
    world.command(world.arm.home + np.array([1.0, 0, 0, 0, 0, 0, 0, -0.04]))
    world.step(1.0)
    speeds = np.abs(np.diff(world.trace.measured, axis=0)) / 0.001
    assert speeds[:, 0].max() < world.arm.limits.velocity[0] * 1.15
    assert speeds[:, 7].max() < world.arm.limits.velocity[7] * 1.15


def test_the_fingers_close_together_and_in_a_real_time(make_world):
    world = make_world()
    closed = np.append(world.arm.home[:7], 0.0)
    world.command(closed)
    world.step(0.1)
    assert 0.015 < world.read().positions[7] < 0.025
    world.step(0.3)
    left, right = world.read().positions[7:]
    assert left == pytest.approx(0.0, abs=1e-3)
    assert left == pytest.approx(right, abs=1e-4)


def test_the_arm_does_not_pass_through_the_table(make_world):
    world = make_world()
    goal = world.arm.home.copy()
    goal[1] = 1.2
    drive(world, lambda t: world.arm.home + min(t / 2, 1) * (goal - world.arm.home), 3.0)
    data = mujoco.MjData(world.model)
    data.qpos[:] = world.snapshot().qpos
    mujoco.mj_kinematics(world.model, data)
    assert data.body('panda_leftfinger').xpos[2] > -0.06


def test_another_number_of_joints_is_refused(monkeypatch):
    arm = read_arm()
    monkeypatch.setattr(arm_module, 'ARM_GAINS', (1000.0,))
    with pytest.raises(ConfigurationError, match='servos for 7 joints'):
        arm_module.servo_gains(arm)
