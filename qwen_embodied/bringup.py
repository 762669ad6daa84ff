"""Which nodes a profile starts, once: the launch files and the command line both read it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.resources import shared_file

PARENT_VARIABLE = 'QWEN_EMBODIED_PARENT'
LAST_DOMAIN = 232
TRANSPORTS = 'config/fastdds.xml'
CELL = 'config/cell.yaml'
TRANSPORT_VARIABLES = (
    'FASTDDS_DEFAULT_PROFILES_FILE',
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_BUILTIN_TRANSPORTS',
)
# Two cores serve six processes: more threads than one per process only get in the way.
DEFAULT_ENVIRONMENT = {
    'OMP_NUM_THREADS': '1',
    'OPENBLAS_NUM_THREADS': '1',
    'MKL_NUM_THREADS': '1',
    'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    'MUJOCO_GL': 'egl',
}

# s. A machine that also simulates and renders may stop a process for a while. The arm holds as
# early as any arm, but what holds for less than this goes on by itself.
SIMULATION_SILENCE = 2.0

Value = bool | int | float | str
Settings = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class NodeSpec:
    """One node of a profile.

    Attributes:
        name: Of the node and of its executable; its module is `nodes/<name>_node.py`.
        config: Parameter files below the shared folder, such as 'config/1_camera.yaml'.
        parameters: Set over those of the files.
        remappings: (from, to) names of topics and services.
        namespace: Put before relative names; empty for none.
        moves_arm: It is stopped before all others, so that the arm comes to rest.
    """

    name: str
    config: tuple[str, ...] = ()
    parameters: Settings = ()
    remappings: tuple[tuple[str, str], ...] = ()
    namespace: str = ''
    moves_arm: bool = False

    @property
    def module(self) -> str:
        """Python module that runs the node."""
        return f'qwen_embodied.nodes.{self.name}_node'

    def config_files(self) -> tuple[str, ...]:
        """Find the parameter files; raises ConfigurationError for one that is not there."""
        return tuple(str(shared_file(relative)) for relative in self.config)

    def command(self) -> list[str]:
        """Build the command line that runs the node with this interpreter."""
        line = [sys.executable, '-m', self.module, '--ros-args', '-r', f'__node:={self.name}']
        if self.namespace:
            line += ['-r', f'__ns:=/{self.namespace.strip("/")}']
        for path in self.config_files():
            line += ['--params-file', path]
        for name, value in self.parameters:
            # JSON is YAML, and keeps 'on', '1' and '' texts.
            line += ['-p', f'{name}:={json.dumps(value)}']
        for source, target in self.remappings:
            line += ['-r', f'{source}:={target}']
        return line


@dataclass(frozen=True)
class Profile:
    """The nodes of one way to run the package, in the order in which they are started."""

    name: str
    nodes: tuple[NodeSpec, ...]

    def with_parameter(self, node: str, name: str, value: Value) -> Profile:
        """Give a copy in which one parameter of one node is set."""
        if node not in {spec.name for spec in self.nodes}:
            known = ', '.join(spec.name for spec in self.nodes)
            raise ConfigurationError(f'profile {self.name} has no node {node}; it has {known}')
        nodes = tuple(
            replace(spec, parameters=(*spec.parameters, (name, value)))
            if spec.name == node
            else spec
            for spec in self.nodes
        )
        return replace(self, nodes=nodes)


@dataclass(frozen=True)
class Argument:
    """An argument of a profile, for the command line and for launch.

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


NAMES = ('replay', 'own')
LIGHT_NAMES = ('normal', 'dim', 'dark', 'bright', 'warm', 'cold', 'sidelight')
SIMULATION_ARGUMENTS = (
    Argument('seed', '0', 'Decides where the objects stand on the table; 0 or more.'),
    Argument('light', 'normal', 'The lamps of the simulated room.', LIGHT_NAMES),
    Argument('namespace', '', 'Put before all relative names; empty for none.'),
    Argument('obstacles', '', 'File of obstacles that no camera sees; empty for none.'),
)


def simulation(
    *, seed: int = 0, light: str = 'normal', namespace: str = '', obstacles: str = ''
) -> Profile:
    """Build the profile with the simulated arm, table, camera and lamps.

    Args:
        seed: Of the scene, 0 or more.
        light: One of LIGHT_NAMES.
        namespace: Put before all relative names; empty for none.
        obstacles: Path of a file with obstacles that no camera sees; empty for none.
    """
    if light not in LIGHT_NAMES:
        raise ConfigurationError(f'light = {light!r}; allowed are {", ".join(LIGHT_NAMES)}')
    if seed < 0:
        raise ConfigurationError(f'seed = {seed}; it must be 0 or more')
    from qwen_embodied import control, safety

    clock: Settings = (('use_sim_time', True),)
    around: Settings = (('obstacles', os.path.abspath(obstacles)),) if obstacles else ()
    may: Settings = (*safety.SIMULATION_PROFILE.items(), ('silence_stop', SIMULATION_SILENCE))
    late: Settings = (*control.SIMULATION_PROFILE.items(), ('abort_after', SIMULATION_SILENCE))
    nodes = (
        NodeSpec('simulation', ('config/1_camera.yaml',), (('seed', seed), ('light', light))),
        NodeSpec(
            'arm_controller', (CELL, 'config/6_control.yaml'), (*clock, *late), moves_arm=True
        ),
        NodeSpec('safety_supervisor', (CELL, 'config/5_safety.yaml'), (*clock, *may, *around)),
        NodeSpec('perception', ('config/1_camera.yaml', 'config/2_perception.yaml'), clock),
        NodeSpec(
            'planner',
            (CELL, 'config/3_planning.yaml', 'config/4_motion.yaml'),
            (*clock, *around),
        ),
    )
    return Profile('simulation', tuple(replace(spec, namespace=namespace) for spec in nodes))


def recorded(profile: Profile, folder: str, *, robot: str = 'panda') -> Profile:
    """Add the recorder to a profile; it starts first, so that it misses nothing.

    Args:
        profile: Any.
        folder: Of the recording; must not be there.
        robot: Whose description is recorded where nobody publishes one.
    """
    uses_sim_time = any(('use_sim_time', True) in spec.parameters for spec in profile.nodes)
    values: Settings = (('output', folder), ('robot', robot), ('use_sim_time', uses_sim_time))
    namespace = profile.nodes[0].namespace
    spec = NodeSpec('recorder', parameters=values, namespace=namespace)
    return replace(profile, nodes=(spec, *profile.nodes))


REPLAY_ARGUMENTS = (
    Argument('bag', '', 'Folder of the recording, or its .mcap or .db3 file.'),
    Argument('names', 'replay', 'Topics under /replay, or under their own names.', NAMES),
    Argument('rate', '1.0', 'Recorded seconds per second.'),
    Argument('perception', 'true', 'Whether scenes are made of the images.', ('true', 'false')),
)


def replay(
    bag: str, *, names: str = 'replay', rate: float = 1.0, perception: bool = True
) -> Profile:
    """Build the profile that plays a recording with /clock; it has no node that moves an arm.

    Args:
        bag: Path of the recording.
        names: 'replay' puts topics under /replay, 'own' gives them their own names.
        rate: Recorded seconds per second.
        perception: Whether perception looks at what is played.
    """
    if not bag or names not in NAMES:
        allowed = 'give a recording' if not bag else f'names must be one of {", ".join(NAMES)}'
        raise ConfigurationError(f'bag = {bag!r}, names = {names!r}; {allowed}')
    prefix = f'/{names}' if names == 'replay' else ''
    player = NodeSpec('replay', (), (('bag', bag), ('prefix', prefix), ('rate', rate)))
    if not perception:
        return Profile('replay', (player,))
    configured = ('config/1_camera.yaml', 'config/2_perception.yaml')
    looker = NodeSpec('perception', configured, (('use_sim_time', True),), namespace=prefix)
    return Profile('replay', (player, looker))


def replay_from_text(given: Mapping[str, str]) -> Profile:
    """Build the replay profile from its arguments as text, as launch gives them."""
    try:
        rate = float(given.get('rate', '1.0'))
    except ValueError as error:
        raise ConfigurationError(f'rate = {given["rate"]!r}; it must be a number') from error
    looks = given.get('perception', 'true') == 'true'
    return replay(given['bag'], names=given.get('names', 'replay'), rate=rate, perception=looks)


PROFILES = {'simulation': simulation}


def from_text(profile: Callable[..., Profile], given: Mapping[str, str]) -> Profile:
    """Build a profile from its arguments as text, as launch gives them."""
    seed = given.get('seed', '0')
    if not seed.isdecimal():
        raise ConfigurationError(f'seed = {seed!r}; it must be a whole number, 0 or more')
    return profile(**{**given, 'seed': int(seed)})


def added_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the variables with which nodes hear one another well, without those already set.

    Fast DDS loses about half of the camera images with its defaults; with the transports of
    config/fastdds.xml it loses none.

    Args:
        base: What is set already; this process's environment where absent.
    """
    known = os.environ if base is None else base
    added = {name: value for name, value in DEFAULT_ENVIRONMENT.items() if name not in known}
    if not any(known.get(name) for name in TRANSPORT_VARIABLES):
        added[TRANSPORT_VARIABLES[0]] = str(shared_file(TRANSPORTS))
    return added


def graph_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give a whole environment with what `added_environment` adds.

    Raises:
        ConfigurationError: ROS_DOMAIN_ID is no domain that DDS can use.
    """
    domain = (os.environ if base is None else base).get('ROS_DOMAIN_ID', '')
    if domain and not (domain.isascii() and domain.isdigit() and int(domain) <= LAST_DOMAIN):
        raise ConfigurationError(f'ROS_DOMAIN_ID={domain}; it must be 0 to {LAST_DOMAIN}')
    return {**(os.environ if base is None else base), **added_environment(base)}
