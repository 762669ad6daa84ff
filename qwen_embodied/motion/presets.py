"""Robots by name: the files of config/robots."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.motion.description import RobotSettings
from qwen_embodied.motion.gripper import Gripper
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.urdf import ToolPlace, attach, read_xml
from qwen_embodied.resources import shared_file
from qwen_embodied.robot_names import robot_file

GRIPPER_NEEDS = ('joint', 'open', 'closed', 'acceleration', 'jerk')
GRIPPER_MAY = ('finger_depth', 'width', 'strokes', 'standing', 'palm', 'tips', 'links')
PLAIN = (
    'acceleration', 'jerk', 'home', 'limits', 'srdf', 'body', 'packages', 'controllers',
)  # fmt: skip


def load_robot(name: str = 'panda', description: str | None = None) -> Robot:
    """Load a preset of config/robots, or such a YAML file by its path.

    Args:
        name: File of config/robots such as 'panda', 'ur5e_2f85' or 'ur5e' (without a gripper),
            or the path of a YAML file.
        description: What /robot_description holds; it replaces the preset's URDF, whose simple
            shapes then stand in for its meshes.
    """
    path = robot_file(name)
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    if not isinstance(values, dict) or 'urdf' not in values:
        raise ConfigurationError(f'{path}: lacks urdf, the path of a robot description')
    urdf = _with_attached(path, values, _beside(path, str(values['urdf'])))
    if description is None:
        return build_robot(values, urdf)
    return build_robot({'body': urdf, **values}, _with_attached(path, values, description))


def build_robot(values: dict[str, Any], source: str | Path) -> Robot:
    """Build a robot from the content of a preset and a URDF (path or XML)."""
    missing = [key for key in ('tool_frame', 'joints') if key not in values]
    grip = values.get('gripper')
    if grip:
        missing += [f'gripper.{key}' for key in GRIPPER_NEEDS if key not in grip]
        if 'strokes' not in grip and 'finger_depth' not in grip:
            missing.append('gripper.finger_depth')
    if missing:
        raise ConfigurationError(f'the preset of the robot lacks {", ".join(missing)}')
    plain = {key: values[key] for key in PLAIN if values.get(key) is not None}
    settings = RobotSettings(
        base_frame=values.get('base_frame', 'base'),
        gripper=_gripper(grip) if grip else None,
        tool=_tool(values.get('tool')),
        **plain,
    )
    return Robot.from_urdf(source, values['tool_frame'], values['joints'], settings)


def _gripper(values: dict[str, Any]) -> Gripper:
    given = {key: values[key] for key in (*GRIPPER_NEEDS, *GRIPPER_MAY) if key in values}
    try:
        for key in ('tips', 'links'):
            given.update({key: tuple(given[key])} if key in given else {})
        given['strokes'] = tuple(tuple(row) for row in given.get('strokes', ()))
        given.setdefault('finger_depth', 0.0)
        return Gripper(**given)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f'the gripper of the robot: {error}') from error


def _tool(values: dict[str, Any] | None) -> ToolPlace | None:
    if values is None:
        return None
    lacking = [key for key in ('link', 'xyz') if key not in values]
    if lacking:
        raise ConfigurationError(f'the preset of the robot lacks tool.{lacking[0]}')
    zero = [0.0, 0.0, 0.0]
    return ToolPlace(values['link'], tuple(values['xyz']), tuple(values.get('rpy', zero)))


def _with_attached(path: Path, values: dict[str, Any], source: str | Path) -> str | Path:
    """Give a description with what the preset puts on the arm."""
    more = values.get('attached')
    if not more:
        return source
    lacking = [key for key in ('urdf', 'link') if key not in more]
    if lacking:
        raise ConfigurationError(f'{path}: lacks attached.{lacking[0]}')
    root = read_xml(source)
    attach(root, read_xml(_beside(path, str(more['urdf']))), str(more['link']))
    return ElementTree.tostring(root, encoding='unicode')


def _beside(preset: Path, urdf: str) -> Path:
    """Find a URDF beside the preset, else below the package's shared files."""
    own = preset.parent / urdf
    return own if own.exists() else shared_file(urdf)
