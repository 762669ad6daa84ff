"""Light for drawn scenes: a point lamp with hard shadows, walls, gloss, a sensor, a tone curve."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lamp:
    """A lamp and a camera with a fixed exposure, right for the first of LAMPS.

    `colour` is what white paper sends in linear R, G, B; `gloss` is the strength of highlights;
    `knee` bends the tone curve as film does; `electrons` fill a pixel.
    """

    strength: float = 1.0
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    position: tuple[float, float, float] = (0.9, -0.7, 1.8)
    ambient: float = 0.45
    shadows: bool = True
    gloss: float = 0.0
    knee: bool = False
    electrons: float = 8000.0
    read_noise: float = 6.0


LAMPS = {
    'normal': Lamp(),
    'film': Lamp(knee=True),
    'glossy': Lamp(gloss=0.5),
    'half': Lamp(0.5),
    'dim': Lamp(0.2),
    'dark': Lamp(0.04),
    'bright': Lamp(1.3),
    'candle': Lamp(colour=(1.55, 0.95, 0.35)),
    'bulb': Lamp(colour=(1.3, 0.97, 0.6)),
    'sky': Lamp(colour=(0.78, 1.0, 1.4)),
    'tube': Lamp(colour=(0.96, 1.08, 0.9)),
    'side': Lamp(1.6, position=(0.55, -1.3, 0.8), ambient=0.12),
    'spot': Lamp(0.7, position=(0.3, 0.5, 1.1), ambient=0.1, gloss=0.3),
    'dim bulb': Lamp(0.25, colour=(1.3, 0.97, 0.6)),
}


def wood(points):
    """Give a texture factor (..., 3) at points (..., 3): stripes of a plank."""
    x, y = points[..., 0], points[..., 1]
    grain = np.sin(90 * x + 3 * np.sin(8 * y)) + 0.5 * np.sin(310 * x + 5 * y)
    return (1.0 + 0.10 * grain)[..., None] * [1.0, 1.0 - 0.0, 1.0]


def checks(points):
    """Give a texture factor: a chequered cloth."""
    board = (np.floor(points[..., 0] / 0.04) + np.floor(points[..., 1] / 0.04)) % 2
    return np.where(board[..., None] > 0, 1.0, 0.72) * np.ones(3)


def grit(points):
    """Give a texture factor: speckles that do not repeat."""
    cell = np.floor(points[..., :2] / 0.006)
    noise = np.sin(cell @ [12.9898, 78.233]) * 43758.5453
    return (0.85 + 0.3 * (noise - np.floor(noise)))[..., None] * np.ones(3)


def lit(lamp, points, normals, eye, is_shaded):
    """Give the light (H, W, 3) that falls on points, and the gloss that reaches the eye."""
    to_lamp = np.array(lamp.position) - points
    distance = np.linalg.norm(to_lamp, axis=-1)
    to_lamp /= distance[..., None]
    middle = np.linalg.norm(np.array(lamp.position) - [0.54, 0.0, 0.0])
    cosine = np.clip((to_lamp * normals).sum(-1), 0, 1) * (middle / distance) ** 2
    cosine = np.where(is_shaded, 0.0, cosine)
    level = max((np.array(lamp.position)[2] / middle), 0.2)
    to_eye = eye - points
    to_eye /= np.linalg.norm(to_eye, axis=-1)[..., None]
    half = to_lamp + to_eye
    half /= np.linalg.norm(half, axis=-1)[..., None]
    shine = np.where(is_shaded, 0.0, np.clip((half * normals).sum(-1), 0, 1) ** 60) * lamp.gloss
    sky = lamp.ambient * (0.6 + 0.4 * normals[..., 2])
    light = sky + (1 - lamp.ambient) * cosine / (level if lamp.ambient > 0.2 else 1.0)
    colour = np.array(lamp.colour) * lamp.strength
    return light[..., None] * colour, shine[..., None] * colour


def exposed(lamp, radiance, rng):
    """Give 8-bit sRGB (H, W, 3) of linear radiance, with shot and read noise and clipping."""
    electrons = rng.poisson(np.clip(radiance, 0, 4) * lamp.electrons)
    electrons = electrons + rng.normal(0, lamp.read_noise, radiance.shape)
    value = np.clip(electrons / lamp.electrons, 0, 1)
    if lamp.knee:
        value = value * (1 + 0.35 * (1 - value)) / (1 + 0.15 * value * (1 - value))
    srgb = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.clip(np.rint(255 * srgb), 0, 255).astype(np.uint8)
