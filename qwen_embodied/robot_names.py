"""The names of robots, as every command and profile takes them: files of config/robots."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import difflib
from pathlib import Path

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.resources import shared_file

# Names that a person gives, and the files of config/robots; a bare UR5e could not pick.
ROBOTS = {
    'ur5e': 'ur5e_2f85',
    'ur5e_2f85': 'ur5e_2f85',
    'panda': 'panda',
    'xarm7': 'xarm7',
    'so101': 'so101',
}


def preset_of(name: str) -> str:
    """Give the file of config/robots that a person means: the arm with its usual gripper.

    Args:
        name: Of a robot, or the path of a YAML file, which is given as it is.

    Raises:
        ConfigurationError: There is no such robot; lists those that are known.
    """
    if name.endswith('.yaml') or name in ROBOTS:
        return ROBOTS.get(name, name)
    return robot_file(name).stem


def robot_file(preset: str) -> Path:
    """Find the file of a robot.

    Args:
        preset: Name of a file in config/robots as it stands, or the path of a YAML file.

    Raises:
        ConfigurationError: There is no such file in config/robots; lists those that are known.
    """
    if preset.endswith('.yaml'):
        return Path(preset)
    try:
        return shared_file(f'config/robots/{preset}.yaml')
    except ConfigurationError as error:
        near = difflib.get_close_matches(preset, ROBOTS, n=1)
        hint = f'did you mean {near[0]}? ' if near else ''
        raise ConfigurationError(
            f'there is no robot {preset!r}; {hint}known are {", ".join(ROBOTS)}, '
            'or the path of a YAML file'
        ) from error
