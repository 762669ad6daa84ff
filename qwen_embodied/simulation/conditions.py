"""Light that spoils recognition, by name and in five severities."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.simulation.exposure import Camera
from qwen_embodied.simulation.lamps import Lamp, Room

SEVERITIES = (1, 2, 3, 4, 5)
OVERHEAD, OPPOSITE = (1.0, -0.8, 2.0), (0.0, 1.2, 1.8)
BESIDE, NEAR, ACROSS = (0.55, -1.6, 0.75), (0.55, -0.75, 0.6), (0.55, 1.6, 1.3)
_KEY, _FILL = Lamp(OVERHEAD, 0.55), Lamp(OPPOSITE, 0.12)
_ROOM, _CAMERA = Room((_KEY, _FILL)), Camera()


@dataclass(frozen=True)
class Condition:
    """A room and the camera in it.

    Attributes:
        name: One of CONDITIONS.
        severity: 1 to 5; 'normal' has one only.
        room: What shines.
        camera: How it is photographed.
    """

    name: str
    severity: int
    room: Room
    camera: Camera

    @property
    def label(self) -> str:
        """Name with severity, as condition_named() reads it."""
        return f'{self.name}@{self.severity}'


Maker = Callable[[int], tuple[Room, Camera]]


def _scaled(factor: float) -> Room:
    lamps = tuple(replace(lamp, intensity=lamp.intensity * factor) for lamp in _ROOM.lamps)
    return replace(_ROOM, lamps=lamps, ambient=_ROOM.ambient * factor)


def _tinted(temperature: float, tint: float = 0.0) -> Room:
    lamps = tuple(replace(lamp, temperature=temperature, tint=tint) for lamp in _ROOM.lamps)
    return replace(_ROOM, lamps=lamps, temperature=temperature, tint=tint)


def _dim(at: int) -> tuple[Room, Camera]:
    return _scaled((0.6, 0.4, 0.25, 0.15, 0.08)[at]), _CAMERA


def _dark(at: int) -> tuple[Room, Camera]:
    return _scaled((0.15, 0.08, 0.05, 0.03, 0.015)[at]), replace(_CAMERA, gain=4.0, exposure=2.0)


def _bright(at: int) -> tuple[Room, Camera]:
    return _scaled((1.25, 1.6, 2.0, 2.6, 3.5)[at]), _CAMERA


def _warm(at: int) -> tuple[Room, Camera]:
    return _tinted((4200.0, 3600.0, 3100.0, 2700.0, 2300.0)[at]), _CAMERA


def _cold(at: int) -> tuple[Room, Camera]:
    return _tinted((6000.0, 7000.0, 8500.0, 11000.0, 15000.0)[at]), _CAMERA


def _green(at: int) -> tuple[Room, Camera]:
    return _tinted(4600.0, (0.06, 0.12, 0.18, 0.25, 0.32)[at]), _CAMERA


def _mixed(at: int) -> tuple[Room, Camera]:
    apart = (300.0, 600.0, 900.0, 1300.0, 1800.0)[at]
    warm = Lamp(BESIDE, 0.5, 4700.0 - apart, falls_off=True)
    cold = Lamp(ACROSS, 0.5, 5300.0 + 2.2 * apart, falls_off=True)
    return Room((warm, cold), 0.2), _CAMERA


def _side(at: int) -> tuple[Room, Camera]:
    share = (0.5, 0.65, 0.8, 0.9, 0.96)[at]
    return Room((Lamp(BESIDE, 1.9 * share),), 0.8 * (1 - share) + 0.03), _CAMERA


def _hard_shadow(at: int) -> tuple[Room, Camera]:
    ambient = (0.2, 0.14, 0.1, 0.06, 0.035)[at]
    return Room((Lamp(OVERHEAD, 0.95 - ambient),), ambient), _CAMERA


def _gradient(at: int) -> tuple[Room, Camera]:
    share = (0.2, 0.4, 0.6, 0.8, 0.95)[at]
    near = Lamp(NEAR, 0.9 * share, falls_off=True)
    return Room((near, Lamp(OVERHEAD, 0.7 * (1 - share))), 0.25 * (1 - share) + 0.05), _CAMERA


def _glare(at: int) -> tuple[Room, Camera]:
    gloss = (0.5, 1.0, 1.6, 2.4, 3.5)[at]
    lamps = (Lamp((0.75, 0.1, 1.8), 0.45, gloss=gloss), Lamp(OPPOSITE, 0.25, gloss=gloss))
    return Room(lamps, 0.25), _CAMERA


def _moving(at: int) -> tuple[Room, Camera]:
    orbit = (0.2, 0.35, 0.5, 0.65, 0.8)[at]
    return Room((replace(_KEY, orbit=orbit, falls_off=True), _FILL), 0.15), _CAMERA


def _flicker(at: int) -> tuple[Room, Camera]:
    depth = (0.1, 0.2, 0.3, 0.45, 0.6)[at]
    lamps = tuple(replace(lamp, flicker=depth) for lamp in _ROOM.lamps)
    return replace(_ROOM, lamps=lamps, flicker=depth), replace(_CAMERA, exposure=0.85)


def _noise(at: int) -> tuple[Room, Camera]:
    return _ROOM, replace(_CAMERA, gain=(3.0, 6.0, 12.0, 20.0, 32.0)[at])


def _veil(at: int) -> tuple[Room, Camera]:
    veil = (0.05, 0.1, 0.18, 0.28, 0.4)[at]
    return _ROOM, replace(_CAMERA, veil=veil, exposure=1 / (1 + veil))


def _vignetting(at: int) -> tuple[Room, Camera]:
    return _ROOM, replace(_CAMERA, vignetting=(0.25, 0.35, 0.5, 0.6, 0.7)[at])


def _balance(at: int) -> tuple[Room, Camera]:
    assumed = (5800.0, 6800.0, 8000.0, 3900.0, 3300.0)[at]
    return _ROOM, replace(_CAMERA, white_balance=assumed)


def _tone(at: int) -> tuple[Room, Camera]:
    return _ROOM, replace(_CAMERA, contrast=(0.2, 0.4, 0.6, 0.8, 1.0)[at])


def _lag(at: int) -> tuple[Room, Camera]:
    swing = (0.15, 0.25, 0.4, 0.5, 0.6)[at]
    return replace(_ROOM, swing=swing), replace(_CAMERA, lag=0.6)


def _normal(at: int) -> tuple[Room, Camera]:
    return _ROOM, _CAMERA


CONDITIONS: dict[str, tuple[str, Maker]] = {
    'normal': ('a well lit room', _normal),
    'dimmed': ('too little light', _dim),
    'night': ('hardly any light, and an amplified sensor', _dark),
    'glaring': ('too much light: the brightest things clip', _bright),
    'tungsten': ('warm lamps, which the camera does not know of', _warm),
    'shade': ('cold light, which the camera does not know of', _cold),
    'greenish': ('discharge lamps with too much green', _green),
    'mixed': ('a warm lamp on one side and daylight on the other', _mixed),
    'lateral': ('one low lamp beside the table', _side),
    'hard-shadow': ('one lamp above, and hardly any light from the walls', _hard_shadow),
    'gradient': ('a bulb close to one side of the table', _gradient),
    'glossy': ('lamps mirrored in glossy things', _glare),
    'moving': ('a lamp that swings about', _moving),
    'flicker': ('lamps on alternating current and a rolling shutter', _flicker),
    'noisy': ('a short exposure and a high gain', _noise),
    'veiled': ('a dirty lens, which scatters light over the image', _veil),
    'vignetted': ('a lens that loses light in the corners', _vignetting),
    'misbalanced': ('a wrong white balance of the camera', _balance),
    'contrasty': ('a camera whose tone curve deepens shadows', _tone),
    'lagging': ('changing light that automatic exposure follows late', _lag),
}


@cache
def condition_named(name: str) -> Condition:
    """Read a condition such as 'tungsten@3'; without '@' the severity is 3.

    Raises:
        ConfigurationError: There is no such condition or severity.
    """
    word, _, level = name.partition('@')
    if word not in CONDITIONS:
        raise ConfigurationError(
            f'there is no condition {word!r}; known are {", ".join(CONDITIONS)}'
        )
    if level not in ('', *map(str, SEVERITIES)):
        raise ConfigurationError(f'severity {level!r} of {word}; it must be 1 to 5')
    severity = int(level or 3)
    return Condition(word, severity, *CONDITIONS[word][1](severity - 1))
