"""Draw three planned paths: python docs/draw_paths.py docs/images/paths.png (needs MuJoCo)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
from itertools import pairwise
from xml.etree import ElementTree

import cv2
import numpy as np

from qwen_embodied.geometry import pose, rotation_x
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.motion import (
    Search,
    World,
    blocked_by,
    box,
    cylinder,
    load_robot,
    plan_path,
    time_path,
)
from qwen_embodied.resources import shared_file
from qwen_embodied.simulation.engine import load_mujoco
from qwen_embodied.simulation.objects import mujoco_quaternion

WIDTH, HEIGHT = 560, 520
GHOSTS = 6
VIEW = {'azimuth': 62.0, 'elevation': -26.0, 'distance': 2.15, 'lookat': [0.38, 0.0, 0.42]}
DOWN = rotation_x(np.pi)
AHEAD = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
TABLE = box('table', (1.3, 1.4, 0.04), pose([0.35, 0.0, -0.02]), 'table')


def problems():
    """Give title, world, and the two poses of the tool."""
    wall = box('wall', (0.5, 0.04, 0.42), pose([0.55, 0.0, 0.21]))
    yield ('over a wall', World([TABLE, wall]),
           pose([0.5, 0.3, 0.12], DOWN), pose([0.5, -0.3, 0.12], DOWN))  # fmt: skip
    heights, across = (0.25, 0.55, 0.85), (-0.45, 0.0, 0.45)
    boards = [box(f'board {z}', (0.3, 0.9, 0.02), pose([0.65, 0.0, z])) for z in heights]
    sides = [box(f'side {y}', (0.3, 0.02, 0.6), pose([0.65, y, 0.55])) for y in across]
    yield ('from one bay of a shelf to another', World([TABLE, *boards, *sides]),
           pose([0.6, 0.22, 0.4], AHEAD), pose([0.6, -0.22, 0.7], AHEAD))  # fmt: skip
    angles = (-0.75, 0.0, 0.75)
    posts = [
        cylinder(f'post {a}', 0.03, 0.7, pose([0.5 * np.cos(a), 0.5 * np.sin(a), 0.35]))
        for a in angles
    ]
    yield ('in and out between posts', World([TABLE], posts),
           pose([0.5, 0.2, 0.15], DOWN), pose([0.5, -0.2, 0.15], DOWN))  # fmt: skip


def model_of(world, trace):
    """Build the robot, the obstacles and a string of beads where the tool goes."""
    mujoco = load_mujoco()
    description = ElementTree.parse(shared_file('config/robots/panda.urdf')).getroot()
    extension = ElementTree.SubElement(description, 'mujoco')
    ElementTree.SubElement(extension, 'compiler', discardvisual='false', fusestatic='false')
    spec = mujoco.MjSpec.from_string(ElementTree.tostring(description, encoding='unicode'))
    kinds = {
        'box': (mujoco.mjtGeom.mjGEOM_BOX, lambda s: s / 2),
        'cylinder': (mujoco.mjtGeom.mjGEOM_CYLINDER, lambda s: np.array([s[0], s[2], 0]) / 2),
    }
    for item in world.obstacles:
        colour = [0.80, 0.74, 0.66, 1] if item.role == 'table' else [0.55, 0.68, 0.80, 1]
        for solid in item.solids:
            kind, size = kinds[solid.kind]
            spec.worldbody.add_geom(
                type=kind, size=size(solid.size).tolist(), pos=solid.pose[:3, 3].tolist(),
                quat=mujoco_quaternion(solid.pose[:3, :3]), rgba=colour,
            )  # fmt: skip
    for point in trace:
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.007, 0, 0], pos=point.tolist(),
            rgba=[0.9, 0.25, 0.1, 1],
        )  # fmt: skip
    spec.add_texture(
        name='sky', type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, width=64, height=64,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT, rgb1=[0.97] * 3, rgb2=[0.97] * 3,
    )  # fmt: skip
    spec.worldbody.add_light(pos=[0.8, -1.5, 2.5], dir=[-0.2, 0.6, -1.0])
    spec.visual.global_.offwidth, spec.visual.global_.offheight = WIDTH, HEIGHT
    spec.visual.headlight.ambient, spec.visual.headlight.diffuse = [0.5] * 3, [0.4] * 3
    return spec.compile()


def picture(title, world, first, last, robot):
    """Plan, time and draw one problem."""
    free = Search('near', blocked=blocked_by(robot, world))
    start, goal = (robot.inverse(tool, search=free) for tool in (first, last))
    path = plan_path(robot, world, start, goal)
    limits = robot.limits.scaled(0.48, 0.48, 0.2)
    trajectory = time_path(path, limits, tool_speed=0.95, robot=robot)
    spline = TrajectorySpline(trajectory)
    times = np.linspace(0.0, trajectory.duration, 90)
    rows = spline.sample(times).positions
    shown = rows[np.linspace(0, len(rows) - 1, GHOSTS).astype(int)]
    images = drawn(model_of(world, robot.tool_poses(rows)[:, :3, 3]), shown, robot)
    length = sum(np.linalg.norm(b - a) for a, b in pairwise(path))
    words = f'{title}: {length:.1f} rad, {trajectory.duration:.1f} s'
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(images, words, (10, 24), font, 0.58, (30, 30, 30), 1, cv2.LINE_AA)
    return images


def drawn(model, rows, robot):
    """Draw postures over one another: the first and last solid, those between as ghosts."""
    mujoco = load_mujoco()
    data, renderer = mujoco.MjData(model), mujoco.Renderer(model, HEIGHT, WIDTH)
    camera = mujoco.MjvCamera()
    for name, value in VIEW.items():
        setattr(camera, name, value)
    columns = [int(model.joint(name).qposadr[0]) for name in robot.all_limits.names]

    def shot(row):
        data.qpos[columns] = np.append(row, robot.gripper.open)
        data.qpos[int(model.joint('panda_finger_joint2').qposadr[0])] = robot.gripper.open
        mujoco.mj_forward(model, data)
        renderer.update_scene(data, camera)
        return renderer.render().astype(float)

    shots = [shot(row) for row in rows]
    blank = np.median(np.stack(shots), axis=0)
    result = shots[0].copy()
    shares = [*[0.4] * (len(shots) - 2), 0.9]
    for image, share in zip(shots[1:], shares, strict=True):
        differs = (np.abs(image - blank).max(axis=2) > 12)[..., None]
        result = np.where(differs, share * image + (1 - share) * result, result)
    return np.ascontiguousarray(result.clip(0, 255).astype(np.uint8))


if __name__ == '__main__':
    os.environ.setdefault('MUJOCO_GL', 'egl')
    arm = load_robot('panda')
    strip = np.concatenate([picture(*problem, arm) for problem in problems()], axis=1)
    packed = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    cv2.imwrite(sys.argv[1], cv2.cvtColor(strip, cv2.COLOR_RGB2BGR), packed)
