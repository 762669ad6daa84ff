"""Lamps by name: how strong, how warm and where they shine."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ConfigurationError

# The camera's fixed white balance and the wavelengths its channels answer to.
WHITE_BALANCE = 5000.0  # K
WAVELENGTHS = np.array([600e-9, 545e-9, 455e-9])  # m, of red, green and blue
GAMMA = 2.2
_SECOND_RADIATION = 0.014388  # m·K, Planck's second radiation constant


@dataclass(frozen=True)
class Light:
    """The lamps of a room; brightness is linear and 1 exposes the camera rightly.

    Attributes:
        key: Brightness of the main lamp.
        fill: Brightness of the second lamp, which softens the shadows.
        ambient: Brightness of what comes from the walls.
        temperature: Colour temperature, K.
        position: Of the main lamp in the base frame, m.
    """

    key: float
    fill: float
    ambient: float
    temperature: float = WHITE_BALANCE
    position: tuple[float, float, float] = (1.0, -0.8, 2.0)

    def scaled(self, factor: float) -> Light:
        """Give the same lamps, brighter or darker by a linear factor."""
        return Light(
            self.key * factor, self.fill * factor, self.ambient * factor,
            self.temperature, self.position,
        )  # fmt: skip

    def tinted(self, temperature: float) -> Light:
        """Give the same lamps with another colour temperature, K."""
        return Light(self.key, self.fill, self.ambient, temperature, self.position)


_NORMAL = Light(key=0.20, fill=0.03, ambient=0.13)
LIGHTS = {
    'normal': _NORMAL,
    'dim': _NORMAL.scaled(0.25),
    'dark': _NORMAL.scaled(0.03),
    'bright': _NORMAL.scaled(2.2),
    'warm': _NORMAL.tinted(2800.0),
    'cold': _NORMAL.tinted(9000.0),
    'sidelight': Light(key=0.75, fill=0.0, ambient=0.03, position=(0.55, -1.6, 0.75)),
}
FILL_POSITION = (0.0, 1.2, 1.8)
AIM = (0.5, 0.0, 0.0)


def light_named(name: str) -> Light:
    """Give a light of LIGHTS; raises ConfigurationError for an unknown name."""
    if name not in LIGHTS:
        raise ConfigurationError(f'there is no light {name!r}; known are {", ".join(LIGHTS)}')
    return LIGHTS[name]


def blackbody(temperature: float) -> NDArray[np.float64]:
    """Give linear RGB (3,) of a blackbody in K, green 1, grey at the camera's white balance."""
    power = 1.0 / np.expm1(_SECOND_RADIATION / (WAVELENGTHS * temperature))
    white = 1.0 / np.expm1(_SECOND_RADIATION / (WAVELENGTHS * WHITE_BALANCE))
    ratio = power / white
    rgb: NDArray[np.float64] = ratio / ratio[1]
    return rgb


def encoded(brightness: float, temperature: float) -> NDArray[np.float64]:
    """Give the factor (3,) on encoded pixel values: products survive the camera's gamma."""
    result: NDArray[np.float64] = (brightness * blackbody(temperature)) ** (1 / GAMMA)
    return result


def apply_light(model: Any, light: Light) -> None:
    """Set the lamps 'key' and 'fill' of an MjModel."""
    lamps = (('key', light.key, light.position), ('fill', light.fill, FILL_POSITION))
    for name, brightness, position in lamps:
        at = model.light(name).id
        aim = np.array(AIM) - position
        model.light_pos[at] = position
        model.light_dir[at] = aim / np.linalg.norm(aim)
        model.light_diffuse[at] = encoded(brightness, light.temperature)
        model.light_specular[at] = 0.4 * encoded(brightness, light.temperature)
        model.light_ambient[at] = 0.0
    model.vis.headlight.ambient = encoded(light.ambient, light.temperature)
