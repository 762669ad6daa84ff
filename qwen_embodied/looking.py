"""One look: at a simulated table or at a photograph, for the command line."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwen_embodied.messages import Frame, Scene


def simulated_frame(seed: int, light: str) -> Frame:
    """Photograph the simulated table of a seed in a light."""
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    world = MujocoWorld(generate_scene(seed), light=light, seed=seed)
    try:
        return world.frame()
    finally:
        world.close()


def photographed(image: Path, depth: Path | None) -> tuple[Frame, Scene]:
    """Read an image, perhaps with depth, and estimate its scene."""
    from qwen_embodied.camera import read_frame
    from qwen_embodied.perception import perceive_photograph

    frame = read_frame(image, depth)
    return frame, perceive_photograph(frame)


def perceived(frame: Frame) -> Scene:
    """Estimate the scene of the simulated table."""
    from qwen_embodied.motion import load_robot
    from qwen_embodied.perception import SceneEstimator

    return SceneEstimator(body=load_robot('panda').link_spheres)(frame)


def write_annotated(path: Path, frame: Frame, scene: Scene) -> None:
    """Write the image of a frame with what was found in it."""
    from qwen_embodied.perception import draw_scene
    from qwen_embodied.run_folder import write_png

    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, draw_scene(frame.rgb, scene, frame.intrinsics, frame.camera_in_base))
