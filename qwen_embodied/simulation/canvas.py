"""An off-screen image of the world, drawn with OpenGL."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import SimulationError
from qwen_embodied.simulation.engine import graphics_context, load_mujoco
from qwen_embodied.simulation.lights import apply_light, light_named
from qwen_embodied.simulation.model import FAR, NEAR

Rgb = NDArray[np.uint8]
Change = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that a picture of the world depends on.

    Attributes:
        time: Simulated, s.
        qpos: Of the MuJoCo model, (nq,).
        light: Name of the light or of the condition.
    """

    time: float
    qpos: NDArray[np.float64]
    light: str


class Canvas:
    """An off-screen image of a world; it may only be used in the thread that made it."""

    def __init__(
        self,
        model: Any,
        width: int,
        height: int,
        *,
        samples: int,
        shadow_size: int,
    ) -> None:
        """Open OpenGL.

        Args:
            model: MjModel to draw; it is copied.
            width: Of the image, px.
            height: Of the image, px.
            samples: A pixel is drawn from this many; 0 is fastest.
            shadow_size: Side of the map of what the main lamp sees, px.
        """
        self._context: Any = None
        mujoco = self._mujoco = load_mujoco()
        self._thread = threading.get_ident()
        self._model = copy.copy(model)
        # A sleeping body keeps its old pose, but a snapshot may hold another.
        self._model.opt.enableflags = 0
        self._data = mujoco.MjData(self._model)
        self._scene = mujoco.MjvScene(self._model, maxgeom=1000)
        self._option = mujoco.MjvOption()
        self._view = mujoco.MjrRect(0, 0, width, height)
        self._gl = graphics_context(width, height)
        quality = self._model.vis.quality
        quality.offsamples, quality.shadowsize = samples, shadow_size
        self._model.vis.global_.offwidth, self._model.vis.global_.offheight = width, height
        self._context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR

    def draw(
        self,
        snapshot: Snapshot,
        camera: Any,
        *,
        shadows: bool,
        light: Change | None = None,
        dress: Change | None = None,
    ) -> None:
        """Draw the world as a camera (an MjvCamera) sees it.

        Args:
            snapshot: What to draw.
            camera: From where.
            shadows: Of the main lamp.
            light: Sets the lamps of the MjModel; the snapshot's light by default.
            dress: Changes the materials of the MjvScene.
        """
        if threading.get_ident() != self._thread:
            raise SimulationError(
                'a simulated camera was used in another thread than the one that made it; '
                'make one SimulatedCamera in each thread'
            )
        mujoco, model, data = self._mujoco, self._model, self._data
        if light is None:
            apply_light(model, light_named(snapshot.light))
        else:
            light(model)
        data.qpos[:] = snapshot.qpos
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_camlight(model, data)
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(model, data, self._option, None, camera, everything, self._scene)
        if dress is not None:
            dress(self._scene)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        self._gl.make_current()
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        mujoco.mjr_render(self._view, self._scene, self._context)

    def colour(self) -> Rgb:
        """Read what was drawn, (H, W, 3)."""
        rgb = np.empty((self._view.height, self._view.width, 3), dtype=np.uint8)
        self._mujoco.mjr_readPixels(rgb, None, self._view, self._context)
        return rgb[::-1]

    def depth(self) -> NDArray[np.float32]:
        """Read the distances along the optical axis of what was drawn, (H, W) m."""
        raw = np.empty((self._view.height, self._view.width), dtype=np.float32)
        self._mujoco.mjr_readPixels(None, raw, self._view, self._context)
        # OpenGL stores a hyperbola of the depth, here 0 at the far and 1 at the near plane.
        raw *= np.float32((FAR - NEAR) / (NEAR * FAR))
        raw += np.float32(1 / FAR)
        result: NDArray[np.float32] = np.reciprocal(raw, out=raw)[::-1]
        return result

    def close(self) -> None:
        """Free OpenGL; in the thread that made the canvas."""
        if self._context is not None:
            # Names of textures are per context: freed in another, they would be another's.
            self._gl.make_current()
            self._context.free()
            self._gl.free()
            self._context = None

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self.close()


def fixed_camera(model: Any) -> Any:
    """Give the MjvCamera above the table."""
    mujoco = load_mujoco()
    eye = mujoco.MjvCamera()
    eye.type = mujoco.mjtCamera.mjCAMERA_FIXED
    eye.fixedcamid = model.camera('camera').id
    return eye
