"""One look: at a simulated table or at a photograph, for the command line."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qwen_embodied.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


def seen_in(
    scene: Path | None, image: Path | None, depth: Path | None, simulated: tuple[int, str]
) -> tuple[Frame | NDArray[np.uint8] | None, Scene]:
    """Give what was looked at, if anything was, and the scene in it.

    Args:
        scene: JSON file; else that of an image is FILE.json beside it, where there is one.
        image: PNG or JPEG; without a scene file it is perceived, on the known plane of the table
            where there is no depth.
        depth: Of the image.
        simulated: Seed and light of a simulated table, for when no file is given.

    Raises:
        CameraError: The image or its depth cannot be read.
        ConfigurationError: The scene file cannot be read, or there is depth without an image.
        PerceptionError: No scene can be made of the image.
    """
    from qwen_embodied.plan_sheet import read_image, read_scene

    if depth is not None and image is None:
        raise ConfigurationError(f'--depth {depth} belongs to an image; give it with --image')
    if image is None:
        if scene is not None:
            return None, read_scene(scene)
        frame = simulated_frame(*simulated)
        return frame, perceived(frame)
    if scene is None and depth is None and image.with_suffix('.json').is_file():
        scene = image.with_suffix('.json')
    if scene is None:
        return photographed(image, depth)
    view = read_image(image) if depth is None else photographed(image, depth)[0]
    return view, read_scene(scene)


def write_annotated(path: Path, frame: Frame, scene: Scene) -> None:
    """Write the image of a frame with what was found in it."""
    from qwen_embodied.perception import draw_scene
    from qwen_embodied.run_folder import write_png

    write_png(path, draw_scene(frame.rgb, scene, frame.intrinsics, frame.camera_in_base))
