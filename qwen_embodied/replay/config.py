"""What a recording is replayed with."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from qwen_embodied import safety
from qwen_embodied.bringup_arguments import RobotArguments
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.motion import MotionParameters
from qwen_embodied.parameter_files import check_sections, read_sections, settings_of
from qwen_embodied.parameters import build, build_from, param
from qwen_embodied.perception import LightingParameters, PerceptionParameters
from qwen_embodied.replay.topics import TopicMap
from qwen_embodied.resources import shared_file

CAMERA = ('camera_position', 'camera_quaternion')
PROFILES = ('simulation', 'robot')
NODES = (
    'arm_controller', 'fake_arm', 'perception', 'planner', 'recorder', 'replay',
    'safety_supervisor', 'simulation',
)  # fmt: skip
T = TypeVar('T')


@dataclass(frozen=True)
class ReplayConfig:
    """How to look at a recording, and what to plan in it."""

    instruction: str = param('', 'What to plan, in plain words; empty plans nothing.')
    robot: str = param('panda', 'Name of a robot, or the path of its YAML file.')
    every: int = param(1, 'Scenes are made of every n-th image.', bounds=(1, 1000))
    at: float = param(
        -1.0, 'When to plan, s after the first image; below 0 at the first good scene.',
        bounds=(-1.0, 1e6),
    )  # fmt: skip
    settle: int = param(3, 'Scenes before the first good one.', bounds=(1, 100))
    tolerance: float = param(
        0.02, 'Largest difference of the stamps of colour and depth, s.', bounds=(0.0, 0.2)
    )
    params_files: list[str] = param(
        [], 'Parameter files of nodes over those of config/; later ones win.'
    )
    profile: str = param(
        'simulation',
        'Whose speeds and safety thresholds: of the simulated cell, or as `up robot` sets them.',
        choices=PROFILES,
    )
    speed: float = param(
        RobotArguments.speed, "With profile robot: share of the arm's speeds and accelerations.",
        bounds=(0.01, 1.0),
    )  # fmt: skip
    camera_position: list[float] = param(
        [0.4, 0.0, 1.25], 'Of the optical frame in the base frame, x y z, m.'
    )
    camera_quaternion: list[float] = param(
        [-0.70584645, 0.70584645, -0.04219941, 0.04219941],
        'Of the optical frame in the base frame, x y z w.',
    )
    topics: TopicMap = field(default_factory=TopicMap)


@dataclass(frozen=True)
class StageParameters:
    """The parameters of the stages, as config/ has them."""

    perception: PerceptionParameters
    light: LightingParameters
    motion: MotionParameters
    safety: safety.Parameters


def configure(values: Mapping[str, Any], recorded: Mapping[str, str]) -> ReplayConfig:
    """Build a configuration: what is given, else what was recorded, else what config/ has.

    The place of the camera is also taken from params_files, before what was recorded.

    Args:
        values: Fields of ReplayConfig.
        recorded: What the recorder wrote about the system.

    Raises:
        ConfigurationError: A value is wrong.
    """
    merged: dict[str, Any] = {name: recorded[name] for name in ('robot',) if name in recorded}
    merged.update({name: _numbers(name, recorded[name]) for name in CAMERA if name in recorded})
    topics = values.get('topics', TopicMap())
    files = [str(path) for path in values.get('params_files', [])]
    usual = [str(shared_file('config/1_camera.yaml'))]
    for path in [*(usual if CAMERA[0] not in recorded else ()), *files]:
        merged.update(_of_node(ReplayConfig, path, 'perception', topics.namespace, CAMERA))
    merged.update(values)
    checked = build(ReplayConfig, {**merged, 'topics': TopicMap()}, 'replay')
    return ReplayConfig(**{**vars(checked), 'topics': topics})


def stage_parameters(config: ReplayConfig) -> StageParameters:
    """Read config/ for the stages, and what is set over it.

    Raises:
        ConfigurationError: Names file, line and the way out.
    """
    files, below = config.params_files, config.topics.namespace
    for path in files:
        check_sections(path, NODES)
    arm = RobotArguments(speed=config.speed)
    pace, rules = dict(arm.planned), dict(arm.allowed)
    if config.profile == 'simulation':
        pace, rules = {}, safety.SIMULATION_PROFILE

    def stage(cls: type[T], name: str, node: str, **usual: Any) -> T:
        over = dict(usual)
        for path in files:
            over.update(_of_node(cls, path, node, below))
        return build_from(cls, shared_file(f'config/{name}.yaml'), node, **over)

    return StageParameters(
        stage(PerceptionParameters, '2_perception', 'perception'),
        stage(LightingParameters, '2_perception', 'perception'),
        stage(MotionParameters, '4_motion', 'planner', **pace),
        stage(safety.Parameters, '5_safety', 'safety_supervisor', **rules),
    )


def _of_node(
    cls: type[Any], path: str, node: str, namespace: str, names: Collection[str] = ()
) -> dict[str, Any]:
    """Give what a file sets for a node of the fields of a class, checked; of some names if given.

    Raises:
        ConfigurationError: Names file, line and the way out.
    """
    known = names or {field.name for field in fields(cls)}
    full = '/'.join(['', *namespace.strip('/').split('/'), node]).replace('//', '/')
    settings = settings_of(read_sections(path), full)
    own = {name: item for name, item in settings.items() if name in known}
    values = {name: item.value for name, item in own.items()}
    built = build(cls, values, path, {name: item.place for name, item in own.items()})
    return {name: getattr(built, name) for name in own}


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError as error:
        raise ConfigurationError(
            f'the recording says {name} = {text!r}; it must be numbers'
        ) from error
