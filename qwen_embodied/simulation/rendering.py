"""The simulated camera and the spectator's picture, drawn off-screen with OpenGL."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import sys
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import SimulationError
from qwen_embodied.messages import Frame
from qwen_embodied.simulation.engine import graphics_context, load_mujoco
from qwen_embodied.simulation.lights import apply_light, light_named
from qwen_embodied.simulation.model import CAMERA_FRAME, CAMERA_IN_BASE, FAR, INTRINSICS, NEAR
from qwen_embodied.simulation.sensor import SensorNoise, SensorParameters

Rgb = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that a picture of the world depends on.

    Attributes:
        time: Simulated, s.
        qpos: Of the MuJoCo model, (nq,).
        light: Name of the light.
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

    def draw(self, snapshot: Snapshot, camera: Any, *, shadows: bool) -> None:
        """Draw the world as a camera (an MjvCamera) sees it."""
        if threading.get_ident() != self._thread:
            raise SimulationError(
                'a simulated camera was used in another thread than the one that made it; '
                'make one SimulatedCamera in each thread'
            )
        mujoco, model, data = self._mujoco, self._model, self._data
        apply_light(model, light_named(snapshot.light))
        data.qpos[:] = snapshot.qpos
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_camlight(model, data)
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(model, data, self._option, None, camera, everything, self._scene)
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
        self._shadows = shadows
        self._eye = _fixed_camera(model)
        size = (INTRINSICS.width, INTRINSICS.height, INTRINSICS.fx)
        self._noise = SensorNoise(*size, seed, sensor or SensorParameters())

    def frame(self, snapshot: Snapshot) -> Frame:
        """See a snapshot, with the camera's noise."""
        rgb, depth = self.truth(snapshot)
        return Frame(
            snapshot.time,
            CAMERA_FRAME,
            self._noise.colour(rgb, snapshot.time),
            self._noise.depth(depth, snapshot.time),
            INTRINSICS,
            CAMERA_IN_BASE,
        )

    def truth(self, snapshot: Snapshot) -> tuple[Rgb, NDArray[np.float32]]:
        """See a snapshot without noise: colour (H, W, 3), depth (H, W) m; only for tests."""
        self._canvas.draw(snapshot, self._eye, shadows=self._shadows)
        return self._canvas.colour(), self._canvas.depth()

    def close(self) -> None:
        """Free OpenGL."""
        self._canvas.close()


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


def _fixed_camera(model: Any) -> Any:
    mujoco = load_mujoco()
    eye = mujoco.MjvCamera()
    eye.type = mujoco.mjtCamera.mjCAMERA_FIXED
    eye.fixedcamid = model.camera('camera').id
    return eye
