"""The robot model: kinematics, limits, and what a description may lack."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import mujoco
import numpy as np
import pytest

from qwen_embodied.errors import ConfigurationError, JointLimitError, RobotModelError
from qwen_embodied.geometry import rotation_angle
from qwen_embodied.motion import Robot, RobotSettings, load_robot
from qwen_embodied.resources import shared_file

URDF = shared_file('config/robots/panda.urdf')
TOOL = 'panda_hand_tcp'
XACRO = 'xmlns:xacro="http://www.ros.org/wiki/xacro"'
SETTINGS = RobotSettings(acceleration=[5.0] * 7, jerk=[500.0] * 7)


def random_joints(robot, rng, count):
    return rng.uniform(robot.limits.lower, robot.limits.upper, (count, 7))


def test_preset_has_named_joints_limits_and_gripper(robot):
    assert robot.joint_names == tuple(f'panda_joint{i}' for i in range(1, 8))
    assert robot.all_limits.names[-1] == 'panda_finger_joint1'
    assert robot.limits.velocity[0] == pytest.approx(2.175)
    assert robot.gripper.opening == pytest.approx(0.08)
    robot.check(robot.home)


def test_forward_kinematics_agree_with_mujoco(robot, rng):
    model = mujoco.MjModel.from_xml_string(
        URDF.read_text().replace(
            '<robot name="panda">',
            '<robot name="panda"><mujoco><compiler fusestatic="false"/></mujoco>',
        )
    )
    data = mujoco.MjData(model)
    for q in random_joints(robot, rng, 20):
        data.qpos[:7] = q
        mujoco.mj_kinematics(model, data)
        body = data.body(TOOL)
        tool = robot.forward(q)
        np.testing.assert_allclose(tool[:3, 3], body.xpos, atol=1e-6)
        assert rotation_angle(tool[:3, :3].T @ body.xmat.reshape(3, 3)) < 1e-6


def test_fingers_mirror_each_other(robot):
    rows = np.append(robot.home, 0.03)[None]
    few, many = robot.chain.poses(rows)[0], robot.chain.poses(np.repeat(rows, 20, axis=0))[7]
    np.testing.assert_allclose(few, many, atol=1e-12)
    assert np.linalg.norm(few[8, :3, 3] - few[9, :3, 3]) == pytest.approx(0.06)


def test_jacobian_is_the_derivative_of_forward(robot, rng):
    for q in random_joints(robot, rng, 5):
        jacobian, step = robot.jacobian(q), 1e-6
        for joint in range(7):
            moved = np.eye(7)[joint] * step
            change = (robot.forward(q + moved) - robot.forward(q - moved)) / (2 * step)
            np.testing.assert_allclose(jacobian[:3, joint], change[:3, 3], atol=1e-6)
            spin = change[:3, :3] @ robot.forward(q)[:3, :3].T
            turn = [spin[2, 1], spin[0, 2], spin[1, 0]]
            np.testing.assert_allclose(jacobian[3:, joint], turn, atol=1e-6)


def test_many_poses_equal_single_ones(robot, rng):
    joints = random_joints(robot, rng, 30)
    many = robot.tool_poses(joints)
    for q, tool in zip(joints, many, strict=True):
        np.testing.assert_allclose(tool, robot.forward(q), atol=1e-9)


def test_link_spheres_cover_the_finger_tips_and_the_base(robot, at_home):
    spheres = robot.link_spheres(at_home)
    tool = robot.forward(robot.home)
    tip = tool[:3, 3] + tool[:3, :3] @ [0.0, 0.042, 0.008]
    for point in (tip, np.array([0.0, 0.0, 0.1])):
        inside = np.linalg.norm(spheres[:, :3] - point, axis=1) <= spheres[:, 3]
        assert inside.any()


def test_joint_outside_its_limits_is_named(robot):
    q = robot.home.copy()
    q[3] = 0.5
    with pytest.raises(JointLimitError, match=r'panda_joint4 = 0\.500, allowed'):
        robot.check(q)


@pytest.mark.parametrize(
    ('tool', 'settings', 'message'),
    [
        ('no_such_link', SETTINGS, 'no link no_such_link'),
        (TOOL, RobotSettings(), 'acceleration has 0 values'),
        (TOOL, RobotSettings(acceleration=[5.0] * 7), 'jerk has 0 values'),
    ],
)
def test_robot_description_that_lacks_something_says_what(tool, settings, message):
    with pytest.raises(RobotModelError, match=message):
        Robot.from_urdf(URDF, tool, settings=settings)


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('velocity="2.61"', '', 'panda_joint5 has no velocity limit'),
        ('velocity="2.61"', 'velocity="fast"', "panda_joint5 has the velocity limit 'fast'"),
        ('lower="-2.8973"', 'lower="nan"', "panda_joint1 has the lower limit 'nan'"),
        ('lower="-2.8973"', 'lower="2.8973"', 'panda_joint1 has no range between'),
        (
            'name="panda_joint3" type="revolute"',
            'name="panda_joint3" type="planar"',
            'a planar joint',
        ),
        ('<robot name="panda">', f'<robot {XACRO}><xacro:arg name="a"/>', 'xacro FILE'),
        ('<robot name="panda">', '<robot name="panda"', 'cannot be read'),
    ],
)
def test_broken_urdf_is_refused_with_the_joint(old, new, message):
    xml = URDF.read_text().replace(old, new)
    with pytest.raises(RobotModelError, match=message):
        Robot.from_urdf(xml, TOOL, settings=SETTINGS)


def test_missing_files_are_named():
    with pytest.raises(RobotModelError, match=r'nowhere\.urdf'):
        Robot.from_urdf('nowhere.urdf', TOOL)
    with pytest.raises(ConfigurationError, match=r'nowhere\.yaml'):
        load_robot('nowhere.yaml')


def test_bare_arm_has_no_gripper_column():
    arm = Robot.from_urdf(URDF, TOOL, settings=SETTINGS)
    assert arm.gripper is None
    assert arm.all_limits.names == arm.joint_names
