"""The MuJoCo model of the whole world: room, table, arm, objects and camera."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import Intrinsics, look_at, rotation_x
from qwen_embodied.simulation.arm import ArmDescription, load_arm
from qwen_embodied.simulation.engine import load_mujoco
from qwen_embodied.simulation.objects import SOLIMP, SOLREF, add_object, mujoco_quaternion
from qwen_embodied.simulation.scenes import SceneSpec

TABLE_HEIGHT = 0.0  # m in the base frame
TABLE_SIDES = ((-0.30, 1.00), (-0.70, 0.70))  # m, along x and y
TABLE_THICKNESS = 0.04  # m
FLOOR_HEIGHT = -0.75  # m
CAMERA_FRAME = 'camera_color_optical_frame'
INTRINSICS = Intrinsics.from_field_of_view(640, 480, np.deg2rad(45.0))
CAMERA_IN_BASE: NDArray[np.float64] = look_at(
    [0.40, 0.0, 1.25], [0.55, 0.0, 0.0], image_up=[1.0, 0.0, 0.0]
)
NEAR, FAR = 0.05, 12.0  # m, between which the camera sees anything
# Warnings of MuJoCo after which a world's motion means nothing, by their names in mjtWarning.
FATAL_WARNINGS = (
    'mjWARN_CONTACTFULL', 'mjWARN_CNSTRFULL', 'mjWARN_BADQPOS', 'mjWARN_BADQVEL',
    'mjWARN_BADQACC', 'mjWARN_BADCTRL',
)  # fmt: skip


def build_model(scene: SceneSpec, arm: ArmDescription, time_step: float) -> Any:
    """Compile the world.

    Args:
        scene: The objects.
        arm: The arm at the origin.
        time_step: Of the physics, s.

    Returns:
        The MjModel; objects are bodies named as in the scene, the camera is 'camera'.
    """
    spec = load_arm(arm)
    spec.modelname = 'world'
    _set_options(spec, time_step)
    _add_materials(spec)
    _add_room(spec)
    for item in scene.objects:
        add_object(spec, item)
    return spec.compile()


def _set_options(spec: Any, time_step: float) -> None:
    mujoco = load_mujoco()
    option = spec.option
    option.timestep = time_step
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 50.0
    option.iterations, option.tolerance = 30, 1e-8
    option.disableflags = int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    # What lies still is not computed until something touches it: three times as fast.
    option.enableflags = int(mujoco.mjtEnableBit.mjENBL_SLEEP)
    visual = spec.visual
    visual.global_.offwidth, visual.global_.offheight = 1280, 960
    # MuJoCo scales the clipping planes by the extent; an extent of 1 m makes them metres.
    spec.stat.extent = 1.0
    visual.rgba.haze = [0.78, 0.80, 0.83, 1.0]
    visual.map.znear, visual.map.zfar = NEAR, FAR
    visual.map.shadowclip = 2.0
    visual.headlight.diffuse = visual.headlight.specular = [0.0, 0.0, 0.0]


def _add_materials(spec: Any) -> None:
    mujoco = load_mujoco()
    spec.add_material(name='paint', specular=0.25, shininess=0.4)
    spec.add_material(name='shell', specular=0.35, shininess=0.6)
    spec.add_material(name='table', specular=0.0, shininess=0.0)
    spec.add_material(name='floor', specular=0.0, shininess=0.0)
    spec.add_texture(
        name='sky',
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.86, 0.88, 0.91],
        rgb2=[0.55, 0.59, 0.65],
        width=128,
        height=768,
    )


def _add_room(spec: Any) -> None:
    mujoco = load_mujoco()
    world, kind = spec.worldbody, load_mujoco().mjtGeom
    (x0, x1), (y0, y1) = TABLE_SIDES
    middle = [(x0 + x1) / 2, (y0 + y1) / 2]
    half = [(x1 - x0) / 2, (y1 - y0) / 2]
    touch = {'friction': (0.7, 0.005, 0.0001), 'condim': 4, 'solref': SOLREF, 'solimp': SOLIMP}
    world.add_geom(
        name='table',
        type=kind.mjGEOM_BOX,
        pos=[*middle, TABLE_HEIGHT - TABLE_THICKNESS / 2],
        size=[*half, TABLE_THICKNESS / 2],
        rgba=[0.74, 0.70, 0.65, 1.0],
        material='table',
        **touch,
    )
    world.add_geom(
        name='floor',
        type=kind.mjGEOM_PLANE,
        pos=[0, 0, FLOOR_HEIGHT],
        size=[0, 0, 1],
        rgba=[0.45, 0.46, 0.48, 1.0],
        material='floor',
        **touch,
    )
    _add_legs(world, middle, half)
    for name in ('key', 'fill'):
        world.add_light(
            name=name,
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            castshadow=name == 'key',
        )
    # MuJoCo's cameras look along -z with y up; optical frames along z with y down.
    world.add_camera(
        name='camera',
        pos=CAMERA_IN_BASE[:3, 3],
        quat=mujoco_quaternion(CAMERA_IN_BASE[:3, :3] @ rotation_x(np.pi)),
        fovy=np.rad2deg(2 * np.arctan(INTRINSICS.height / 2 / INTRINSICS.fy)),
    )


def _add_legs(world: Any, middle: list[float], half: list[float]) -> None:
    height = (TABLE_HEIGHT - TABLE_THICKNESS - FLOOR_HEIGHT) / 2
    for x in (-1, 1):
        for y in (-1, 1):
            world.add_geom(
                type=load_mujoco().mjtGeom.mjGEOM_BOX,
                pos=[
                    middle[0] + x * (half[0] - 0.05),
                    middle[1] + y * (half[1] - 0.05),
                    FLOOR_HEIGHT + height,
                ],
                size=[0.03, 0.03, height],
                rgba=[0.30, 0.31, 0.33, 1.0],
                material='shell',
            )
