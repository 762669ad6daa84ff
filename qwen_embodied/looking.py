"""One look, for the command line: at a simulated table or at a photograph."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from qwen_embodied.messages import Frame, Scene


def simulated_frame(seed: int, light: str) -> Frame:
    """See a simulated table with the arm at home."""
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    world = MujocoWorld(generate_scene(seed), light=light, seed=seed)
    try:
        return world.frame()
    finally:
        world.close()


def photographed(image: Path, depth: Path | None) -> tuple[Frame, Scene]:
    """Read a picture and find what stands on the table in it."""
    from qwen_embodied.camera import read_frame
    from qwen_embodied.perception import perceive_photograph

    frame = read_frame(image, depth)
    return frame, perceive_photograph(frame)


def perceived(frame: Frame) -> Scene:
    """Find what stands on a simulated table; the arm's own links are left out."""
    from qwen_embodied.motion import load_robot
    from qwen_embodied.perception import SceneEstimator

    return SceneEstimator(body=load_robot('panda').link_spheres)(frame)
