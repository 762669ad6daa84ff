"""How each shape of object is built as a MuJoCo body; the origin is the bounding box's centre."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import pose, quaternion_of, rotation_y, rotation_z, transform
from qwen_embodied.simulation.engine import load_mujoco
from qwen_embodied.simulation.scenes import ObjectSpec

# As a camera sees painted wood or plastic in neutral light, sRGB 0 to 1.
PAINT = {
    'black': (0.06, 0.06, 0.07),
    'white': (0.95, 0.95, 0.94),
    'grey': (0.45, 0.46, 0.47),
    'red': (0.80, 0.09, 0.09),
    'orange': (0.95, 0.45, 0.05),
    'yellow': (0.95, 0.82, 0.10),
    'green': (0.12, 0.58, 0.20),
    'blue': (0.10, 0.25, 0.75),
    'purple': (0.45, 0.15, 0.62),
    'pink': (0.95, 0.50, 0.66),
    'brown': (0.40, 0.23, 0.11),
}

SOLID_DENSITY = 500.0  # kg/m³, of soft wood
WALL_DENSITY = 1000.0  # kg/m³, of plastic
WALL = 0.005  # m, thickness of bowls, bins and trays
# Sliding (1), torsional and rolling (m): rolling resistance is what stops a ball on a real table.
FRICTION = (0.7, 0.005, 0.0001)
BALL_FRICTION = (0.7, 0.005, 0.001)
SOLREF = (0.006, 1.0)
SOLIMP = (0.95, 0.99, 0.001, 0.5, 2.0)
BOWL_SEGMENTS = 16
BOWL_FOOT = 0.5  # radius of the foot, as a share of the rim's
COLLISION_GROUP = 3  # not drawn


def add_object(spec: Any, item: ObjectSpec) -> None:
    """Add an object as a free body named as the item to an MjSpec."""
    body = spec.worldbody.add_body(
        name=item.name, pos=item.position, quat=mujoco_quaternion(rotation_z(item.yaw))
    )
    body.add_freejoint(name=item.name)
    _BUILDERS[item.shape](spec, body, item)


def mujoco_quaternion(rotation: NDArray[np.float64]) -> list[float]:
    """Convert a rotation (3, 3) to MuJoCo's order (w, x, y, z)."""
    x, y, z, w = quaternion_of(rotation).tolist()
    return [w, x, y, z]


def bowl_profile(size: tuple[float, float, float], points: int) -> NDArray[np.float64]:
    """Give (radius, z) m of the outer side of a bowl from foot to rim, (points, 2), z from 0."""
    rim, height = size[0] / 2, size[2]
    turn = np.linspace(0.0, np.pi / 2, points)
    radius = BOWL_FOOT * rim + (1 - BOWL_FOOT) * rim * np.sin(turn)
    return np.stack([radius, height * (1 - np.cos(turn))], axis=1)


def _surface(item: ObjectSpec, density: float) -> dict[str, Any]:
    return {
        'rgba': [*PAINT[item.colour], 1.0],
        'material': 'paint',
        'density': density,
        'friction': BALL_FRICTION if item.shape == 'ball' else FRICTION,
        'condim': 6 if item.shape == 'ball' else 4,
        'solref': SOLREF,
        'solimp': SOLIMP,
    }


def _solid(spec: Any, body: Any, item: ObjectSpec) -> None:
    kind = load_mujoco().mjtGeom
    x, _, z = (side / 2 for side in item.size)
    shape, size = {
        'ball': (kind.mjGEOM_SPHERE, [x, 0, 0]),
        'cylinder': (kind.mjGEOM_CYLINDER, [x, z, 0]),
    }.get(item.shape, (kind.mjGEOM_BOX, [side / 2 for side in item.size]))
    body.add_geom(type=shape, size=size, **_surface(item, SOLID_DENSITY))


def _walls(spec: Any, body: Any, item: ObjectSpec) -> None:
    """Build a bin or a tray from a floor and four walls."""
    x, y, z = (side / 2 for side in item.size)
    half = WALL / 2
    plates = [([x, y, half], [0, 0, half - z])]
    for sign in (-1, 1):
        plates.append(([half, y, z - half], [sign * (x - half), 0, half]))
        plates.append(([x - WALL, half, z - half], [0, sign * (y - half), half]))
    box = load_mujoco().mjtGeom.mjGEOM_BOX
    for size, position in plates:
        body.add_geom(type=box, size=size, pos=position, **_surface(item, WALL_DENSITY))


def _bowl(spec: Any, body: Any, item: ObjectSpec) -> None:
    """Build a bowl: a smooth mesh to look at, a foot and rings of slanted boxes to touch."""
    kind, low = load_mujoco().mjtGeom, item.size[2] / 2
    surface = _surface(item, WALL_DENSITY) | {'group': COLLISION_GROUP}
    foot = BOWL_FOOT * item.size[0] / 2
    body.add_geom(
        type=kind.mjGEOM_CYLINDER, size=[foot, WALL / 2, 0], pos=[0, 0, WALL / 2 - low], **surface
    )
    # The rings stay clear of the table, on which only the foot stands.
    outer = np.maximum(bowl_profile(item.size, 4), [0.0, 0.001])
    for start, end in pairwise(outer):
        along = end - start
        length = float(np.hypot(*along))
        inwards = np.array([-along[1], along[0]]) / length
        middle = (start + end) / 2 + inwards * WALL / 2
        width = float(end[0]) * np.tan(np.pi / BOWL_SEGMENTS)
        tilt = pose([middle[0], 0, middle[1] - low], rotation_y(-np.arctan2(along[1], along[0])))
        for turn in np.arange(BOWL_SEGMENTS) * 2 * np.pi / BOWL_SEGMENTS:
            part = pose([0, 0, 0], rotation_z(turn)) @ tilt
            body.add_geom(
                type=kind.mjGEOM_BOX,
                size=[length / 2, width, WALL / 2],
                pos=part[:3, 3],
                quat=mujoco_quaternion(part[:3, :3]),
                **surface,
            )
    spec.add_mesh(name=item.name, **_bowl_mesh(item.size))
    body.add_geom(
        type=kind.mjGEOM_MESH,
        meshname=item.name,
        pos=[0, 0, -low],
        rgba=[*PAINT[item.colour], 1.0],
        material='paint',
        contype=0,
        conaffinity=0,
        density=0,
    )


def _bowl_mesh(size: tuple[float, float, float]) -> dict[str, Any]:
    """Turn the profile (outside, rim, inside) about z: vertices and faces."""
    outer = bowl_profile(size, 13)
    inner = np.maximum(outer - [WALL, 0.0], 0.0)
    inner[:, 1] = WALL + inner[:, 1] * (size[2] - WALL) / size[2]
    bottom, top = [[1e-6, 0.0]], [[1e-6, WALL]]
    profile = np.concatenate([bottom, outer, inner[::-1], top])
    count, around = len(profile), 48
    turns = np.arange(around) * 2 * np.pi / around
    rings = [
        transform(pose([0, 0, 0], rotation_z(turn)), np.insert(profile, 1, 0.0, axis=1))
        for turn in turns
    ]
    faces = []
    for ring in range(around):
        a, b = ring * count, (ring + 1) % around * count
        for at in range(count - 1):
            faces += [[a + at, b + at, b + at + 1], [a + at, b + at + 1, a + at + 1]]
    return {'uservert': np.concatenate(rings).ravel(), 'userface': np.ravel(faces)}


_BUILDERS: dict[str, Callable[[Any, Any, ObjectSpec], None]] = {
    'cube': _solid,
    'box': _solid,
    'cylinder': _solid,
    'ball': _solid,
    'bowl': _bowl,
    'bin': _walls,
    'tray': _walls,
}
