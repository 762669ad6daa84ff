"""The arguments of the profiles: fields of frozen dataclasses, read from text."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qwen_embodied.cameras import CAMERAS
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.node_spec import Settings
from qwen_embodied.parameters import defaults, param
from qwen_embodied.robot_names import ROBOTS, preset_of

NAMES = ('replay', 'own')
LIGHT_NAMES = ('normal', 'dim', 'dark', 'bright', 'warm', 'cold', 'sidelight')
LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')
WORDS = {'true': True, 'false': False}
KINDS = {int: 'a whole number', float: 'a number', bool: 'true or false'}
# The planner stays a little below the rules: a servo that follows overshoots by about 1 %.
BELOW_THE_RULES = 0.95
TOOL_SPEED = 0.24  # m/s, below the 0.25 of the rules where people may be near


@dataclass(frozen=True)
class Argument:
    """An argument of a profile as text, for the command line and for launch.

    Attributes:
        name: Of the argument.
        default: As text.
        description: One sentence.
        choices: Legal values; None where they are not finite.
    """

    name: str
    default: str
    description: str
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True)
class CommonArguments:
    """What every profile has."""

    namespace: str = param('', 'Put before all relative names; empty for none.')
    params_file: str = param('', 'Your parameters, over those of config/; empty for none.')
    log_level: str = param('info', 'From which on nodes write lines.', choices=LOG_LEVELS)
    remaps: str = param('', 'Topics with other names, from:=to, with commas between.')
    respawn: bool = param(
        False, 'Start perception and planner again when they end; never what moves or judges.'
    )

    def __post_init__(self) -> None:
        """Refuse a namespace or a remapping that ROS would refuse later, node by node."""
        if self.namespace and not re.fullmatch(r'/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*', self.namespace):
            raise ConfigurationError(
                f'namespace = {self.namespace!r}; letters, digits and _ with / between'
            )
        for word in self._words():
            if not re.fullmatch(r'[^\s:=]+:=[^\s:=]+', word):
                raise ConfigurationError(f'remaps = {word!r}; it must be from:=to')

    def _words(self) -> list[str]:
        return [word.strip() for word in self.remaps.split(',') if word.strip()]

    @property
    def remappings(self) -> tuple[tuple[str, str], ...]:
        """The (from, to) names of `remaps`."""
        pairs = (word.split(':=') for word in self._words())
        return tuple((source, target) for source, target in pairs)


@dataclass(frozen=True)
class SimulationArguments(CommonArguments):
    """Of the simulated cell."""

    seed: int = param(0, 'Decides where the objects stand on the table.', bounds=(0, 2**31 - 1))
    light: str = param('normal', 'The lamps of the simulated room.', choices=LIGHT_NAMES)
    obstacles: str = param('', 'File of obstacles that no camera sees; empty for none.')
    use_sim_time: bool = param(True, 'The simulated cell makes its own time: always true.')

    def __post_init__(self) -> None:
        """Refuse the machine's time for nodes that are stamped with the simulation's."""
        super().__post_init__()
        if not self.use_sim_time:
            raise ConfigurationError('use_sim_time = False; the simulated cell makes its own time')


@dataclass(frozen=True)
class RobotArguments(CommonArguments):
    """Of a real arm."""

    robot: str = param(
        'ur5e', 'The arm with its usual gripper; the UR5e has a 2F-85.', choices=tuple(ROBOTS)
    )
    robot_file: str = param('', 'YAML of an arm of your own, in place of `robot`.')
    camera: str = param('own', "Whose driver's topics are used.", choices=tuple(CAMERAS))
    camera_prefix: str = param('', "Before the camera's topics, in place of its driver's usual.")
    dry_run: bool = param(
        True, 'Plan, judge and show; no command can leave. false lets the arm move, once armed.'
    )
    speed: float = param(0.1, "Share of the arm's speeds and accelerations.", bounds=(0.01, 1.0))
    backend: str = param(
        'topic', "The way to the arm's controllers.", choices=('topic', 'action', 'setpoints')
    )
    lookahead: float = param(
        0.05, 'How far ahead of being followed a command is sent, s.', bounds=(0.0, 0.1)
    )
    robot_description: str = param(
        'topic', "The URDF: topic for the driver's own, preset for ours, or a path."
    )
    obstacles: str = param('', 'File of obstacles that no camera sees; empty for none.')
    fake_arm: bool = param(
        False, 'Start a fake arm with fake controllers, for a trial without the driver.'
    )
    use_sim_time: bool = param(False, 'Take the time of /clock, as with a simulator or a replay.')

    @property
    def preset(self) -> str:
        """File of the robot: a name in config/robots, or a path."""
        return self.robot_file or preset_of(self.robot)

    @property
    def allowed(self) -> Settings:
        """Shares of the arm's limits that the rules and the controller allow."""
        return (('velocity_scale', self.speed), ('acceleration_scale', self.speed))

    @property
    def planned(self) -> Settings:
        """Shares of the limits, and the speed of the tool in m/s, that motions are made for."""
        less = self.speed * BELOW_THE_RULES
        names = ('velocity_scale', 'acceleration_scale', 'gripper_scale')
        return (*((name, less) for name in names), ('tool_speed', TOOL_SPEED))


@dataclass(frozen=True)
class ReplayArguments(CommonArguments):
    """Of a recording."""

    bag: str = param('', 'Folder of the recording, or its .mcap or .db3 file; required.')
    names: str = param('replay', 'Topics under /replay, or under their own names.', choices=NAMES)
    rate: float = param(1.0, 'Recorded seconds per second.', bounds=(0.01, 100.0))
    robot: str = param(
        '', 'Whose arm is seen: panda, ur5e, xarm7, so101 or a YAML file; empty as configured.'
    )
    camera: str = param('own', "Whose driver's topics were recorded.", choices=tuple(CAMERAS))
    camera_prefix: str = param('', "Before the camera's topics, in place of its driver's usual.")
    perception: bool = param(True, 'Whether scenes are made of the images.')
    use_sim_time: bool = param(True, 'Whether perception takes the recorded time of /clock.')


PROFILE_ARGUMENTS: dict[str, type[CommonArguments]] = {
    'simulation': SimulationArguments,
    'robot': RobotArguments,
    'replay': ReplayArguments,
}


def arguments_of(kind: type[Any]) -> tuple[Argument, ...]:
    """List the arguments of a profile, its own before those that all have."""
    common = {field.name for field in dataclasses.fields(CommonArguments)}
    fields = sorted(dataclasses.fields(kind), key=lambda field: field.name in common)
    usual = defaults(kind)
    return tuple(_argument(field, usual[field.name]) for field in fields)


def read_arguments(kind: type[Any], given: Mapping[str, str], source: str) -> dict[str, Any]:
    """Read arguments from text; raises ConfigurationError, as `build` does for what is known."""
    usual = defaults(kind)
    return {
        name: _read(name, text, usual[name], source) if name in usual else text
        for name, text in given.items()
    }


def _argument(field: dataclasses.Field[Any], usual: object) -> Argument:
    choices = field.metadata['choices'] or (tuple(WORDS) if isinstance(usual, bool) else None)
    default = str(usual).lower() if isinstance(usual, bool) else str(usual)
    description = field.metadata['description']
    if field.metadata['bounds']:
        lower, upper = field.metadata['bounds']
        description += f' From {lower} to {upper}.'
    return Argument(field.name, default, description, choices)


def _read(name: str, text: str, usual: Any, source: str) -> Any:
    kind = type(usual)
    try:
        return WORDS[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        raise ConfigurationError(
            f'{source}: {name} = {text!r}; it must be {KINDS[kind]}'
        ) from error
