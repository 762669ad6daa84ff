"""The simulated camera and the spectator's picture, drawn off-screen with OpenGL."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import Frame
from qwen_embodied.simulation.canvas import Canvas, Rgb, Snapshot, fixed_camera
from qwen_embodied.simulation.conditions import condition_named
from qwen_embodied.simulation.engine import load_mujoco
from qwen_embodied.simulation.laboratory import Laboratory
from qwen_embodied.simulation.lights import LIGHTS
from qwen_embodied.simulation.model import CAMERA_FRAME, CAMERA_IN_BASE, INTRINSICS
from qwen_embodied.simulation.sensor import SensorNoise, SensorParameters


class SimulatedCamera:
    """The colour and depth camera above the table, for the thread that made it."""

    def __init__(
        self,
        model: Any,
        *,
        seed: int = 0,
        shadows: bool = False,
        sensor: SensorParameters | None = None,
    ) -> None:
        """Open a camera on an MjModel; `shadows` cost most of the time of an image."""
        self._canvas = Canvas(
            model, INTRINSICS.width, INTRINSICS.height, samples=0, shadow_size=1024
        )
        self._model, self._seed = model, seed
        self._laboratory: Laboratory | None = None
        self._shadows = shadows
        self._eye = fixed_camera(model)
        size = (INTRINSICS.width, INTRINSICS.height, INTRINSICS.fx)
        self._noise = SensorNoise(*size, seed, sensor or SensorParameters())

    def frame(self, snapshot: Snapshot) -> Frame:
        """See a snapshot, with the camera's noise."""
        if snapshot.light not in LIGHTS:
            rgb, depth = self._in_laboratory(snapshot)
        else:
            rgb, depth = self.truth(snapshot)
            rgb = self._noise.colour(rgb, snapshot.time)
        depth = self._noise.depth(depth, snapshot.time)
        return Frame(snapshot.time, CAMERA_FRAME, rgb, depth, INTRINSICS, CAMERA_IN_BASE)

    def _in_laboratory(self, snapshot: Snapshot) -> tuple[Rgb, NDArray[np.float32]]:
        """Photograph a snapshot whose light is a condition; the depth is without errors."""
        if self._laboratory is None:
            self._laboratory = Laboratory(self._model, seed=self._seed)
        layers = self._laboratory.layers(snapshot)
        condition = condition_named(snapshot.light)
        return self._laboratory.photograph(layers, condition, snapshot.time), layers.depth

    def truth(self, snapshot: Snapshot) -> tuple[Rgb, NDArray[np.float32]]:
        """See a snapshot without noise: colour (H, W, 3), depth (H, W) m; only for tests."""
        self._canvas.draw(snapshot, self._eye, shadows=self._shadows)
        return self._canvas.colour(), self._canvas.depth()

    def close(self) -> None:
        """Free OpenGL."""
        self._canvas.close()
        if self._laboratory is not None:
            self._laboratory.close()


class Spectator:
    """Pictures of the whole cell from the side, for people; for the thread that made it."""

    def __init__(self, model: Any, width: int, height: int) -> None:
        """Open a view of an MjModel with images of a size in px."""
        self._canvas = Canvas(model, width, height, samples=4, shadow_size=2048)
        self.size = (width, height)
        eye = self._eye = load_mujoco().MjvCamera()
        eye.lookat[:] = 0.34, 0.0, 0.20
        eye.distance, eye.azimuth, eye.elevation = 1.55, 142.0, -26.0

    def picture(self, snapshot: Snapshot) -> Rgb:
        """Draw a snapshot, (height, width, 3)."""
        self._canvas.draw(snapshot, self._eye, shadows=True)
        return np.ascontiguousarray(self._canvas.colour())

    def close(self) -> None:
        """Free OpenGL."""
        self._canvas.close()
