"""A second, independent renderer: rays against boxes, cylinders, spheres and cones, in numpy."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from perception.lamps import Lamp, exposed, lit
from qwen_embodied.geometry import (
    Intrinsics,
    inverse_pose,
    look_at,
    pose,
    rotation_y,
    rotation_z,
    transform,
)
from qwen_embodied.messages import Frame

PAINT = {
    'black': (28, 28, 30), 'white': (238, 238, 236), 'grey': (128, 129, 131),
    'red': (200, 32, 30), 'orange': (240, 128, 20), 'yellow': (240, 210, 30),
    'green': (40, 150, 60), 'blue': (30, 80, 200), 'purple': (120, 50, 160),
    'pink': (242, 140, 185), 'brown': (115, 68, 34),
}  # fmt: skip
SIZES = {
    'cube': (0.045, 0.045, 0.045), 'box': (0.06, 0.04, 0.05), 'cylinder': (0.042, 0.042, 0.075),
    'ball': (0.05, 0.05, 0.05), 'bowl': (0.16, 0.16, 0.055), 'bin': (0.18, 0.14, 0.06),
    'tray': (0.22, 0.16, 0.025),
}  # fmt: skip
LENS = Intrinsics.from_field_of_view(640, 480, np.radians(45.0))
STRAIGHT = look_at([0.40, 0.0, 1.25], [0.55, 0.0, 0.0], image_up=[1, 0, 0])
OBLIQUE = look_at([1.25, 0.1, 0.75], [0.52, 0.0, 0.0], image_up=[0, 0, 1])
LAMP = np.array([0.3, 0.25, 0.92])


@dataclass(frozen=True)
class Drawn:
    """An object to draw: z is the height of what it stands on above the table."""

    colour: str
    shape: str
    size: tuple[float, float, float]
    x: float
    y: float
    yaw: float = 0.0
    z: float = 0.0
    second: str | None = None
    stripe: float = 0.015
    rgb: tuple[int, int, int] | None = None
    lean: float = 0.0  # rad about its own y axis, through the middle of its bottom
    depthless: bool = False

    @property
    def paint(self):
        return np.array(self.rgb or PAINT[self.colour]) / 255.0

    @property
    def position(self):
        up = rotation_z(self.yaw) @ rotation_y(self.lean) @ [0.0, 0.0, self.size[2] / 2]
        return np.array([self.x, self.y, self.z]) + up


def cube(colour, x, y, yaw=0.0, z=0.0, side=0.045):
    return Drawn(colour, 'cube', (side, side, side), x, y, yaw, z)


@dataclass(frozen=True)
class Take:
    """How a scene is taken."""

    camera_in_base: np.ndarray = field(default_factory=lambda: STRAIGHT)
    table: float = 0.0
    depth_noise: float = 0.0015
    seed: int = 0
    table_paint: tuple[int, int, int] = (168, 150, 128)
    stamp: float = 0.0
    lamp: Lamp | None = None
    texture: Callable | None = None
    lens: Intrinsics = LENS
    edges: tuple[float, float, float, float] | None = None  # x0 x1 y0 y1 of the table, m
    floor: float = 0.7  # m below the table
    wall: float = 4.0  # m, x of a wall


def draw(objects, take=None) -> Frame:
    """Render objects on a table to a frame with noise and shading."""
    take = take or Take()
    rays = _rays(take)
    origin = take.camera_in_base[:3, 3]
    depth, paint, normals = _room(rays, origin, take)
    if take.texture is not None:
        ground = origin + np.where(np.isfinite(depth), depth, 9.0)[..., None] * rays
        paint *= take.texture(ground) ** (1 / 2.2)
    on_table, lost = np.ones(depth.shape, bool), np.zeros(depth.shape, bool)
    for item in objects:
        rows, columns = _window(item, take)
        window = rows, columns
        for t, normal in _hits(item, take, origin, rays[window]):
            nearer = t < depth[window]
            depth[window][nearer] = t[nearer]
            normals[window][nearer] = normal[nearer]
            on_table[window][nearer] = False
            lost[window][nearer] = item.depthless
            paint[window][nearer] = item.paint
            if item.second is not None:
                points = transform(inverse_pose(_local(item, take)), origin + t[nearer][..., None]
                                   * rays[window][nearer])  # fmt: skip
                stripe = np.floor(points[..., 0] / item.stripe) % 2 > 0
                paint[window][nearer] = np.where(
                    stripe[..., None], np.array(PAINT[item.second]) / 255.0, item.paint
                )
    if take.lamp is None:
        shade = np.where(on_table, 1.0, 0.45 + 0.6 * np.clip(normals @ LAMP, 0, 1))
        depth[lost] = np.inf
        return _frame(depth, _plain(paint, shade, take), take)
    return _frame(depth, _lamplit(objects, take, (depth, paint, normals)), take)


def _room(rays, origin, take):
    """Give depth, paint and normals of the table; beside its edges, of a floor and a wall."""
    with np.errstate(divide='ignore'):
        depth = (take.table - origin[2]) / rays[..., 2]
    depth = np.where(depth > 0, depth, np.inf)
    paint, normals = np.empty((*depth.shape, 3)), np.empty((*depth.shape, 3))
    paint[:], normals[:] = np.array(take.table_paint) / 255.0, (0.0, 0.0, 1.0)
    if take.edges is None:
        return depth, paint, normals
    with np.errstate(divide='ignore'):
        floor = (take.table - take.floor - origin[2]) / rays[..., 2]
        wall = (take.wall - origin[0]) / rays[..., 0]
    x, y = (origin[axis] + np.minimum(depth, 99.0) * rays[..., axis] for axis in (0, 1))
    x0, x1, y0, y1 = take.edges
    beside = ~((x > x0) & (x < x1) & (y > y0) & (y < y1)) | np.isinf(depth)
    floor, wall = (np.where(one > 0, one, np.inf) for one in (floor, wall))
    depth = np.where(beside, np.minimum(floor, wall), depth)
    paint[beside & (floor < wall)] = 0.35, 0.3, 0.28
    paint[beside & (floor >= wall)] = 0.8, 0.8, 0.76
    return depth, paint, normals


def _lamplit(objects, take, seen):
    depth, paint, normals = seen
    points = take.camera_in_base[:3, 3] + np.minimum(depth, 9.0)[..., None] * _rays(take)
    lamp, eye = np.array(take.lamp.position), take.camera_in_base[:3, 3]
    towards = points + 1e-3 * normals - lamp
    shaded = np.zeros(depth.shape, bool)
    for item in objects if take.lamp.shadows else ():
        for t, _ in _hits(item, take, lamp, towards):
            shaded |= t < 0.995
    light, gloss = lit(take.lamp, points, normals, eye, shaded)
    radiance = np.minimum(paint, 1.0) ** 2.2 * light + gloss
    return exposed(take.lamp, radiance, np.random.default_rng(take.seed))


def _local(item, take):
    turned = rotation_z(item.yaw) @ rotation_y(item.lean)
    return pose([item.x, item.y, take.table + item.z], turned)


def _hits(item, take, origin, rays):
    """Give distance and normal in the base frame of each part along rays from one origin."""
    base_in_item = inverse_pose(_local(item, take))
    d, o = rays @ base_in_item[:3, :3].T, transform(base_in_item, origin)
    for part in PARTS[item.shape](*item.size):
        t, normal = part(o, d)
        yield t, normal @ base_in_item[:3, :3]


def _plain(paint, shade, take):
    rng = np.random.default_rng(take.seed)
    linear = paint**2.2 * np.minimum(shade, 1.0)[..., None]
    rgb = 255.0 * linear ** (1 / 2.2) + rng.normal(0, 2.5, paint.shape)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def _frame(depth, rgb, take):
    rng = np.random.default_rng(take.seed + 1)
    with np.errstate(invalid='ignore'):
        noisy = depth + rng.normal(0, take.depth_noise, depth.shape) * depth**2 / 1.4
    specks = rng.random(depth.shape) < (0.004 if take.depth_noise else 0.0)
    noisy[specks | ~(depth < 4.0)] = np.nan
    return Frame(
        take.stamp,
        'camera_color_optical_frame',
        rgb,
        noisy.astype(np.float32),
        take.lens,
        take.camera_in_base,
    )


def _rays(take):
    lens = take.lens
    v, u = np.mgrid[: lens.height, : lens.width]
    local = lens.deproject(np.stack([u, v], axis=-1), np.ones(u.shape))
    return local @ take.camera_in_base[:3, :3].T


def _window(item, take):
    local = _local(item, take)
    reach = np.hypot(*item.size[:2]) / 2
    corners = [
        [x, y, z] for x in (-reach, reach) for y in (-reach, reach) for z in (0, item.size[2])
    ]
    points = transform(inverse_pose(take.camera_in_base), transform(local, corners))
    pixels = take.lens.project(points)
    if not np.isfinite(pixels).all():
        return slice(None), slice(None)
    low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 1, 0)
    high = np.maximum(np.ceil(pixels.max(axis=0)).astype(int) + 2, 0)
    return slice(low[1], high[1]), slice(low[0], high[0])


def _box(low, high):
    def hit(o, d):
        with np.errstate(divide='ignore', invalid='ignore'):
            one, two = (low - o) / d, (high - o) / d
        near, far = np.minimum(one, two), np.maximum(one, two)
        t = near.max(axis=-1)
        normal = -np.sign(d) * (near >= t[..., None])
        return np.where((t <= far.min(axis=-1)) & (t > 0), t, np.inf), normal

    return hit


def _sphere(radius):
    def hit(o, d):
        o = o - np.array([0, 0, radius])
        a, b, c = (d * d).sum(-1), d @ o, o @ o - radius**2
        root = b * b - a * c
        t = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
        return t, (o + np.where(np.isfinite(t), t, 0)[..., None] * d) / radius

    return hit


def _cone(bottom, top, z0, z1, side):
    """A wall whose radius goes from bottom at z0 to top at z1, seen from outside or inside."""
    slope = (top - bottom) / (z1 - z0)

    def hit(o, d):
        base = bottom + slope * (o[2] - z0)
        rate = slope * d[..., 2]
        a = d[..., 0] ** 2 + d[..., 1] ** 2 - rate**2
        b = o[0] * d[..., 0] + o[1] * d[..., 1] - base * rate
        c = o[0] ** 2 + o[1] ** 2 - base**2
        root = np.sqrt(np.maximum(b * b - a * c, 0))
        best = np.full(a.shape, np.inf)
        normal = np.zeros(d.shape)
        for sign in (-1, 1):
            with np.errstate(divide='ignore', invalid='ignore'):
                t = (-b + sign * root) / a
            point = o + np.nan_to_num(t)[..., None] * d
            out = np.dstack(
                [point[..., :2], -slope * np.hypot(*np.moveaxis(point[..., :2], -1, 0))]
            )
            out = side * out / np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-9)
            good = (b * b > a * c) & (t > 0) & (point[..., 2] >= z0) & (point[..., 2] <= z1)
            good &= ((out * d).sum(-1) < 0) & (t < best)
            best[good], normal[good] = t[good], out[good]
        return best, normal

    return hit


def _disc(inner, outer, z):
    def hit(o, d):
        t = (z - o[2]) / d[..., 2]
        radius = np.hypot(o[0] + t * d[..., 0], o[1] + t * d[..., 1])
        t = np.where((t > 0) & (radius >= inner) & (radius <= outer), t, np.inf)
        return t, np.broadcast_to([0.0, 0.0, 1.0], d.shape)

    return hit


def _solid_box(x, y, z):
    return [_box(np.array([-x / 2, -y / 2, 0]), np.array([x / 2, y / 2, z]))]


def _walls(x, y, z, wall=0.005):
    low = np.array([-x / 2, -y / 2, 0])
    high = -low + np.array([0, 0, z])
    parts = [_box(low, np.array([x / 2, y / 2, wall]))]
    for axis in (0, 1):
        near, far = high.copy(), low.copy()
        near[axis], far[axis] = low[axis] + wall, high[axis] - wall
        parts += [_box(low, near), _box(far, high)]
    return parts


def _bowl(x, _y, z, wall=0.005):
    outer, foot = x / 2, 0.55 * x / 2
    return [
        _cone(foot, outer, 0, z, 1.0),
        _cone(foot - wall, outer - wall, wall, z, -1.0),
        _disc(0.0, foot, wall),
        _disc(outer - wall, outer, z),
    ]


def _cylinder(x, _y, z):
    return [_cone(x / 2, x / 2 + 1e-9, 0, z, 1.0), _disc(0.0, x / 2, z)]


PARTS = {
    'cube': _solid_box, 'box': _solid_box, 'cylinder': _cylinder, 'bowl': _bowl,
    'ball': lambda x, _y, _z: [_sphere(x / 2)], 'bin': _walls, 'tray': _walls,
}  # fmt: skip
