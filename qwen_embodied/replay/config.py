"""What a recording is replayed with."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qwen_embodied import safety
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.motion import MotionParameters
from qwen_embodied.parameters import build, build_from, param, read_yaml
from qwen_embodied.perception import LightingParameters, PerceptionParameters
from qwen_embodied.replay.topics import TopicMap
from qwen_embodied.resources import shared_file

CAMERA = ('camera_position', 'camera_quaternion')
PROFILES = ('simulation', 'robot')


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
    profile: str = param(
        'simulation',
        'Whose safety thresholds: of the simulated cell, or of config/5_safety.yaml.',
        choices=PROFILES,
    )
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

    Args:
        values: Fields of ReplayConfig.
        recorded: What the recorder wrote about the system.

    Raises:
        ConfigurationError: A value is wrong.
    """
    usual = read_yaml(shared_file('config/1_camera.yaml'), 'perception')
    merged = {name: usual[name] for name in CAMERA if name in usual}
    for name in CAMERA:
        if name in recorded:
            merged[name] = _numbers(name, recorded[name])
    merged.update(values)
    topics = merged.pop('topics', TopicMap())
    checked = build(ReplayConfig, {**merged, 'topics': TopicMap()}, 'replay')
    return ReplayConfig(**{**vars(checked), 'topics': topics})


def stage_parameters(profile: str) -> StageParameters:
    """Read config/ for the stages; raises ConfigurationError."""
    seen, motion, rules = (
        shared_file(f'config/{name}.yaml') for name in ('2_perception', '4_motion', '5_safety')
    )
    may = safety.SIMULATION_PROFILE if profile == 'simulation' else {}
    return StageParameters(
        build_from(PerceptionParameters, seen, 'perception'),
        build_from(LightingParameters, seen, 'perception'),
        build_from(MotionParameters, motion, 'planner'),
        build_from(safety.Parameters, rules, 'safety_supervisor', **may),
    )


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError as error:
        raise ConfigurationError(
            f'the recording says {name} = {text!r}; it must be numbers'
        ) from error
