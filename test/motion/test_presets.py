"""The presets of config/robots against published kinematics and shapes that we did not write."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pinocchio as pin
import pytest
import yaml

from qwen_embodied.errors import ConfigurationError, RobotModelError
from qwen_embodied.motion import Collider, Gripper, World, build_robot, load_robot
from qwen_embodied.motion.urdf import attach, read_xml
from qwen_embodied.resources import shared_file

PRESETS = ('panda', 'ur5e', 'ur5e_2f85', 'xarm7', 'so101')
# The vendors' own descriptions, from the package example-robot-data.
SHARES = [Path(folder) / 'cmeel.prefix/share' for folder in sys.path]
PUBLISHED = {
    'panda': ('panda_description/urdf/panda.urdf', 'panda_hand_tcp'),
    'xarm7': ('xarm_description/urdf/xarm7.urdf', 'link_eef'),
    'so101': ('so_arm_description/urdf/so101.urdf', 'gripper_frame_link'),
}


@pytest.fixture(scope='module', params=PRESETS)
def preset(request):
    return load_robot(request.param)


def published(name):
    found = [s for s in SHARES if (s / 'example-robot-data').exists()]
    if not found:
        pytest.skip('example-robot-data is not installed')
    return found[0], found[0] / 'example-robot-data/robots' / PUBLISHED[name][0]


def random_rows(robot, count):
    limits = robot.all_limits
    rng = np.random.default_rng(11)
    return rng.uniform(limits.lower, limits.upper, (count, len(limits.names)))


@pytest.mark.parametrize('name', PUBLISHED)
def test_forward_kinematics_are_the_published_ones(name):
    robot, frame = load_robot(name), PUBLISHED[name][1]
    theirs = pin.buildModelFromUrdf(str(published(name)[1]))
    data, ours = theirs.createData(), robot.model.createData()
    for row in random_rows(robot, 100):
        q = pin.neutral(theirs)
        for joint, value in zip(robot.joint_names, row, strict=False):
            q[theirs.joints[theirs.getJointId(joint)].idx_q] = value
        pin.framesForwardKinematics(theirs, data, q)
        pin.framesForwardKinematics(robot.model, ours, robot.full(row[: len(robot.joint_names)]))
        got = ours.oMf[robot.model.getFrameId(frame)].homogeneous
        wanted = data.oMf[theirs.getFrameId(frame)].homogeneous
        np.testing.assert_allclose(got, wanted, atol=3e-5)


def denavit_hartenberg(q):
    """Give the flange of the UR5e from the table that Universal Robots publishes."""
    d = [0.1625, 0.0, 0.0, 0.1333, 0.0997, 0.0996]
    a = [0.0, -0.425, -0.3922, 0.0, 0.0, 0.0]
    alpha = [np.pi / 2, 0.0, 0.0, np.pi / 2, -np.pi / 2, 0.0]
    pose = np.diag([-1.0, -1.0, 1.0, 1.0])  # ROS turns the base by half a turn
    for row in zip(q, d, a, alpha, strict=True):
        (c, s), (ca, sa) = [(np.cos(x), np.sin(x)) for x in (row[0], row[3])]
        pose = pose @ [
            [c, -s * ca, s * sa, row[2] * c],
            [s, c * ca, -c * sa, row[2] * s],
            [0.0, sa, ca, row[1]],
            [0.0, 0.0, 0.0, 1.0],
        ]
    return pose


def test_ur5e_follows_the_published_denavit_hartenberg_table():
    robot = load_robot('ur5e')
    for q in random_rows(robot, 100):
        np.testing.assert_allclose(robot.forward(q), denavit_hartenberg(q), atol=1e-9)


@pytest.mark.parametrize('name', ['xarm7', 'so101'])
def test_shapes_cover_the_published_meshes(name):
    share, path = published(name)
    robot, theirs = load_robot(name), pin.buildModelFromUrdf(str(path))
    meshes = pin.buildGeomFromUrdf(
        theirs, str(path), pin.GeometryType.COLLISION, package_dirs=[str(share)]
    )
    for mesh in meshes.geometryObjects:
        frame = theirs.frames[mesh.parentFrame]
        points = np.array(mesh.geometry.vertices())[::7]
        own = robot.model.frames[robot.model.getBodyId(frame.name)].placement
        place = own.homogeneous @ frame.placement.actInv(mesh.placement).homogeneous
        points = points @ place[:3, :3].T + place[:3, 3]
        apart = [distances(part, points) for part in robot.parts if part.link == frame.name]
        assert np.min(apart, axis=0).max() < 1e-3, frame.name


def distances(part, points):
    """Give how far points (N, 3) lie outside of a box or capsule, in the frame of its body."""
    local = (points - part.pose[:3, 3]) @ part.pose[:3, :3]
    shape = part.geometry
    if hasattr(shape, 'halfSide'):
        return np.linalg.norm(np.maximum(np.abs(local) - shape.halfSide, 0.0), axis=1)
    local[:, 2] -= np.clip(local[:, 2], -shape.halfLength, shape.halfLength)
    return np.maximum(np.linalg.norm(local, axis=1) - shape.radius, 0.0)


def test_preset_is_complete(preset):
    owned = [joint for names in preset.controllers.values() for joint in names]
    assert sorted(owned) == sorted(preset.all_limits.names)
    preset.check(preset.home)
    for field in ('velocity', 'acceleration', 'jerk'):
        assert (getattr(preset.all_limits, field) > 0).all()


def test_home_is_free_and_most_postures_are(preset):
    collider = Collider(preset, World())
    demand = collider.demand(0.02, 0.01)
    finger = [] if preset.gripper is None else [preset.gripper.open]
    assert collider.first(np.append(preset.home, finger)[None], demand) is None
    free = [collider.free(row, demand) for row in random_rows(preset, 60)]
    assert 0.5 < np.mean(free) < 1.0


def test_jacobian_is_the_derivative_of_forward(preset):
    for row in random_rows(preset, 5):
        q, step = row[: len(preset.joint_names)], 1e-6
        change = [
            (preset.forward(q + step * axis) - preset.forward(q - step * axis)) / (2 * step)
            for axis in np.eye(len(q))
        ]
        np.testing.assert_allclose(preset.jacobian(q)[:3].T, [c[:3, 3] for c in change], atol=1e-6)


def test_gripper_opens_by_its_width():
    fingers = Gripper('f', 0.04, 0.0, 0.01, 1.0, 1.0)
    assert fingers.at(0.06) == pytest.approx(0.03)
    turning = load_robot('xarm7').gripper
    assert turning.at(1.0) == turning.open == 0.0
    assert 0.80 < turning.at(0.0) < turning.at(-1.0) == turning.closed == 0.85


def test_robot_description_replaces_the_urdf_but_keeps_the_simple_shapes():
    _, path = published('so101')
    theirs = path.read_text()  # its meshes cannot be found, and it has no gripper_tcp
    robot, own = load_robot('so101', theirs), load_robot('so101')
    row = random_rows(own, 1)[0]
    np.testing.assert_allclose(robot.forward(row[:5]), own.forward(row[:5]), atol=3e-5)
    ours = own.chain.poses(row[None])[0]
    for part, other in zip(own.parts, robot.parts, strict=True):
        np.testing.assert_allclose(
            ours[part.body] @ part.pose, robot.chain.poses(row[None])[0][other.body] @ other.pose,
            atol=3e-5,
        )  # fmt: skip
    assert robot.limits.velocity.max() == pytest.approx(4.71)


def changed(name, **keys):
    content = yaml.safe_load(shared_file(f'config/robots/{name}.yaml').read_text())
    return {**content, **keys}


@pytest.mark.parametrize(
    ('keys', 'error', 'message'),
    [
        ({'tool': {'link': 'flange'}}, ConfigurationError, r'lacks tool\.xyz'),
        ({'tool_frame': 'tip', 'tool': {'link': 'hand', 'xyz': [0, 0, 0]}}, RobotModelError,
         'neither tip nor hand'),
        ({'controllers': {'arm': ['elbow_joint']}}, RobotModelError,
         'shoulder_pan_joint belongs to 0 controllers'),
        ({'limits': {'knee': {'velocity': 1.0}}}, RobotModelError, 'given for knee, but'),
        ({'joints': ['elbow_joint', 'elbow_joint']}, RobotModelError, 'hold one twice'),
        ({'joints': []}, RobotModelError, 'no joint moves tool0'),
        ({'joints': ['elbow']}, RobotModelError, 'no movable joint elbow; it has shoulder_pan'),
        ({'tool_frame': 'forearm_link'}, RobotModelError, 'wrist_1_joint does not move forearm'),
    ],
)  # fmt: skip
def test_preset_that_does_not_fit_the_robot_says_where(keys, error, message):
    with pytest.raises(error, match=message):
        build_robot(changed('ur5e', **keys), shared_file('config/robots/ur5e.urdf'))


def test_tool_place_adds_the_tool_that_a_description_lacks():
    keys = {'tool_frame': 'tip', 'tool': {'link': 'tool0', 'xyz': [0.0, 0.0, 0.1]}}
    urdf = shared_file('config/robots/ur5e.urdf')
    robot, bare = build_robot(changed('ur5e', **keys), urdf), load_robot('ur5e')
    tool = bare.forward(bare.home)
    np.testing.assert_allclose(
        robot.forward(bare.home)[:3, 3], tool[:3, 3] + 0.1 * tool[:3, 2], atol=1e-9
    )


def test_a_gripper_is_put_on_an_arm_whose_description_has_none():
    path = shared_file('config/robots/ur5e.urdf')
    own, bare = load_robot('ur5e_2f85'), load_robot('ur5e_2f85', path.read_text(encoding='utf-8'))
    for row in random_rows(own, 5):
        np.testing.assert_array_equal(bare.forward(row[:6]), own.forward(row[:6]))
    flange = load_robot('ur5e').forward(own.home)
    np.testing.assert_allclose(own.forward(own.home) @ [0, 0, -0.142, 1], flange[:, 3], atol=1e-9)


def test_a_gripper_that_the_description_has_already_is_kept():
    arm = read_xml(shared_file('config/robots/ur5e.urdf'))
    attach(arm, read_xml(shared_file('config/robots/robotiq_2f85.urdf')), 'tool0')
    joint = arm.find("joint[@name='tool0-robotiq_85_mount']")
    ElementTree.SubElement(joint, 'origin', xyz='0 0 0.01')
    robot = load_robot('ur5e_2f85', ElementTree.tostring(arm, encoding='unicode'))
    flange = load_robot('ur5e').forward(robot.home)
    tip = robot.forward(robot.home) @ [0, 0, -0.152, 1]
    np.testing.assert_allclose(tip, flange[:, 3], atol=1e-9)


@pytest.mark.parametrize(
    ('old', 'new', 'words'),
    [
        ('"tool0"', '"tip"', 'no link tool0 for robotiq_85_mount'),
        ('"flange"', '"robotiq_85_tcp"', 'has a link robotiq_85_tcp already'),
    ],
)
def test_a_gripper_that_cannot_be_put_on_is_named(old, new, words):
    text = shared_file('config/robots/ur5e.urdf').read_text(encoding='utf-8')
    with pytest.raises(RobotModelError, match=words):
        load_robot('ur5e_2f85', text.replace(old, new))


def test_a_follower_may_come_before_the_joint_it_follows():
    text = shared_file('config/robots/robotiq_2f85.urdf').read_text(encoding='utf-8')
    assert text.index('left_inner_knuckle_joint') < text.index('right_knuckle_joint')
    robot = load_robot('ur5e_2f85')
    rows = np.array([[*robot.home, 0.0], [*robot.home, 0.8]])
    names = list(robot.model.names)
    for name in names:
        if 'robotiq' in name:
            poses = robot.chain.poses(rows)[:, names.index(name), :3, :3]
            turned = np.arccos((np.trace(poses[0].T @ poses[1]) - 1) / 2)
            assert turned == pytest.approx(0.0 if 'tip' in name else 0.8, abs=1e-6), name
