"""What a recording says of the system that was recorded: version, parameters, robot."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import read_yaml
from qwen_embodied.replay.encoding import text
from qwen_embodied.resources import shared_file
from qwen_embodied.robot_names import robot_file

DESCRIPTION = '/robot_description'
FILES = ('1_camera', '2_perception', '3_planning', '4_motion', '5_safety', '6_control')
CAMERA = ('camera_position', 'camera_quaternion')


def configuration(robot: str, params_file: str = '') -> dict[str, str]:
    """Give the parameter files, the robot's name and the place of the camera, as texts.

    Args:
        robot: Name of a robot, or the path of its YAML file.
        params_file: Over those of config/, of which the camera's place counts; '' for none.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    paths = {f'config/{name}.yaml': shared_file(f'config/{name}.yaml') for name in FILES}
    camera = read_yaml(paths[f'config/{FILES[0]}.yaml'], 'perception')
    if params_file:
        paths[Path(params_file).name] = Path(params_file)
        camera |= read_yaml(params_file, 'perception')
    texts = {'robot': robot}
    texts |= {name: path.read_text(encoding='utf-8') for name, path in paths.items()}
    return texts | {name: ' '.join(str(value) for value in camera[name]) for name in CAMERA}


def description(robot: str) -> bytes:
    """Give the robot's URDF as a serialised std_msgs/String; raises ConfigurationError."""
    path = robot_file(robot)
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8'))
        return text(shared_file(str(values['urdf'])).read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
