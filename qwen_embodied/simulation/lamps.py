"""Lamps and rooms in linear light: what shines on the table before any camera looks."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.simulation.lights import WHITE_BALANCE, blackbody

Array = NDArray[np.float64]
Place = tuple[float, float, float]

MAINS = 99.8  # Hz, brightness of a lamp on a 50 Hz grid that runs a little slow


@dataclass(frozen=True)
class Lamp:
    """One lamp.

    Attributes:
        position: In the base frame, m.
        intensity: Irradiance at the middle of the table, seen face on; 1 makes white white.
        temperature: Colour temperature, K.
        tint: Natural logarithm of green over what a hot body of that temperature gives.
        gloss: Share of its light that glossy things mirror.
        flicker: Depth of its modulation at MAINS, 0 to 1.
        orbit: Radius, m, of a circle about its position on which it moves, a turn in 4 s.
        falls_off: True for a bulb, whose light thins with the square of the distance; False for
            one so far or so wide that it does not.
    """

    position: Place
    intensity: float
    temperature: float = WHITE_BALANCE
    tint: float = 0.0
    gloss: float = 0.15
    flicker: float = 0.0
    orbit: float = 0.0
    falls_off: bool = False

    @property
    def colour(self) -> Array:
        """Linear RGB (3,), green 1 without tint, grey at the usual white balance."""
        return coloured(self.temperature, self.tint)

    def place(self, time: float) -> Place:
        """Give its position (m) at a time (s), in steps of a twentieth of a turn."""
        turn = 2 * np.pi * round(time / 0.2) * 0.2 / 4.0
        x, y, z = self.position
        return x + self.orbit * float(np.cos(turn)), y + self.orbit * float(np.sin(turn)), z


@dataclass(frozen=True)
class Room:
    """All light there is.

    Attributes:
        lamps: Each with its own shadow.
        ambient: Irradiance from walls and sky, which throws no shadow.
        temperature: Of the ambient light, K.
        tint: Of the ambient light, as in Lamp.
        flicker: Depth of the modulation of the ambient light, which the lamps feed.
        swing: Relative change of all light over a period of 3 s, as under passing clouds.
    """

    lamps: tuple[Lamp, ...]
    ambient: float = 0.25
    temperature: float = WHITE_BALANCE
    tint: float = 0.0
    flicker: float = 0.0
    swing: float = 0.0

    def brightness(self, time: float) -> float:
        """Give the factor on all light at a time (s)."""
        return float(1.0 + self.swing * np.sin(2 * np.pi * time / 3.0))


def coloured(temperature: float, tint: float) -> Array:
    """Give linear RGB (3,) of a hot body in K, pushed towards green by a tint."""
    return blackbody(temperature) * np.exp(np.array([-0.5, 0.5, -0.5]) * tint)
