"""Random tables, cameras and rooms to look at, and the score of what was found there."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perception.drawn import PAINT, SIZES, Drawn, Take, cube, draw
from perception.sensors import sensed
from qwen_embodied.geometry import Intrinsics, look_at, yaw_of
from qwen_embodied.messages import CONTAINERS

SOLIDS = ('cube', 'box', 'cylinder', 'ball')
LENSES = {
    '424x240': (424, 240, 306.0), '640x480': (640, 480, 579.0), '640x360 wide': (640, 360, 320.0),
    '848x480': (848, 480, 612.0), '1280x720': (1280, 720, 920.0),
    '1920x1080': (1920, 1080, 1400.0),
}  # fmt: skip


def lens_named(name):
    width, height, focal = LENSES[name]
    return Intrinsics(width, height, focal, focal, width / 2 - 0.5, height / 2 - 0.5)


def camera(rng, elevation, distance, table=0.0):
    """Give a camera on a sphere around the table's middle; elevation in degrees."""
    middle = np.array([0.53, 0.0, table])
    if elevation > 85:
        return look_at(np.add(middle, [-0.02, 0.0, distance]), middle, image_up=[1, 0, 0])
    side, up = rng.uniform(-np.pi, np.pi), np.radians(elevation)
    away = [np.cos(side) * np.cos(up), np.sin(side) * np.cos(up), np.sin(up)]
    return look_at(middle + distance * np.array(away), middle, image_up=[0, 0, 1])


def sized(rng, shape):
    """Draw a size as things in a household have."""
    x, y, z = SIZES[shape]
    if shape == 'box':
        return rng.uniform(0.055, 0.07), rng.uniform(0.03, 0.045), rng.uniform(0.025, 0.05)
    if shape in ('cube', 'ball'):
        return (rng.uniform(0.036, 0.052),) * 3
    if shape == 'cylinder':
        d = rng.uniform(0.035, 0.052)
        return d, d, rng.uniform(0.05, 0.09)
    scale = rng.uniform(0.92, 1.05)
    return x * scale, y * scale, z * scale


def scattered(rng, count, shapes=SOLIDS + CONTAINERS, gap=0.03, spread=(0.16, 0.24)):
    """Lay things out at random, no two nearer than a gap, m."""
    items, places = [], []
    for _ in range(count):
        shape = str(rng.choice(shapes))
        size = sized(rng, shape)
        reach = np.hypot(*size[:2]) / 2
        for _ in range(300):
            x, y = 0.53 + rng.uniform(-1, 1) * spread[0], rng.uniform(-1, 1) * spread[1]
            if all(np.hypot(x - a, y - b) > reach + r + gap for a, b, r in places):
                places.append((x, y, reach))
                items.append(Drawn(str(rng.choice(list(PAINT))), shape, size, x, y,
                                   rng.uniform(-1.5, 1.5)))  # fmt: skip
                break
    return items


def in_row(rng, count, same, gap=0.0):
    """Give cubes of one size side by side, touching or with gaps, m."""
    side, yaw = rng.uniform(0.038, 0.05), rng.uniform(-1.5, 1.5)
    first = str(rng.choice(list(PAINT)))
    step = (side + gap) * np.array([np.cos(yaw), np.sin(yaw)])
    colours = [first if same else str(rng.choice(list(PAINT))) for _ in range(count)]
    places = [[0.53, 0.0] + (k - count / 2 + 0.5) * step for k in range(count)]
    return [
        cube(colour, *place, yaw, side=side) for colour, place in zip(colours, places, strict=True)
    ]


def filled(rng, shape, count):
    """Give a container and small things in it that do not touch one another."""
    holder = Drawn(str(rng.choice(list(PAINT))), shape, SIZES[shape], 0.53, 0.0,
                   rng.uniform(-1.5, 1.5))  # fmt: skip
    c, s = np.cos(holder.yaw), np.sin(holder.yaw)
    items, places = [], []
    for _ in range(count):
        kind = str(rng.choice(SOLIDS[:1] + SOLIDS[2:]))
        size = (0.036,) * 3 if kind != 'cylinder' else (0.034, 0.034, 0.05)
        reach = 0.0255 if kind == 'cube' else 0.018
        for _ in range(500):
            if shape == 'bowl':
                r = (0.55 * SIZES['bowl'][0] / 2 - reach + 0.006) * np.sqrt(rng.uniform())
                a = rng.uniform(-np.pi, np.pi)
                u, v = r * np.cos(a), r * np.sin(a)
            else:
                u, v = (
                    (half / 2 - reach - 0.006) * rng.uniform(-1, 1) for half in holder.size[:2]
                )
            if all(np.hypot(u - a, v - b) > reach + r + 0.001 for a, b, r in places):
                places.append((u, v, reach))
                items.append(Drawn(str(rng.choice(list(PAINT))), kind, size, 0.53 + c * u - s * v,
                                   c * v + s * u, rng.uniform(-1.5, 1.5), 0.005))  # fmt: skip
                break
    return [holder, *items]


def stacked(rng, count):
    """Give cubes on one another."""
    side, items = rng.uniform(0.04, 0.05), []
    for level in range(count):
        items.append(
            cube(str(rng.choice(list(PAINT))), 0.53 + rng.uniform(-0.004, 0.004),
                 rng.uniform(-0.004, 0.004), rng.uniform(-1.5, 1.5), level * side, side)
        )  # fmt: skip
    return items


def leaning(rng, shape):
    """Give a cube that leans on the wall of a container."""
    angle, side, out = rng.uniform(0.3, 0.8), 0.045, {'bowl': 0.02, 'bin': 0.03}[shape]
    yaw = rng.uniform(-3.0, 3.0) if shape == 'bowl' else 0.0
    one, other = (str(word) for word in rng.permutation(list(PAINT))[:2])
    holder = Drawn(one, shape, SIZES[shape], 0.53, 0.0)
    x, y = 0.53 + out * np.cos(yaw), out * np.sin(yaw)
    z = 0.005 + side / 2 * np.sin(angle)
    return [holder, Drawn(other, 'cube', (side,) * 3, x, y, yaw, z, lean=-angle)]


def taken(seed, elevation, lens='640x480', table=0.0, distance=1.1, **more):
    """Give a take with a random camera."""
    eye = camera(np.random.default_rng(seed), elevation, distance, table)
    return Take(eye, table=table, seed=seed, lens=lens_named(lens), **more)


@dataclass
class Score:
    """What was found of what was there, over many frames."""

    count: int = 0
    found: int = 0
    shaped: int = 0
    extra: int = 0

    def __post_init__(self):
        self.apart, self.sizes, self.yaws = [], [], []

    def add(self, items, scene, table=0.0, reach=0.02):
        """Match things one to one with what was found near them."""
        left = list(scene.objects)
        for item in items:
            self.count += 1
            at = np.add(item.position, [0, 0, table])
            near = [one for one in left if np.linalg.norm(one.position - at) < reach]
            if not near:
                continue
            best = min(near, key=lambda one: np.linalg.norm(one.position - at)
                       + 0.02 * (one.shape != item.shape))  # fmt: skip
            left.remove(best)
            self.found += 1
            self.shaped += best.shape == item.shape
            self.apart.append(float(np.linalg.norm(best.position - at)))
            if best.shape == item.shape:
                self.sizes.append(float(np.abs(best.size - item.size).max()))
                if item.shape not in ('ball', 'cylinder', 'bowl'):
                    period = np.pi / 2 if item.shape == 'cube' else np.pi
                    turn = (yaw_of(best.object_in_base) - item.yaw + period / 2) % period
                    self.yaws.append(float(np.degrees(abs(turn - period / 2))))
        self.extra += len(left)

    def __str__(self):
        def q(values, share, scale=1.0):
            return float(np.percentile(values, share)) * scale if values else float('nan')

        return (
            f'n {self.count:4d} found {100 * self.found / max(self.count, 1):5.1f} % shape '
            f'{100 * self.shaped / max(self.count, 1):5.1f} % extra {self.extra:3d} | pos '
            f'{q(self.apart, 50, 1e3):4.1f} / {q(self.apart, 95, 1e3):4.1f} mm size '
            f'{q(self.sizes, 50, 1e3):4.1f} mm yaw {q(self.yaws, 50):4.1f}°'
        )


def exact(items, take):
    """Draw without depth noise."""
    return draw(items, replace(take, depth_noise=0.0))


def seen(items, take, sensor, seed=0):
    """Draw what a depth camera sees."""
    return sensed(exact(items, take), sensor, seed)
