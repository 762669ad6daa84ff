"""One property of the world at a time: its paint, one lamp's shading, one lamp's mirror image."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.simulation.canvas import Canvas, Change, Rgb, Snapshot, fixed_camera
from qwen_embodied.simulation.lamps import Place
from qwen_embodied.simulation.lights import AIM
from qwen_embodied.simulation.model import INTRINSICS

WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)


class Studio:
    """Draws layers that can be mixed in linear light; for the thread that made it."""

    def __init__(self, model: Any) -> None:
        """Open the camera's view of an MjModel."""
        self._canvas = Canvas(
            model, INTRINSICS.width, INTRINSICS.height, samples=0, shadow_size=2048
        )
        self._eye = fixed_camera(model)

    def paint(self, snapshot: Snapshot) -> tuple[Rgb, NDArray[np.float32]]:
        """Draw the paint alone, in even light: sRGB (H, W, 3), and the depth (H, W) m."""
        self._canvas.draw(snapshot, self._eye, shadows=False, light=_even)
        return self._canvas.colour(), self._canvas.depth()

    def shading(self, snapshot: Snapshot, place: Place) -> Rgb:
        """Draw everything white under one lamp: 255 times the irradiance, (H, W, 3)."""

        def dress(scene: Any) -> None:
            for geom in scene.geoms[: scene.ngeom]:
                geom.rgba, geom.specular, geom.matid = WHITE, 0.0, -1

        self._canvas.draw(
            snapshot, self._eye, shadows=True, light=_one_lamp(place, 1.0, 0.0), dress=dress
        )
        return self._canvas.colour()

    def shine(self, snapshot: Snapshot, place: Place) -> Rgb:
        """Draw everything black under one lamp: what is left is mirrored, (H, W, 3)."""

        def dress(scene: Any) -> None:
            for geom in scene.geoms[: scene.ngeom]:
                geom.rgba, geom.matid = BLACK, -1
                geom.specular, geom.shininess = min(1.0, 4.0 * geom.specular), 0.8

        self._canvas.draw(
            snapshot, self._eye, shadows=True, light=_one_lamp(place, 0.0, 1.0), dress=dress
        )
        return self._canvas.colour()

    def close(self) -> None:
        """Free OpenGL."""
        self._canvas.close()


def _even(model: Any) -> None:
    _switch_off(model)
    model.vis.headlight.ambient = 1.0


def _one_lamp(place: Place, diffuse: float, specular: float) -> Change:
    def light(model: Any) -> None:
        _switch_off(model)
        at = model.light('key').id
        aim = np.array(AIM) - place
        model.light_pos[at], model.light_dir[at] = place, aim / np.linalg.norm(aim)
        model.light_diffuse[at], model.light_specular[at] = diffuse, specular

    return light


def _switch_off(model: Any) -> None:
    model.light_diffuse[:] = 0.0
    model.light_specular[:] = 0.0
    model.light_ambient[:] = 0.0
    model.vis.headlight.ambient = 0.0
