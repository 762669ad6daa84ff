"""Scenes in any light: layers drawn once per lamp, mixed in linear light, then photographed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.geometry import transform
from qwen_embodied.simulation.canvas import Snapshot
from qwen_embodied.simulation.conditions import Condition
from qwen_embodied.simulation.exposure import Radiance, Sensor, decode
from qwen_embodied.simulation.lamps import Lamp, Place, coloured
from qwen_embodied.simulation.lights import AIM
from qwen_embodied.simulation.model import CAMERA_IN_BASE, INTRINSICS
from qwen_embodied.simulation.studio import Studio

Rgb = NDArray[np.uint8]


class Layers:
    """What a scene shows under each lamp alone; drawn when first asked for, then kept."""

    def __init__(self, studio: Studio, snapshot: Snapshot) -> None:
        """Draw the paint and the depth of a snapshot; the studio must not be closed before."""
        self._studio, self._snapshot = studio, snapshot
        paint, self.depth = studio.paint(snapshot)
        self.paint: Radiance = decode(paint)
        self._points: NDArray[np.float32] | None = None
        self._drawn: dict[tuple[str, Place], Radiance] = {}

    def shading(self, lamp: Lamp, place: Place) -> Radiance:
        """Give the irradiance (H, W, 1) of a lamp of intensity 1, with shadows."""
        shade = self._layer('shading', place)
        if not lamp.falls_off:
            return shade
        middle = float(np.sum(np.square(np.subtract(place, AIM))))
        away = np.square(self._where() - np.array(place, dtype=np.float32)).sum(
            axis=2, keepdims=True
        )
        return np.asarray(shade * (np.float32(middle) / np.maximum(away, 0.02)))

    def shine(self, place: Place) -> Radiance:
        """Give what glossy things mirror (H, W, 1) of a lamp of intensity 1."""
        return self._layer('shine', place)

    def _layer(self, kind: str, place: Place) -> Radiance:
        if (kind, place) not in self._drawn:
            image: Rgb = getattr(self._studio, kind)(self._snapshot, place)
            self._drawn[kind, place] = image[..., 1:2].astype(np.float32) / np.float32(255)
        return self._drawn[kind, place]

    def _where(self) -> NDArray[np.float32]:
        """Give each pixel's point (H, W, 3) in the base frame, m."""
        if self._points is None:
            height, width = self.depth.shape
            u, v = np.meshgrid(np.arange(width), np.arange(height))
            pixels = np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float64)
            local = INTRINSICS.deproject(pixels, self.depth.reshape(-1).astype(np.float64))
            points = transform(CAMERA_IN_BASE, local)
            self._points = points.reshape(height, width, 3).astype(np.float32)
        return self._points


def radiance(layers: Layers, condition: Condition, time: float) -> Radiance:
    """Give the light (H, W, 3) that leaves a scene towards the camera, linear, 1 is white."""
    room, camera = condition.room, condition.camera
    ambient = coloured(room.temperature, room.tint) * room.ambient
    walls = camera.flicker(room.flicker, time, len(layers.paint))
    light = np.broadcast_to(ambient.astype(np.float32) * walls, layers.paint.shape).copy()
    shine = np.zeros_like(light)
    for lamp in room.lamps:
        place = lamp.place(time) if lamp.orbit else lamp.position
        strength = (lamp.colour * lamp.intensity).astype(np.float32)
        row = camera.flicker(lamp.flicker, time, len(light)) if lamp.flicker else np.float32(1)
        light += layers.shading(lamp, place) * row * strength
        if lamp.gloss:
            shine += layers.shine(place) * row * (strength * np.float32(lamp.gloss))
    brightness = room.brightness(time)
    if camera.lag is not None:
        brightness /= room.brightness(time - camera.lag)
    return np.asarray((layers.paint * light + shine) * np.float32(brightness))


class Laboratory:
    """A studio and a sensor, for the thread that made it."""

    def __init__(self, model: Any, *, seed: int = 0) -> None:
        """Open a studio on an MjModel; the seed is the sensor's."""
        self._studio = Studio(model)
        self._sensor = Sensor(INTRINSICS.width, INTRINSICS.height, seed)

    def layers(self, snapshot: Snapshot) -> Layers:
        """Prepare a snapshot for any number of conditions."""
        return Layers(self._studio, snapshot)

    def photograph(self, layers: Layers, condition: Condition, time: float) -> Rgb:
        """Photograph a scene (H, W, 3) in a condition at a time, s."""
        return self._sensor.develop(radiance(layers, condition, time), condition.camera, time)

    def close(self) -> None:
        """Free OpenGL."""
        self._studio.close()
