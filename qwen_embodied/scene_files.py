"""Scenes in files: read from JSON, drawn into pictures."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from qwen_embodied.errors import ConfigurationError, ContractError
from qwen_embodied.messages import Frame, Scene
from qwen_embodied.perception import draw_scene
from qwen_embodied.run_folder import write_png
from qwen_embodied.serialization import from_json


def read_scene(path: Path) -> Scene:
    """Read a scene; raises ConfigurationError when the file holds none."""
    try:
        return from_json(path.read_text(encoding='utf-8'), Scene)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    except ContractError as error:
        raise ConfigurationError(f'{path}: {error}') from error


def write_annotated(path: Path, frame: Frame, scene: Scene) -> None:
    """Write a frame with its scene drawn into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, draw_scene(frame.rgb, scene, frame.intrinsics, frame.camera_in_base))
