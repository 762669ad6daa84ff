"""What a recording says of the system that was recorded: version, parameters, robot."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import read_yaml
from qwen_embodied.replay.encoding import text
from qwen_embodied.resources import shared_file

DESCRIPTION = '/robot_description'
FILES = ('1_camera', '2_perception', '3_planning', '4_motion', '5_safety', '6_control')
CAMERA = ('camera_position', 'camera_quaternion')


def configuration(robot: str) -> dict[str, str]:
    """Give the parameter files, the robot's name and the place of the camera, as texts."""
    texts = {'robot': robot}
    for name in FILES:
        path = shared_file(f'config/{name}.yaml')
        texts[f'config/{name}.yaml'] = path.read_text(encoding='utf-8')
    camera = read_yaml(shared_file('config/1_camera.yaml'), 'perception')
    for name in CAMERA:
        texts[name] = ' '.join(str(value) for value in camera[name])
    return texts


def description(robot: str) -> bytes:
    """Give the robot's URDF as a serialised std_msgs/String; raises ConfigurationError."""
    path = Path(robot) if robot.endswith('.yaml') else shared_file(f'config/robots/{robot}.yaml')
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8'))
        return text(shared_file(str(values['urdf'])).read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
