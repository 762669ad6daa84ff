"""Robots by name: the files of config/robots."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.motion.description import Gripper, RobotSettings
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.urdf import ToolPlace
from qwen_embodied.resources import shared_file

GRIPPER_FIELDS = ('joint', 'open', 'closed', 'finger_depth', 'acceleration', 'jerk')
PLAIN = (
    'acceleration', 'jerk', 'home', 'limits', 'srdf', 'body', 'packages', 'controllers',
)  # fmt: skip


def load_robot(name: str = 'panda', description: str | None = None) -> Robot:
    """Load a preset of config/robots, or such a YAML file by its path.

    Args:
        name: 'panda', 'ur5e', 'xarm7', 'so101', or the path of a YAML file.
        description: What /robot_description holds; it replaces the preset's URDF, whose simple
            shapes then stand in for its meshes.
    """
    path = Path(name) if name.endswith('.yaml') else shared_file(f'config/robots/{name}.yaml')
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    if not isinstance(values, dict) or 'urdf' not in values:
        raise ConfigurationError(f'{path}: lacks urdf, the path of a robot description')
    urdf = _beside(path, str(values['urdf']))
    if description is None:
        return build_robot(values, urdf)
    return build_robot({'body': urdf, **values}, description)


def build_robot(values: dict[str, Any], source: str | Path) -> Robot:
    """Build a robot from the content of a preset and a URDF (path or XML)."""
    missing = [key for key in ('tool_frame', 'joints') if key not in values]
    grip = values.get('gripper')
    if grip:
        missing += [f'gripper.{key}' for key in GRIPPER_FIELDS if key not in grip]
    if missing:
        raise ConfigurationError(f'the preset of the robot lacks {", ".join(missing)}')
    plain = {key: values[key] for key in PLAIN if values.get(key) is not None}
    fields = (*GRIPPER_FIELDS, 'width')
    settings = RobotSettings(
        base_frame=values.get('base_frame', 'base'),
        gripper=Gripper(**{key: grip[key] for key in fields if key in grip}) if grip else None,
        tool=_tool(values.get('tool')),
        **plain,
    )
    return Robot.from_urdf(source, values['tool_frame'], values['joints'], settings)


def _tool(values: dict[str, Any] | None) -> ToolPlace | None:
    if values is None:
        return None
    lacking = [key for key in ('link', 'xyz') if key not in values]
    if lacking:
        raise ConfigurationError(f'the preset of the robot lacks tool.{lacking[0]}')
    zero = [0.0, 0.0, 0.0]
    return ToolPlace(values['link'], tuple(values['xyz']), tuple(values.get('rpy', zero)))


def _beside(preset: Path, urdf: str) -> Path:
    """Find a URDF beside the preset, else below the package's shared files."""
    own = preset.parent / urdf
    return own if own.exists() else shared_file(urdf)
