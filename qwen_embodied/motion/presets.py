"""Robots by name: the files of config/robots."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.motion.description import Gripper, RobotSettings
from qwen_embodied.motion.robot import Robot
from qwen_embodied.resources import shared_file

GRIPPER_FIELDS = ('joint', 'open', 'closed', 'finger_depth', 'acceleration', 'jerk')


def load_robot(name: str = 'panda') -> Robot:
    """Load a preset of config/robots, or such a YAML file by its path."""
    path = Path(name) if name.endswith('.yaml') else shared_file(f'config/robots/{name}.yaml')
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    if not isinstance(values, dict) or 'urdf' not in values:
        raise ConfigurationError(f'{path}: lacks urdf, the path of a robot description')
    return build_robot(values, shared_file(str(values['urdf'])))


def build_robot(values: dict[str, Any], source: str | Path) -> Robot:
    """Build a robot from the content of a preset and a URDF (path or XML)."""
    missing = [key for key in ('tool_frame', 'joints') if key not in values]
    grip = values.get('gripper')
    if grip:
        missing += [f'gripper.{key}' for key in GRIPPER_FIELDS if key not in grip]
    if missing:
        raise ConfigurationError(f'the preset of the robot lacks {", ".join(missing)}')
    settings = RobotSettings(
        acceleration=values.get('acceleration', ()),
        jerk=values.get('jerk', ()),
        gripper=Gripper(**{key: grip[key] for key in GRIPPER_FIELDS}) if grip else None,
        home=values.get('home'),
        base_frame=values.get('base_frame', 'base'),
    )
    return Robot.from_urdf(source, values['tool_frame'], values['joints'], settings)
