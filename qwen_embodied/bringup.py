"""Which nodes a profile starts, once: the launch files and the command line both read it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import yaml

from qwen_embodied.bringup_arguments import (
    LIGHT_NAMES,
    NAMES,
    PROFILE_ARGUMENTS,
    Argument,
    CommonArguments,
    ReplayArguments,
    RobotArguments,
    SimulationArguments,
    arguments_of,
    read_arguments,
)
from qwen_embodied.cameras import CAMERAS, camera_remappings
from qwen_embodied.environment import (
    PARENT_VARIABLE,
    TRANSPORT_VARIABLES,
    added_environment,
    graph_environment,
)
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.node_spec import NodeSpec, Profile, Settings, Value
from qwen_embodied.parameters import build
from qwen_embodied.robot_names import preset_of, robot_file

__all__ = [
    'CAMERAS', 'LIGHT_NAMES', 'NAMES', 'PARENT_VARIABLE', 'PROFILES', 'TRANSPORT_VARIABLES',
    'Argument', 'NodeSpec', 'Profile', 'Settings', 'Value', 'added_environment',
    'arguments_of_profile', 'graph_environment', 'profile_from_text', 'recorded', 'replay',
    'robot', 'simulation',
]  # fmt: skip

CELL = 'config/cell.yaml'
CAMERA, SEEING = 'config/1_camera.yaml', 'config/2_perception.yaml'
PLANNING, MOTION = 'config/3_planning.yaml', 'config/4_motion.yaml'
SAFETY, CONTROL = 'config/5_safety.yaml', 'config/6_control.yaml'
# s. A machine that also simulates and renders may stop a process for a while. The arm holds as
# early as any arm, but what holds for less than this goes on by itself.
SIMULATION_SILENCE = 2.0
# With a fake arm in place of a driver, this machine does the work of several too.
TRIAL: Settings = (('state_timeout', 0.5), ('state_future', 0.05))
KEPT = '~/.ros/qwen_embodied'
# What is started again when it ends: it neither moves the arm nor judges.
RESPAWNED = ('perception', 'planner')


def simulation(**values: Any) -> Profile:
    """Build the profile with the simulated arm, table, camera and lamps.

    Args:
        values: Fields of SimulationArguments; raises ConfigurationError for a wrong one.
    """
    given = build(SimulationArguments, values, 'simulation')
    from qwen_embodied import control, safety

    clock: Settings = (('use_sim_time', True),)
    around: Settings = _path('obstacles', given.obstacles)
    may: Settings = (*safety.SIMULATION_PROFILE.items(), ('silence_stop', SIMULATION_SILENCE))
    late: Settings = (*control.SIMULATION_PROFILE.items(), ('abort_after', SIMULATION_SILENCE))
    nodes = (
        NodeSpec('simulation', (CAMERA,), (('seed', given.seed), ('light', given.light))),
        NodeSpec('arm_controller', (CELL, CONTROL), clock, usual=late, moves_arm=True),
        NodeSpec('safety_supervisor', (CELL, SAFETY), (*clock, *around), usual=may),
        NodeSpec('perception', (CAMERA, SEEING), clock),
        NodeSpec('planner', (CELL, PLANNING, MOTION), (*clock, *around)),
    )
    return _own_clock(_with_common(Profile('simulation', nodes), given), given)


def robot(**values: Any) -> Profile:
    """Build the profile for a real arm; without `dry_run=False` nothing in it can move one.

    Args:
        values: Fields of RobotArguments; raises ConfigurationError for a wrong one.
    """
    given = build(RobotArguments, values, 'robot')
    preset = given.preset
    clock: Settings = (('use_sim_time', given.use_sim_time),)
    cell: Settings = (
        *clock, ('robot', preset), ('robot_description', _description(given)),
        *_path('obstacles', given.obstacles),
    )  # fmt: skip
    late: Settings = (*TRIAL, ('abort_after', SIMULATION_SILENCE)) if given.fake_arm else ()
    dry: Settings = (('dry_run', given.dry_run),)
    seen: Settings = (*clock, ('robot', preset), ('frame_id', _base_frame(preset)))
    nodes = (
        NodeSpec(
            'arm_controller', (CELL, CONTROL), (*cell, *dry), moves_arm=True,
            usual=(
                *given.allowed, *late, ('backend', given.backend), ('lookahead', given.lookahead),
            ),
        ),
        # Where no command can leave, arming permits nothing but the verdict on a trajectory.
        NodeSpec('safety_supervisor', (CELL, SAFETY), (*cell, ('self_arming', given.dry_run)),
                 usual=(*given.allowed, *_judging(given))),
        NodeSpec('perception', (CAMERA, SEEING), seen,
                 camera_remappings(given.camera, given.camera_prefix),
                 usual=(*CAMERAS[given.camera].parameters, *_looking(given))),
        NodeSpec('planner', (CELL, PLANNING, MOTION), (*cell, *dry), usual=given.planned),
    )  # fmt: skip
    if given.fake_arm:
        fake = NodeSpec('fake_arm', parameters=(*clock, ('robot', preset)))
        nodes = (fake, *nodes)  # type: ignore[assignment]
    return _with_common(Profile('robot', nodes, _note(given)), given)


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


def replay(bag: str = '', **values: Any) -> Profile:
    """Build the profile that plays a recording with /clock; it has no node that moves an arm.

    Args:
        bag: Path of the recording.
        values: Other fields of ReplayArguments; raises ConfigurationError for a wrong one.
    """
    given = build(ReplayArguments, {**values, 'bag': bag}, 'replay')
    if not bag:
        raise ConfigurationError(f'bag = {bag!r}; give a recording')
    below = [given.namespace.strip('/'), 'replay' if given.names == 'replay' else '']
    prefix = ''.join(f'/{name}' for name in below if name)
    played: Settings = (('bag', os.path.abspath(bag)), ('prefix', prefix), ('rate', given.rate))
    nodes = [NodeSpec('replay', (), played)]
    if given.perception:
        nodes.append(_watching(given, prefix))
    return _own_clock(_with_common(Profile('replay', tuple(nodes)), given), given)


PROFILES: dict[str, Callable[..., Profile]] = {
    'simulation': simulation,
    'robot': robot,
    'replay': replay,
}


def arguments_of_profile(name: str) -> tuple[Argument, ...]:
    """List the arguments of a profile; raises ConfigurationError for an unknown one."""
    return arguments_of(PROFILE_ARGUMENTS[_known(name)])


def profile_from_text(name: str, given: Mapping[str, str]) -> Profile:
    """Build a profile from its arguments as text, as launch and the command line give them.

    Raises:
        ConfigurationError: Names the argument, its value and what is allowed.
    """
    arguments = read_arguments(PROFILE_ARGUMENTS[_known(name)], given, name)
    profile = PROFILES[name](**arguments)
    profile.check()
    return profile


# -- parts -------------------------------------------------------------------------------------


def _known(name: str) -> str:
    if name not in PROFILES:
        raise ConfigurationError(f'there is no profile {name!r}; known are {", ".join(PROFILES)}')
    return name


def _with_common(profile: Profile, given: CommonArguments) -> Profile:
    """Set what every profile has: namespace, file, log level, remappings, respawn."""
    path = os.path.abspath(given.params_file) if given.params_file else ''
    nodes = tuple(
        replace(
            spec,
            namespace=spec.namespace or given.namespace.strip('/'),
            params_file=path,
            log_level=given.log_level,
            respawns=given.respawn and spec.name in RESPAWNED,
        )
        for spec in profile.nodes
    )
    return _with_remappings(replace(profile, nodes=nodes), given.remappings)


def _own_clock(profile: Profile, given: CommonArguments) -> Profile:
    """Give what makes its own time a clock of its own, so that two do not mix."""
    if not given.namespace:
        return profile
    return _with_remappings(profile, (('/clock', f'/{given.namespace.strip("/")}/clock'),))


def _with_remappings(profile: Profile, added: tuple[tuple[str, str], ...]) -> Profile:
    nodes = tuple(replace(spec, remappings=(*added, *spec.remappings)) for spec in profile.nodes)
    return replace(profile, nodes=nodes)


def _watching(given: ReplayArguments, prefix: str) -> NodeSpec:
    """Give the perception of a recording whose topics have a prefix."""
    seen: Settings = (('use_sim_time', given.use_sim_time),)
    if given.robot:
        preset = preset_of(given.robot)
        seen = (*seen, ('robot', preset), ('frame_id', _base_frame(preset)))
    camera = tuple(
        (own, f'{prefix}{played}' if played.startswith('/') else played)
        for own, played in camera_remappings(given.camera, given.camera_prefix)
    )
    return NodeSpec('perception', (CAMERA, SEEING), seen, camera, namespace=prefix,
                    usual=CAMERAS[given.camera].parameters)  # fmt: skip


def _path(name: str, path: str) -> Settings:
    return ((name, os.path.abspath(path)),) if path else ()


def _description(given: RobotArguments) -> str:
    """With a fake arm nobody publishes robot_description."""
    return 'preset' if given.fake_arm else given.robot_description


def _looking(given: RobotArguments) -> Settings:
    """In a dry run nothing brings the arm home for a look."""
    return (('scene_from', 'anywhere'),) if given.dry_run else ()


def _base_frame(preset: str) -> str:
    return str(_preset(preset).get('base_frame', 'base_link'))


def _judging(given: RobotArguments) -> Settings:
    """Give the files that the supervisor keeps, whom it watches, and its patience in a trial."""
    where = '/'.join(part for part in (KEPT, given.namespace.strip('/')) if part)
    # Nothing can move in a dry run or with a fake arm: it neither heeds nor ends a real stop.
    is_real = not (given.dry_run or given.fake_arm)
    kept: Settings = (
        ('latch_file', f'{where}/latch.json' if is_real else ''),
        ('audit_file', f'{where}/{"audit" if is_real else "trial"}.jsonl'),
        # The time of /clock is a fault where a real arm could move.
        ('simulation', given.use_sim_time and not is_real),
    )
    ways = {'topic': 'joint_trajectory', 'action': 'follow_joint_trajectory'}
    if given.backend in ways:
        owners = _preset(given.preset).get('controllers') or {}
        topics = [f'{name}/{ways[given.backend]}' for name in owners]
        kept = (*kept, ('command_topics', topics))
    if not given.fake_arm:
        return kept
    late: Settings = (('silence_stop', SIMULATION_SILENCE), ('loop_overrun', 0.5))
    return (*kept, *TRIAL, *late, ('most_saturated', 0.95))


def _preset(preset: str) -> dict[str, Any]:
    """Read the file of a robot."""
    path = robot_file(preset)
    try:
        with open(path, encoding='utf-8') as file:
            return dict(yaml.safe_load(file) or {})
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error


def _note(given: RobotArguments) -> str:
    if given.dry_run:
        return (
            'dry run: plans and verdicts are shown, no command can leave; dry_run false moves it'
        )
    return (
        f'THE ARM CAN MOVE, at {given.speed:.0%} of its speed, once '
        'safety_supervisor/arm is called; keep a hand at the emergency stop'
    )
