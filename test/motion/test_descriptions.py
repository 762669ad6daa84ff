"""Descriptions of robots that lack something, or bring something unusual."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from qwen_embodied.errors import RobotModelError
from qwen_embodied.motion import Collider, Robot, RobotSettings, World
from qwen_embodied.motion.allowed import own_pairs, read_srdf

LINKS = ('base', 'upper', 'lower', 'hand')
BALL = '<collision><geometry><sphere radius="0.05"/></geometry></collision>'
LIMIT = '<limit lower="-2" upper="2" velocity="1" effort="1"/>'
SETTINGS = RobotSettings(acceleration=[1.0] * 3, jerk=[10.0] * 3)


def joint(name, parent, child, kind='revolute', more=LIMIT):
    return (
        f'<joint name="{name}" type="{kind}"><origin xyz="0 0 0.3"/><parent link="{parent}"/>'
        f'<child link="{child}"/><axis xyz="0 1 0"/>{more}</joint>'
    )


def arm(*, shape=BALL, shoulder=('revolute', LIMIT), wrist=LIMIT, more=''):
    links = ''.join(f'<link name="{name}">{shape}</link>' for name in LINKS)
    joints = [
        joint('shoulder', 'base', 'upper', *shoulder),
        joint('elbow', 'upper', 'lower'),
        joint('wrist', 'lower', 'hand', more=wrist),
    ]
    return f'<robot name="arm">{links}{"".join(joints)}{more}</robot>'


def test_description_is_read_from_text_and_from_a_file(tmp_path):
    path = tmp_path / 'arm.urdf'
    path.write_text(arm())
    q = [0.1, 0.2, 0.3]
    read = [Robot.from_urdf(source, 'hand', settings=SETTINGS) for source in (arm(), path)]
    np.testing.assert_array_equal(read[0].forward(q), read[1].forward(q))
    assert read[0].joint_names == ('shoulder', 'elbow', 'wrist')


def test_continuous_joint_turns_once_either_way():
    robot = Robot.from_urdf(
        arm(shoulder=('continuous', '<limit velocity="1"/>')), 'hand', settings=SETTINGS
    )
    np.testing.assert_allclose(robot.limits.upper, [2 * np.pi, 2.0, 2.0])
    turned = robot.forward([2.0, 0.5, 0.1])
    np.testing.assert_allclose(turned, robot.forward([2.0 - 2 * np.pi, 0.5, 0.1]), atol=1e-12)
    np.testing.assert_allclose(
        robot.forward(robot.inverse(turned, [0.0, 0.0, 0.0])), turned, atol=3e-5
    )


def test_mimic_joint_of_the_arm_moves_with_the_one_it_follows(rng):
    text = arm(wrist=LIMIT + '<mimic joint="elbow" multiplier="-0.5" offset="0.2"/>')
    settings = RobotSettings(acceleration=[1.0] * 2, jerk=[10.0] * 2)
    robot = Robot.from_urdf(text, 'hand', settings=settings)
    free = Robot.from_urdf(arm(), 'hand', settings=SETTINGS)
    assert robot.joint_names == ('shoulder', 'elbow')
    for q in rng.uniform(-2, 2, (10, 2)):
        wanted = free.forward([*q, 0.2 - 0.5 * q[1]])
        np.testing.assert_allclose(robot.forward(q), wanted, atol=1e-12)
        step = 1e-6 * np.eye(2)
        change = [(robot.forward(q + s) - robot.forward(q - s))[:3, 3] / 2e-6 for s in step]
        np.testing.assert_allclose(robot.jacobian(q)[:3].T, change, atol=1e-7)
        np.testing.assert_allclose(
            robot.forward(robot.inverse(wanted, q + 0.1)), wanted, atol=3e-5
        )


def test_settings_fill_a_missing_limit_and_win_over_a_present_one():
    text = arm(wrist='<limit lower="-1" upper="1"/>')
    limits = {'wrist': {'velocity': 0.7, 'upper': 0.5}}
    settings = RobotSettings(acceleration=[1.0] * 3, jerk=[10.0] * 3, limits=limits)
    found = Robot.from_urdf(text, 'hand', settings=settings).limits
    assert (found.lower[2], found.upper[2], found.velocity[2]) == (-1.0, 0.5, 0.7)


MESH = '<collision><geometry><mesh filename="package://nowhere/hand.stl"/></geometry></collision>'


@pytest.mark.parametrize(
    ('text', 'tool', 'message'),
    [
        (arm(wrist='<limit lower="-1" upper="1"/>'), 'hand',
         r'wrist has no velocity limit in the URDF; give it in the settings: limits: \{wrist'),
        (arm(wrist=''), 'hand', 'wrist has no lower limit'),
        (arm(wrist=LIMIT.replace('-2', 'inf')), 'hand', "wrist has the lower limit 'inf'"),
        (arm(wrist=LIMIT.replace('"1" eff', '"0" eff')), 'hand', 'wrist has the velocity limit 0'),
        (arm(shoulder=('floating', '')), 'hand', 'shoulder is a floating joint; an arm needs'),
        (arm(), 'tip', 'no link tip; it has base, upper, lower, hand; name one'),
        (arm(), 'base', 'no joint moves base'),
        (arm(shape=MESH), 'hand', r'hand\.stl.*packages.*body'),
        (arm(shape=''), 'hand', 'no collision shapes; name a URDF of simple shapes'),
        ('<sdf version="1.9"/>', 'hand', 'no URDF: its root is <sdf>'),
        ('', 'hand', 'cannot be read'),
        (arm()[:-9], 'hand', 'cannot be read'),
        (arm(more='<link name="island"/>'), 'hand', 'cannot be read'),
    ],
)  # fmt: skip
def test_incomplete_description_names_what_it_lacks_and_the_way_out(text, tool, message):
    with pytest.raises(RobotModelError, match=f'(?s){message}'):
        Robot.from_urdf(text, tool, settings=SETTINGS)


def test_shapes_of_another_urdf_stand_in_for_absent_meshes():
    settings = RobotSettings(acceleration=[1.0] * 3, jerk=[10.0] * 3, body=arm())
    robot = Robot.from_urdf(arm(shape=MESH), 'hand', settings=settings)
    assert [part.link for part in robot.parts] == list(LINKS)
    stranger = RobotSettings(body=arm().replace('hand', 'claw'))
    with pytest.raises(RobotModelError, match='body has the link claw'):
        Robot.from_urdf(arm(shape=MESH), 'hand', settings=stranger)


def write_mesh(path):
    """Write a tetrahedron with legs of 0.1 m as ASCII STL."""
    corners = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]])
    faces = ''.join(
        'facet normal 0 0 0\nouter loop\n'
        + ''.join(f'vertex {x} {y} {z}\n' for x, y, z in corners[list(face)])
        + 'endloop\nendfacet\n'
        for face in ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
    )
    path.write_text(f'solid s\n{faces}endsolid s\n')


def test_meshes_of_a_package_are_found_and_count_as_their_hull(tmp_path):
    (tmp_path / 'nowhere').mkdir()
    write_mesh(tmp_path / 'nowhere/hand.stl')
    settings = RobotSettings(acceleration=[1.0] * 3, jerk=[10.0] * 3, packages=[tmp_path])
    robot = Robot.from_urdf(arm(shape=MESH), 'hand', settings=settings)
    assert len(robot.parts) == 4
    low = robot.parts[0].spheres[:, :3] - robot.parts[0].spheres[:, 3:]
    assert low.min() <= 0.0
    assert robot.parts[0].spheres[:, :3].max() >= 0.05


def srdf(*pairs):
    entries = ''.join(f'<disable_collisions link1="{a}" link2="{b}"/>' for a, b in pairs)
    return f'<robot name="arm">{entries}</robot>'


def names_of(robot):
    return {frozenset((robot.parts[a].link, robot.parts[b].link)) for a, b in own_pairs(robot)}


def test_srdf_says_which_links_may_touch():
    pairs = [('base', 'upper'), ('upper', 'lower'), ('lower', 'hand'), ('base', 'hand')]
    settings = RobotSettings(acceleration=[1.0] * 3, jerk=[10.0] * 3, srdf=srdf(*pairs))
    robot = Robot.from_urdf(arm(), 'hand', settings=settings)
    assert names_of(robot) == {frozenset(('base', 'lower')), frozenset(('upper', 'hand'))}


def test_without_srdf_neighbours_may_touch_and_others_may_not():
    robot = Robot.from_urdf(arm(), 'hand', settings=SETTINGS)
    assert frozenset(('base', 'upper')) not in names_of(robot)
    assert frozenset(('base', 'lower')) in names_of(robot)
    straight = np.zeros((1, 3))
    collider = Collider(robot, World())
    assert collider.first(straight, collider.demand(0.0, 0.01)) is None


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('<robot name="arm"><disable_collisions link1="a"/></robot>', 'without link1 or link2'),
        ('<robot', 'the SRDF cannot be read'),
        ('nowhere.srdf', r'the SRDF nowhere\.srdf cannot be read'),
    ],
)
def test_broken_srdf_is_refused(text, message):
    with pytest.raises(RobotModelError, match=message):
        read_srdf(text)


def test_srdf_of_another_robot_is_refused():
    settings = RobotSettings(acceleration=[1.0] * 3, jerk=[10.0] * 3, srdf=srdf(('a', 'b')))
    with pytest.raises(RobotModelError, match='it speaks of a, b: is it of another robot'):
        own_pairs(Robot.from_urdf(arm(), 'hand', settings=settings))
